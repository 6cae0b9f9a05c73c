"""ADaM as found in public studies: what is lost otherwise, and what only looks right."""

import datetime

import numpy as np
import pandas as pd
import pytest

from ivigmyo import adam, incidence, saito2008
from ivigmyo.adam.events import NOT_RELATED, RELATED
from ivigmyo.adam.transport import check_whole
from ivigmyo.errors import DataError
from ivigmyo.instruments import CK, MMT18
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import AdverseEvent, Assessment, DispositionStep, Patient, Visit

ADSL = pd.DataFrame(
    {
        "USUBJID": ["P1", "P2", "P3"],
        "AGE": 50,
        "SEX": ["F", "Male", "f"],
        "DIAG": ["PM", "DM", "DM"],
        "EFFFL": "Y",
        "SAFFL": "Y",
    }
)
ADLB = pd.DataFrame(
    {"USUBJID": ["P1", "P2"], "PARAMCD": "CK", "AVISIT": "Baseline", "ADY": 1, "AVAL": 500.0, "ANRHI": 180.0, "ABLFL": "Y"}
)


def refused(call, *args, **options):
    with pytest.raises(DataError) as caught:
        call(*args, **options)
    return str(caught.value).split("\n")


def test_subjects_who_were_not_treated_are_disposition_and_their_rows_are_left_out():
    adsl = ADSL.assign(
        TRTSDT=["2008-01-10", "2008-01-11", ""],
        EFFFL=["Y", "N", ""],
        SAFFL=["Y", "Y", ""],
        DCSREAS=["", "", "Screen failure"],
    )
    adlb = pd.concat([ADLB, ADLB.head(1).assign(USUBJID="P3")])
    study = adam.read_study(adsl.assign(EOSSTT="COMPLETED"), adlb)
    assert study.ids.tolist() == ["P1", "P2"]
    assert study.efficacy_set.ids.tolist() == ["P1"]
    assert study.disposition == (DispositionStep("not treated", 1, "Screen failure"),)
    assert study.notes[0] == "ADSL: 1 subject who was not treated: counted in the disposition, not among the patients."
    for name, cells in (("ACTARM", ["IVIG", "placebo", "Screen Failure"]), ("TRT01A", ["IVIG", "IVIG", "Not Treated"])):
        assert adam.read_study(ADSL.assign(**{name: cells}), adlb).ids.tolist() == ["P1", "P2"]
    assert adam.read_study(ADSL, adlb).ids.tolist() == ["P1", "P2", "P3"]


def test_one_flag_may_stand_for_both_sets():
    study = adam.read_study(ADSL.assign(SAFFL=["Y", "N", "Y"]), ADLB, efficacy_flag="SAFFL")
    assert [(one.efficacy_set, one.safety_set) for one in study.patients] == [(True, True), (False, False), (True, True)]


@pytest.mark.parametrize("word", ["N", "no", "None", "NOT RELATED", "Unlikely Related", "NOT SUSPECTED"])
def test_an_event_judged_unrelated_does_not_count(word):
    adae = pd.DataFrame({"USUBJID": ["P1", "P2"], "AEDECOD": ["headache", "rash"], "AEREL": [word, "Y"], "ASTDY": [3, 4]})
    study = adam.read_study(ADSL, ADLB, adae=adae)
    assert incidence(study).count == 1
    assert not any("AEREL" in note for note in study.notes)
    assert word.upper() in NOT_RELATED
    assert not NOT_RELATED & RELATED


def test_an_unknown_judgement_is_said_and_counts():
    adae = pd.DataFrame(
        {"USUBJID": ["P1", "P2"], "AEDECOD": ["headache", "rash"], "AEREL": ["REMOTE", "Y"], "ASTDY": [3, 4]}
    )
    study = adam.read_study(
        ADSL, ADLB, adae=adae.assign(AESER="N", AESEV=["MILD", "SEVERE"], AEOUT="RECOVERED", AEACN="NONE")
    )
    assert "ADAE: 1 event of AEREL 'REMOTE', which is not known, was counted as related." in study.notes
    assert incidence(study).count == 2
    first = study.patients[0].adverse_events[0]
    assert (first.serious, first.severity, first.outcome, first.action) == (False, "MILD", "RECOVERED", "NONE")


