"""One bar a patient: the course of CK, its percentage change, and the Total Improvement Score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import check_choice, check_frame
from ivigmyo.core_set import CATEGORIES, THRESHOLDS
from ivigmyo.display import number, printable
from ivigmyo.figures.canvas import COLOURS, COLUMN, PAGE, POINT, fine_hatches, legend_above, new_axes, short_labels, write
from ivigmyo.figures.letters import SIZE, text_width
from ivigmyo.instruments import CK
from ivigmyo.response import CK_THRESHOLDS, Grade

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ivigmyo.analysis import MeasureResult

__all__ = ["draw_improvement_scores", "draw_swimmer", "draw_thresholds", "draw_waterfall"]

_EPISODE_COLUMNS = ("patient", "normalized_on", "re_elevated_on", "observed_until", "status")
_MOST_NAMES = 50
_MOST_TOTALS = 20
_BESIDE = 17.0
"""What stands beside the bars, in mm."""
_HEIGHT = 40 * POINT
"""About how high the axes are, in points."""
_SIGN: dict[str, Any] = {"markersize": 6, "markeredgecolor": COLOURS["black"], "markeredgewidth": 0.5}
_EDGE: dict[str, Any] = {"edgecolor": COLOURS["black"], "linewidth": 0.5}
_NO_GRADE = "not graded"
_GRADES: dict[str, dict[str, Any]] = {
    Grade.WORSENED.label: {"color": COLOURS["vermillion"], "hatch": "xxxx"},
    Grade.UNCHANGED.label: {"color": COLOURS["pale"]},
    Grade.IMPROVED.label: {"color": COLOURS["sky"], "hatch": "////"},
    Grade.MARKEDLY_IMPROVED.label: {"color": COLOURS["blue"]},
    _NO_GRADE: {"color": "white"},
}
_MEASURES: dict[str, tuple[str, dict[str, Any]]] = {
    "physician_global": ("physician global", {"color": COLOURS["blue"]}),
    "patient_global": ("patient global", {"color": COLOURS["sky"], "hatch": "..."}),
    "mmt": ("MMT", {"color": COLOURS["pale"]}),
    "haq": ("HAQ", {"color": COLOURS["yellow"], "hatch": "----"}),
    "enzyme": ("muscle enzyme", {"color": COLOURS["orange"], "hatch": "////"}),
    "extramuscular": ("extramuscular", {"color": COLOURS["green"], "hatch": "xxxx"}),
}


def draw_swimmer(episodes: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw each patient's monitoring of CK: when it came within normal limits, and when it left them again.

    Parameters
    ----------
    episodes : pandas.DataFrame
        One row a patient, as `find_normalizations` gives them and a report's `duration.episodes` holds them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide and as high as the patients need.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. The patient whose CK was normal for longest stands at the top; of patients whose CK did not
        come within normal limits, the status is written.

    Raises
    ------
    ValueError
        If `episodes` lacks a column.

    References
    ----------
    Saito et al. 2008, Table 4.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> ax = draw_swimmer(saito2008.load_episodes())
    >>> [tick.get_text() for tick in ax.get_yticklabels()][:3]
    ['13', '4', '9']
    """
    check_frame("episodes", episodes, _EPISODE_COLUMNS)
    rows = _by_length(episodes)
    start, again, last = rows["normalized_on"], rows["re_elevated_on"], rows["observed_until"]
    end, places, names = again.fillna(last), np.arange(len(rows)), short_labels(rows["patient"])
    still = again.isna() & start.notna()
    with new_axes(ax, height=27 + 4.2 * len(rows), width=COLUMN + _length(names)) as ax:
        entries: dict[str, Any] = {
            "CK monitored": ax.barh(places, last, height=0.3, color=COLOURS["pale"], linewidth=0),
            "within normal limits": _spans(ax, places, start, end, color=COLOURS["blue"]),
            "above them again": ax.plot(again, places, "X", linestyle="none", color=COLOURS["vermillion"], **_SIGN)[0],
            "still normal": ax.plot(end.where(still), places, ">", linestyle="none", color=COLOURS["sky"], **_SIGN)[0],
        }
        for place, status, day in zip(places, rows["status"], last.fillna(0), strict=True):
            if math.isnan(start[place]):
                write(ax, status, (day, float(place)), (3, 0), va="center")
        ax.set_yticks(places, names, parse_math=False)
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xlim(0, max(1.0, 1.05 * last.max()))  # nobody may have been seen after day 0
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel("days since the first infusion")
        ax.set_ylabel("patient")
        legend_above(ax, entries, columns=2)
    return ax


