import functools
import re

import attrs
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ivigmyo.display
from ivigmyo import (
    CK,
    MMT18,
    AdverseEvent,
    Assessment,
    Instrument,
    Patient,
    Protocol,
    Study,
    Visit,
    incidence,
    report_markdown,
    report_text,
    saito2008,
    study_from_frames,
    trial_report,
)
from ivigmyo.core_set import (
    MEASURES,
    MMT8,
    definition_of_improvement,
    response_by_category,
    total_improvement_score,
)
from ivigmyo.display import Table, escape_markdown, number, p_value, percent, table_markdown, table_text
from ivigmyo.outcomes.improvement import ImprovementResult
from ivigmyo.planning.simulation import simulated_study
from ivigmyo.report.key import opening
from ivigmyo.report.overview import overview_tables
from ivigmyo.report.page import _table
from ivigmyo.report.tables.ck import duration_table, episodes_table, log_ck_table, steroid_line_table
from ivigmyo.report.tables.conduct import criteria_table, disposition_table
from ivigmyo.report.tables.improvement import improvement_tables
from ivigmyo.report.tables.safety import _counted, safety_tables
from ivigmyo.report.tables.visits import (
    changes_table,
    gains_table,
    grades_table,
    patients_table,
    response_table,
    visits_table,
    weeks_table,
)
from ivigmyo.report.text import check_text, report_tables


@pytest.fixture(scope="module")
def report(report_by_diagnosis):
    return report_by_diagnosis


@pytest.fixture(scope="module")
def tables(report):
    return {table.title: table for table in report_tables(report)}


def test_a_reader_of_the_paper_finds_its_tables_in_its_order(tables):
    titles = list(tables)
    named = ("Summary", "Patient profile", "Response rates", "Manual muscle", "MMT (points): change", "Fall of ln CK")
    named += ("Normalization", "Days that CK", "Adverse reactions")
    places = [next(i for i, title in enumerate(titles) if title.startswith(name)) for name in named]
    assert places == sorted(places)
    # their numbers belong to the paper
    assert not [title for title in titles if re.match(r"(Table|Fig\.) \d", title)]


def test_the_summary_shows_what_the_paper_says(tables):
    assert dict(tables["Summary"].rows) == {
        "MMT, week 0 -> 12": "57.4 ± 13.5 -> 78.6 ± 12.9 points (n 15 -> 14)",
        "ADL, week 0 -> 12": "18.9 ± 9.6 -> 34.4 ± 8.4 points (n 15 -> 14)",
        "CK, week 0 -> 12": "1259.8 ± 1280.2 -> 219.3 ± 455.0 IU/L (n 15 -> 14)",
        "MMT response": "14/15 (93.3 %; 68.1 to 99.8)",
        "ADL response": "12/15 (80.0 %; 51.9 to 95.7)",
        "CK response": "15/15 (100.0 %; 78.2 to 100.0)",
        "CK fall, after vs before": "81 % vs 65 % (n 15; ln CK 0.601 ± 0.809; P = 0.0122)",
        "Median days of normal CK": "371 (99 to not reached; 8 of 13 rose again)",
        "Adverse reactions": "7/16 (43.8 %; 19.8 to 70.1)",
    }


PRINTED_FOOTERS = {
    "MMT": "64.7 58.5 70.4 72.9 78.6|11.4 13.7 15.4 13.8 12.9|64.2 57.4 70.4 72.9 78.6|11.7 13.5 15.4 13.8 12.9",
    "ADL": "21.5 20.1 26.1 30.3 34.4|8.9 10.3 10.4 11.9 8.4|20.7 18.9 26.1 30.3 34.4|8.5 9.6 10.4 11.9 8.4",
    "CK": (
        "2735.5 1186.3 298.4 227.7 219.3|2055.4 1271.3 448.2 449.6 455.0|"
        "2897.1 1259.8 298.4 227.7 219.3|2019.6 1280.2 448.2 449.6 455.0"
    ),
}


