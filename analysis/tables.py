"""
The columns of the published tables that tell of journeys, finer shapes, what brings nearer, touchpoints, interest and demand.

Part of :data:`analysis.runs.TABLES`; a segment "" is the whole site.
"""

from __future__ import annotations

from typing import Final

import polars as pl

SHAPES: Final = {
    "segment": pl.String,
    "shape": pl.String,  # "s3.1": the audience and the shape's place in it by size; may change from run to run
    "name": pl.String,  # what sets it apart within its audience, English
    "name_nl": pl.String,  # the same in Dutch
    "sentence": pl.String,  # one sentence from its own profile, English
    "sentence_nl": pl.String,
    "visits": pl.Int64,  # those of an audience's shapes add up to the audience's
    "share": pl.Float64,  # of the audience's visits, 0 to 1
}
JOURNEYS: Final = {
    "segment": pl.String,  # "" is the whole site
    "start": pl.String,  # a touchpoint, or (start): the visit begins
    "end": pl.String,  # the touchpoint seen next, or (end): the visit is over
    "visits": pl.Int64,  # that make this step at least once
    "share": pl.Float64,  # of the segment's visits, 0 to 1
    "index": pl.Float64,  # 100 = the site's average; null for the site itself
    "index_low": pl.Float64,  # 95 % interval
    "index_high": pl.Float64,
    "real": pl.Boolean,  # is it a real difference from the rest of the site?
}
NEARER: Final = {
    "segment": pl.String,  # "" is the whole site
    "goal": pl.String,  # what is nearer to applying: vacancy, contact, apply
    "touchpoint": pl.String,  # touchpoint or action seen on the way; "" for all visits of the segment
    "visits": pl.Int64,  # that have it
    "reached": pl.Int64,  # of those, visits that reach the goal; 0 stands for fewer than k
    "rate": pl.Float64,  # reached of visits, 0 to 1; null where those who reach it are fewer than k
    "rate_without": pl.Float64,  # the same of visits that see as many things on the way, without it, 0 to 1
    "lift": pl.Float64,  # rate over rate_without; null where there is nothing to compare with
    "low": pl.Float64,  # 95 % interval of the lift, rounding included
    "high": pl.Float64,  # its upper end
    "q": pl.Float64,  # smallest false discovery rate at which the lift would count as real
    "real": pl.Boolean,  # is the lift real, at a false discovery rate of 5 %?
    "sentence": pl.String,  # a real lift in words, English; "" where it is not real
    "sentence_nl": pl.String,
}
TOUCHPOINTS: Final = {
    "segment": pl.String,  # "" is the whole site
    "kind": pl.String,  # touchpoint, action, page, vacancy, video, download, event
    "value": pl.String,
    "visits": pl.Int64,  # that see or do it
    "share": pl.Float64,  # of the segment's visits, 0 to 1
    "index": pl.Float64,  # 100 = the site's average; null for the site itself
    "real": pl.Boolean,  # is it a real difference from the rest of the site?
    "started": pl.Int64,  # of those visits, the ones that start to apply, with this or another vacancy; 0 stands for fewer than k
    "start_rate": pl.Float64,  # started of visits, 0 to 1; null where those who start are fewer than k
    "start_low": pl.Float64,  # 95 % interval, rounding included
    "start_high": pl.Float64,  # its upper end
}
INTEREST: Final = {
    "kind": pl.String,  # touchpoint, vacancy, job_family, search, search_empty
    "value": pl.String,
    "week": pl.String,  # ISO week, "2026-W47"
    "visits": pl.Int64,
    "share": pl.Float64,  # of the week's visits, 0 to 1
}
DEMAND: Final = {
    "segment": pl.String,  # "" is the whole site
    "kind": pl.String,  # search, search_empty, job_family, employment_type, job_location
    "value": pl.String,
    "visits": pl.Int64,  # that want it: search for it, or see a vacancy of it
    "share": pl.Float64,  # of the segment's visits, 0 to 1
    "index": pl.Float64,  # 100 = the site's average; null for the site itself
    "index_low": pl.Float64,  # 95 % interval
    "index_high": pl.Float64,
    "real": pl.Boolean,  # is it a real difference from the rest of the site?
    "unanswered": pl.Float64,  # of searches: part of the visits with it that found nothing, 0 to 1
    "offered": pl.Int64,  # of job families: vacancy pages seen on the site, each in at least k visits
    "pull": pl.Float64,  # of job families: visits for each vacancy offered, 100 = the average vacancy; over 100 more is wanted than offered
}
TABLES: Final = {
    "shapes": SHAPES,
    "journeys": JOURNEYS,
    "nearer": NEARER,
    "touchpoints": TOUCHPOINTS,
    "interest": INTEREST,
    "demand": DEMAND,
}
