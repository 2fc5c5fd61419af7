"""
Which differences are real: a test for each, and a limit on how many of the differences called real may be chance.

Three things would make chance look like a difference, and each is met on the careful side:

- *Visits are not people.* Who comes twice counts twice, and mostly does the same again. So every variance is taken
  :data:`DESIGN_EFFECT` times that of independent visits (Kish 1965): as if each person came twice and did the same both times.
- *Numbers are rounded down to multiples of k.* Each number may be up to k-1 too low, so the two sides of a comparison are first moved
  towards each other by as much; only what is then still different counts.
- *Thousands of cells are looked at.* Benjamini & Hochberg (1995, JRSS B 57) bound the expected share of chance among what is called
  real by :data:`LEVEL`, over all cells of a table together. They asked for independent tests; cells that lean the same way do no harm
  (Benjamini & Yekutieli 2001), and the two other margins leave room for those that don't.

Everything here is made of published numbers, so that a verdict tells no more than they do.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control, norm

Floats = NDArray[np.float64]

LEVEL: Final = 0.05  # of the differences that are called real, the share that may be chance
DESIGN_EFFECT: Final = (
    2.0  # variance of a count of visits over that of independent ones; a heuristic on the careful side
)


def p_values(visits: ArrayLike, of: ArrayLike, other: ArrayLike, other_of: ArrayLike, *, room: float) -> Floats:
    """
    Two-sided chance of two shares as different as these, if they were the same.

    Args:
        visits: visits with a value, as published: up to k-1 too low.
        of: visits that it is a part of.
        other: the same of those that it is compared with.
        other_of: visits that that is a part of; 0 gives 1.
        room: visits that rounding may have made of a difference: *visits* are up to so many more than they seem, and *other*, which may
            itself be what is left of a rounded number, up to so many more or fewer.

    Returns:
        A probability per row, 0 to 1; 1 where rounding alone could have made the difference.
    """
    x, n, y, m = (np.asarray(part, dtype=np.float64) for part in (visits, of, other, other_of))
    more = _z(x, n, np.minimum(y + room, m), m)
    less = -_z(np.minimum(x + room, n), n, np.maximum(y - room, 0.0), m)
    return np.asarray(np.minimum(1.0, 2 * norm.sf(np.maximum(np.maximum(more, less), 0.0))))


def discoveries(p: Floats) -> Floats:
    """
    The smallest level at which each row would be called real (its q-value), over all rows together.

    Args:
        p: probabilities, none of them NaN; no rows give no rows.
    """
    return np.asarray(false_discovery_control(p)) if p.size else p


def _z(x: Floats, n: Floats, y: Floats, m: Floats) -> Floats:
    """How many standard errors the share x/n lies above y/m (pooled, Newcombe 1998); 0 where nothing can be said."""
    known = (n > 0) & (m > 0)
    n, m = np.where(known, n, 1.0), np.where(known, m, 1.0)
    pooled = np.clip((x + y) / (n + m), 0.0, 1.0)
    variance = DESIGN_EFFECT * pooled * (1 - pooled) * (1 / n + 1 / m)
    return np.asarray(np.where(known & (variance > 0), (x / n - y / m) / np.sqrt(np.maximum(variance, 1e-300)), 0.0))