@pytest.mark.parametrize("code", PRINTED_FOOTERS)
def test_the_footers_of_table_2_are_the_printed_ones_and_show_their_n(report, tables, code):
    instrument = report.study.instrument(code)
    footer = tables[f"{instrument.name} ({instrument.unit}) by week"].footer
    shown = "|".join(" ".join(row[1:]) for row in footer if not row[0].startswith("n,"))
    assert shown == PRINTED_FOOTERS[code]
    assert [row[1:] for row in footer if row[0].startswith("n,")] == [
        ("16", "16", "15", "15", "14"),
        ("15", "15", "15", "15", "14"),
    ]


def test_table_4_has_a_row_a_patient(tables):
    rows = tables["Normalization of CK by patient"].rows
    assert rows[0] == ("1", "PM", "41", "20", "409", "-", "-", "-", "not normalized")
    assert rows[3] == ("4", "PM", "40", "27.5", "472", "24", "-", ">448", "censored")
    assert rows[-1] == ("15", "DM", "40", "-", "59", "7", "-", ">52", "censored")
    assert len(rows) == 15


def test_table_3_says_what_fell_how_far(tables):
    table = tables["Fall of ln CK before and after the first infusion"]
    assert [row[1] for row in table.rows] == ["1.051 ± 0.708", "1.652 ± 0.575", "0.601 ± 0.809"]
    assert "t = 2.877, P = 0.0122; 95 % interval of the difference 0.153 to 1.049." in table.notes[0]
    assert table.notes[1] == "Wilcoxon signed-rank P = 0.0084; exact sign-flip permutation P = 0.0135."
    assert table.notes[2] == "CK fell by 65 % before and by 81 % after the first infusion (geometric mean)."


def test_table_5_counts_patients_by_one_term_each(tables):
    counts = {row[0]: row[1] for row in tables["Patients with adverse reactions by term"].rows}
    assert (counts["elevated γ-GTP"], counts["hypertension"], counts["elevated ALP"]) == ("4", "2", "2")
    assert dict(row[:2] for row in tables["Patients with adverse reactions by group"].rows)["liver function"] == "4"


def test_the_text_fits_80_columns_and_repeats_the_tables_of_each_group(report):
    text = report_text(report)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("\nFall of ln CK before") == 3
    assert "\nPatients: PM\n============\n" in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_markdown_has_every_table_as_a_heading(report):
    text = report_markdown(report)
    assert text.startswith("# GB-0998 study\n")
    assert text.count("### Normalization of CK by patient") == 3
    assert text.count("#### Normalization of CK by patient") == 2
    assert "\n## Patients: DM\n" in text
    assert "| MMT | 14/15 | 93.3 % | 68.1 to 99.8 | 70.2 to 98.8 | 0 |" in text


def test_a_study_without_a_title_is_a_trial_report():
    text = report_text(trial_report(Study([Patient("A", "PM", "F", 40)])))
    assert text.startswith("Trial report\n============\n")
    assert "not recorded." in text


def small_study(*values, uln=100.0, weeks=(0, 12), protocol=Protocol()):  # noqa: B008 - it is frozen
    visits = [Visit(week, assessments=[Assessment(CK, ck, uln)]) for week, ck in zip(weeks, values, strict=True)]
    return Study([Patient("A", "DM", "M", 50.5, visits=visits)], protocol=protocol)


def test_values_that_are_not_whole_show_a_digit():
    report = trial_report(small_study(150.25, 90, weeks=(1, 12)))
    table = next(table for table in report_tables(report) if "by week" in table.title)
    assert table.rows == (("A", "150.3", "90.0"),)
    assert report_tables(report)[0].rows[0] == ("CK, week 1 -> 12", "150.3 -> 90.0 IU/L (n 1 -> 1)")


def test_absent_numbers_are_dashes_and_absent_limits_are_not_reached():
    report = trial_report(small_study(150, 90))
    shown = {table.title: table for table in report_tables(report)}
    assert shown["CK (IU/L): change from baseline"].rows[-1] == ("final", "1", "-60.0", "not estimable", "-", "-")
    curve = shown["Days that CK stayed within normal limits"].rows[0]
    assert curve == ("all", "1", "0", "not reached", "not estimable", "not reached", "not reached")


