import re

import attrs
import pytest

import ivigmyo.layout
from ivigmyo import (
    CK,
    MMT18,
    Assessment,
    Instrument,
    Patient,
    Study,
    Visit,
    report_markdown,
    report_text,
    saito2008,
    trial_report,
)
from ivigmyo.tables import check_text, report_tables


@pytest.fixture(scope="module")
def report():
    return trial_report(saito2008.load_study(), by="diagnosis")


@pytest.fixture(scope="module")
def tables(report):
    return {table.title: table for table in report_tables(report)}


def test_a_reader_of_the_paper_finds_its_tables_in_its_order(tables):
    titles = list(tables)
    numbered = [title.split(".")[0] for title in titles if re.match(r"(Table|Fig\.) \d", title)]
    assert list(dict.fromkeys(numbered)) == ["Table 2", "Fig", "Table 3", "Table 4", "Table 5"]
    assert titles[0] == "Summary"


def test_the_summary_shows_what_the_paper_says(tables):
    assert dict(tables["Summary"].rows) == {
        "MMT, week 0 -> 12": "57.4 ± 13.5 -> 78.6 ± 12.9 points (n 15 -> 14)",
        "ADL, week 0 -> 12": "18.9 ± 9.6 -> 34.4 ± 8.4 points (n 15 -> 14)",
        "CK, week 0 -> 12": "1259.8 ± 1280.2 -> 219.3 ± 455.0 IU/L (n 15 -> 14)",
        "MMT response": "14/15 (93.3 %; 68.1 to 99.8)",
        "ADL response": "12/15 (80.0 %; 51.9 to 95.7)",
        "CK response": "15/15 (100.0 %; 78.2 to 100.0)",
        "ln CK fall, after - before": "0.601 ± 0.809, P = 0.0122",
        "Median days of normal CK": "371 (99 to not reached; n 13)",
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
    footer = tables[f"Table 2. {instrument.name} ({instrument.unit}) by week"].footer
    shown = "|".join(" ".join(row[1:]) for row in footer if not row[0].startswith("n,"))
    assert shown == PRINTED_FOOTERS[code]
    assert [row[1:] for row in footer if row[0].startswith("n,")] == [
        ("16", "16", "15", "15", "14"),
        ("15", "15", "15", "15", "14"),
    ]


def test_table_4_has_a_row_a_patient(tables):
    rows = tables["Table 4. Normalization of CK"].rows
    assert rows[0] == ("1", "PM", "41", "20", "409", "-", "-", "-", "not normalized")
    assert rows[3] == ("4", "PM", "40", "27.5", "472", "24", "-", ">448", "censored")
    assert rows[-1] == ("15", "DM", "40", "-", "59", "7", "-", ">52", "censored")
    assert len(rows) == 15


def test_table_3_says_what_fell_how_far(tables):
    table = tables["Table 3. Fall of ln CK before and after the first infusion"]
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
    assert text.count("Table 3. ") == 3
    assert "GB-0998 study: PM" in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_markdown_has_every_table_as_a_heading(report):
    text = report_markdown(report)
    assert text.startswith("# GB-0998 study\n")
    assert text.count("### Table 4. ") == 3
    assert "## DM" in text
    assert "| MMT | 14/15 | 93.3 % | 68.1 to 99.8 | 70.2 to 98.8 | 0 |" in text


def test_a_study_without_a_title_is_a_trial_report():
    text = report_text(trial_report(Study([Patient("A", "PM", "F", 40)])))
    assert text.startswith("Trial report\n============\n")
    assert "not measured." in text


def small_study(*values, uln=100.0, weeks=(0, 12)):
    visits = [Visit(week, assessments=[Assessment(CK, ck, uln)]) for week, ck in zip(weeks, values, strict=True)]
    return Study([Patient("A", "DM", "M", 50.5, visits=visits)])


def test_values_that_are_not_whole_show_a_digit():
    report = trial_report(small_study(150.25, 90, weeks=(1, 12)))
    table = next(table for table in report_tables(report) if "by week" in table.title)
    assert table.rows == (("A", "150.3", "90.0"),)
    assert report_tables(report)[0].rows[0] == ("CK, week 1 -> 12", "150.3 -> 90.0 IU/L (n 1 -> 1)")


def test_absent_numbers_are_dashes_and_absent_limits_are_not_reached():
    report = trial_report(small_study(150, 90))
    shown = {table.title: table for table in report_tables(report)}
    assert shown["Fig. 1. CK (IU/L): change from baseline"].rows[-1] == ("final", "1", "-60.0", "- to -", "-", "-")
    curve = shown["Fig. 3. Days that CK stayed within normal limits"].rows[0]
    assert curve == ("all", "1", "0", "not reached", "not reached to not reached", "not reached", "not reached")


def test_patients_are_listed_only_where_a_reader_can_take_them_in(monkeypatch):
    report = trial_report(saito2008.load_study())
    for module in ("visits", "conduct", ""):
        monkeypatch.setattr(f"ivigmyo.tables{'.' * bool(module)}{module}.LISTED", 15)
    shown = {table.title: table for table in report_tables(report)}
    assert shown["Table 2. Patients"].rows == ()
    assert len(shown["Table 2. Patients"].footer) == 4
    assert shown["Table 5. Adverse reactions"].rows == ()
    assert "Grades by patient" not in shown
    assert "Table 4. Normalization of CK" not in shown
    assert ivigmyo.layout.LISTED == 100


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
    shown = {table.title: table for table in report_tables(trial_report(Study([risen])))}
    found = [row[1] for row in shown["Protocol: deviations and gaps"].rows]
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
    assert text.startswith("Trial report: 1 patients, 1 of them in the efficacy set.")
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
    whole = trial_report(Study([Patient("A", "PM", "F", 40, visits=visits)], instruments=[haq]))
    protocol = attrs.evolve(whole.protocol, schedule=whole.protocol.schedule.iloc[:0])
    report = attrs.evolve(whole, absent={}, remarks=(), protocol=protocol)
    titles = [table.title for table in report_tables(report)]
    assert titles == [
        "Summary",
        "Disposition of patients",
        "Table 2. Patients",
        "Table 2. Health Assessment Questionnaire (points) by week",
        "Fig. 1. HAQ (points): change from baseline",
        "Protocol: patients by criterion",
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
    notes = shown["Fig. 3. Days that CK stayed within normal limits"].notes
    assert not any("follow-up" in note for note in notes)


def test_the_title_of_a_study_is_no_mark_in_the_markdown():
    study = attrs.evolve(saito2008.load_study(), title="<script>alert(1)</script> *A*")
    heading = report_markdown(trial_report(study)).splitlines()[0]
    assert heading == r"# &lt;script&gt;alert(1)&lt;/script&gt; \*A\*"


def test_the_summary_ends_with_the_last_scheduled_week_however_long_ck_is_followed():
    report = trial_report(small_study(300, 120, 90, weeks=(0, 12, 40)))
    assert report_tables(report)[0].rows[0] == ("CK, week 0 -> 12", "300.0 -> 120.0 IU/L (n 1 -> 1)")
