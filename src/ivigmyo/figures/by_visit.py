"""Values by visit: Fig. 1, and ln CK before and after the first infusion, Fig. 2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ivigmyo.display import LISTED, number, printable
from ivigmyo.figures.canvas import COLOURS, COLUMN, PAGE, legend_above, new_axes, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ivigmyo.analysis import LogCKResult, MeasureResult

__all__ = ["draw_log_ck", "draw_visits"]

_MARKS = ((0.01, "**"), (0.05, "*"))
_KEY = "* P < 0.05, ** P < 0.01 (change from baseline)"
_MOST_LABELS = 16
_CK_TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000)


def draw_visits(result: MeasureResult, ax: Axes | None = None) -> Axes:
    r"""Draw a measure by visit: mean and standard deviation, and the single patients behind.

    Parameters
    ----------
    result : MeasureResult
        One measure of a report.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Notes
    -----
    It shows the efficacy set: `visits`, and as its last point `final` (the last scheduled week, or the last visit of a
    patient who stopped). Visits stand at equal distances; under each its number of patients. A star marks P < 0.05, two
    mark P < 0.01, by the tests in `changes` and `final_change`. Single patients are left out where there are more than
    100. The axis starts at the lowest possible value, where a bar that would reach below it is cut off.

    References
    ----------
    Saito et al. 2008, Fig. 1.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> mmt, adl, ck = trial_report(saito2008.load_study()).measures
    >>> ax = draw_visits(mmt)
    >>> ax.get_ylabel(), [tick.get_text() for tick in ax.get_xticklabels()][-2:]
    ('MMT (points)', ['12\n(14)', 'final\n(15)'])
    """
    visits, end, patients = result.visits, len(result.visits), result.final_values.index
    has_final = result.final.mean is not None
    pitch = 5.3 + 1.6 * len(str(len(patients)))
    with new_axes(ax, height=65, width=min(PAGE, max(COLUMN, 20 + pitch * (end + has_final)))) as ax:
        entries = {"mean ± SD": _mean_sd(ax, range(end), visits["mean"], visits["sd"])}
        _mark(ax, range(end), visits["mean"], visits["sd"], result.changes["p_value"].reindex(visits.index))
        labels = [_visit_label(week, n) for week, n in visits["n"].items()]
        if has_final:
            mean, sd = [result.final.mean], [math.nan if result.final.sd is None else result.final.sd]
            entries["final"] = _mean_sd(ax, [end], mean, sd, marker="D", markerfacecolor="white")
            _mark(ax, [end], mean, sd, [result.final_change.p_value])
            labels.append(_visit_label("final", result.final.n))
        entries |= _patients(ax, range(end), result.values.loc[patients, visits.index])
        every = math.ceil(len(labels) / _MOST_LABELS)
        ax.set_xticks(range(0, len(labels), every), labels[::every])
        ax.set_xlim(-0.5, len(labels) - 0.5)
        ax.margins(y=0.12)
        ax.set_ylim(bottom=result.instrument.minimum)
        ax.set_xlabel(f"week (patients)\n{_KEY}")
        ax.set_ylabel(f"{printable(result.instrument.code)} ({printable(result.instrument.unit)})", parse_math=False)
        legend_above(ax, entries, columns=3)
    return ax


def draw_log_ck(result: LogCKResult, ax: Axes | None = None) -> Axes:
    """Draw ln CK four weeks before, at, and four weeks after the first infusion, and what steroids alone would have done.

    Parameters
    ----------
    result : LogCKResult
        The ln CK of a report.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. The scale on the right reads the same heights as CK in IU/L.

    Notes
    -----
    Mean and standard deviation of `visits`; `published_line` dotted, `refitted_line` dash-dotted.

    References
    ----------
    Saito et al. 2008, Fig. 2.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> ax = draw_log_ck(trial_report(saito2008.load_study()).log_ck)
    >>> [line.get_label() for line in ax.get_lines() if line.get_linestyle() == ":"]
    ['steroids alone, published']
    """
    weeks = [float(week) for week in result.visits.index]
    signs: dict[str, dict[str, Any]] = {
        "refitted": {"linestyle": "-.", "color": COLOURS["black"], "linewidth": 0.9},
    }
    lines = {"refitted": result.refitted_line}
    with new_axes(ax, height=70) as ax:
        entries = {f"steroids alone, {name}": ax.plot(weeks, lines[name].at(weeks), **signs[name])[0] for name in signs}
        entries["mean ± SD"] = _mean_sd(ax, weeks, result.visits["mean"], result.visits["sd"])
        entries |= _patients(ax, weeks, result.values)
        ax.set_xticks(weeks, [_visit_label(week, n) for week, n in result.visits["n"].items()])
        ax.margins(x=0.08)
        ax.set_xlabel("week (patients)")
        ax.set_ylabel("ln CK (IU/L)")
        _ck_scale(ax)
        legend_above(ax, entries, columns=2)
    return ax


def _ck_scale(ax: Axes) -> None:
    """Read the heights of ln CK as CK on the right."""
    low, high = ax.get_ylim()
    ticks = [tick for tick in _CK_TICKS if low <= math.log(tick) <= high]
    right = ax.secondary_yaxis("right")
    right.set_yticks([math.log(tick) for tick in ticks], [str(tick) for tick in ticks])
    right.set_ylabel("CK (IU/L)")


def _visit_label(week: Any, n: int) -> str:
    return f"{week if isinstance(week, str) else number(week)}\n({n})".replace("-", "\N{MINUS SIGN}")


def _patients(ax: Axes, places: Sequence[float], values: pd.DataFrame) -> dict[str, Any]:
    if not 0 < len(values) <= LISTED:
        return {}
    lines = ax.plot(places, values.to_numpy().T, color=COLOURS["grey"], alpha=0.45, linewidth=0.5, zorder=1)
    return {"patients": lines[0]}


def _mean_sd(ax: Axes, places: Sequence[float], mean: Any, sd: Any, **marker: Any) -> Any:
    sign: dict[str, Any] = {"marker": "o", "markersize": 4.5, "linewidth": 1.4, "elinewidth": 0.9, "capsize": 2.5} | marker
    return ax.errorbar(places, mean, yerr=sd, color=COLOURS["blue"], zorder=3, **sign)


def _mark(ax: Axes, places: Sequence[float], mean: Any, sd: Any, p_values: Any) -> None:
    """Put the stars above the bars."""
    for x, middle, half, p in zip(places, mean, sd, p_values, strict=True):
        star = next((star for limit, star in _MARKS if p is not None and p < limit), None)
        if star is not None:
            write(ax, star, (x, middle + half), (0, 1), ha="center", va="bottom", zorder=4)
