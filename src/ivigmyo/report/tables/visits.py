"""The patients, their values by visit, response and change: Table 2 and Fig. 1."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ivigmyo.analysis import MeasureResult, TrialReport
from ivigmyo.display import LISTED, Table, interval, number, p_value, percent, records, spread
from ivigmyo.estimates import ConfidenceInterval

__all__ = ["changes_table", "gains_table", "grades_table", "patients_table", "response_table", "visits_table"]


def patients_table(report: TrialReport) -> Table:
    """Show who the patients are: the first columns of Table 2.

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
    >>> patients_table(report).rows[0]
    ('1', 'PM', '39', 'F', '1.58', 'CS, MTX, CYA')
    """
    rows = [
        [
            str(name),
            one["diagnosis"],
            number(one["age"]),
            one["sex"],
            number(one["disease_duration"], 2),
            one["previous_treatment"] or "-",
        ]
        for name, one in _listed(report, report.study.characteristics()).iterrows()
    ]
    sets = [("all treated", report.treated)] + ([] if report.efficacy is None else [("efficacy set", report.efficacy)])
    footer = [
        [label, "", number(getattr(who.age, key), 1), "", number(getattr(who.disease_duration, key), 2), name]
        for name, who in sets
        for label, key in (("Mean", "mean"), ("SD", "sd"))
    ]
    counts = [
        f"{name[0].upper()}{name[1:]}: {who.n} patients, "
        + ", ".join(f"{count} {label}" for kinds in (who.diagnoses, who.sexes) for label, count in kinds.items())
        + "."
        for name, who in sets
    ]
    header = ["patient", "diagnosis", "age", "sex", "duration", "previous treatment"]
    return Table(
        "Table 2. Patients", header, rows, footer, ["Age and disease duration in years.", *counts], left=(0, 1, 3, 5)
    )


def visits_table(measure: MeasureResult, report: TrialReport) -> Table:
    """Show a measure by week: the values and footers of Table 2.

    Parameters
    ----------
    measure : MeasureResult
        The results of one measure.
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
    >>> visits_table(report.measures[0], report).footer[1]
    ('Mean, all treated', '64.7', '58.5', '70.4', '72.9', '78.6')
    """
    digits = _digits(measure)
    weeks = list(measure.visits_treated.index)
    rows = [
        [str(name), *(number(value, digits) for value in one)] for name, one in _listed(report, measure.values).iterrows()
    ]
    sets = [("all treated", measure.visits_treated), ("efficacy set", measure.visits)]
    footer = [
        [f"{label}, {name}", *(number(value, 0 if key == "n" else 1) for value in visits.reindex(weeks)[key])]
        for name, visits in sets
        for label, key in (("n", "n"), ("Mean", "mean"), ("SD", "sd"))
    ]
    title = f"Table 2. {measure.instrument.name} ({measure.instrument.unit}) by week"
    notes = ["A value of an unscheduled week stands under the next scheduled one."]
    return Table(title, ["patient", *(f"{week}" for week in weeks)], rows, footer, notes)


def _listed(report: TrialReport, frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of a listing, unless there are too many to read."""
    return frame if report.treated.n <= LISTED else frame.iloc[:0]


def _digits(measure: MeasureResult) -> int:
    """Choose the digits of single values: none where all are whole."""
    values = np.asarray(measure.values)
    known = values[~np.isnan(values)]
    return 0 if (known == np.round(known)).all() else 1


def response_table(report: TrialReport) -> Table:
    """Show the response rates.

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
    >>> response_table(report).rows[0]
    ('MMT', '14/15', '93.3 %', '68.1 to 99.8', '70.2 to 98.8', '0')
    """
    rows = []
    for measure in report.measures:
        response = measure.response
        if response is not None:
            exact, wilson = (interval(response.confidence_interval(method=method), 1, 100) for method in ("exact", "wilson"))
            share = [f"{response.count}/{response.n}", percent(response.rate), exact, wilson, number(response.n_missing)]
            rows.append([measure.instrument.code, *share])
    header = ["measure", "responders", "rate", "95 % exact", "95 % Wilson", "no grade"]
    notes = ["Improved or markedly improved at the last scheduled week or at discontinuation."]
    if any(measure.response is not None and measure.response.missing != "excluded" for measure in report.measures):
        notes.append("Patients without a grade count as non-responders.")
    return Table("Response rates", header, rows, notes=notes)


def grades_table(report: TrialReport) -> Table:
    """Show each patient's grades.

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
    >>> grades_table(report).rows[14]
    ('15', 'worsened', 'worsened', 'markedly improved')
    """
    graded = {measure.instrument.code: measure.grades for measure in report.measures if measure.grades is not None}
    frame = pd.DataFrame(graded).astype(object)
    rows = [[str(name), *("-" if grade != grade else str(grade) for grade in one)] for name, one in frame.iterrows()]
    return Table("Grades by patient", ["patient", *graded], rows, left=range(len(graded) + 1))


def changes_table(measure: MeasureResult) -> Table:
    """Show the change from baseline by week: Fig. 1.

    Parameters
    ----------
    measure : MeasureResult
        The results of one measure.

    Returns
    -------
    Table
        The table.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> report = trial_report(saito2008.load_study())
    >>> changes_table(report.measures[0]).rows[-1]
    ('final', '15', '19.5 ± 11.4', '13.2 to 25.9', '6.62', '<0.0001')
    """
    final = measure.final_change
    rows = [
        [
            str(row.Index),
            number(row.n),
            spread(row.mean, row.sd),
            interval(ConfidenceInterval(row.conf_low, row.conf_high), 1),
            number(row.t, 2),
            p_value(row.p_value),
        ]
        for row in records(measure.changes)
    ]
    limits = interval(final.confidence_interval(), 1)
    rows.append(["final", number(final.n), spread(final.mean, final.sd), limits, number(final.t, 2), p_value(final.p_value)])
    notes = [f"{final.method[0].upper()}{final.method[1:]}. Final: the last scheduled week, or discontinuation."]
    header = ["week", "n", "mean change ± SD", "95 % interval", "t", "P"]
    return Table(
        f"Fig. 1. {measure.instrument.code} ({measure.instrument.unit}): change from baseline", header, rows, notes=notes
    )


def gains_table(report: TrialReport) -> Table:
    """Show the changes after the first infusion against those before.

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
    >>> gains_table(report).rows[1]
    ('ADL', '15', '-1.7 ± 5.5', '7.1 ± 5.2', '8.9 ± 7.2', '4.74', '0.0003')
    """
    rows = []
    for measure in report.measures:
        if (test := measure.comparison) is not None:
            changes = [spread(part.mean, part.sd) for part in (test.pre, test.post, test.difference)]
            rows.append([measure.instrument.code, number(test.n), *changes, number(test.t, 2), p_value(test.p_value)])
    notes = [
        "Four-week changes (a rise is positive), by the paired t-test. Where the values had fallen before, the difference "
        "measures that fall as well."
    ]
    header = ["measure", "n", "before", "after", "difference", "t", "P"]
    return Table("Changes before and after the first infusion", header, rows, notes=notes)
