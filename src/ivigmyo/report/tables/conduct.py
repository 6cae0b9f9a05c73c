"""How the trial went: disposition, adverse reactions (Table 5), and the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ivigmyo.analysis import TrialReport
from ivigmyo.display import LISTED, Table, interval, number, percent, records
from ivigmyo.estimates import ConfidenceInterval

__all__ = ["disposition_table", "protocol_tables", "safety_tables"]


def disposition_table(report: TrialReport) -> Table:
    """Show how many patients passed each step.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    Table
        The table.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> report = trial_report(saito2008.load_study())
    >>> disposition_table(report).rows[0]
    ('tentatively registered', '25')
    """
    steps = report.disposition.steps
    rows = [[step.step if step.reason is None else f"  {step.step}: {step.reason}", number(step.patients)] for step in steps]
    notes = report.disposition.disagreements or ("All counts add up.",)
    return Table("Disposition of patients", ["step", "patients"], rows, notes=notes)


def safety_tables(report: TrialReport) -> Iterator[Table]:
    """Show the adverse reactions by patient (Table 5), by term and by group.

    Parameters
    ----------
    report : TrialReport
        The report.

    Yields
    ------
    Table
        The tables of what the report has.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> report = trial_report(saito2008.load_study())
    >>> next(safety_tables(report)).rows[-1]
    ('16', 'DM', '58', 'F', 'Bronchial asthma')
    """
    if (found := report.incidence) is None:
        return
    people = report.study.characteristics()
    terms = found.reactions.groupby("patient", sort=False)["term"].agg(", ".join)
    rows = [
        [str(name), *_person(people.loc[str(name)]), str(listed)]
        for name, listed in (terms.items() if report.treated.n <= LISTED else ())
    ]
    share = f"{found.count} of {found.n} patients ({percent(found.rate)})"
    limits = interval(found.confidence_interval(), 1, 100)
    notes = [f"Adverse reactions in {share}, 95 % exact interval {limits}."]
    header = ["patient", "diagnosis", "age", "sex", "adverse reactions"]
    yield Table("Table 5. Adverse reactions", header, rows, notes=notes, left=(0, 1, 3, 4))
    for name, counts in (("term", found.by_term()), ("group", found.by_group())):
        yield Table(
            f"Patients with adverse reactions by {name}",
            [name, "patients", "rate", "95 % exact"],
            [
                [
                    getattr(row, name) or "other",
                    number(row.patients),
                    percent(row.rate),
                    interval(ConfidenceInterval(row.conf_low, row.conf_high), 1, 100),
                ]
                for row in records(counts)
            ],
        )


def _person(one: Any) -> list[str]:
    return [one["diagnosis"], number(one["age"]), one["sex"]]


def protocol_tables(report: TrialReport) -> Iterator[Table]:
    """Show how far the patients meet the protocol.

    Parameters
    ----------
    report : TrialReport
        The report.

    Yields
    ------
    Table
        The tables of what the report has.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> report = trial_report(saito2008.load_study())
    >>> next(protocol_tables(report)).rows[0]
    ('age', '16', '0', '0')
    """
    found = report.protocol
    counts = found.counts()
    rows = [[str(name), *(number(count) for count in row)] for name, row in counts.iterrows()]
    yield Table("Protocol: patients by criterion", ["criterion", *counts.columns], rows)
    deviations = [*_deviations(report)]
    if deviations:
        yield Table("Protocol: deviations and gaps", ["patient", "finding"], deviations, left=(0, 1))


def _deviations(report: TrialReport) -> Iterator[list[str]]:
    found = report.protocol
    for row in records(found.eligibility[found.eligibility["finding"] == "not met"]):
        yield [str(row.patient), f"{row.criterion} not met: {row.reason}"]
    for name in found.resistance.index[found.resistance == "responded"]:
        yield [str(name), "not steroid resistant: MMT improved before the first infusion"]
    for row in records(found.course[found.course["finding"] == "not completed"]):
        yield [str(row.patient), f"planned course not completed: {row.reason}"]
    for row in records(found.steroid_deviations):
        yield [str(row.patient), f"steroid dose, day {number(row.day)}: {row.rule}"]
    for row in records(found.prohibited_treatments):
        yield [str(row.patient), f"prohibited treatment: {row.treatment} from day {number(row.day)}"]
    schedule = found.schedule
    for finding, part in schedule.groupby("finding", sort=False):
        for name, visits in part.groupby("patient", sort=False, dropna=False):
            listed = ", ".join(
                f"{measure} week {week}" for week, measure in zip(visits["week"], visits["measure"], strict=True)
            )
            yield ["all" if name != name or name is None else str(name), f"{finding}: {listed}"]
