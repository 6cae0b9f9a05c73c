"""The results of a report as titled tables of rounded cells, and the report as text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ivigmyo.analysis import TrialReport
from ivigmyo.display import (
    LISTED,
    Table,
    days,
    escape_markdown,
    interval,
    p_statement,
    percent,
    records,
    spread,
    table_markdown,
    table_text,
)
from ivigmyo.report.tables.ck import duration_table, episodes_table, log_ck_table, steroid_line_table
from ivigmyo.report.tables.conduct import disposition_table, protocol_tables, safety_tables
from ivigmyo.report.tables.improvement import improvement_tables
from ivigmyo.report.tables.visits import (
    changes_table,
    gains_table,
    grades_table,
    patients_table,
    response_table,
    visits_table,
)

__all__ = ["check_text", "report_markdown", "report_tables", "report_text"]


def report_text(report: TrialReport) -> str:
    r"""Show a report as text, 80 columns wide.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    str
        The text, ending in a newline.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> text = report_text(trial_report(saito2008.load_study()))
    >>> print(*text.splitlines()[3:9], sep="\n")
    Summary
    <BLANKLINE>
                                  result
      ------------------------------------------------------------------------------
      MMT, week 0 -> 12           57.4 ± 13.5 -> 78.6 ± 12.9 points (n 15 -> 14)
      ADL, week 0 -> 12           18.9 ± 9.6 -> 34.4 ± 8.4 points (n 15 -> 14)
    """
    title = _title(report)
    parts = [title, "=" * len(title), *(table_text(table) for table in report_tables(report))]
    for label, group in report.groups.items():
        parts += [f"{title}: {label}", *(table_text(table) for table in report_tables(group))]
    return "\n\n".join(parts).replace("\n\n==", "\n==", 1) + "\n"


def report_markdown(report: TrialReport) -> str:
    """Show a report as Markdown.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    str
        The document, ending in a newline.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> text = report_markdown(trial_report(saito2008.load_study()))
    >>> print(text.splitlines()[0])
    # GB-0998 study
    """
    parts = [f"# {escape_markdown(_title(report))}", *(table_markdown(table) for table in report_tables(report))]
    for label, group in report.groups.items():
        parts += [f"## {label}", *(table_markdown(table) for table in report_tables(group))]
    return "\n\n".join(parts) + "\n"


def check_text(report: TrialReport) -> str:
    r"""Say what the data of a study allow, and what is remarkable about them.

    Parameters
    ----------
    report : TrialReport
        The report of the study.

    Returns
    -------
    str
        The text, 80 columns wide, ending in a newline.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> print(*check_text(trial_report(saito2008.load_study())).splitlines()[:6], sep="\n")
    GB-0998 study: 16 patients, 15 of them in the efficacy set.
    <BLANKLINE>
    What can be analysed
    <BLANKLINE>
      analysis                               can be made
      --------------------------------------------------
    """
    n = 0 if report.efficacy is None else report.efficacy.n
    parts = [f"{_title(report)}: {report.treated.n} patients, {n} of them in the efficacy set."]
    return "\n\n".join([*parts, *(table_text(table) for table in (_allowed(report), *_gaps(report)))]) + "\n"


def _allowed(report: TrialReport) -> Table:
    made = [f"{measure.instrument.code} by visit and change from baseline" for measure in report.measures]
    made += [f"{measure.instrument.code} response" for measure in report.measures if measure.response is not None]
    made += ["fall of ln CK before and after"] if report.log_ck is not None else []
    made += ["duration of normal CK"] if report.duration is not None and report.duration.curve is not None else []
    made += ["adverse reactions"] if report.incidence is not None else []
    return Table("What can be analysed", ["analysis", "can be made"], [[name, "yes"] for name in made])


def _gaps(report: TrialReport) -> Iterator[Table]:
    if report.absent:
        yield Table("What the data do not allow", ["analysis", "reason"], report.absent.items(), left=(0, 1))
    if report.remarks:
        yield Table("Remarks on the data", ["remark"], [[remark] for remark in report.remarks])


def _title(report: TrialReport) -> str:
    return report.title or "Trial report"


def report_tables(report: TrialReport) -> list[Table]:
    """Turn a report into its tables, in the order of the paper.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    list of Table
        The tables of what the data allow, and one of what they do not.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> tables = report_tables(trial_report(saito2008.load_study()))
    >>> [table.title for table in tables][:2]
    ['Summary', 'Disposition of patients']
    """
    return list(_tables(report))


def _tables(report: TrialReport) -> Iterator[Table]:
    yield _summary(report)
    yield disposition_table(report)
    yield patients_table(report)
    for measure in report.measures:
        yield visits_table(measure, report)
    if any(measure.response is not None for measure in report.measures):
        yield response_table(report)
        if report.treated.n <= LISTED:
            yield grades_table(report)
    for measure in report.measures:
        yield changes_table(measure)
    if any(measure.comparison is not None for measure in report.measures):
        yield gains_table(report)
    if report.log_ck is not None:
        yield log_ck_table(report.log_ck)
        yield steroid_line_table(report.log_ck)
    if report.duration is not None:
        if report.treated.n <= LISTED:
            yield episodes_table(report, report.duration)
        if report.duration.curve is not None:
            yield duration_table(report.duration, report.duration.curve)
    if report.improvement is not None:
        yield from improvement_tables(report.improvement)
    yield from safety_tables(report)
    yield from protocol_tables(report)
    yield from _gaps(report)


def _summary(report: TrialReport) -> Table:
    rows = []
    for measure in report.measures:
        visits = measure.visits
        first = 0 if 0 in visits.index else visits.index[0]
        end = report.study.scheduled_weeks[-1]  # CK may be followed beyond it
        last = end if end in visits.index else visits.index[-1]
        ends = [row for row in records(visits) if row.Index in (first, last)]  # one, where there is one week
        weeks, course, n = (
            " -> ".join(parts)
            for parts in zip(*((str(row.Index), spread(row.mean, row.sd), f"{row.n:.0f}") for row in ends), strict=True)
        )
        rows.append([f"{measure.instrument.code}, week {weeks}", f"{course} {measure.instrument.unit} (n {n})"])
    for measure in report.measures:
        if (response := measure.response) is not None:
            limits = interval(response.confidence_interval(), 1, 100)
            rows.append(
                [
                    f"{measure.instrument.code} response",
                    f"{response.count}/{response.n} ({percent(response.rate)}; {limits})",
                ]
            )
    if report.log_ck is not None:
        test = report.log_ck.comparison
        rows.append(
            [
                "ln CK fall, after - before",
                f"{spread(test.difference.mean, test.difference.sd, 3)}, {p_statement(test.p_value)}",
            ]
        )
    if report.duration is not None and report.duration.curve is not None:
        curve = report.duration.curve
        limits = interval(curve.median_interval(), 0, absent="not reached")
        rows.append(["Median days of normal CK", f"{days(curve.median)} ({limits}; n {curve.n})"])
    if report.incidence is not None:
        share = report.incidence.proportion
        limits = interval(share.confidence_interval(), 1, 100)
        rows.append(["Adverse reactions", f"{share.count}/{share.n} ({percent(share.rate)}; {limits})"])
    note = (
        "Mean ± SD; each mean over the patients seen in that week. Intervals: 95 %, exact for rates, log-log for the median."
    )
    return Table("Summary", ["", "result"], rows, notes=[note], left=(0, 1))
