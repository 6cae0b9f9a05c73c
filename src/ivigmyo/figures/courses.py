"""The course of one patient, and of all of them: every measure over the weeks, with limits of normal and treatments."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ivigmyo.display import LISTED, number, printable
from ivigmyo.errors import refusal
from ivigmyo.figures.canvas import (
    COLOURS,
    COLUMN,
    LINES,
    PAGE,
    POINT,
    legend_above,
    new_axes,
    plain,
    plain_number,
    short_labels,
    write,
)
from ivigmyo.figures.letters import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ivigmyo.instruments import Instrument
    from ivigmyo.study import Study
    from ivigmyo.study.patients import Patient, Treatment

__all__ = ["draw_patient", "draw_patients"]

_Row = tuple[float, float, float]
_PANEL, _BAR, _GAP, _AROUND = 26.0, 5.0, 3.0, 24.0  # mm
_LIMIT: dict[str, Any] = {"color": COLOURS["vermillion"], "linestyle": (0, (4, 2)), "linewidth": 0.8}
_COURSE: dict[str, Any] = {"marker": "o", "markersize": 3.5, "markeredgewidth": 0.5, "linewidth": 1.2}


def draw_patient(study: Study, patient_id: str, ax: Axes | None = None) -> Axes:
    r"""Draw one patient's course: a panel for each measure, and bars for the treatments, over the same weeks.

    Parameters
    ----------
    study : Study
        The study.
    patient_id : str
        The patient.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide and as high as the panels need.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. They are only the frame: the panels are their `child_axes`, from top to bottom.

    Raises
    ------
    ValueError
        If the study has no such patient, or nothing was measured or given.

    Notes
    -----
    A value stands at its day where that is known, else at its week. A measure that has a limit of normal is on a
    logarithmic scale, the limit dashed. A treatment whose beginning or end is not known reaches the edge. The days of a
    follow-up without CK values are no measurements: `draw_swimmer` draws them.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> ax = draw_patient(saito2008.load_study(), "4")
    >>> [panel.get_ylabel() for panel in ax.child_axes]
    ['MMT\n(points)', 'ADL\n(points)', 'CK\n(IU/L)', '']
    """
    patient = next((each for each in study.patients if each.id == patient_id), None)
    if patient is None:
        raise ValueError(refusal("'patient_id' must be a patient of the study", patient_id))
    measured = {measure: rows for measure in study.instruments if (rows := _rows(patient, measure))}
    treated: dict[str, list[Treatment]] = {}
    for treatment in patient.treatments:
        treated.setdefault(printable(treatment.name), []).append(treatment)
    heights = [_PANEL] * len(measured) + ([_BAR * len(treated)] if treated else [])
    if not heights:
        raise ValueError(refusal("a course needs a value or a treatment", f"none of patient {patient_id!r}"))
    low, high = _span(patient, measured.values())
    with new_axes(ax, height=_AROUND + sum(heights) + _GAP * len(heights)) as ax:
        panels = _stacked(ax, heights)
        for panel, (measure, rows) in zip(panels, measured.items(), strict=False):
            _measure(panel, measure, rows)
        if treated:
            _treatments(panels[-1], treated, low, high)
        for panel in panels:
            panel.set_xlim(low, high)
            _whole_weeks(panel)
            panel.tick_params(labelbottom=panel is panels[-1])
        panels[-1].set_xlabel("weeks since the first infusion")
        write(panels[0], _named(patient), (0, 1), (0, 5), xycoords="axes fraction")
    return ax


def draw_patients(study: Study, ax: Axes | None = None) -> Axes:
    """Draw the courses of all patients: a row for each patient, a column for each measure.

    Parameters
    ----------
    study : Study
        The study; at most 100 patients.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, two journal columns wide and as high as the patients need.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. They are only the frame: the columns are their `child_axes`.

    Raises
    ------
    ValueError
        If the study has no patient with a value, or more than 100 patients.

    Notes
    -----
    All rows of a column have the scale that is written above it; that of a measure which has a limit of normal is
    logarithmic, and the limit dashed. Arms have a colour each. Patients stand in the order of the study.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> ax = draw_patients(saito2008.load_study())
    >>> [len(column.get_lines()) for column in ax.child_axes][:2]
    [16, 16]
    """
    if len(study.patients) > LISTED:
        raise ValueError(refusal(f"the courses of at most {LISTED} patients can be drawn", len(study.patients)))
    courses = {
        measure: rows
        for measure in study.instruments
        if any(rows := [_rows(patient, measure) for patient in study.patients])
    }
    if not courses:
        raise ValueError(refusal("courses need a value", "none"))
    arms = list(dict.fromkeys(patient.arm or "" for patient in study.patients))
    looks = [LINES[arms.index(patient.arm or "") % len(LINES)] for patient in study.patients]
    with new_axes(ax, height=34 + 5 * (len(arms) > 1) + 6.5 * len(study.patients), width=PAGE) as ax:
        ax.set_axis_off()
        share = 1 / len(courses)
        for k, (measure, rows) in enumerate(courses.items()):
            column = ax.inset_axes((k * share, 0, share * 0.94, 1))
            plain(column)
            _column(column, measure, rows, looks)
            names = short_labels(patient.id for patient in study.patients)
            column.set_yticks(
                [k + 0.45 for k in range(len(names))], names if k == 0 else [""] * len(names), parse_math=False
            )
        if len(arms) > 1:
            marks = {arm or "no arm": ax.plot([], [], **LINES[k % len(LINES)])[0] for k, arm in enumerate(arms)}
            legend_above(ax, marks, columns=1, width=150 * POINT)
            ax.get_legend().set_bbox_to_anchor((0, 1), ax.transAxes)  # type: ignore[union-attr]
    return ax


def _rows(patient: Patient, measure: Instrument) -> list[_Row]:
    """Each value of a measure: its time in weeks, itself, its limit."""
    return [
        (visit.nominal_day / 7, each.value, math.nan if each.uln is None else each.uln)
        for visit in sorted(patient.visits, key=lambda visit: visit.nominal_day)
        for each in visit.assessments
        if each.instrument.code == measure.code
    ]


def _span(patient: Patient, measured: Iterable[list[_Row]]) -> tuple[float, float]:
    """From where to where the weeks of all panels go."""
    times = [week for rows in measured for week, _, _ in rows]
    days = [day for each in patient.treatments for day in (each.start_day, each.end_day) if day is not None]
    times += [day / 7 for day in days] or ([] if times else [0.0])
    rim = 0.04 * (max(times) - min(times)) or 1.0
    return min(times) - rim, max(times) + rim


def _stacked(ax: Axes, heights: list[float]) -> list[Axes]:
    """Set panels of so many mm below each other into the axes."""
    ax.set_axis_off()
    whole = sum(heights) + _GAP * (len(heights) - 1)
    panels, top = [], whole
    for height in heights:
        panels.append(ax.inset_axes((0, (top - height) / whole, 1, height / whole)))
        plain(panels[-1])
        top -= height + _GAP
    return panels


def _whole_weeks(panel: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    panel.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 4, 10], integer=True))


def _measure(panel: Axes, measure: Instrument, rows: list[_Row]) -> None:
    weeks, values, limits = zip(*rows, strict=True)
    if measure.has_uln and min(values) > 0:
        _logarithmic(panel, [*values, *(limit for limit in limits if limit == limit)])
        panel.plot(weeks, limits, drawstyle="steps-mid", **_LIMIT)
        if limits[-1] == limits[-1]:
            write(
                panel,
                f"limit {number(limits[-1])}",
                (1, limits[-1]),
                (2, 0),
                xycoords=("axes fraction", "data"),
                va="center",
            )
    elif measure.maximum is not None and not measure.has_uln:
        panel.set_ylim(measure.minimum, measure.maximum)
    panel.plot(weeks, values, color=COLOURS["blue"], linestyle="-", clip_on=False, zorder=3, **_COURSE)
    panel.set_ylabel(f"{printable(measure.code)}\n({printable(measure.unit)})", parse_math=False)


def _logarithmic(panel: Axes, values: list[float]) -> None:
    """Scale an axis by powers of ten, marked at 1 and 3 of each, and at least two of these apart."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    panel.set_yscale("log")
    marks = sorted(m * 10.0**power for power in range(-6, 9) for m in (1, 3))
    below = max((mark for mark in marks if mark <= min(values)), default=marks[0])
    above = min((mark for mark in marks if mark >= max(values) and mark > below), default=marks[-1])
    kept = [mark for mark in marks if below <= mark <= above]
    panel.set_ylim(below, above)
    panel.yaxis.set_major_locator(FixedLocator(kept if len(kept) < 6 else [mark for mark in kept if f"{mark:e}"[0] == "1"]))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(FuncFormatter(plain_number))