def draw_waterfall(result: MeasureResult, ax: Axes | None = None) -> Axes:
    """Draw each patient's percentage change from baseline to the final value, by grade.

    Parameters
    ----------
    result : MeasureResult
        One measure of a report.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide or as wide as the patients need.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. The greatest rise stands at the left, the greatest fall at the right.

    Notes
    -----
    It shows `final_percent_change`; patients in whom that is missing are left out. Bars have the colour and the hatching
    of the grade in `grades`. For CK, dashes show the percentages from which a patient is worsened, improved and markedly
    improved. Patients are named where there are no more than 50.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> mmt, adl, ck = trial_report(saito2008.load_study()).measures
    >>> ax = draw_waterfall(ck)
    >>> len(ax.patches), [text.get_text() for text in ax.get_legend().get_texts()]
    (15, ['markedly improved (15)'])
    """
    changes = result.final_percent_change.dropna().sort_values(ascending=False, kind="stable")
    grades = pd.Series(_NO_GRADE, changes.index) if result.grades is None else result.grades.astype(object).fillna(_NO_GRADE)
    places = np.arange(len(changes))
    with new_axes(ax, height=70 + _length(short_labels(changes.index)), width=_width(len(changes))) as ax:
        entries = {}
        for grade, sign in _GRADES.items():
            chosen = (grades[changes.index] == grade).to_numpy()
            if chosen.any():
                entries[f"{grade} ({chosen.sum()})"] = ax.bar(places[chosen], changes[chosen], width=0.75, **_EDGE, **sign)
        ax.axhline(0, color=COLOURS["black"], linewidth=0.8)
        if result.instrument == CK:
            draw_thresholds(ax, {_signed(ratio): 100 * (ratio - 1) for ratio in attrs.astuple(CK_THRESHOLDS)})
        _name_patients(ax, changes.index)
        fine_hatches(ax)
        ax.set_ylabel(f"change in {printable(result.instrument.code)} (%)", parse_math=False)
        legend_above(ax, entries, columns=2)
    return ax


def draw_improvement_scores(
    scores: pd.DataFrame, ax: Axes | None = None, population: Literal["adult", "juvenile"] = "adult"
) -> Axes:
    """Draw each patient's Total Improvement Score, its points stacked by measure.

    Parameters
    ----------
    scores : pandas.DataFrame
        The result of `core_set.total_improvement_score`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide or as wide as the patients need.
    population : {"adult", "juvenile"}, default "adult"
        Whose thresholds of minimal, moderate and major improvement are shown.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. The highest score stands at the left; patients without a score stand at the right, without a
        bar.

    Raises
    ------
    ValueError
        If `scores` lacks a column, or `population` is not one of those offered.

    Notes
    -----
    The score stands above its bar where there are no more than 20 patients; before one that lacks a measure stands >=,
    since the whole score cannot fall short of it.

    Examples
    --------
    >>> from ivigmyo.core_set import total_improvement_score
    >>> columns = ["physician_global", "patient_global", "extramuscular", "mmt", "haq", "enzyme"]
    >>> baseline = pd.DataFrame([[5.5, 2, 5.5, 146, 0, 66], [6, 5, 4, 120, 1.5, 900]], ["P01", "P02"], columns)
    >>> final = pd.DataFrame([[0.5, 1, 0, 150, 0, 84], [5, 5, 3, 123, 1.5, 450]], ["P01", "P02"], columns)
    >>> scores = total_improvement_score(baseline, final, mmt_maximum=150, enzyme_range=15 * 200)
    >>> ax = draw_improvement_scores(scores)
    >>> [text.get_text() for text in ax.texts if text.get_text().endswith(".5")]
    ['52.5', '17.5']
    """
    check_choice("population", population, THRESHOLDS)
    check_frame("scores", scores, [*(f"{measure}_points" for measure in _MEASURES), "score", "missing"])
    rows = scores.sort_values("score", ascending=False, kind="stable", na_position="last")
    places = np.arange(len(rows))
    with new_axes(ax, height=85 + _length(short_labels(rows.index)), width=_width(len(rows))) as ax:
        entries, below = {}, np.zeros(len(rows))
        for measure, (name, sign) in _MEASURES.items():
            points = rows[f"{measure}_points"].where(rows["score"].notna()).fillna(0).to_numpy()
            entries[name] = ax.bar(places, points, bottom=below, width=0.75, **_EDGE, **sign)
            below = below + points
        ax.set_ylim(0, 100)
        if len(rows) <= _MOST_TOTALS:
            _write_scores(ax, rows["score"], rows["missing"])
        draw_thresholds(ax, dict(zip(CATEGORIES.categories[1:], THRESHOLDS[population], strict=True)))
        _name_patients(ax, rows.index)
        fine_hatches(ax)
        ax.set_ylabel("Total Improvement Score")
        legend_above(ax, entries, columns=2)
    return ax


