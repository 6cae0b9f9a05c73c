"""Values by visit, in one group or several, and ln CK before and after the first infusion; weeks stand to scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ivigmyo.display import LISTED, number, printable
from ivigmyo.errors import refusal
from ivigmyo.figures.canvas import COLOURS, COLUMN, LINES, PAGE, POINT, legend_above, new_axes, plain, write
from ivigmyo.figures.letters import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ivigmyo.analysis import LogCKResult, MeasureResult

__all__ = ["draw_log_ck", "draw_visits"]

_MARKS = ((0.01, "**"), (0.05, "*"))
_KEY = "* P < 0.05, ** P < 0.01 (change from baseline)"
_CK_TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
_MARKERS = "os^Dv"
_BESIDE = 22.0
"""What stands beside the axes of a figure by visit, in mm."""
_APART = 9.0
"""How far the final value stands from the last week, in mm."""


def draw_visits(result: MeasureResult | Mapping[str, MeasureResult], ax: Axes | None = None) -> Axes:
    r"""Draw a measure by visit: mean and standard deviation, and the single patients behind.

    Parameters
    ----------
    result : MeasureResult, or mapping of str to MeasureResult
        One measure of a report; or that measure in up to five groups, such as the arms of a trial, by name.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide, or wider where there are many visits.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    ValueError
        If there is no group or there are more than five, a group's name is no text, or the groups do not have the same
        measure.

    Notes
    -----
    It shows the efficacy set: `visits`, and as its last point `final` (the endpoint week, or the last visit of a patient
    who stopped). Weeks stand to scale, under each as many as fit its number of patients. Where the result holds a P value
    of the change from baseline (`changes`, `final_change`), a star marks P < 0.05, two mark P < 0.01. Of groups, only
    means and deviations are drawn, a little beside each other, and no stars. Single patients are left out where there are
    more than 100. The axis starts at the lowest possible value, where a bar that would reach below it is cut off.

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
    groups = dict(result) if isinstance(result, Mapping) else {"": result}
    instrument = _measure(groups)
    weeks = sorted({float(week) for each in groups.values() for week in each.visits.index})
    counts = {week: [int(each.visits["n"].get(week, 0)) for each in groups.values()] for week in weeks}
    finals = [each.final.n for each in groups.values() if each.final.mean is not None]
    span = (weeks[-1] - weeks[0] if weeks else 0) or 4.0
    width = min(PAGE, max(COLUMN, _BESIDE + 9 * (len(weeks) + 1)))
    end = (weeks[-1] if weeks else 0) + 1.1 * span * _APART / (width - _BESIDE - _APART)
    labels = {week: _visit_label(week, n) for week, n in counts.items()}
    if finals:
        labels[end] = _visit_label("final", [each.final.n for each in groups.values()])
    with new_axes(ax, height=65 + 5 * (len(groups) - 1), width=width) as ax:
        entries: dict[str, Any] = {}
        tested = False
        for k, (name, each) in enumerate(groups.items()):
            aside = 0.012 * span * (k - (len(groups) - 1) / 2)
            entries |= _group(ax, name, each, end, aside, {"marker": _MARKERS[k]} | LINES[k])
        if not isinstance(result, Mapping):  # within an arm a change has no P value: those are for contrasts
            tested = _stars(ax, result, end)
            entries |= _patients(ax, result)
        rim = 0.05 * span
        ax.set_xlim((weeks[0] if weeks else 0) - rim, max(labels, default=end) + rim)
        _label_weeks(ax, labels, (width - _BESIDE) * POINT)
        ax.margins(y=0.12)
        ax.set_ylim(bottom=instrument.minimum)
        _name_axes(ax, instrument, len(groups), tested)
        legend_above(ax, entries, columns=3 if "" in groups else 1, width=(width - _BESIDE - 4) * POINT)
    return ax


def _measure(groups: Mapping[Any, MeasureResult]) -> Any:
    if not 1 <= len(groups) <= len(LINES):
        raise ValueError(refusal(f"'result' must hold between 1 and {len(LINES)} groups", len(groups)))
    for name in groups:
        if not isinstance(name, str):
            raise ValueError(refusal("the names of the groups in 'result' must be texts", name))
    first, *others = (each.instrument for each in groups.values())
    for other in others:
        if other.code != first.code:
            raise ValueError(refusal(f"the groups in 'result' must have one measure, {first.code!r}", other.code))
    return first


def _group(ax: Axes, name: str, result: MeasureResult, end: float, aside: float, sign: dict[str, Any]) -> dict[str, Any]:
    """Draw the means of a group, joined, and its final value, open; what the key says of them."""
    places = result.visits.index.to_numpy() + aside
    drawn = _mean_sd(ax, places, result.visits["mean"], result.visits["sd"], **sign)
    entries = {name or "mean ± SD": drawn}
    if result.final.mean is not None:
        sd = math.nan if result.final.sd is None else result.final.sd
        sign = sign | {"markerfacecolor": "white", "linestyle": "none"} | ({} if name else {"marker": "D"})
        final = _mean_sd(ax, [end + aside], [result.final.mean], [sd], **sign)
        entries |= {} if name else {"final": final}
    return entries


