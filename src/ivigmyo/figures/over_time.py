"""The Total Improvement Score by week, in one group or several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ivigmyo.arguments import check_choice, check_frame
from ivigmyo.core_set import CATEGORIES, THRESHOLDS
from ivigmyo.errors import refusal
from ivigmyo.figures.by_patient import draw_thresholds
from ivigmyo.figures.canvas import LINES, legend_above, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_scores"]

_MARKERS = "os^Dv"


def draw_scores(
    visits: pd.DataFrame | Mapping[str, pd.DataFrame],
    ax: Axes | None = None,
    population: Literal["adult", "juvenile"] = "adult",
) -> Axes:
    r"""Draw the mean Total Improvement Score by week.

    Parameters
    ----------
    visits : pandas.DataFrame, or mapping of str to pandas.DataFrame
        One row a week (index ``week``) with ``n``, ``mean`` and ``sd``, such as `ScoreCourse.visits` of a report; or such
        frames of up to five groups, such as the arms of a trial, by name.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide.
    population : {"adult", "juvenile"}, default "adult"
        Whose thresholds are drawn.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on: weeks stand to scale, under each the number of patients scored; the bars are standard deviations,
        and dashes mark the least scores of a minimal, a moderate and a major improvement.

    Raises
    ------
    ValueError
        If a frame lacks a column, there is no group or there are more than five, or `population` is not one of those
        offered.

    Examples
    --------
    >>> weeks = pd.DataFrame({"n": [12, 11], "mean": [22.5, 41.0], "sd": [9.0, 17.5]}, index=[4, 12])
    >>> ax = draw_scores(weeks)
    >>> [tick.get_text() for tick in ax.get_xticklabels()]
    ['4\n(12)', '12\n(11)']
    """
    check_choice("population", population, THRESHOLDS)
    groups = dict(visits) if isinstance(visits, Mapping) else {"": visits}
    if not 1 <= len(groups) <= len(LINES):
        raise ValueError(refusal(f"'visits' must hold between 1 and {len(LINES)} groups", len(groups)))
    for frame in groups.values():
        check_frame("visits", frame, ("n", "mean", "sd"))
    weeks = sorted({float(week) for frame in groups.values() for week in frame.index})
    span = (weeks[-1] - weeks[0] if weeks else 0.0) or 4.0
    with new_axes(ax, height=65 + 5 * (len(groups) - 1)) as ax:
        entries: dict[str, Any] = {}
        for place, (name, frame) in enumerate(groups.items()):
            aside = 0.012 * span * (place - (len(groups) - 1) / 2)
            x, spread = np.asarray(frame.index, dtype=float) + aside, frame["sd"].fillna(0).to_numpy()
            bars = ax.errorbar(x, frame["mean"].to_numpy(dtype=float), spread, capsize=2, elinewidth=0.8, **_sign(place))
            entries[name or "mean ± SD"] = bars.lines[0]
        counts = {week: [f"{int(frame['n'].get(week, 0))}" for frame in groups.values()] for week in weeks}
        ax.set_xticks(weeks, [f"{week:g}\n({', '.join(counts[week])})" for week in weeks])
        ax.set_xlim(*((weeks[0] - 0.06 * span, weeks[-1] + 0.06 * span) if weeks else (0, 1)))
        ax.set_ylim(0, 100)
        draw_thresholds(ax, dict(zip(CATEGORIES.categories[1:], THRESHOLDS[population], strict=True)))
        ax.set_xlabel("week (patients scored)")
        ax.set_ylabel("Total Improvement Score")
        legend_above(ax, entries, columns=1)
    return ax


def _sign(place: int) -> dict[str, Any]:
    return {"marker": _MARKERS[place], "markersize": 4, "linewidth": 1.4, **LINES[place]}
