"""What a reader looks for first: who was treated, by which week, and the key results in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from ivigmyo.analysis import LogCKResult, MeasureResult, PatientSummary, TrialReport
from ivigmyo.display import (
    Table,
    counted,
    days,
    interval,
    listed,
    number,
    other_share,
    p_statement,
    percent,
    printable,
    records,
    share,
    spread,
)
from ivigmyo.estimates import Proportion
from ivigmyo.report.arms import parts_of
from ivigmyo.report.contrasts import contrast_words
from ivigmyo.report.overview import limits_in_words
from ivigmyo.survival import SurvivalCurve

__all__ = ["KeyResult", "key_results", "key_table", "opening", "terms", "who"]


@attrs.frozen
class KeyResult:
    """A result in words.

    Parameters
    ----------
    label : str
        What was found.
    value : str
        The number a reader looks for.
    note : str
        What it rests on: its interval, its n.
    also : str, default ""
        The same by another rule for missing patients.
    """

    label: str = attrs.field(converter=printable)
    value: str = attrs.field(converter=printable)
    note: str = attrs.field(converter=printable)
    also: str = attrs.field(default="", converter=printable)

    @property
    def words(self) -> str:
        """The value and what it rests on, as one text."""
        return f"{self.value} ({self.note})" + (f", {self.also}" if self.also else "")


def key_table(results: Iterable[KeyResult], title: str) -> Table:
    """Lay key results out as a table, for layouts that have no better place for them."""
    return Table(title, ["", "result"], [(each.label, each.words) for each in results], left=(0, 1))


def who(report: TrialReport) -> str:
    """Say in a sentence who was treated and who is analysed."""
    treated, n = report.treated, 0 if report.efficacy is None else report.efficacy.n
    said = "patient was" if treated.n == 1 else "patients were"
    arms = ", ".join(f"{arm.treated.n} {label}" for label, arm in report.arms.items())
    efficacy = "" if arms and report.efficacy is None else f"; {n} of them in the efficacy set"
    said += " randomized" if arms else " treated"
    return f"{treated.n} {said} ({_kinds(treated)}){f': {arms}' if arms else ''}{efficacy}."


def _kinds(summary: PatientSummary) -> str:
    return "; ".join(
        ", ".join(f"{count} {label}" for label, count in kinds.items()) for kinds in (summary.diagnoses, summary.sexes)
    )


def terms(report: TrialReport) -> list[str]:
    """Say what each measure is, in which unit, which way is better, and which limits of normal its values had."""
    measures = {measure.instrument.code: measure.instrument for arm in parts_of(report).values() for measure in arm.measures}
    return [
        f"{code}: {each.name} ({each.unit}, {each.range}; {'higher' if each.higher_is_better else 'lower'} is better)"
        + (f"; upper limits of normal: {limits}" if (limits := limits_in_words(each, report.study)) else "")
        for code, each in measures.items()
    ]


def _last_weeks(report: TrialReport) -> set[int]:
    """Return the last scheduled weeks of the measures that are graded."""
    codes = [
        measure.instrument.code
        for part in parts_of(report).values()
        for measure in part.measures
        if measure.response is not None
    ]
    found = [report.study.protocol.endpoint_of(code) for code in codes]
    return {week for week in found if week is not None}


def opening(report: TrialReport) -> Iterator[str]:
    """Say by which week response is judged, and which outcome is the primary one."""
    protocol = report.study.protocol
    if (week := protocol.endpoint_week) is not None:
        inferred = ", inferred from the values" if "endpoint_week" in (protocol.inferred or ()) else ""
        yield f"Response is judged at week {number(week)}{inferred}."
    elif len(last := _last_weeks(report)) == 1:
        yield f"Response is judged at week {number(last.pop())}, the last scheduled week."
    primary = protocol.primary
    if report.contrasts:
        yield (
            "No outcome was stated to be the primary one: what follows is exploratory, estimates with intervals."
            if primary is None
            else f"The primary outcome is {primary}."
        )
        yield from _tests(report)


def _tests(report: TrialReport) -> Iterator[str]:
    """Say how many tests were made."""
    if counts := report.n_tests:
        parts = listed(
            [f"{n} in the {label}" if label == "main analysis" else f"{n} of {label}" for label, n in counts.items()]
        )
        n = sum(counts.values())
        made = f"{counted(n, 'test')} of the arms {'was' if n == 1 else 'were'} made: {parts}."
        yield f"{made} P values are not adjusted for their number."


def key_results(report: TrialReport, tested: bool = True) -> Iterator[KeyResult]:
    """Yield the results that a reader looks for first; with arms a line for each arm and contrast, never one for all."""
    if report.arms:
        yield from _by_arm(report)
        return
    for measure in report.measures:
        if len(measure.visits):
            yield _course(measure, report)
    for measure in report.measures:
        if measure.response is not None:
            yield _share(f"{measure.instrument.code} response", measure.response)
    if report.log_ck is not None:
        yield _log_ck(report.log_ck, tested)
    if report.duration is not None and report.duration.curve is not None:
        yield _duration(report.duration.curve)
    if report.improvement is not None:
        yield _share("TIS at least moderate", report.improvement.response.moderate)
    if report.incidence is not None:
        yield _share("Adverse reactions", report.incidence.proportion)


def _by_arm(report: TrialReport) -> Iterator[KeyResult]:
    """Yield each line of every arm beside those of the others, then the contrasts, the primary outcome first."""
    by_label: dict[str, list[KeyResult]] = {}
    for label, arm in report.arms.items():
        # how long CK stayed normal is known of those alone in whom it normalized: no first result of a comparison
        for result in key_results(attrs.evolve(arm, duration=None), tested=False):
            by_label.setdefault(result.label, []).append(attrs.evolve(result, label=f"{result.label}: {label}"))
    primary, control = report.study.protocol.primary, report.study.protocol.control
    against: dict[bool, list[KeyResult]] = {True: [], False: []}
    for treated, contrasts in report.contrasts.items():
        for outcome, contrast in contrasts.items():
            words = contrast_words(contrast, report.tested and outcome == primary)
            against[outcome == primary].append(KeyResult(f"{_called(outcome)}: {treated} vs {control}", *words))
    yield from against[True]
    yield from (result for results in by_label.values() for result in results)
    yield from against[False]


_CALLED = {"CK.normalization": "Time to normal CK", "reactions": "Adverse reactions"}


def _called(outcome: str) -> str:
    """Call an outcome as readers do."""
    if outcome.startswith("CK.normal_days"):
        return "Days of normal CK"
    return _CALLED.get(outcome, outcome.replace(".", " "))


def _course(measure: MeasureResult, report: TrialReport) -> KeyResult:
    visits = measure.visits
    first = 0 if 0 in visits.index else visits.index[0]
    end = last_week(report)  # CK may be followed beyond it
    last = end if end in visits.index else visits.index[-1]
    ends = [row for row in records(visits) if row.Index in (first, last)]  # one, where there is one week
    weeks, course, n = (
        " -> ".join(parts)
        for parts in zip(*((str(row.Index), spread(row.mean, row.sd), f"{row.n:.0f}") for row in ends), strict=True)
    )
    return KeyResult(f"{measure.instrument.code}, week {weeks}", f"{course} {measure.instrument.unit}", f"n {n}")


def last_week(report: TrialReport) -> int | None:
    """Return the week by which response is judged, or the last one that was planned."""
    stated = report.study.protocol.endpoint_week
    planned = report.study.scheduled_weeks
    return stated if stated is not None else planned[-1] if planned else None


def _share(label: str, proportion: Proportion) -> KeyResult:
    return KeyResult(label, *share(proportion), other_share(proportion))


def _log_ck(result: LogCKResult, tested: bool) -> KeyResult:
    test = result.comparison
    before, after = (None if part.ratio is None else 1 - part.ratio for part in (test.pre, test.post))
    note = f"n {test.n}; ln CK {spread(test.difference.mean, test.difference.sd, 3)}"
    return KeyResult(
        "CK fall, after vs before",
        f"{percent(after, 0)} vs {percent(before, 0)}",
        f"{note}; {p_statement(test.p_value)}" if tested else note,
    )


def _duration(curve: SurvivalCurve) -> KeyResult:
    limits = interval(curve.median_interval(), 0, absent="not reached")
    return KeyResult("Median days of normal CK", days(curve.median), f"{limits}; {curve.n_events} of {curve.n} rose again")