def test_a_baseline_visit_is_week_0_where_it_lies_near_it():
    adlb = pd.concat([ADLB.assign(ADY=[1, -13]), ADLB.head(1).assign(AVISIT="Unscheduled", ADY=40, ABLFL="")])
    study = adam.read_study(ADSL, adlb)
    assert [(visit.week, visit.day) for one in study.patients for visit in one.visits] == [(0, 0), (None, 39), (None, -13)]


def test_a_day_may_belong_to_different_visits_in_different_data_sets():
    adlb = ADLB.head(1).assign(AVISIT="Week 4", ADY=31, ABLFL="")
    adqs = ADLB.head(1).assign(PARAMCD="MMT", AVISIT="Week 5", ADY=31, AVAL=60, ANRHI=np.nan, ABLFL="")
    study = adam.read_study(ADSL, adlb, adqs)
    assert [(visit.week, visit.day) for visit in study.patients[0].visits] == [(4, 30), (5, 30)]
    assert study.values("CK").loc["P1"].to_dict() == {4: 500}
    assert study.values("MMT").loc["P1"].to_dict() == {5: 60}
    assert adam.read_study(adam.to_adsl(study), adam.to_bds(study)).patients[0].visits == study.patients[0].visits


@pytest.mark.parametrize(("text", "value", "bound"), [("<20", 20, "<"), ("> 20000", 20000, ">"), ("\u226440.5", 40.5, "<")])
def test_bounds_in_avalc(text, value, bound):
    for aval in (np.nan, value):
        study = adam.read_study(ADSL, ADLB.assign(AVAL=[aval, 500.0], AVALC=[text, "500"]))
        assert study.patients[0].visits[0].assessments == (Assessment(CK, value, 180, bound),)
        assert any("read as that bound" in note for note in study.notes)
    study = adam.read_study(ADSL, ADLB.assign(AVAL=[7.0, 500.0], AVALC=[text, "500"]))
    assert study.patients[0].visits[0].assessments == (Assessment(CK, 7, 180),)


def test_a_problem_names_data_set_parameter_and_row():
    adlb = ADLB.assign(AVAL=[500, -5]).set_index(pd.Index([10, 11]))
    assert refused(adam.read_study, ADSL, adlb) == [
        "BDS: AVAL: 'CK' must be greater than 0 and at most 10000000 (got -5) for patient 'P2', week 0, PARAMCD 'CK', "
        "row 11."
    ]


def test_arms_and_strata_go_round():
    visits = [Visit(0, 0, [Assessment(MMT18, 50)])]
    patients = [
        Patient("P1", "PM", "F", 39, visits=visits, arm="IVIG", arm_received="placebo", factors={"Site of care": "A"}),
        Patient("P2", "DM", "M", 64, arm="placebo", factors={"Site of care": "B"}),
    ]
    study = Study(patients, protocol=Protocol(control="placebo", strata=("Site of care",)))
    adsl = adam.to_adsl(study)
    assert adsl[["TRT01P", "TRT01A", "SITEOFCA"]].to_numpy().tolist() == [
        ["IVIG", "placebo", "A"],
        ["placebo", "placebo", "B"],
    ]
    assert adam.read_study(adsl, adam.to_bds(study), protocol=study.protocol) == study


def test_events_go_round():
    events = [AdverseEvent("fever", "general", 3, "related", True, "severe", "recovered", "stopped"), AdverseEvent("rash")]
    study = Study([Patient("P1", "PM", "F", 39, visits=[Visit(0, 0, [Assessment(MMT18, 50)])], adverse_events=events)])
    assert adam.read_study(adam.to_adsl(study), adam.to_bds(study), adae=adam.to_adae(study)) == study