def test_what_was_not_recorded_of_ck_and_events_has_no_column_and_no_table():
    seen = [Visit(week, None, [Assessment(CK, value, 180)]) for week, value in ((0, 900), (4, 100), (8, 100))]
    event, grouped = AdverseEvent("rash", None, 5), AdverseEvent("rash", "skin", 5)
    made = [Patient("P1", "PM", "F", 50, visits=seen, adverse_events=[each]) for each in (event, grouped)]
    bare, known = (
        {table.title: table for table in report_tables(trial_report(Study([each])))}
        for each in (made[0], attrs.evolve(made[1], steroid_dose_last=10))
    )
    assert "Patients with adverse reactions by group" not in bare
    assert known["Patients with adverse reactions by group"].rows[0][0] == "skin"
    assert "dose" not in bare["Normalization of CK by patient"].header
    assert "steroid" not in bare["Normalization of CK by patient"].notes[0]
    assert known["Normalization of CK by patient"].rows[0][2:4] == ("-", "10")


def test_what_is_known_of_no_patient_has_no_column():
    people = [Patient(f"P{i}", "PM", "F", 50 + i, disease_duration=years) for i, years in enumerate((None, 1.25))]
    bare, known = (patients_table(trial_report(Study(each))) for each in (people[:1], people))
    assert list(bare.header) == ["patient", "diagnosis", "age", "sex"]
    assert bare.rows == (("P0", "PM", "50", "F"),)
    assert bare.footer[0] == ("Mean, all treated", "", "50.0", "")
    assert bare.notes[0] == "Age in years."
    assert list(known.header) == ["patient", "diagnosis", "age", "sex", "duration"]
    assert [row[-1] for row in (*known.rows, known.footer[0])] == ["-", "1.25", "1.25"]
    assert known.notes[0] == "Age and disease duration in years."


def test_patients_are_listed_only_where_a_reader_can_take_them_in(monkeypatch):
    report = trial_report(saito2008.load_study())
    for module in ("tables.visits", "tables.safety", "document"):
        monkeypatch.setattr(f"ivigmyo.report.{module}.LISTED", 15)
    shown = {table.title: table for table in report_tables(report)}
    assert shown["Patient profile"].rows == ()
    assert len(shown["Patient profile"].footer) == 4
    assert shown["Adverse reactions by patient"].rows == ()
    assert "Grades by patient" not in shown
    assert "Normalization of CK by patient" not in shown
    assert ivigmyo.display.LISTED == 100


def test_grades_that_are_missing_are_dashes_and_the_rule_is_said():
    study = saito2008.load_study()
    lost = [attrs.evolve(one, discontinued_on=None) if one.id == "15" else one for one in study.patients]
    report = trial_report(attrs.evolve(study, patients=lost), missing="non-response")
    shown = {table.title: table for table in report_tables(report)}
    assert shown["Grades by patient"].rows[-1] == ("15", "-", "-", "-")
    assert "Patients without a grade count as non-responders." in shown["Response rates"].notes


def test_deviations_from_the_protocol_are_listed():
    def mmt(week, value):
        return Visit(week, assessments=[Assessment(MMT18, value)])

    risen = Patient(
        "A", "PM", "F", 70, visits=[mmt(-4, 50), mmt(0, 60), mmt(12, 80)], steroid_dose_start=50, steroid_dose_last=60
    )
    shown = {table.title: table for table in report_tables(trial_report(Study([risen], protocol=saito2008.PROTOCOL)))}
    found = [row[1] for row in shown["Deviations and gaps"].rows]
    assert found[0].startswith("age not met: ")
    assert found[1] == "not steroid resistant: MMT improved before the first infusion"
    assert any(row.startswith("steroid dose") for row in found)


def test_disagreeing_counts_are_shown():
    study = saito2008.load_study()
    report = trial_report(attrs.evolve(study, patients=study.patients[:10]))
    notes = next(table for table in report_tables(report) if table.title == "Disposition of patients").notes
    assert "must be" in notes[0]


def test_check_says_what_can_be_analysed_and_what_not():
    text = check_text(trial_report(small_study(150, 90, uln=None)))
    assert text.startswith("Trial report: 1 patient, 1 of them in the efficacy set.")
    assert "CK response" in text
    assert "duration of normal CK" in text.split("What the data do not allow")[1]
    outside = Study([attrs.evolve(small_study(150, 90).patients[0], efficacy_set=False)])
    assert "0 of them in the efficacy set." in check_text(trial_report(outside))