def _treatments(panel: Axes, treated: dict[str, list[Treatment]], low: float, high: float) -> None:
    for row, treatments in enumerate(treated.values()):
        for each in treatments:
            start = low if each.start_day is None else each.start_day / 7
            end = high if each.end_day is None else (each.end_day + 1) / 7  # the last day is one of treatment
            panel.barh(
                row, end - start, left=start, height=0.6, color=COLOURS["sky"], edgecolor=COLOURS["black"], linewidth=0.5
            )
    panel.set_yticks(range(len(treated)), [shortened(name, 22 * POINT) for name in treated], parse_math=False)
    panel.set_ylim(len(treated) - 0.5, -0.5)
    panel.tick_params(axis="y", length=0)


def _named(patient: Patient) -> str:
    arm = getattr(patient, "arm", None)
    words = [f"patient {patient.id}", str(patient.diagnosis), *([str(arm)] if arm else [])]
    return shortened(", ".join(words), (COLUMN - 25) * POINT)


def _column(column: Axes, measure: Instrument, courses: list[list[_Row]], looks: list[dict[str, Any]]) -> None:
    """Draw one measure of all patients, each in a band of its own between its row and the next."""
    found = [value for rows in courses for _, value, _ in rows]
    limited = any(limit == limit for rows in courses for _, _, limit in rows)
    low, high = min(found), max(found)
    if measure.maximum is not None and not measure.has_uln:
        low, high = measure.minimum, measure.maximum
    scale = math.log if measure.has_uln and low > 0 else float
    height = (scale(high) - scale(low)) or 1.0
    feet = [row + 0.9 for row in range(len(courses))]
    column.hlines(
        feet, 0, 1, transform=column.get_yaxis_transform(), color=COLOURS["pale"], linewidth=0.5, linestyle="-", zorder=0
    )
    for row, (rows, look) in enumerate(zip(courses, looks, strict=True)):
        if rows:
            weeks = [week for week, _, _ in rows]
            drawn = {"values": [value for _, value, _ in rows], "limits": [limit for _, _, limit in rows]}
            places = {
                name: [row + 0.9 - 0.8 * (scale(each) - scale(low)) / height for each in values]
                for name, values in drawn.items()
            }
            if limited:
                thin: dict[str, Any] = _LIMIT | {"linewidth": 0.6}
                column.plot(weeks, places["limits"], **thin)
            sign: dict[str, Any] = look | _COURSE | {"markersize": 1.8, "linewidth": 0.9, "zorder": 3}
            column.plot(weeks, places["values"], **sign)
    column.set_ylim(len(courses), 0)
    column.margins(x=0.03)
    column.tick_params(axis="y", length=0)
    _whole_weeks(column)
    column.set_xlabel("week")
    range_ = f"{number(low)} to {number(high)} {printable(measure.unit)}{', log scale' if scale is math.log else ''}"
    write(column, f"{printable(measure.code)}\n{range_}", (0, 1), (0, 4), xycoords="axes fraction", lines=True)