# ---------------------------------------------------------------------------------------------------- durations

ADTTE = pd.DataFrame({"USUBJID": ["1", "2", "3"], "PARAMCD": "OS", "AVAL": [11.0, 21.0, 31.0], "CNSR": [0, 1, 0]})
DATES = {"STARTDT": "2020-01-01", "ADT": ["2020-01-11", "2020-01-21T10:00", "2020-01-31"]}


def test_a_fact_of_the_whole_column_is_one_problem_that_names_the_argument():
    (line,) = refused(adam.read_durations, ADTTE.assign(**DATES))
    assert "is a day off in all 3 rows: add_one=True would fit" in line
    assert adam.read_durations(ADTTE.assign(**DATES), add_one=True)["duration"].tolist() == [10, 20, 30]
    (line,) = refused(adam.read_durations, ADTTE.assign(**DATES, AVAL=[10.0, 20, 30]), add_one=True)
    assert "add_one=False would fit" in line
    assert adam.read_durations(ADTTE.assign(**DATES), as_is=True)["duration"].tolist() == [11, 21, 31]
    assert len(refused(adam.read_durations, ADTTE.assign(**DATES, AVAL=[11.0, 20, 31]))) == 2
    with pytest.raises(ValueError, match="'add_one' must not be stated"):
        adam.read_durations(ADTTE, add_one=True, as_is=True)


@pytest.mark.parametrize(
    "label", ["OS (months)", "OS [Months]", "OS in months", "OS (months), IRC", "OS, months", "OS (yrs)", "OS (in weeks)"]
)
def test_another_unit_is_one_problem_however_it_is_written(label):
    (line,) = refused(adam.read_durations, ADTTE.assign(PARAM=label))
    assert f"'PARAM' must be in days (as_is=True takes AVAL as it stands) (got '{label}')" in line
    assert adam.read_durations(ADTTE.assign(PARAM=label), as_is=True)["duration"].tolist() == [11, 21, 31]


@pytest.mark.parametrize(
    "label", ["OS (days)", "Response by month 6 (days)", "Time to week 12 in days", "OS", "Progression within 6 months"]
)
def test_days_are_days(label):
    assert len(adam.read_durations(ADTTE.assign(PARAM=label))) == 3


# ---------------------------------------------------------------------------------------------------- transport files

FRAME = pd.DataFrame(
    {"USUBJID": [f"P{i}" for i in range(9)], "AVAL": np.arange(9.0), "NOTE": "a longer text than the others"}
)


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    adam.write_xpt(FRAME, tmp_path / "adlb.xpt")
    content = (tmp_path / "adlb.xpt").read_bytes()
    check_whole(content)
    width = 2 + 8 + len("a longer text than the others")
    start = content.find(b"HEADER RECORD*******OBS") + 80
    read_short = 0
    for length in sorted({*range(start + 80, len(content), 37), *range(start + 80, len(content), 80)}):
        (tmp_path / "cut.xpt").write_bytes(content[:length])
        try:
            read_short += len(adam.read_xpt(tmp_path / "cut.xpt")) < 9
        except DataError as error:
            assert "cut off" in str(error)  # noqa: PT017 - most lengths are refused, one may not be
        else:
            # Only where whole rows are left, or what is left of the last one is blank, does the file not tell.
            assert (length - start) % 80 == 0
            assert (length - start) % width < 80
    assert read_short <= 1


def test_labels_are_measured_in_bytes_and_read_back(tmp_path):
    import pyreadstat

    adam.write_xpt(FRAME, tmp_path / "adlb.xpt", {"NOTE": "患者さんのメモ"})
    _, meta = pyreadstat.read_xport(str(tmp_path / "adlb.xpt"))
    assert dict(zip(meta.column_names, meta.column_labels, strict=True))["NOTE"] == "患者さんのメモ"
    (line,) = refused(adam.write_xpt, FRAME, tmp_path / "adlb.xpt", {"NOTE": "患" * 14})
    assert line.startswith("a label must have at most 40 bytes")