def test_a_measure_of_one_week_is_summarized_at_that_week():
    visits = [
        Visit(week=0, assessments=[Assessment(MMT18, 60), Assessment(CK, 500)]),
        Visit(week=4, assessments=[Assessment(MMT18, 70)]),
    ]
    report = trial_report(Study([Patient("1", "PM", "F", 40, visits=visits)]))
    summary = dict(report_tables(report)[0].rows)
    assert (summary["MMT, week 0 -> 4"], summary["CK, week 0"]) == ("60.0 -> 70.0 points (n 1 -> 1)", "500.0 IU/L (n 1)")
    assert "CK, week 0  " in report_text(report)


def test_a_report_of_little_shows_little():
    haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
    visits = [Visit(week, assessments=[Assessment(haq, value)]) for week, value in ((0, 2), (12, 1))]
    whole = trial_report(Study([Patient("A", "PM", "F", 40, visits=visits)], protocol=Protocol(measures=[haq])))
    protocol = attrs.evolve(whole.protocol, schedule=whole.protocol.schedule.iloc[:0])
    report = attrs.evolve(whole, absent={}, remarks=(), protocol=protocol)
    titles = [table.title for table in report_tables(report)]
    assert titles == [
        "Summary",
        "Disposition of patients",
        "Patient profile",
        "Health Assessment Questionnaire (points) by week",
        "HAQ (points): change from baseline",
        "What was planned",
    ]
    assert report_tables(report)[0].rows == (("HAQ, week 0 -> 12", "2.0 -> 1.0 points (n 1 -> 1)"),)
    assert "What the data do not allow" not in check_text(report)
    assert "Remarks on the data" not in check_text(report)


def test_a_measure_without_a_comparison_has_no_row_among_the_gains():
    study = saito2008.load_study()
    report = trial_report(study)
    first, *others = report.measures
    partial = attrs.evolve(report, measures=(attrs.evolve(first, comparison=None), *others))
    shown = {table.title: table for table in report_tables(partial)}
    assert [row[0] for row in shown["Changes before and after the first infusion"].rows] == ["ADL", "CK"]


def test_a_duration_without_follow_up_has_no_note_of_it():
    report = trial_report(saito2008.load_study())
    partial = attrs.evolve(report, duration=attrs.evolve(report.duration, follow_up=None))
    shown = {table.title: table for table in report_tables(partial)}
    notes = shown["Days that CK stayed within normal limits"].notes
    assert not any("follow-up" in note for note in notes)


def test_the_title_of_a_study_is_no_mark_in_the_markdown():
    study = attrs.evolve(saito2008.load_study(), title="<script>alert(1)</script> *A*")
    heading = report_markdown(trial_report(study)).splitlines()[0]
    assert heading == r"# &lt;script&gt;alert(1)&lt;/script&gt; \*A\*"


def test_the_summary_ends_with_the_last_scheduled_week_however_long_ck_is_followed():
    report = trial_report(small_study(300, 120, 90, weeks=(0, 12, 40), protocol=Protocol((0, 12))))
    assert report_tables(report)[0].rows[0] == ("CK, week 0 -> 12", "300.0 -> 120.0 IU/L (n 1 -> 1)")


@functools.cache
def simulated(seed):
    """A report of a small random trial, in which some patients had adverse reactions."""
    study = simulated_study(6, seed=seed)
    events = ([], [AdverseEvent("fever", "general", 1)], [AdverseEvent("fever", "general"), AdverseEvent("rash")])
    patients = [attrs.evolve(one, adverse_events=events[k % 3]) for k, one in enumerate(study.patients)]
    return trial_report(attrs.evolve(study, patients=patients))


reports = st.sampled_from([11, 12]).map(simulated)


def numbers_of(cells):
    """The numbers of a cell such as '5.0 ± 2.1' or '1.0 to 2.0'."""
    return re.findall(r"-?\d+(?:\.\d+)?", cells)