def _stars(ax: Axes, result: MeasureResult, end: float) -> bool:
    """Put the stars above the bars, where the result holds a P value; whether it holds any."""
    visits = result.visits
    tests = result.changes.get("p_value", pd.Series(dtype=float)).reindex(visits.index)
    _mark(ax, visits.index.to_numpy(float), visits["mean"], visits["sd"], tests)
    final, p = result.final, getattr(result.final_change, "p_value", None)
    if final.mean is not None:
        _mark(ax, [end], [final.mean], [math.nan if final.sd is None else final.sd], [p])
    return bool(tests.notna().any()) or p is not None


def _name_axes(ax: Axes, instrument: Any, groups: int, tested: bool) -> None:
    counted = "week (patients)" if groups == 1 else "week (patients, in the order of the key)"
    ax.set_xlabel(f"{counted}\n{_KEY}" if tested else counted)
    ax.set_ylabel(f"{printable(instrument.code)} ({printable(instrument.unit)})", parse_math=False)


def _label_weeks(ax: Axes, labels: Mapping[float, str], width: float) -> None:
    """Mark every visit, and name as many as fit into so many points: week 0 and the last ones first of all."""
    low, high = ax.get_xlim()
    places = {x: (x - low) / (high - low) * width for x in labels}
    halves = {x: max(map(text_width, text.split("\n"))) / 2 + 2 for x, text in labels.items()}
    named: list[float] = []
    for x in sorted(labels, key=lambda x: (x not in (0, *list(labels)[-2:]), x)):
        if all(abs(places[x] - places[other]) >= halves[x] + halves[other] for other in named):
            named.append(x)
    ax.set_xticks(list(labels), [text if x in named else "" for x, text in labels.items()])


def draw_log_ck(result: LogCKResult, ax: Axes | None = None) -> Axes:
    """Draw ln CK before, at, and after the first infusion, and what steroids alone would have done.

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
    Mean and standard deviation of `visits`; `refitted_line`, the course under steroids alone, dash-dotted.

    References
    ----------
    Saito et al. 2008, Fig. 2.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> ax = draw_log_ck(trial_report(saito2008.load_study()).log_ck)
    >>> [line.get_label() for line in ax.get_lines() if line.get_linestyle() == "-."]
    ['steroids alone']
    """
    weeks = [float(week) for week in result.visits.index]
    with new_axes(ax, height=70) as ax:
        sign: dict[str, Any] = {"linestyle": "-.", "color": COLOURS["black"], "linewidth": 0.9}
        entries = {"steroids alone": ax.plot(weeks, result.refitted_line.at(weeks), **sign)[0]}
        entries["mean ± SD"] = _mean_sd(ax, weeks, result.visits["mean"], result.visits["sd"])
        entries |= _single(ax, weeks, result.values)
        ax.margins(x=0.08)
        labels = {week: _visit_label(week, [int(n)]) for week, n in zip(weeks, result.visits["n"], strict=True)}
        _label_weeks(ax, labels, (COLUMN - _BESIDE - 10) * POINT)
        ax.set_xlabel("week (patients)")
        ax.set_ylabel("ln CK (IU/L)")
        _ck_scale(ax)
        legend_above(ax, entries, columns=2)
    return ax


def _ck_scale(ax: Axes) -> None:
    """Read the heights of ln CK as CK on the right."""
    low, high = ax.get_ylim()
    ticks = [tick for tick in _CK_TICKS if low <= math.log(tick) <= high]
    right: Any = ax.secondary_yaxis("right")
    plain(right)
    right.spines["right"].set_visible(True)
    right.tick_params(right=True, left=False, labelright=True, labelleft=False)
    right.set_yticks([math.log(tick) for tick in ticks], [str(tick) for tick in ticks])
    right.set_ylabel("CK (IU/L)")


def _visit_label(week: Any, counts: Sequence[int]) -> str:
    name = week if isinstance(week, str) else number(week)
    return "\n".join([name, *(f"({n})" for n in counts)]).replace("-", "\N{MINUS SIGN}")


def _patients(ax: Axes, result: MeasureResult) -> dict[str, Any]:
    weeks = result.visits.index
    return _single(ax, weeks.to_numpy(float), result.values.loc[result.final_values.index, weeks])


def _single(ax: Axes, places: Any, values: pd.DataFrame) -> dict[str, Any]:
    if not 0 < len(values) <= LISTED or values.shape[1] == 0:
        return {}
    lines = ax.plot(places, values.to_numpy().T, color=COLOURS["grey"], alpha=0.45, linewidth=0.5, zorder=1)
    return {"patients": lines[0]}


def _mean_sd(ax: Axes, places: Any, mean: Any, sd: Any, **sign: Any) -> Any:
    look: dict[str, Any] = {"color": COLOURS["blue"], "marker": "o", "markersize": 4.5, "linewidth": 1.4, "elinewidth": 0.9}
    return ax.errorbar(places, mean, yerr=sd, capsize=2.5, capthick=1, markeredgewidth=1, zorder=3, **look | sign)


def _mark(ax: Axes, places: Any, mean: Any, sd: Any, p_values: Any) -> None:
    for x, middle, half, p in zip(places, mean, sd, p_values, strict=True):
        star = next((star for limit, star in _MARKS if p is not None and p < limit), None)
        if star is not None:
            write(
                ax, star, (float(x), middle + (0 if math.isnan(half) else half)), (0, 1), ha="center", va="bottom", zorder=4
            )
