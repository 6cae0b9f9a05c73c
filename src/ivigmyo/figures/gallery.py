"""Which figures a report has, each with its caption and its numbers in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from ivigmyo.display import LISTED, days, interval, number, p_statement, printable, records, spread
from ivigmyo.figures.by_patient import draw_improvement_scores, draw_swimmer, draw_waterfall
from ivigmyo.figures.by_visit import draw_log_ck, draw_visits
from ivigmyo.figures.survival import draw_survival
from ivigmyo.instruments import CK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ivigmyo.analysis import DurationResult, LogCKResult, MeasureResult, TrialReport
    from ivigmyo.outcomes.improvement import ImprovementResult
    from ivigmyo.survival import SurvivalCurve

__all__ = ["Picture", "report_pictures"]


@attrs.frozen(eq=False)
class Picture:
    """A figure with its words.

    Parameters
    ----------
    title : str
        What the figure is called.
    caption : str
        What its signs mean, and what it rests on.
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
        The figures of what the data allow, in the order of the paper; those with a bar for each patient only where there
        are no more than 100.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> pictures = report_pictures(trial_report(saito2008.load_study()))
    >>> print(*(picture.title for picture in pictures), sep="\n")
    Fig. 1. MMT by visit
    Fig. 1. ADL by visit
    Fig. 1. CK by visit
    Percentage change in CK, patient by patient
    Fig. 2. ln CK before and after the first infusion
    Fig. 3. How long CK stayed within normal limits
    Fig. 3 by diagnosis
    Table 4 as a figure: the course of CK, patient by patient
    >>> print(pictures[5].description)
    Of 13 patients, CK rose above its limit again in 8. Half had risen by: 371 days (95 % interval 99 to not reached).
    """
    return list(_pictures(report))


def _pictures(report: TrialReport) -> Iterator[Picture]:
    for measure in report.measures:
        yield _visits(measure)
    for measure in report.measures:
        if measure.instrument == CK and 0 < measure.final_percent_change.count() <= LISTED:
            yield _waterfall(measure)
    if report.log_ck is not None:
        yield _log_ck(report.log_ck)
    if report.duration is not None:
        yield from _duration(report.duration)
    if report.improvement is not None and len(report.improvement.scores) <= LISTED:
        yield _improvement(report.improvement)


def _visits(measure: MeasureResult) -> Picture:
    tests = measure.changes["p_value"]
    parts = [
        f"week {row.Index}: {spread(row.mean, row.sd)} (n = {row.n}{_tested(tests.get(row.Index))})"
        for row in records(measure.visits)
    ]
    final = measure.final
    parts.append(f"final: {spread(final.mean, final.sd)} (n = {final.n}{_tested(measure.final_change.p_value)})")
    return Picture(
        f"Fig. 1. {measure.instrument.code} by visit",
        f"{measure.instrument.name}: mean and standard deviation of the efficacy set, with the number of patients at each "
        "visit; grey lines are single patients. Final: the last scheduled week, or the last visit of a patient who stopped. "
        f"Stars: test of the change from baseline ({measure.final_change.method}).",
        f"Mean ± SD in {measure.instrument.unit} by visit, and P of the change from baseline. {'; '.join(parts)}.",
        draw_visits(measure),
    )


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
        "Fig. 2. ln CK before and after the first infusion",
        "Mean and standard deviation of the natural logarithm of CK in the efficacy set. Lines: the course expected had "
        f"steroids alone gone on, as fitted here. Fall after minus fall before: "
        f"{spread(test.difference.mean, test.difference.sd, 3)}, {p_statement(test.p_value)} ({test.method}).",
        f"Mean ± SD of ln CK. {course}. Expected in week {number(end)} under steroids alone: {alone}.",
        draw_log_ck(result),
    )


def _duration(result: DurationResult) -> Iterator[Picture]:
    if result.curve is not None:
        yield Picture(
            "Fig. 3. How long CK stayed within normal limits",
            f"{result.curve.method} curve of the patients whose CK came within normal limits; the event is a CK above its "
            "limit again. Band: pointwise 95 % interval (log-log). Upright strokes: patients censored there.",
            _survival_words(result.curve),
            draw_survival(result),
        )
    if len(result.curves_by_diagnosis) > 1:
        axes = draw_survival(result.curves_by_diagnosis)
        axes.set(xlabel="days since CK came within normal limits", ylabel="patients with normal CK")
        test = result.log_rank
        tested = "" if test is None else f" Log-rank test: {p_statement(test.p_value)}."
        words = [f"{label}: {_survival_words(curve)}" for label, curve in result.curves_by_diagnosis.items()]
        yield Picture("Fig. 3 by diagnosis", f"The same, by diagnosis.{tested}", " ".join(words), axes)
    if 0 < len(result.episodes) <= LISTED:
        yield Picture(
            "Table 4 as a figure: the course of CK, patient by patient",
            "Days since the first infusion. Grey: CK was monitored; blue: it was within normal limits; cross: it was above "
            "its limit again; triangle: it was still normal when last seen.",
            "; ".join(_course(episode) for episode in records(result.episodes)) + ".",
            draw_swimmer(result.episodes),
        )


def _improvement(result: ImprovementResult) -> Picture:
    scores = result.scores.sort_values("score", ascending=False, kind="stable")
    listed = "; ".join(f"patient {row.Index}: {_score(row)}" for row in records(scores))
    return Picture(
        "Total Improvement Score, patient by patient",
        "Points of the ACR/EULAR 2016 score from baseline to the final value, stacked by measure. Dashes: the least scores "
        "of a minimal, a moderate and a major improvement.",
        f"From the highest score to the lowest, of 100. {listed}.",
        draw_improvement_scores(result.scores),
    )


def _score(row: Any) -> str:
    if row.score != row.score:
        return f"no score, without {row.missing}"
    return f"{number(row.score, 1).removesuffix('.0')} ({row.category})"


def _survival_words(curve: SurvivalCurve) -> str:
    limits = interval(curve.median_interval(), 0, absent="not reached")
    half = days(curve.median)
    return (
        f"Of {curve.n} patients, CK rose above its limit again in {curve.n_events}. Half had risen by: "
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
