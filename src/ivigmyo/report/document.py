"""A report as a document: sections, paragraphs, key results, tables, lists and pictures in one order, before any layout."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import version

import attrs

from ivigmyo import __version__
from ivigmyo.analysis import TrialReport
from ivigmyo.display import CAPPED, LISTED, Shown, Table, capped, counted, listed, printable
from ivigmyo.report.arms import arm_tables, comparison_tables, parts_of, reaction_tables, start_tables
from ivigmyo.report.conventions import report_conventions
from ivigmyo.report.key import KeyResult, key_results, key_table, opening, terms, who
from ivigmyo.report.tables.ck import between_samples_tables, duration_table, episodes_table, log_ck_table, steroid_line_table
from ivigmyo.report.tables.conduct import (
    consort_table,
    criteria_table,
    deviations_table,
    disposition_table,
    plan_table,
)
from ivigmyo.report.tables.endpoints import (
    course_tables,
    deterioration_table,
    estimand_table,
    further_table,
    skin_table,
    stated_table,
    tipping_tables,
)
from ivigmyo.report.tables.improvement import improvement_tables
from ivigmyo.report.tables.safety import safety_tables
from ivigmyo.report.tables.visits import (
    gains_table,
    grades_table,
    patients_table,
    previous_treatments_table,
    response_table,
    week_tables,
)

__all__ = [
    "Document",
    "Listing",
    "Paragraph",
    "Part",
    "Pictures",
    "Section",
    "gaps",
    "readable",
    "report_document",
    "report_tables",
]

_SUMMARY_NOTE = (
    "Mean ± SD; each mean over the patients seen in that week. Intervals: 95 %, exact for rates, log-log for the median."
)

_LIBRARIES = ("numpy", "scipy", "pandas", "lifelines", "matplotlib", "attrs")


@attrs.frozen
class Section:
    """A heading, under which stands what follows up to the next one.

    Parameters
    ----------
    title : str
        The words of the heading.
    level : int
        2 for a part of the document, 3 for a part of that.
    id : str
        A name that no other section of the document has, for links.
    """

    title: str = attrs.field(converter=printable)
    level: int
    id: str


@attrs.frozen
class Paragraph:
    """A paragraph of text.

    Parameters
    ----------
    text : str
        The text.
    kind : {"text", "source", "lead"}, default "text"
        Where the data come from, who was treated, or anything else.
    """

    text: str = attrs.field(converter=printable)
    kind: str = "text"


def _items(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(printable, items))


@attrs.frozen
class Listing:
    """A list of sentences, or of names with what they mean.

    Parameters
    ----------
    title : str
        What is listed; empty where the section says it.
    items : iterable of str
        The sentences.
    more : int, default 0
        How many others there are.
    """

    title: str = attrs.field(converter=printable)
    items: tuple[str, ...] = attrs.field(converter=_items)
    more: int = 0

    @classmethod
    def of(cls, title: str, items: Iterable[str], most: int = CAPPED) -> Listing:
        """List the first items, and count the rest."""
        return cls(title, *capped(items, most))

    @property
    def rest(self) -> str:
        """The count of those that are not listed, in words; empty where there are none."""
        return f"And {counted(self.more, 'other')}." if self.more else ""


@attrs.frozen
class Pictures:
    """Where the figures of a report stand; a layout that can show figures draws them.

    Parameters
    ----------
    report : TrialReport
        The report they are drawn from.
    """

    report: TrialReport = attrs.field(repr=False, eq=False)


Part = Section | Paragraph | KeyResult | Table | Listing | Pictures
"""What a document is made of."""


@attrs.frozen
class Document(Shown):
    """A report before it is laid out.

    Parameters
    ----------
    title : str
        The title.
    parts : tuple of Section, Paragraph, KeyResult, Table, Listing or Pictures
        What stands in it, in order.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> document = report_document(trial_report(saito2008.load_study()))
    >>> [part.title for part in document.parts if isinstance(part, Section)][:4]
    ['Summary', 'Figures', 'Patients', 'Response']
    """

    title: str = attrs.field(converter=printable)
    parts: tuple[Part, ...]

    def _shown(self) -> Table:
        return key_table([part for part in self.parts if isinstance(part, KeyResult)], self.title)


def report_document(report: TrialReport) -> Document:
    """Put a report together: what is said of it, in one order, for every layout.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    Document
        The document. What the report does not have leaves no trace; what the data did not allow is named with the reason.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> document = report_document(trial_report(saito2008.load_study()))
    >>> document.title, document.parts[1].text[:23]
    ('GB-0998 study', '16 patients were treate')
    """
    if not hasattr(report, "measures"):
        raise TypeError(f"'report' must be a TrialReport (got {type(report).__name__}).")
    return Document(printable(report.title) or "Trial report", tuple(_parts(report)))


def report_tables(report: TrialReport) -> list[Table]:
    """Turn a report into its tables, in the order of its document.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    list of Table
        The key results as a table, and the tables of what the data allow.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> tables = report_tables(trial_report(saito2008.load_study()))
    >>> [table.title for table in tables][:2]
    ['Summary', 'Disposition of patients']
    """
    parts = list(_whole(report, "all", 2))
    key = [part for part in parts if isinstance(part, KeyResult)]
    return [key_table(key, "Summary"), *(part for part in parts if isinstance(part, Table))]


def readable(parts: Iterable[Part]) -> Iterator[Part]:
    """Leave figures out, with the heading of a section that has nothing else, for layouts that cannot show them."""
    parts = list(parts)
    for part, following in zip(parts, (*parts[1:], None), strict=True):
        if not isinstance(part, Pictures) and not (isinstance(part, Section) and isinstance(following, Pictures)):
            yield part


def _parts(report: TrialReport) -> Iterator[Part]:
    if report.source:
        yield Paragraph(report.source, "source")
    yield Paragraph(who(report), "lead")
    yield from _whole(report, "all", 2)
    for place, (label, arm) in enumerate(report.arms.items()):
        yield Section(f"Arm: {label}", 2, f"arm{place + 1}")
        yield Paragraph(who(arm), "lead")
        yield from _arm(arm, report, f"arm{place + 1}")
    groups = {label: group for label, group in report.groups.items() if group is not report.arms.get(label)}
    for place, (label, group) in enumerate(groups.items()):
        yield Section(f"Patients: {label}", 2, f"group{place + 1}")
        yield Paragraph(who(group), "lead")
        yield from _whole(group, f"group{place + 1}", 3)
    yield Section("Conventions", 2, "conventions")
    yield Listing("", _conventions(report))
    yield Section("Versions", 2, "versions")
    programs = {"ivigmyo": __version__, "Python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}
    yield Paragraph(", ".join(f"{name} {release}" for name, release in programs.items()) + ".")


def _conventions(report: TrialReport) -> list[str]:
    """Say each rule once: those of the arms, where there are arms, and how arms are compared."""
    if not report.arms:
        return report_conventions(report)
    said = [
        "Arms are as planned; safety is by the treatment received. Within an arm a change has an interval and no P value; P "
        "values are for contrasts."
    ]
    said += list(_contrast_conventions(report))
    said += [sentence for arm in parts_of(report).values() for sentence in report_conventions(arm)]
    return list(dict.fromkeys(said))


def _contrast_conventions(report: TrialReport) -> Iterator[str]:
    """Say how arms are compared, where they are."""
    if not report.contrasts:
        return
    yield (
        f"Each arm is compared with {report.study.protocol.control} on those two alone. Efficacy: all randomized of the "
        "efficacy set by the arm planned; where complete cases stand beside, the missing count as non-responders elsewhere."
    )
    strata = report.study.protocol.strata
    yield (
        "Shares: the difference with Miettinen and Nurminen's interval and Fisher's exact test"
        + (f"; over the strata of {listed(strata)} Mantel and Haenszel's, Sato's, and the CMH test" if strata else "")
        + ". Means: analysis of covariance. Time to an event: log-rank test, Cox's model (ties by Efron), restricted means."
    )


def _whole(report: TrialReport, name: str, level: int) -> Iterator[Part]:
    """Yield everything about the patients of a report, under headings of a level."""
    yield Section("Summary", level, f"{name}-summary")
    for sentence in opening(report):
        yield Paragraph(sentence)
    yield from key_results(report)
    yield Paragraph(_SUMMARY_NOTE)
    if each := terms(report):
        yield Listing("Measures", each)
    topics = {
        "Figures": [Pictures(report)],
        "Patients": _patients(report),
        **(_beside_each_other(report) if report.arms else {}),
        "Estimand": [] if report.estimand is None else [estimand_table(report.estimand)],
        "Response": _response(report),
        "Endpoints over time": _endpoints(report),
        "Values and changes by week": _weeks(report),
        "Before and after the first infusion": _before_and_after(report),
        "How long CK stayed normal": _duration(report),
        "Safety": [] if report.arms else safety_tables(report, report.study.characteristics()),
        "Protocol": _protocol(report),
        "Gaps and remarks": gaps(report),
    }
    yield from _sections(topics, name, level)


def _beside_each_other(report: TrialReport) -> dict[str, Iterable[Part]]:
    """Give the topics of a study with arms: how they started, what compares them, and what was found in each."""
    return {
        "Arms at the start and as treated": start_tables(report),
        "Comparison of the arms": [*comparison_tables(report), *tipping_tables(report)],
        "Results by arm": arm_tables(report),
        "Safety by arm": reaction_tables(report),
    }


def _arm(report: TrialReport, whole: TrialReport, name: str) -> Iterator[Part]:
    """Yield what is described of one arm; whatever compares stands with the arms together."""
    topics = {
        "Figures": [Pictures(report)],
        "Response": _response(report, summarized=False),
        "Skin": _skin(report),
        "Values and changes by week": _weeks(report, tested=False),
        "How long CK stayed normal": _duration(report, tested=False),
        "Safety": safety_tables(report, whole.study.characteristics()),
        "Gaps": _absent(report),
    }
    yield from _sections(topics, name, 3)


def _sections(topics: dict[str, Iterable[Part]], name: str, level: int) -> Iterator[Part]:
    """Yield the topics that have parts, each under a heading."""
    for title, parts in topics.items():
        found = list(parts)
        if found:
            yield Section(title, level, f"{name}-{title.split()[0].lower()}")
            yield from found


def _patients(report: TrialReport) -> Iterator[Part]:
    if report.consort is not None:
        yield consort_table(report.consort)
    else:
        yield disposition_table(report)
    yield patients_table(report)
    if (treatments := previous_treatments_table(report)) is not None:
        yield treatments


def _response(report: TrialReport, summarized: bool = True) -> Iterator[Part]:
    if any(measure.response is not None for measure in report.measures):
        if summarized:
            yield response_table({"": report})
        if report.treated.n <= LISTED:
            yield grades_table(report)
    if report.improvement is not None:
        yield from improvement_tables(report.improvement)


def _endpoints(report: TrialReport) -> Iterator[Part]:
    """Yield what is followed over the visits, and what no other table shows: a line for each arm, where there are arms."""
    parts = parts_of(report)
    yield from course_tables(parts)
    for table in (deterioration_table(parts), further_table(parts), stated_table(report)):
        if table is not None:
            yield table
    yield from _skin(report)


def _skin(report: TrialReport) -> Iterator[Part]:
    if report.skin:
        yield skin_table(report.skin, {each.code: each.name for each in report.study.instruments}, report.tested)


def _weeks(report: TrialReport, tested: bool = True) -> Iterator[Part]:
    for measure in report.measures:
        yield from week_tables(measure, report, tested)


def _before_and_after(report: TrialReport) -> Iterator[Part]:
    if any(measure.comparison is not None for measure in report.measures):
        yield gains_table(report)
    if report.log_ck is not None:
        yield log_ck_table(report.log_ck)
        yield steroid_line_table(report.log_ck)


def _duration(report: TrialReport, tested: bool = True) -> Iterator[Part]:
    if report.duration is not None:
        if len(report.duration.episodes) and report.treated.n <= LISTED:
            yield episodes_table(report, report.duration)
        if report.duration.curve is not None:
            yield duration_table(report.duration, report.duration.curve, tested)
        yield from between_samples_tables(report, report.duration)


def _protocol(report: TrialReport) -> Iterator[Part]:
    for table in (plan_table(report), criteria_table(report), deviations_table(report)):
        if table is not None:
            yield table


def _absent(report: TrialReport) -> Iterator[Part]:
    if report.absent:
        yield Table("What the data do not allow", ["analysis", "reason"], report.absent.items(), left=(0, 1))


def gaps(report: TrialReport) -> Iterator[Part]:
    """Yield what the data of a report do not allow, and what is remarkable about them."""
    yield from _absent(report)
    if report.remarks:
        yield Listing.of("Remarks on the data", report.remarks)