def test_another_encoding_is_named_by_the_argument(tmp_path):
    adam.write_xpt(FRAME.assign(NOTE="abcdef"), tmp_path / "adlb.xpt")
    content = (tmp_path / "adlb.xpt").read_bytes().replace(b"abcdef", "患者患".encode("cp932"))
    (tmp_path / "adlb.xpt").write_bytes(content)
    assert adam.read_xpt(tmp_path / "adlb.xpt", encoding="cp932")["NOTE"].unique().tolist() == ["患者患"]
    pd.testing.assert_frame_equal(
        adam.read_xpt(tmp_path / "adlb.xpt", encoding="cp932").assign(NOTE=""), FRAME.assign(NOTE="")
    )
    for encoding in (None, "ascii"):
        (line,) = refused(adam.read_xpt, tmp_path / "adlb.xpt", encoding=encoding)
        named = encoding or "UTF-8"
        assert line == f"adlb.xpt: the text of the file must be in {named}: name its encoding by encoding=."
    for encoding in ("shift-gis", "rot13"):
        with pytest.raises(ValueError, match=rf"^'encoding' must be a name that Python knows, .* \(got '{encoding}'\)\.$"):
            adam.read_xpt(tmp_path / "adlb.xpt", encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "text"), [("latin-1", "Müller"), ("cp1252", "a – b"), ("euc_jp", "患者患"), ("mac_roman", "Müller")]
)
def test_every_encoding_that_python_knows_can_be_named(encoding, text, tmp_path):
    written = text.encode(encoding)
    adam.write_xpt(FRAME.assign(NOTE="a" * len(written)), tmp_path / "adlb.xpt")
    content = (tmp_path / "adlb.xpt").read_bytes().replace(b"a" * len(written), written)
    (tmp_path / "adlb.xpt").write_bytes(content)
    assert adam.read_xpt(tmp_path / "adlb.xpt", encoding=encoding)["NOTE"].unique().tolist() == [text]


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (pd.DataFrame([[1.0, 2.0]], columns=["A", "A"]), "a variable's name must be its own (got 'A')."),
        (pd.DataFrame({"A": [1.0, np.inf]}), "a number must be finite (got inf) in variable 'A'."),
        (pd.DataFrame({"A": [2**53 + 1, 0]}), "a whole number must lie within 2^53 (got 9007199254740993) in variable 'A'."),
    ],
)
def test_what_cannot_be_held_is_refused(frame, text, tmp_path):
    assert refused(adam.write_xpt, frame, tmp_path / "adlb.xpt") == [text]
    assert list(tmp_path.iterdir()) == []


def test_arrow_frames_are_written_as_others(tmp_path):
    frame = FRAME.assign(ADT=datetime.date(2008, 1, 31), N=[1, None] + [3] * 7)
    adam.write_xpt(frame.convert_dtypes(dtype_backend="pyarrow"), tmp_path / "adlb.xpt")
    read = adam.read_xpt(tmp_path / "adlb.xpt")
    assert read["ADT"].tolist() == [datetime.date(2008, 1, 31)] * 9
    assert read["N"].isna().tolist() == [False, True] + [False] * 7


def test_what_is_not_read_is_said():
    study = saito2008.load_study()
    adsl, adlb = adam.to_adsl(study), adam.to_bds(study, "CK", "MMT", "ADL")
    assert adam.read_study(adsl, adlb).notes == ()
    more = adsl.assign(RACE="ASIAN", ITTFL="Y", SITEID="01")
    visits = adlb.assign(VISITNUM=1, **{f"CRIT{i}": "Y" for i in range(1, 14)})
    assert adam.read_study(more, visits).notes == (
        "ADSL: not read: RACE and ITTFL.",
        f"BDS: not read: VISITNUM, {', '.join(f'CRIT{i}' for i in range(1, 12))} and 2 others.",
    )
    assert adam.read_study(more, adlb, efficacy_flag="ITTFL").notes[0] == "ADSL: not read: RACE."


