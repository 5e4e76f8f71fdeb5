# SPDX-License-Identifier: GPL-2.0-or-later
"""A median and how well it is known."""

import random
import statistics

RESAMPLES = 4000


def median_interval(values):
    """(median, low, high): the 95 % percentile bootstrap of the median. Seeded, so that the same values
    give the same interval."""
    draw = random.Random(len(values))
    medians = sorted(statistics.median(draw.choices(values, k=len(values)))
                     for _ in range(RESAMPLES))
    return (statistics.median(values), medians[int(0.025 * RESAMPLES)],
            medians[int(0.975 * RESAMPLES)])


def cells(values, digits=4):
    """The same as two columns of a table."""
    if not values:
        return "– | –"
    median, low, high = median_interval(values)
    return f"{median:.{digits}f} | {low:.{digits}f} – {high:.{digits}f}"