@given(reports)
@settings(settings.get_profile("whole"))
def test_the_tables_by_week_hold_the_numbers_of_their_results(report):
    for measure in report.measures:
        table = visits_table(measure, report)
        weeks = [int(name) for name in table.header[1:]]
        assert weeks == measure.values.columns.tolist()
        assert [row[0] for row in table.rows] == measure.values.index.tolist()
        digits = 0 if measure.instrument != CK else 1
        for row, values in zip(table.rows, measure.values.to_numpy(), strict=True):
            assert row[1:] == tuple(number(value, digits) for value in values)
        for k, visits in enumerate((measure.visits_treated, measure.visits)):
            footer = [row[1:] for row in table.footer[3 * k : 3 * k + 3]]
            assert footer[0] == tuple(number(n) for n in visits["n"])
            assert footer[1:] == [tuple(number(value, 1) for value in visits[key]) for key in ("mean", "sd")]
            # a column counts its own cells
            shown = [sum(row[column] != "-" for row in table.rows) for column in range(1, len(table.header))]
            assert k or [int(n) for n in footer[0]] == shown
        changes = changes_table(measure, report)
        assert [row[0] for row in changes.rows] == [*map(str, measure.changes.index), "final"]
        for row, change in zip(changes.rows, measure.changes.itertuples(), strict=False):
            assert row[1] == str(change.n)
            assert numbers_of(row[2]) == [number(change.mean, 1), number(change.sd, 1)]
            assert numbers_of(row[3]) == [number(change.conf_low, 1), number(change.conf_high, 1)]
            assert row[4:] == (number(change.t, 2), p_value(change.p_value))
        assert changes.rows[-1][1] == str(measure.final_change.n)
    gains = {row[0]: row[1:] for row in gains_table(report).rows}
    assert list(gains) == [measure.instrument.code for measure in report.measures if measure.comparison is not None]
    for measure in report.measures:
        test = measure.comparison
        n, before, after, difference, *_ = gains[measure.instrument.code]
        assert n == str(test.n)
        for cell, part in zip((before, after, difference), (test.pre, test.post, test.difference), strict=True):
            assert numbers_of(cell) == [number(part.mean, 1), number(part.sd, 1)]


@given(reports)
@settings(settings.get_profile("whole"))
def test_the_tables_of_patients_count_them(report):
    people = report.study.characteristics()
    listed = patients_table(report)
    assert [row[0] for row in listed.rows] == report.study.ids.tolist()
    assert [row[2] for row in listed.rows] == [number(age) for age in people["age"]]
    assert listed.footer[0][2] == number(report.treated.age.mean, 1)
    assert sum(row[1] == "PM" for row in listed.rows) == report.treated.diagnoses.get("PM", 0)
    rates = response_table({"": report}).rows
    grades = grades_table(report)
    for measure, row in zip(report.measures, rates, strict=True):
        assert row[1] == f"{measure.response.count}/{measure.response.n}"
        assert row[2] == percent(measure.response.rate)
        column = grades.header.index(measure.instrument.code)
        shown = [grade[column] for grade in grades.rows]
        assert sum(grade.endswith("improved") for grade in shown) == measure.response.count
        assert shown.count("-") == measure.response.n_missing == int(row[5])
    steps = [int(row[1]) for row in disposition_table(report).rows]
    assert steps == [step.patients for step in report.disposition.steps]
    by_patient, by_term, by_group, *_ = safety_tables(report, people)
    assert [row[0] for row in by_patient.rows] == list(report.incidence.ids)
    assert sum(int(row[1]) for row in by_term.rows) == sum(len(row[4].split(", ")) for row in by_patient.rows)
    assert dict(row[:2] for row in by_group.rows) == {
        label or "other": str(n) for label, n in report.incidence.by_group()[["group", "patients"]].to_numpy()
    }
    assert criteria_table(report) is None  # a simulated trial states no criteria
    if report.duration is not None:
        episodes = episodes_table(report, report.duration)
        assert [row[0] for row in episodes.rows] == report.duration.episodes["patient"].tolist()
        days = report.duration.episodes["duration"]
        at = episodes.header.index("days")
        assert [row[at].removeprefix(">") for row in episodes.rows] == [number(each) for each in days]
        assert sum(row[at].startswith(">") for row in episodes.rows) == (report.duration.episodes["event"] == 0).sum()
        if report.duration.curve is not None:
            rows = duration_table(report.duration, report.duration.curve).rows
            assert sum(int(row[1]) for row in rows[1:]) == int(rows[0][1]) == days.notna().sum()
            assert sum(int(row[2]) for row in rows[1:]) == int(rows[0][2])
            quartiles = [float(row[place]) for row in rows[:1] for place in (5, 3, 6) if row[place] != "not reached"]
            assert quartiles == sorted(quartiles)