def test_a_subject_whose_planned_arm_says_so_was_not_treated():
    study = saito2008.load_study()
    adsl = adam.to_adsl(study).assign(TRT01P="IVIG", TRT01A="IVIG")
    adsl.loc[adsl["USUBJID"] == "3", ["TRT01P", "TRT01A"]] = ["Screen Failure", ""]
    read = adam.read_study(adsl, adam.to_bds(study, "MMT"))
    assert "3" not in read.ids
    assert read.arms == ("IVIG",)
    assert [(step.step, step.patients) for step in read.disposition] == [("not treated", 1)]


def test_a_set_whose_flag_has_another_name_is_said_with_the_flags_there_are():
    adsl = ADSL.drop(columns="EFFFL").assign(FASFL=["Y", "N", "Y"], ITTFL="Y", RACE="W")
    study = adam.read_study(adsl, ADLB)
    assert study.notes[:2] == (
        "ADSL: not read: FASFL, ITTFL and RACE.",
        "ADSL: no variable 'EFFFL', every patient is in the efficacy set (other flags there: FASFL, ITTFL).",
    )
    assert adam.read_study(adsl, ADLB, efficacy_flag="FASFL").efficacy_set.ids.tolist() == ["P1", "P3"]


@pytest.mark.parametrize(("argument", "which"), [("efficacy_flag", "efficacy set"), ("safety_flag", "safety set")])
def test_a_flag_that_was_named_and_is_not_there_is_refused(argument, which):
    (line,) = refused(adam.read_study, ADSL.assign(FASFL="Y"), ADLB, **{argument: "NOSUCH"})
    other = {"efficacy_flag": "EFFFL", "safety_flag": "SAFFL"}[argument]
    assert line == f"ADSL: variable 'NOSUCH', which is to flag the {which}, is missing; flags there: {other}, FASFL."


def test_a_bound_goes_out_and_comes_back():
    seen = [Visit(0, 0, [Assessment(CK, 900, 180)]), Visit(4, 28, [Assessment(CK, 40.5, 180, "<"), Assessment(MMT18, 60)])]
    study = Study([Patient("P1", "PM", "F", 50, visits=seen)])
    bds = adam.to_bds(study)
    assert bds.loc[bds["AVALC"] != "", ["PARAMCD", "AVISIT", "AVAL", "AVALC"]].to_numpy().tolist() == [
        ["CK", "Week 4", 40.5, "<40.5"]
    ]
    assert adam.read_study(adam.to_adsl(study), bds).patients == study.patients
    assert "AVALC" not in adam.to_bds(study, "MMT")


DATED = ADLB.drop(columns="ADY").assign(ADT=["2008-01-10", "2008-01-08T10:30"], ABLFL="")
LATER = DATED.assign(AVISIT="Unscheduled", ADT=["2008-03-01", "2008-03-02"], AVAL=100.0)


def test_dates_without_days_are_counted_from_the_first_dose():
    adsl = ADSL.assign(TRTSDT=["2008-01-10", "2008-01-11", "2008-01-12"])
    dated = pd.concat([DATED, LATER], ignore_index=True)
    adae = pd.DataFrame({"USUBJID": ["P1"], "AEDECOD": ["rash"], "AEREL": ["Y"], "ASTDT": ["2008-01-13"]})
    adex = pd.DataFrame({"USUBJID": ["P1"], "EXTRT": ["IVIG"], "ASTDT": ["2008-01-10"], "AENDT": ["2008-01-14"]})
    study = adam.read_study(adsl, dated, adae=adae, adex=adex)
    assert [[visit.day for visit in one.visits] for one in study.patients] == [[0, 51], [-3, 51], []]
    assert study.patients[0].adverse_events[0].day == 3
    assert (study.patients[0].treatments[0].start_day, study.patients[0].treatments[0].end_day) == (0, 4)
    assert "BDS: 4 rows of CK without ADY were given the days from TRTSDT to ADT." in study.notes
    own = dated.assign(TRTSDT=["2008-01-10", "2008-01-11"] * 2)
    assert adam.read_study(ADSL, own).patients[0].visits == study.patients[0].visits


