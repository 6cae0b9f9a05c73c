"""Which figures a report has, each with its caption and its numbers in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import attrs

from ivigmyo.display import LISTED, counted, days, interval, lone, number, p_statement, printable, records, spread
from ivigmyo.figures.by_patient import draw_improvement_scores, draw_swimmer, draw_waterfall
from ivigmyo.figures.by_visit import draw_log_ck, draw_visits
from ivigmyo.figures.canvas import LINES, missing_signs
from ivigmyo.figures.flow import draw_flow
from ivigmyo.figures.forest import draw_forest
from ivigmyo.figures.over_time import draw_scores
from ivigmyo.figures.survival import draw_survival
from ivigmyo.instruments import CK
from ivigmyo.study.words import final_week

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ivigmyo.analysis import DurationResult, LogCKResult, MeasureResult, SubgroupResult, TrialReport
    from ivigmyo.outcomes.improvement import ImprovementResult
    from ivigmyo.survival import SurvivalCurve

__all__ = ["Picture", "report_pictures"]


def _final(report: TrialReport) -> str:
    return f"Final: {final_week(report.study.protocol)}, or the last visit of a patient who stopped."


@attrs.frozen(eq=False)
class Picture:
    """A figure with its words.

    Parameters
    ----------
    title : str
        What the figure shows.
    caption : str
        What its signs mean, and what it rests on; and which signs of names no font here has, if any.
    description : str
        What it shows, in numbers, for those who do not see it.
    axes : matplotlib.axes.Axes
        The axes drawn on.
    """

    title: str = attrs.field(converter=printable)
    caption: str = attrs.field(converter=printable)
    description: str = attrs.field(converter=printable)
    axes: Axes = attrs.field(repr=False)


def report_pictures(report: TrialReport) -> list[Picture]:
    r"""Draw the figures of a report.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    list of Picture
        The figures of what the data allow; those with a bar for each patient only where there
        are no more than 100.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> pictures = report_pictures(trial_report(saito2008.load_study()))
    >>> print(*(picture.title for picture in pictures), sep="\n")
    MMT by visit
    ADL by visit
    CK by visit
    Percentage change in CK, patient by patient
    ln CK before and after the first infusion
    How long CK stayed within normal limits
    How long CK stayed within normal limits, by diagnosis
    The course of CK, patient by patient
    >>> print(pictures[5].description)
    Of 13 patients, CK rose above its limit again in 8. Half had risen by: 371 days (95 % interval 99 to not reached).
    """
    return [_with_signs(picture) for picture in _pictures(report)]


def _with_signs(picture: Picture) -> Picture:
    missing = missing_signs(picture.axes)
    return attrs.evolve(picture, caption=f"{picture.caption} {missing}") if missing else picture


def _pictures(report: TrialReport, alone: bool = False) -> Iterator[Picture]:
    """Draw a report; of an arm that does not stand alone, what the figures of all arms do not show."""
    if report.arms:
        yield from _together(report)
        yield from _by_arm(report.arms)
        return
    one_arm = not alone and not report.tested
    for measure in () if one_arm else report.measures:
        yield _visits(measure, _final(report))
    for measure in report.measures:
        if measure.instrument == CK and 0 < measure.final_percent_change.count() <= LISTED:
            yield _waterfall(measure)
    if report.log_ck is not None and not one_arm:
        yield _log_ck(report.log_ck)
    if report.duration is not None:
        yield from _duration(report.duration, one_arm)
    if report.improvement is not None and len(report.improvement.scores) <= LISTED:
        yield _improvement(report.improvement, report.study.protocol.population)
    if not one_arm:
        yield from _score_course({"": report})


def _by_arm(arms: Mapping[str, TrialReport]) -> Iterator[Picture]:
    """Draw the arms in one figure, a line each; more of them than there are lines, arm by arm."""
    if len(arms) > len(LINES):
        for arm, report in arms.items():
            yield from (attrs.evolve(picture, title=f"{picture.title}, {arm}") for picture in _pictures(report, alone=True))
        return
    codes = dict.fromkeys(measure.instrument.code for report in arms.values() for measure in report.measures)
    for code in codes:
        yield _visits_by_arm(
            {arm: each for arm, report in arms.items() for each in report.measures if each.instrument.code == code},
            _final(next(iter(arms.values()))),
        )
    yield from _score_course(arms)
    durations = {arm: report.duration for arm, report in arms.items() if report.duration is not None}
    curves = {arm: each.curve for arm, each in durations.items() if each.curve is not None}
    if curves:
        yield _curves(
            "by arm",
            curves,
            "Only patients whose CK came within normal limits are in it: the arms are described, not compared.",
        )


def _together(report: TrialReport) -> Iterator[Picture]:
    """Draw what the arms have in common: the flow of patients, the primary outcome in subgroups, the time to an event."""
    consort = report.consort
    if consort is not None and len(report.arms) <= _FLOW:
        yield Picture("Flow of patients", "From screening to the analyses.", _flow_words(consort), draw_flow(consort))
    for arm, found in report.subgroups.items():
        yield _forest(report, arm, found)
    for name in dict.fromkeys(name for named in report.contrasts.values() for name in named):
        curves: dict[str, SurvivalCurve] = {}
        for named in report.contrasts.values():
            curves |= getattr(named.get(name), "curves", {})
        if curves and len(curves) <= len(LINES):
            yield _time_to(name, {arm: curves[arm] for arm in report.arms if arm in curves})


_FLOW = 4  # arms that a flow has room for


def _flow_words(consort: Any) -> str:
    steps = [
        f"{row.step}{f' ({row.reason})' if isinstance(row.reason, str) else ''}"
        f"{f', {row.arm}' if isinstance(row.arm, str) else ''}: {number(row.patients)}"
        for row in records(consort)
    ]
    return f"{'; '.join(steps)}."


def _forest(report: TrialReport, arm: str, found: SubgroupResult) -> Picture:
    share = hasattr(report.contrasts[arm][found.outcome], "risk_ratio")
    factor, digits = (100.0, 1) if share else (1.0, 1 if found.scale == "difference" else 2)
    labels = [f"{row.factor}: {row.level}" if row.factor else row.level for row in records(found.rows)]
    numbers = ["estimate", "conf_low", "conf_high"]
    rows = found.rows.assign(label=labels, **{name: found.rows[name] * factor for name in numbers})
    better = report.better.get(found.outcome)
    sides = {"higher": (found.control, arm), "lower": (arm, found.control)}
    ratio = found.scale != "difference"
    title = "difference in percentage points" if share else found.scale
    tests = [f"{name} {p_statement(test.p_value)}" for name, test in found.interactions.items()]
    said = f" One test of interaction a factor: {'; '.join(tests)}." if tests else ""
    estimates = [
        f"{row.label}: {number(row.estimate, digits)} ({number(row.conf_low, digits)} to {number(row.conf_high, digits)}), "
        f"n {number(row.n)}"
        for row in records(rows)
    ]
    return Picture(
        f"{found.outcome} in subgroups: {arm} against {found.control}",
        f"{title[0].upper()}{title[1:]} with 95 % intervals, and the number of patients.{said}",
        f"{'; '.join(estimates)}.",
        draw_forest(rows, favours=sides.get(better or ""), scale="log" if ratio else "linear", title=title, digits=digits),
    )


_EVENTS = {"CK.normalization": ("How long it took until CK was normal", "patients whose CK was not yet normal")}


def _time_to(name: str, curves: Mapping[str, SurvivalCurve]) -> Picture:
    title, left = _EVENTS.get(name, (f"Time to {name}", "patients without the event"))
    axes = draw_survival(curves)
    axes.set(xlabel="days since the first infusion", ylabel=left)
    words = " ".join(
        f"{label}: {curve.n_events} of {curve.n} had the event; median {days(curve.median)}."
        for label, curve in curves.items()
    )
    caption = "Kaplan-Meier curves by arm of all in whom it could happen. Upright strokes: patients censored there."
    return Picture(f"{title}, by arm", caption, words, axes)


def _visits(measure: MeasureResult, final: str) -> Picture:
    tests: Any = measure.changes.get("p_value", {})
    tested = any(p == p for p in tests) or _final_p(measure) is not None
    stars = f" Stars: test of the change from baseline ({measure.final_change.method})." if tested else ""
    shown = f"Mean ± SD in {measure.instrument.unit} by visit{', and P of the change from baseline' if tested else ''}."
    return Picture(
        f"{measure.instrument.code} by visit",
        f"{measure.instrument.name}: mean and standard deviation of the efficacy set, with the number of patients at each "
        f"visit; grey lines are single patients. {final}{stars}",
        f"{shown} {_by_week(measure)}.",
        draw_visits(measure),
    )


def _visits_by_arm(arms: Mapping[str, MeasureResult], final: str) -> Picture:
    instrument = next(iter(arms.values())).instrument
    return Picture(
        f"{instrument.code} by visit and arm",
        f"{instrument.name}: mean and standard deviation of the efficacy set, arm by arm, with the number of patients of "
        f"each arm at each visit; the points of a visit stand beside each other to be told apart. {final}",
        f"Mean ± SD in {instrument.unit} by visit. {' '.join(f'{arm}: {_by_week(each)}.' for arm, each in arms.items())}",
        draw_visits(arms),
    )


def _by_week(measure: MeasureResult) -> str:
    tests: Any = measure.changes.get("p_value", {})
    parts = [
        f"week {row.Index}: {spread(row.mean, row.sd)} (n = {row.n}{_tested(tests.get(row.Index))})"
        for row in records(measure.visits)
    ]
    final = measure.final
    parts.append(f"final: {spread(final.mean, final.sd)} (n = {final.n}{_tested(_final_p(measure))})")
    return "; ".join(parts)


def _final_p(measure: MeasureResult) -> float | None:
    return getattr(measure.final_change, "p_value", None)


def _tested(p: float | None) -> str:
    return "" if p is None or p != p else f", {p_statement(p)}"


def _waterfall(measure: MeasureResult) -> Picture:
    changes = measure.final_percent_change.dropna().sort_values(ascending=False, kind="stable")
    listed = "; ".join(f"patient {name}: {number(change)} %" for name, change in changes.items())
    return Picture(
        f"Percentage change in {measure.instrument.code}, patient by patient",
        "From baseline to the final value, coloured by grade. Dashes: the changes from which a patient counts as worsened, "
        "as improved and as markedly improved; one whose value came within normal limits counts as improved too.",
        f"From the greatest rise to the greatest fall. {listed}.",
        draw_waterfall(measure),
    )


def _log_ck(result: LogCKResult) -> Picture:
    test = result.comparison
    course = "; ".join(f"week {row.Index}: {spread(row.mean, row.sd, 2)} (n = {row.n})" for row in records(result.visits))
    end = float(result.values.columns[-1])
    alone = number(result.refitted_line.at(end), 2)
    return Picture(
        "ln CK before and after the first infusion",
        "Mean and standard deviation of the natural logarithm of CK in the efficacy set. Lines: the course expected had "
        f"steroids alone gone on, as fitted here. Fall after minus fall before: "
        f"{spread(test.difference.mean, test.difference.sd, 3)}, {p_statement(test.p_value)} ({test.method}).",
        f"Mean ± SD of ln CK. {course}. Expected in week {number(end)} under steroids alone: {alone}.",
        draw_log_ck(result),
    )


def _duration(result: DurationResult, one_arm: bool = False) -> Iterator[Picture]:
    if result.curve is not None and not one_arm:
        yield Picture(
            "How long CK stayed within normal limits",
            f"{result.curve.method} curve of the patients whose CK came within normal limits; the event is a CK above its "
            "limit again. Band: pointwise 95 % interval (log-log). Upright strokes: patients censored there.",
            _survival_words(result.curve),
            draw_survival(result),
        )
    if len(result.curves_by_diagnosis) > 1 and not one_arm:
        test = result.log_rank
        tested = "" if test is None else f"Log-rank test: {p_statement(test.p_value)}{lone(test.lone_groups)}."
        yield _curves("by diagnosis", result.curves_by_diagnosis, tested)
    if 0 < len(result.episodes) <= LISTED:
        yield Picture(
            "The course of CK, patient by patient",
            "Days since the first infusion. Grey: CK was monitored; blue: it was within normal limits; cross: it was above "
            "its limit again; triangle: it was still normal when last seen.",
            "; ".join(_course(episode) for episode in records(result.episodes)) + ".",
            draw_swimmer(result.episodes),
        )


def _curves(how: str, curves: Mapping[str, SurvivalCurve], said: str) -> Picture:
    axes = draw_survival(curves)
    axes.set(xlabel="days since CK came within normal limits", ylabel="patients with normal CK")
    caption = (
        f"Kaplan-Meier curves {how}; the event is a CK above its limit again. Upright strokes: patients censored there."
    )
    words = " ".join(f"{label}: {_survival_words(curve)}" for label, curve in curves.items())
    return Picture(f"How long CK stayed within normal limits, {how}", f"{caption} {said}", words, axes)


def _improvement(result: ImprovementResult, population: Literal["adult", "juvenile"]) -> Picture:
    scores = result.scores.sort_values("score", ascending=False, kind="stable")
    listed = "; ".join(f"patient {row.Index}: {_score(row)}" for row in records(scores))
    return Picture(
        "Total Improvement Score, patient by patient",
        "Points of the ACR/EULAR 2016 score from baseline to the final value, stacked by measure. Dashes: the least scores "
        "of a minimal, a moderate and a major improvement.",
        f"From the highest score to the lowest, of 100. {listed}.",
        draw_improvement_scores(result.scores, population=population),
    )


def _score_course(reports: Mapping[str, TrialReport]) -> Iterator[Picture]:
    """Draw the score by week and the time to response, where it is followed over the visits; arms beside each other."""
    courses = {label: report.course for label, report in reports.items() if report.course is not None}
    if not courses:
        return
    how = "" if list(courses) == [""] else " and arm"
    population = next(iter(reports.values())).study.protocol.population
    visits = {label: course.visits for label, course in courses.items()}
    yield Picture(
        f"Total Improvement Score by week{how}",
        "Mean and standard deviation of the patients scored in each week, whose number stands below. Dashes: the least "
        "scores of a minimal, a moderate and a major improvement.",
        "Mean ± SD by week. "
        + " ".join(f"{f'{label}: ' if label else ''}{_scores_by_week(each)}." for label, each in visits.items()),
        draw_scores(visits[""] if not how else visits, population=population),
    )
    curves = {label: course.time_to_response for label, course in courses.items() if course.time_to_response is not None}
    if curves:
        axes = draw_survival(curves[""] if not how else curves)
        axes.set(xlabel="days since week 0", ylabel="patients without a response")
        yield Picture(
            f"Time to response by the Total Improvement Score{', by arm' if how else ''}",
            "Kaplan-Meier; the event is the first response. A patient who was rescued, left or had no response never "
            "responds and is censored at the planned end. Upright strokes: patients censored there.",
            " ".join(f"{f'{label}: ' if label else ''}{_response_words(curve)}" for label, curve in curves.items()),
            axes,
        )


def _scores_by_week(visits: Any) -> str:
    return "; ".join(f"week {row.Index}: {spread(row.mean, row.sd)} (n = {row.n:.0f})" for row in records(visits))


def _response_words(curve: SurvivalCurve) -> str:
    limits = interval(curve.median_interval(), 0, absent="not reached")
    half = days(curve.median)
    return (
        f"Of {counted(curve.n, 'patient')}, {curve.n_events} responded. Half had responded by: "
        f"{half if curve.median is None else f'{half} days'} (95 % interval {limits})."
    )


def _score(row: Any) -> str:
    if row.score != row.score:
        return f"no score, without {row.missing}"
    return f"{number(row.score, 1).removesuffix('.0')} ({row.category})"


def _survival_words(curve: SurvivalCurve) -> str:
    limits = interval(curve.median_interval(), 0, absent="not reached")
    half = days(curve.median)
    return (
        f"Of {counted(curve.n, 'patient')}, CK rose above its limit again in {curve.n_events}. Half had risen by: "
        f"{half if curve.median is None else f'{half} days'} (95 % interval {limits})."
    )


def _course(episode: Any) -> str:
    marks = (
        ("within normal limits", "day", episode.normalized_on),
        ("above them again", "day", episode.re_elevated_on),
        ("monitored", "to day", episode.observed_until),
    )
    known = [f"{name} {when} {number(day)}" for name, when, day in marks if day == day]
    return ", ".join([f"patient {episode.patient}: {episode.status}", *known])