@given(reports)
@settings(settings.get_profile("whole"))
def test_the_tables_of_ln_ck_hold_its_comparison_and_its_lines(report):
    result = report.log_ck
    test, table = result.comparison, log_ck_table(result)
    for row, part in zip(table.rows, (test.pre, test.post, test.difference), strict=True):
        assert row[1:] == (f"{number(part.mean, 3)} ± {number(part.sd, 3)}", number(part.ratio, 2))
    assert f"n = {test.n}. " in table.notes[0]
    lines = steroid_line_table(result)
    for row, line in zip(lines.rows, (result.refitted_line,), strict=True):
        slope, intercept, *course = map(float, row[1:])
        for week, value in zip((-4, 0, 4), course, strict=True):
            assert value == pytest.approx(intercept + slope * week, abs=0.006)
        assert (row[1], row[2]) == (number(line.slope, 5), number(line.intercept, 5))


@given(
    st.lists(
        st.tuples(*[st.none() | st.integers(1, 10)] * 6, *[st.integers(1, 10)] * 6),
        min_size=1,
        max_size=4,
    )
)
@settings(settings.get_profile("whole"))
def test_the_points_of_improvement_add_up_to_the_score(rows):
    index = pd.Index([f"P{k}" for k, _ in enumerate(rows)], name="patient")
    baseline, final = (
        pd.DataFrame([row[part] for row in rows], index, MEASURES, dtype=float) for part in (slice(0, 6), slice(6, 12))
    )
    baseline, final = (each.assign(haq=each["haq"] / 4) for each in (baseline, final))
    scores = total_improvement_score(baseline, final, mmt_maximum=10, enzyme_range=10)
    definition = definition_of_improvement(baseline, final, mmt_maximum=10)
    listed, shares = improvement_tables(
        ImprovementResult(scores, definition, response_by_category(scores), pd.DataFrame(), MMT8)
    )
    for row, score, category in zip(listed.rows, scores["score"], scores["category"], strict=True):
        assert row[7] == number(score, 1)
        assert row[8] == (category if isinstance(category, str) else "-")
        if row[7] != "-":
            assert sum(map(float, row[1:7])) == float(row[7])
    reached = [int(row[1].split("/")[0]) for row in shares.rows]
    assert reached == [
        sum(row[8] in names for row in listed.rows)
        for names in (("minimal", "moderate", "major"), ("moderate", "major"), ("major",))
    ]
    assert sum(row[7] == "-" for row in listed.rows) == int(numbers_of(shares.notes[0])[0])
    assert [row[9] for row in listed.rows] == [
        "-" if met is pd.NA else "met" if met else "not met" for met in definition["met"]
    ]


@given(reports)
@settings(settings.get_profile("whole"))
def test_text_and_markdown_show_every_table_and_what_can_be_done_and_cannot_is_all(report):
    summary, *tables = report_tables(report)
    text, markdown = report_text(report), report_markdown(report)
    assert markdown.startswith(f"# {report.title}\n\n")
    assert text.startswith(f"{report.title}\n{'=' * len(report.title)}\n\n")
    for shown, whole in ((map(table_text, tables), text), (map(table_markdown, tables), markdown)):
        places = [whole.index(each) for each in shown]
        assert places == sorted(places)
    assert all(label in text and escape_markdown(label) in markdown for label, _ in summary.rows)
    assert max(map(len, text.splitlines())) <= 80
    # by groups, the whole comes first and each group has the tables of its own report
    grouped = attrs.evolve(report, groups={"PM": report})
    whole, part = report_text(grouped).split("\n\nPatients: PM\n============\n\n")
    assert text.startswith(whole)
    assert all(table_text(table) in part for table in tables)
    whole, part = report_markdown(grouped).split("\n\n## Patients: PM\n\n")
    assert markdown.startswith(whole)
    assert all(table_markdown(table, 4) in part for table in tables)
    said = check_text(report)
    for code in ("MMT", "ADL", "CK"):
        assert (f"{code} response " in said) == (f"{code} response" not in report.absent)
    assert all(name in said for name in report.absent)
    assert said.startswith(f"{report.title}: {report.treated.n} patients, {report.efficacy.n} of them")