def test_dates_that_no_first_dose_dates_are_said_not_to_be_read():
    study = adam.read_study(ADSL, DATED)
    assert (
        "BDS: 2 rows of CK without ADY were read without a day: there is no TRTSDT from which ADT is counted." in study.notes
    )
    assert [[visit.label for visit in one.visits] for one in study.patients[:2]] == [["week 0"], ["week 0"]]


def test_a_row_without_a_first_dose_has_no_day_which_is_said():
    study = adam.read_study(ADSL, DATED.assign(TRTSDT=["2008-01-10", None]))
    assert "BDS: 1 row of CK without ADY was given the days from TRTSDT to ADT." in study.notes
    assert "BDS: 1 row of CK without ADY was not given a day: TRTSDT is missing." in study.notes
    assert [[visit.day for visit in one.visits] for one in study.patients[:2]] == [[0], [None]]


def test_a_partial_date_is_never_completed():
    adsl = ADSL.assign(TRTSDT="2008-01-10")
    (line,) = refused(adam.read_study, adsl, DATED.assign(ADT=["2008-01", "2008-01-08"]))
    assert line.startswith("BDS: ADT: 'ADT' must be a whole date such as 2008-01-31 (got '2008-01') for patient 'P1'")


def test_a_variable_of_one_s_own_has_no_label(tmp_path):
    import pyreadstat

    adam.write_xpt(FRAME, tmp_path / "adlb.xpt", {"AVAL": "CK"})
    _, meta = pyreadstat.read_xport(str(tmp_path / "adlb.xpt"))
    labels = {name: label or "" for name, label in zip(meta.column_names, meta.column_labels, strict=True)}
    assert (labels["NOTE"], labels["AVAL"], labels["USUBJID"]) == ("", "CK", "Unique Subject Identifier")


def test_a_file_that_is_cut_off_is_named(tmp_path):
    adam.write_xpt(FRAME, tmp_path / "adlb.xpt")
    content = (tmp_path / "adlb.xpt").read_bytes()[:-1]
    (tmp_path / "adlb.xpt").write_bytes(content)
    rule = "a SAS transport file must consist of records of 80 bytes: this one is cut off"
    assert refused(adam.read_xpt, tmp_path / "adlb.xpt") == [f"adlb.xpt: {rule} (got '{len(content)} bytes')."]


@pytest.mark.parametrize("name", ["adtte.xpt", "adtte.csv"])
def test_durations_are_read_in_the_encoding_that_is_named(name, tmp_path):
    frame = pd.DataFrame({"USUBJID": ["M?ller", "P2"], "PARAMCD": "OS", "AVAL": [5.0, 7.0], "CNSR": [0.0, 1.0]})
    path = tmp_path / name
    adam.write_xpt(frame, path) if name.endswith("xpt") else frame.to_csv(path, index=False)
    path.write_bytes(path.read_bytes().replace(b"M?ller", "Müller".encode("latin-1")))
    assert adam.read_durations(path, encoding="latin-1")["patient"].tolist() == ["Müller", "P2"]
    assert "name its encoding by encoding=" in refused(adam.read_durations, path)[0]


def test_a_visit_of_which_only_the_day_is_known_is_unscheduled():
    visits = [Visit(0, 0, [Assessment(CK, 900, 180)]), Visit(None, 9, [Assessment(CK, 700, 180)])]
    found = adam.to_bds(Study([Patient("P1", "PM", "F", 40, visits=visits)]), "CK")
    assert found["AVISIT"].tolist() == ["Week 0", "Unscheduled"]
    assert found["ADY"].tolist() == [1, 10]