def _by_length(episodes: pd.DataFrame) -> pd.DataFrame:
    """Put the patient whose CK was normal for longest first."""
    normal = episodes["re_elevated_on"].fillna(episodes["observed_until"]) - episodes["normalized_on"]
    return episodes.iloc[np.argsort(-normal.to_numpy(), kind="stable")].reset_index(drop=True)


def _spans(ax: Axes, places: Any, start: pd.Series[float], end: pd.Series[float], color: str) -> Any:
    known = start.notna().to_numpy()
    return ax.barh(places[known], (end - start)[known], left=start[known], height=0.62, color=color, linewidth=0)


def _length(names: list[str]) -> float:
    """How much longer than two signs the longest name is, in mm."""
    return 1.6 * max(0, *(len(name) - 2 for name in names)) if names else 0.0


def _width(patients: int) -> float:
    return min(PAGE, max(COLUMN, _BESIDE + 3.4 * patients))


def draw_thresholds(ax: Axes, heights: Mapping[str, float]) -> None:
    """Draw each threshold across the bars, named at the right; names that would touch are moved apart."""
    for height in heights.values():
        ax.axhline(height, color=COLOURS["black"], linewidth=0.7, linestyle=(0, (5, 3)), alpha=0.75, zorder=2)
    low, high = ax.get_ylim()
    places = {name: (height - low) / (high - low) * _HEIGHT for name, height in heights.items()}
    least = -math.inf
    for name in sorted(places, key=lambda name: places[name]):
        place = max(places[name], least)
        write(ax, name, (1, heights[name]), (2, place - places[name]), xycoords=("axes fraction", "data"), va="center")
        least = place + 1.15 * SIZE


def _signed(ratio: float) -> str:
    """Write a ratio as a percentage of change."""
    sign = "+" if ratio > 1 else "\N{MINUS SIGN}"
    return f"{sign}{number(abs(100 * ratio - 100))} %"


def _name_patients(ax: Axes, names: Any) -> None:
    """Write the patients below their bars, upright where they are long or many."""
    labels = short_labels(names) if len(names) <= _MOST_NAMES else []
    pitch = (_width(len(labels)) - _BESIDE) * POINT / max(1, len(labels))
    upright = any(text_width(label) > pitch - 4 for label in labels)
    ax.set_xticks(range(len(labels)), labels, rotation=90 if upright else 0, parse_math=False)
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_xlabel("patient")


def _write_scores(ax: Axes, scores: pd.Series[float], missing: pd.Series[Any]) -> None:
    for x, (score, lacking) in enumerate(zip(scores, missing, strict=True)):
        known = score == score
        text = f"{'≥' if lacking else ''}{number(score, 1).removesuffix('.0')}" if known else "no score"
        sign = {"rotation": 90, "ha": "center", "va": "bottom", "bbox": {"color": "white", "pad": 0.5}}
        write(ax, text, (x, score if known else 0), (0, 2), zorder=3, **sign)