def strength(values, **protocol):
    rows = [(name, week, "MMT", value) for name, course in values.items() for week, value in course.items()]
    patients = pd.DataFrame({"patient": list(values), "diagnosis": "PM", "sex": "F", "age": 40})
    assessments = pd.DataFrame(rows, columns=["patient", "week", "measure", "value"])
    return trial_report(study_from_frames(patients, assessments, protocol=Protocol(scheduled_weeks=(0, 4, 8), **protocol)))


def test_a_change_that_is_known_of_everybody_seen_has_their_number():
    report = strength({"A": {0: 50, 4: 60, 8: 70}, "B": {0: 50, 8: 55}}, endpoint_week=8)
    table = weeks_table(report.measures[0], report)
    assert list(table.header[:4]) == ["week", "n", "mean ± SD", "change ± SD"]
    assert [row[1] for row in table.rows] == ["2", "1", "2", "2"]


def test_without_an_endpoint_week_the_last_scheduled_one_is_named():
    assert next(iter(opening(strength({"A": {0: 50, 4: 60, 8: 70}})))) == (
        "Response is judged at week 8, the last scheduled week."
    )
    assert next(iter(opening(strength({"A": {0: 50, 4: 60}}, endpoint_week=4)))) == "Response is judged at week 4."


def test_of_many_terms_the_others_are_counted():
    events = pd.DataFrame({"patient": "A", "term": [f"term {k}" for k in range(102)]})
    tables = [_counted(incidence(events[:n], treated=["A"]), "term", incidence(events[:n], treated=["A"]).by_term())
              for n in (100, 101, 102)]  # fmt: skip
    assert [len(table.rows) for table in tables] == [100, 100, 100]
    assert [table.notes for table in tables] == [(), ("And 1 other term.",), ("And 2 other terms.",)]


def test_a_page_shows_five_hundred_rows_of_a_table():
    tables = [_table(Table("Many", ["n"], [[str(k)] for k in range(n)], notes=["more"]), "many") for n in (500, 501)]
    assert [each["notes"] for each in tables] == [["more"], ["The first 500 of 501 rows.", "more"]]
    assert [len(each["blocks"][0]["rows"]) for each in tables] == [500, 500]


def test_a_change_that_is_not_known_of_everybody_seen_has_its_own_number():
    values = {"A": {0: 50, 4: 60, 8: 70}, "B": {4: 55}}  # without a baseline B has no change in week 4
    report = strength(values, endpoint_week=8)
    table = weeks_table(report.measures[0], report)
    assert list(table.header[:4]) == ["week", "n", "mean ± SD", "n"]
    assert [list(row[:4]) for row in table.rows] == [
        ["0", "1", "50.0", "-"],
        ["4", "2", "57.5 ± 3.5", "1"],
        ["8", "1", "70.0", "1"],
        ["final", "1", "70.0", "1"],
    ]


def test_weeks_that_were_not_scheduled_are_said_to_be_not_stated():
    visits = [Visit(day=1, assessments=[Assessment(MMT18, 50)]), Visit(day=40, assessments=[Assessment(MMT18, 60)])]
    study = Study([Patient("A", "PM", "F", 40, visits=visits)], protocol=Protocol(scheduled_weeks=()))
    (table,) = [each for each in overview_tables(study) if each.title == "Values read, by week"]
    assert table.notes[0] == "Scheduled weeks: not stated."
    assert [list(table.header), *map(list, table.rows)][:2] == [
        ["measure", "other days", "all"],
        ["MMT", "2", "2"],
    ]
