"""What marketers take away: tables of the published run, in the formats of :mod:`dashboard.exports.formats`."""
