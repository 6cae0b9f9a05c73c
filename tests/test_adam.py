"""CDISC ADaM: every trap of the data sets, and what is written reads back equal."""

import datetime
import random
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import ADL15, CK, MMT18, adam, find_normalizations, kaplan_meier, report_text, saito2008, trial_report
from ivigmyo.adam.datasets import open_data_set, to_ady
from ivigmyo.errors import DataError
from ivigmyo.files.cells import is_empty
from ivigmyo.files.frames import study_to_frames
from ivigmyo.files.tables import Findings
from ivigmyo.instruments import Instrument
from ivigmyo.normalization import at_risk, episodes_from_follow_up
from ivigmyo.response import Grade, grade_patients
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import AdverseEvent, Assessment, FollowUp, Patient, Treatment, Visit


def bds(*rows, **constants):
    """A BDS data set of CK: rows of (USUBJID, ADY, AVAL), with further variables as dictionaries."""
    records = [
        {"USUBJID": row[0], "PARAMCD": "CK", "ADY": row[1], "AVAL": row[2], **(row[3] if len(row) > 3 else {})}
        for row in rows
    ]
    return pd.DataFrame(records).assign(**constants)


def series(frame, **options):
    read = adam.ck_series(frame, **options)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in read.itertuples(index=False)]


def refused(call, *args, **options):
    with pytest.raises(DataError) as caught:
        call(*args, **options)
    return [re.sub(r", row \d+\.$", ".", line) for line in str(caught.value).splitlines()]


def adsl(**columns):
    frame = pd.DataFrame({"USUBJID": ["P1", "P2"], "AGE": [39.0, 64.0], "SEX": ["F", "M"], "DIAG": ["PM", "DM"]})
    return frame.assign(**{"EFFFL": "Y", "SAFFL": "Y", **columns})


TEXT = str(pd.DataFrame({"text": ["a"]}).dtypes["text"])  # what this pandas makes of texts


class TestCKSeries:
    def test_no_day_0(self):
        frame = bds(("P1", -28, 900), ("P1", -1, 950), ("P1", 1, 980), ("P1", 2, 400), ANRHI=180)
        read = adam.ck_series(frame)
        assert list(read.columns) == ["patient", "day", "ck", "uln"]
        assert read.dtypes.astype(str).tolist() == [TEXT, "float64", "float64", "float64"]
        assert read["day"].tolist() == [-28.0, -1.0, 0.0, 1.0]
        assert refused(adam.ck_series, bds(("P1", 0, 900), ("P1", 1.5, 900), ("P1", -1.5, 900))) == [
            "BDS: ADY: 'ADY' must not be 0: day 1 is the day of the first dose, day -1 the day before (got 0) for patient "
            "'P1', PARAMCD 'CK'.",
            "BDS: ADY: 'ADY' must be a whole number (got 1.5) for patient 'P1', PARAMCD 'CK'.",
            "BDS: ADY: 'ADY' must be a whole number (got -1.5) for patient 'P1', PARAMCD 'CK'.",
        ]

    def test_a_repeated_sample_is_counted_once(self):
        repeats = bds(
            ("P1", 1, 980, {"AVISIT": "Baseline", "LBSEQ": 1}),
            ("P1", 29, 110, {"AVISIT": "Week 4", "LBSEQ": 2}),
            ("P1", 29, 110, {"AVISIT": "End of Treatment", "LBSEQ": 2}),
            ("P2", 29, 110, {"AVISIT": "Week 4", "LBSEQ": 2}),
        )
        expected = [("P1", 0, 980, None), ("P1", 28, 110, None), ("P2", 28, 110, None)]
        assert series(repeats) == expected
        assert series(repeats.drop(columns="LBSEQ")) == expected
        assert adam.ck_notes(repeats)[0] == "BDS: 1 row of CK that repeats another was left out."

    def test_two_samples_of_one_day_stay_two(self):
        two = bds(("P1", 29, 110, {"LBSEQ": 2}), ("P1", 29, 110, {"LBSEQ": 3}), ANRHI=180)
        assert len(series(two)) == 2
        assert len(series(two.assign(LBSEQ=[2.0, None]))) == 2
        assert len(series(two.drop(columns="LBSEQ"))) == 1
        assert len(series(two.drop(columns="LBSEQ").assign(AVAL=[110, 120]))) == 2
        assert len(series(two.drop(columns="LBSEQ").assign(ANRHI=[180, 190]))) == 2

    def test_rows_of_one_sample_must_agree(self):
        frame = bds(
            ("P1", 29, 110, {"LBSEQ": 2, "ANRHI": 180}),
            ("P1", 30, 111, {"LBSEQ": 2, "ANRHI": 190}),
            ("P1", 29, None, {"LBSEQ": 2, "ANRHI": None}),
        )
        assert refused(adam.ck_series, frame) == [
            f"BDS: {name}: {name!r} must be the same in all rows of one LBSEQ (got {got}) for patient 'P1', PARAMCD 'CK'"
            f"{ady}."
            for name, got, ady in (("ADY", 29, ""), ("AVAL", 111, ", ADY 30"), ("ANRHI", 190, ", ADY 30"))
        ]
        assert series(frame.drop(index=1)) == [("P1", 28, 110, 180)]

    def test_derived_rows_are_no_samples(self):
        derived = [("P1", 29, 990 + i, {"DTYPE": kind}) for i, kind in enumerate(["MAXIMUM", "MINIMUM", "LOV", "LOCF"])]
        frame = bds(
            ("P1", 1, 980, {"DTYPE": ""}), ("P1", 85, 110, {"DTYPE": None}), ("P1", 99, 120, {"DTYPE": " "}), *derived
        )
        assert [row[1] for row in series(frame)] == [0, 84, 98]
        assert adam.ck_notes(frame)[0] == "BDS: 4 derived rows of CK were left out."

    def test_limits_under_either_name_and_anrind_not_trusted(self):
        frame = bds(
            ("P1", 1, 300, {"ANRHI": 180, "A1HI": 100}),
            ("P1", 8, 170, {"ANRHI": None, "A1HI": 170}),
            ("P1", 15, 250, {"ANRHI": None, "A1HI": None}),
            ANRIND="NORMAL",
        )
        assert [row[3] for row in series(frame)] == [180, 170, None]
        assert [row[3] for row in series(frame.drop(columns="ANRHI"))] == [100, 170, None]
        assert find_normalizations(adam.ck_series(frame.iloc[:2]))["status"].tolist() == ["censored"]

    def test_rows_come_by_patient_and_day(self):
        frame = bds(("P2", 29, 1), ("P1", 29, 2), ("P2", -1, 3), ("P1", 1, 4), ("P2", 1, 5))
        assert [(row[0], row[1]) for row in series(frame)] == [("P2", -1), ("P2", 0), ("P2", 28), ("P1", 0), ("P1", 28)]

    def test_unscheduled_visits_are_kept_by_their_day(self):
        frame = bds(("P1", 1, 900, {"AVISIT": "Week 0", "AVISITN": 0}), ("P1", 20, 300, {"AVISIT": "", "AVISITN": None}))
        assert [row[1] for row in series(frame)] == [0, 19]

    def test_missing_values(self):
        frame = bds(("P1", 1, 900), ("P1", 8, None), ("P1", None, None))
        assert series(frame) == [("P1", 0, 900, None), ("P1", 7, None, None)]
        assert refused(adam.ck_series, bds(("P1", None, 900), (None, 8, 900))) == [
            "BDS: USUBJID: 'USUBJID' must not be missing in row 1.",
            "BDS: ADY: 'ADY' must not be missing for patient 'P1', PARAMCD 'CK'.",
        ]

    def test_units(self):
        frame = bds(("P1", 1, 15, {"ANRHI": 3, "AVALU": "microkat/L"}), ("P1", 8, 100, {"ANRHI": 180, "AVALU": "U/L"}))
        assert [row[2:] for row in series(frame)] == [(900, 180), (100, 180)]
        note = "BDS: 1 value in microkat/L was converted (1 microkat/L = 60 IU/L)."
        assert adam.ck_notes(frame)[-1] == note
        named = frame.drop(columns="AVALU").assign(PARAM=["Creatine Kinase (microkat/L) ", "Creatine Kinase (CK)"])
        assert [row[2] for row in series(named)] == [900, 100]
        assert refused(adam.ck_series, frame.assign(AVALU=["mkat/L", "U/L"])) == [
            "BDS: AVALU: 'AVALU' must give the unit IU/L or U/L or microkat/L or nkat/L (got 'mkat/L') for patient 'P1', "
            "PARAMCD 'CK', ADY 1."
        ]
        assert refused(adam.ck_series, named.assign(PARAM="CK (mkat/L)").head(1)) == [
            "BDS: PARAM: 'PARAM' must give the unit IU/L or U/L or microkat/L or nkat/L (got 'mkat/L') for patient 'P1', "
            "PARAMCD 'CK', ADY 1."
        ]

    def test_other_parameters_are_not_looked_at(self):
        frame = pd.concat([bds(("P1", 1, 900)), bds(("P1", 0, "<5")).assign(PARAMCD="AST")], ignore_index=True)
        assert series(frame) == [("P1", 0, 900, None)]
        assert series(frame.assign(PARAMCD=["CPK ", "CK"]), paramcd="CPK") == [("P1", 0, 900, None)]
        assert refused(adam.ck_series, frame, paramcd="CPK") == ["BDS: 'PARAMCD' 'CPK' must have rows (got 0)."]

    def test_missing_variables(self):
        assert refused(adam.ck_series, bds(("P1", 1, 900)).drop(columns=["ADY", "AVAL"])) == [
            "BDS: variable 'ADY' is missing.",
            "BDS: variable 'AVAL' is missing.",
        ]
        twice = pd.concat([bds(("P1", 1, 900)), bds(("P1", 1, 900))[["ADY"]]], axis=1)
        assert refused(adam.ck_series, twice) == ["BDS: variable 'ADY' must appear once."]

    def test_what_pandas_makes_of_0(self):
        zero = 5.397605346934028e-79
        assert refused(adam.ck_series, bds(("P1", 1, zero))) == [
            "BDS: AVAL: 'AVAL' must be read with `adam.read_xpt`: pandas.read_sas makes this of 0 (got "
            "5.397605346934028e-79) for patient 'P1', PARAMCD 'CK', ADY 1."
        ]

    @pytest.mark.parametrize("cell", ["9OO", float("inf"), True])
    def test_what_is_no_number(self, cell):
        (problem,) = refused(adam.ck_series, bds(("P1", 1, cell), ("P1", 8, "100")))
        assert problem.startswith("BDS: AVAL: 'AVAL' must be a")

    def test_the_data_set_is_not_changed(self):
        frame = bds(("P1 ", 29, 110, {"LBSEQ": 2, "DTYPE": ""}), ("P1", 29, 110, {"LBSEQ": 2}), ("P1", 1, 900))
        frame.index = [7, 7, 9]
        before = frame.copy()
        assert len(series(frame)) == 2
        pd.testing.assert_frame_equal(frame, before)
        assert frame.attrs == {}

    def test_ids_that_are_numbers(self):
        assert series(bds((7, 1, 900), (7, 8, 100)))[0][0] == "7"


class TestBaseline:
    flags = (("P1", -7, 990, {"ABLFL": ""}), ("P1", -1, 980, {"ABLFL": "Y"}), ("P1", 1, 150, {"ABLFL": "N"}), ("P1", 8, 100))

    def test_the_flagged_value_is_the_last_before_treatment(self):
        frame = bds(*self.flags, ANRHI=180)
        assert [row[1] for row in series(frame)] == [-7, -1, 7]
        assert adam.ck_notes(frame) == (
            "BDS: 1 value of CK after the flagged baseline and at or before ADY 1 was left out.",
        )
        assert find_normalizations(adam.ck_series(frame))["status"].tolist() == ["censored"]

    def test_without_a_flag_the_last_value_counts_and_it_is_said(self):
        frame = bds(*self.flags, ANRHI=180).drop(columns="ABLFL")
        assert [row[1] for row in series(frame)] == [-7, -1, 0, 7]
        said = "BDS: the baseline of CK is the last value at or before ADY 1 for {} of whom ABLFL flags none."
        assert adam.ck_notes(frame) == (said.format("1 patient"),)
        assert find_normalizations(adam.ck_series(frame))["status"].tolist() == ["normal at baseline"]
        mixed = bds(*self.flags, ("P2", 1, 900), ("P3", -3, 900), ("P4", 8, 900), ("P5", 1, None))
        assert adam.ck_notes(mixed)[1:] == (said.format("2 patients"),)

    def test_a_second_value_of_the_flagged_day(self):
        frame = bds(("P1", 1, 300), ("P1", 1, 980, {"ABLFL": "Y"}), ("P1", 2, 200))
        assert [row[1:3] for row in series(frame)] == [(0, 980), (1, 200)]

    def test_a_week_without_a_day_beside_a_flagged_day(self):
        rows = [
            ("P1", 1, 980, {"ABLFL": "Y"}),
            ("P1", None, 970, {"AVISIT": "Week 0"}),
            ("P1", None, 960, {"AVISIT": "Week -1"}),
        ]
        study = adam.read_study(adsl(), bds(*rows, ("P1", None, 950, {"AVISIT": "Week 1"})).assign(PARAMCD="CK"))
        assert [(visit.week, visit.day) for visit in study.patients[0].visits] == [
            (-1, None),
            (None, 0),
            (0, None),
            (1, None),
        ]

    def test_a_flag_of_a_repeated_row_counts(self):
        frame = bds(("P1", -1, 980, {"LBSEQ": 1}), ("P1", -1, 980, {"LBSEQ": 1, "ABLFL": "Y"}), ("P1", 1, 150, {"LBSEQ": 2}))
        assert [row[1] for row in series(frame)] == [-1]

    def test_flags_that_cannot_be(self):
        flags = [
            ("P1", -7, 990, {"ABLFL": "Y"}),
            ("P1", 1, 980, {"ABLFL": "Y"}),
            ("P2", 2, 9, {"ABLFL": "Y"}),
            ("P3", 1, 9, {"ABLFL": "1"}),
        ]
        assert refused(adam.ck_series, bds(*flags)) == [
            "BDS: ABLFL: 'ABLFL' must be 'Y' or missing (got '1') for patient 'P3', PARAMCD 'CK', ADY 1.",
            "BDS: ABLFL: 'ABLFL' must flag a value at or before ADY 1 for patient 'P2', PARAMCD 'CK', ADY 2.",
            "BDS: ABLFL: 'ABLFL' must flag one value of a patient for patient 'P1', PARAMCD 'CK', ADY 1.",
        ]

    def test_subjects_without_a_value_before_or_after_treatment(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}), ("P2", 29, 110), ANRHI=180)
        assert find_normalizations(adam.ck_series(frame))["status"].tolist() == ["no follow-up", "no baseline"]


class TestSources:
    frame = bds(("P1", 1, 980, {"AVISIT": "  Week 0"}), ("患者", 29, 110.5, {"AVISIT": "Week 4"}), ANRHI=180)

    def test_csv(self, tmp_path):
        path = tmp_path / "adlb.csv"
        self.frame.to_csv(path, index=False, encoding="utf-8-sig")
        assert series(path) == series(str(path)) == series(self.frame)
        self.frame.to_csv(path, index=False, sep=";", decimal=",")
        assert series(path) == series(self.frame)
        assert adam.ck_notes(path)[0] == ("adlb.csv: commas in numbers were read as decimal commas, as in '980,0'.")

    def test_xpt(self, tmp_path):
        adam.write_xpt(self.frame, tmp_path / "adlb.xpt")
        assert series(tmp_path / "adlb.xpt") == series(self.frame)

    def test_lines(self, tmp_path):
        path = tmp_path / "adlb.csv"
        path.write_text(
            "USUBJID,PARAMCD,ADY,AVAL,DTYPE\n\nP1,CK,0,1,\nP1,CK,1,x,\nP1,AST,0,y,\nP1,CK\nP1,CK,2,9,\n,CK,3,9,\n"
        )
        assert refused(adam.ck_series, path) == [
            "adlb.csv:3: ADY: 'ADY' must not be 0: day 1 is the day of the first dose, day -1 the day before (got 0) for "
            "patient 'P1', PARAMCD 'CK'.",
            "adlb.csv:4: AVAL: 'AVAL' must be a number: 'x' spoils it (got 'x') for patient 'P1', PARAMCD 'CK', ADY '1'.",
            "adlb.csv:6: a row must have as many fields as the header, which has 5 (got 2).",
            "adlb.csv:8: USUBJID: 'USUBJID' must not be missing.",
        ]
        path.write_text("\nUSUBJID,PARAMCD,ADY\nP1,CK,0\n")
        assert refused(adam.ck_series, path) == ["adlb.csv:2: variable 'AVAL' is missing."]

    def test_files_that_cannot_be_read(self, tmp_path):
        assert refused(adam.ck_series, tmp_path / "none.csv") == [
            "none.csv: the file must be a regular file, not a folder or a device."
        ]
        assert refused(adam.ck_series, tmp_path / "none.xpt") == ["none.xpt: the file is missing."]
        (tmp_path / "bad.xpt").write_bytes(b"HEADER RECORD" * 80)
        (problem,) = refused(adam.ck_series, tmp_path / "bad.xpt")
        assert problem.startswith("bad.xpt: the file must be a SAS transport file (XPT): ")
        with pytest.raises(ValueError, match=r"^'BDS' must be a DataFrame or a path \(got 'list'\)\.$"):
            adam.ck_series([1])

    def test_without_pyreadstat(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "pyreadstat", None)
        (tmp_path / "adlb.xpt").touch()
        with pytest.raises(ImportError, match=r'^XPT files need pyreadstat: pip install "ivigmyo\[adam\]"$'):
            adam.ck_series(tmp_path / "adlb.xpt")
        with pytest.raises(ImportError, match="pyreadstat"):
            adam.write_xpt(self.frame, tmp_path / "adlb.xpt")
        assert len(series(self.frame)) == 2


class TestReadStudy:
    def test_values_by_week_and_by_day(self):
        frame = pd.concat(
            [
                bds(
                    ("P1", -27, 990, {"AVISIT": "Week -4"}),
                    ("P1", 1, 980, {"AVISIT": "Baseline", "ABLFL": "Y"}),
                    ("P1", 30, 110, {"AVISIT": " WEEK 4"}),
                    ("P1", 36, 100, {"AVISIT": "Unscheduled"}),
                    ("P2", 1, 900, {"AVISIT": "wk 0", "ABLFL": "Y"}),
                    ("P2", 92, 100, {"AVISIT": "Week 12"}),
                    ANRHI=180,
                ),
                bds(("P1", 1, 60), ("P2", 85, 70)).assign(PARAMCD="MMTTOT"),
            ],
            ignore_index=True,
        )
        planned = Protocol(scheduled_weeks=(-4, 0, 4, 12))
        study = adam.read_study(adsl(), frame, parameters={"CK": CK, "MMTTOT": "MMT"}, protocol=planned)
        ck = study.values("CK")
        assert ck.columns.tolist() == [-4, 0, 4, 12]
        assert ck.loc["P1"].tolist()[:3] == [990, 980, 110]
        assert ck.loc["P2", [0, 12]].tolist() == [900, 100]
        assert study.values("MMT").loc["P2", 12] == 70
        assert [(visit.week, visit.day) for visit in study.patients[0].visits] == [(-4, -27), (0, 0), (4, 29), (None, 35)]
        assert study.ck_series()["uln"].tolist() == [180.0] * 6
        assert study.notes == (
            "BDS: the baseline of MMTTOT is the last value at or before ADY 1 for 1 patient of whom ABLFL flags none.",
        )

    def test_week_from_the_number(self):
        frame = bds(("P1", 1, 980, {"AVISITN": 0}), ("P1", 37, 110, {"AVISITN": 4}), ("P1", 92, 100, {"AVISITN": None}))
        planned = Protocol(scheduled_weeks=(0, 4, 13), week_day_distance=8)
        study = adam.read_study(adsl(), frame, week_from="AVISITN", protocol=planned)
        assert study.values("CK").loc["P1"].to_dict() == {0: 980, 4: 110, 13: 100}
        assert adam.read_study(adsl(), frame, protocol=planned).values("CK").loc["P1"].to_dict() == {0: 980, 13: 100}
        assert refused(adam.read_study, adsl(), frame, week_from="AVISITN") == [
            "BDS: ADY: 'day' must lie within 7 days of week 4 (day 28) (got 36) for patient 'P1', week 4, PARAMCD 'CK'."
        ]
        with pytest.raises(ValueError, match="'week_from' must be one of 'AVISIT', 'AVISITN'"):
            adam.read_study(adsl(), frame, week_from="VISIT")

    def test_several_samples_of_one_week(self):
        rows = [("P1", 1, 980, {}), ("P1", 33, 110, {"AVISIT": "Week 4"}), ("P1", 27, 120, {"AVISIT": "Week 4"})]
        frame = bds(*rows)
        study = adam.read_study(adsl(), frame)
        assert study.values("CK").loc["P1", 4] == 120
        assert [visit.week for visit in study.patients[0].visits] == [None, 4, None]
        assert study.notes[1] == "BDS: 1 value of CK in a week that has another was kept by ADY alone."
        assert adam.read_study(adsl(), frame.assign(ANL01FL=["", "Y", ""])).values("CK").loc["P1", 4] == 110
        assert adam.read_study(adsl(), frame.assign(ADY=[1, 31, 27])).values("CK").loc["P1", 4] == 120

    def test_a_repeated_sample_keeps_its_week(self):
        frame = bds(
            ("P1", 1, 980, {"ABLFL": "Y", "LBSEQ": 1}),
            ("P1", 92, 100, {"AVISIT": "End of Treatment", "LBSEQ": 2}),
            ("P1", 92, 100, {"AVISIT": "Week 12", "LBSEQ": 2}),
        )
        study = adam.read_study(adsl(), frame, protocol=Protocol(scheduled_weeks=(0, 12)))
        assert study.values("CK").loc["P1"].to_dict() == {0: 980, 12: 100}

    def test_week_only(self):
        frame = bds(("P1", None, 980, {"AVISIT": "Week 0"}), ("P1", None, 110, {"AVISIT": "Week 4"})).drop(columns="ADY")
        study = adam.read_study(adsl(), frame)
        assert [(visit.week, visit.day) for visit in study.patients[0].visits] == [(0, None), (4, None)]
        assert refused(adam.read_study, adsl(), frame.assign(AVISIT=["Week 0", "Week 0"])) == [
            "BDS: PARAMCD: 'CK' must be assessed once a visit (got 110) for patient 'P1', week 0, PARAMCD 'CK'."
        ]
        assert refused(adam.read_study, adsl(), frame.assign(AVISIT=["Week 0", "Follow-up"])) == [
            "BDS: AVISIT: a visit must have a week or a day for patient 'P1', PARAMCD 'CK'."
        ]

    def test_rows_without_a_value_are_left_out(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}), ("P1", 29, None))
        study = adam.read_study(adsl(), frame)
        assert len(study.ck_series()) == 1
        assert study.notes == ("BDS: 1 row of CK without AVAL was left out.",)

    def test_who_left_and_when(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}))
        said = {"EOSSTT": ["DISCONTINUED", "COMPLETED"], "EOSDY": [36.0, 92.0], "DCSREAS": ["worse", ""]}
        dates = {"EOSDT": [datetime.date(2008, 2, 5), None], "TRTSDT": ["2008-01-01", "2008-01-01"]}
        for columns in (said, {**said, "EOSSTT": ["Discontinued", None]}, {**said, "EOSDY": np.nan, **dates}):
            one, other = adam.read_study(adsl(**columns), frame).patients
            assert (one.discontinued_on, one.discontinuation_reason) == (35, "worse")
            assert (other.discontinued_on, other.discontinuation_reason) == (None, None)
        without = {name: cells for name, cells in said.items() if name != "EOSSTT"}
        assert adam.read_study(adsl(**without), frame).patients[0].discontinued_on == 35
        assert refused(adam.read_study, adsl(**{**said, "EOSDY": np.nan}), frame) == [
            "ADSL: EOSDY: 'EOSDY' must be known of a subject who left the trial for patient 'P1'."
        ]
        assert refused(adam.read_study, adsl(**{**said, **dates, "EOSDY": np.nan, "EOSDT": [17567.0, None]}), frame) == [
            "ADSL: EOSDT: 'EOSDT' must be a whole date such as 2008-01-31 (got 17567) for patient 'P1'.",
            "ADSL: EOSDY: 'EOSDY' must be known of a subject who left the trial for patient 'P1'.",
        ]

    def test_flags(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}))
        study = adam.read_study(adsl(EFFFL=["Y", "N"], SAFFL=["N", "Y"]), frame)
        assert [(patient.efficacy_set, patient.safety_set) for patient in study.patients] == [(True, False), (False, True)]
        study = adam.read_study(adsl(FASFL=["N", "Y"]).drop(columns="SAFFL"), frame, efficacy_flag="FASFL")
        assert [patient.efficacy_set for patient in study.patients] == [False, True]
        assert study.notes == ("ADSL: no variable 'SAFFL', every patient is in the safety set (other flags there: EFFFL).",)
        assert refused(adam.read_study, adsl(EFFFL=["Y", ""]), frame) == [
            "ADSL: EFFFL: 'EFFFL' must be 'Y' or 'N' (got '') for patient 'P2'."
        ]

    def test_the_diagnosis(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}))
        assert refused(adam.read_study, adsl().drop(columns="DIAG"), frame) == [
            "ADSL: the variable with the diagnosis must be named (got None)."
        ]
        two = adsl(STRATUM=["DM", "PM"])
        assert refused(adam.read_study, two, frame) == [
            "ADSL: the variable with the diagnosis must be named (got 'DIAG, STRATUM')."
        ]
        assert [str(each.diagnosis) for each in adam.read_study(two, frame, diagnosis="STRATUM").patients] == ["DM", "PM"]
        assert refused(adam.read_study, two, frame, diagnosis="DX") == ["ADSL: variable 'DX' is missing."]

    def test_every_problem_at_once(self, tmp_path):
        subjects = adsl(AGE=["39", "3x"], SEX=["F", "X"], AGEU=["YEARS", "MONTHS"])
        typo = subjects.assign(AGEU="YEARS")
        assert refused(adam.read_study, typo, bds(("P2", 1, 9, {"ABLFL": "Y"}))) == [
            "ADSL: AGE: 'age' must be a number: 'x' spoils it (got '3x') for patient 'P2'.",
            "ADSL: SEX: 'sex' must be one of 'F', 'M' (got 'X') for patient 'P2'.",
        ]
        assert refused(adam.read_study, typo.assign(AGE=[39, 64]), bds(("P2", 1, 9, {"ABLFL": "Y"}))) == [
            "ADSL: SEX: 'sex' must be one of 'F', 'M' (got 'X') for patient 'P2'."
        ]
        adqs = pd.DataFrame({"USUBJID": ["P1", "P9"], "PARAMCD": "MMT", "ADY": [0, 1], "AVAL": [50, 95]})
        adlb = bds(("P1", 1, -5), ("P2", 1, 9, {"AVALU": "mg/L"}))
        assert refused(adam.read_study, subjects, adqs, adlb, parameters={"MMT": MMT18, "CK": "CK", "ADLTOT": ADL15}) == [
            "ADSL: AGEU: 'AGEU' must be 'YEARS' (got 'MONTHS') for patient 'P2'.",
            "BDS: ADY: 'ADY' must not be 0: day 1 is the day of the first dose, day -1 the day before (got 0) for patient "
            "'P1', PARAMCD 'MMT'.",
            "BDS: USUBJID: 'patient' must be one of the patients table (got 'P9') for patient 'P9', day 0, PARAMCD 'MMT'.",
            "BDS: AVALU: the unit of 'CK' must be IU/L or U/L or microkat/L or nkat/L (got 'mg/L') for patient 'P2', day 0, "
            "PARAMCD 'CK'.",
            "BDS: AVAL: 'CK' must be greater than 0 and at most 10000000 (got -5) for patient 'P1', day 0, PARAMCD 'CK'.",
            "a data set must have PARAMCD 'ADLTOT'.",
        ]
        paths = [tmp_path / "adsl.csv", tmp_path / "adlb.csv"]
        subjects.to_csv(paths[0], index=False)
        adlb.to_csv(paths[1], index=False)
        assert refused(adam.read_study, *paths) == [
            "adsl.csv:3: AGEU: 'AGEU' must be 'YEARS' (got 'MONTHS') for patient 'P2'.",
            "adlb.csv:2: AVAL: 'CK' must be greater than 0 and at most 10000000 (got -5) for patient 'P1', day 0, "
            "PARAMCD 'CK'.",
            "adlb.csv:3: AVALU: the unit of 'CK' must be IU/L or U/L or microkat/L or nkat/L (got 'mg/L') for patient 'P2', "
            "day 0, PARAMCD 'CK'.",
        ]

    def test_a_faulty_code_is_one_problem(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}), ("P1", 8, 980)).assign(PARAMCD=["CK", 5.5])
        assert refused(adam.read_study, adsl(), frame) == [
            "BDS: PARAMCD: 'PARAMCD' must be a text (got 5.5) for patient 'P1', ADY 8."
        ]

    def test_parameters(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}))
        with pytest.raises(
            ValueError,
            match=r"^'parameters' must name one of the measures 'MMT', 'ADL', 'CK', .* \(got 'MTM'\) for PARAMCD 'M'\.$",
        ):
            adam.read_study(adsl(), frame, parameters={"M": "MTM"})
        for sources in ([frame.assign(PARAMCD="CPK")], []):
            (line,) = refused(adam.read_study, adsl(), *sources)
            assert line.startswith("a data set must have PARAMCD 'MMT' or 'ADL' or 'CK' or ")
        vas = Instrument("VAS", "Pain", "mm", maximum=100)
        scores = frame.assign(PARAMCD="VASTOT", AVAL=1.5)
        study = adam.read_study(adsl(), scores, parameters={"VASTOT": vas}, protocol=Protocol(measures=[vas]))
        assert study.baseline("VAS")["P1"] == 1.5

    def test_titles(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}))
        assert adam.read_study(adsl(STUDYID="GB-0998"), frame).title == "GB-0998"
        assert adam.read_study(adsl(STUDYID=["A", "B"]), frame).title == ""
        study = adam.read_study(adsl(STUDYID="GB-0998"), frame, title="Mine", source="A paper")
        assert (study.title, study.source) == ("Mine", "A paper")

    def test_events_and_treatments(self):
        frame = bds(("P1", 1, 980, {"ABLFL": "Y"}))
        adae = pd.DataFrame(
            {"USUBJID": ["P1"], "AETERM": ["LDH up"], "AEDECOD": ["Elevated LDH"], "ASTDY": [8], "AREL": ["related"]}
        )
        one, other = adam.read_study(adsl(), frame, adae=adae).patients
        assert one.adverse_events == (AdverseEvent("Elevated LDH", None, 7, "related"),)
        assert other.adverse_events == ()
        assert adam.read_study(adsl(), frame).patients[0].adverse_events is None
        assert refused(adam.read_study, adsl(), frame, adae=adae[["AETERM"]]) == ["ADAE: variable 'USUBJID' is missing."]
        assert refused(adam.read_study, adsl(), frame, adex=adae) == ["ADEX: variable 'EXTRT' is missing."]


class TestRoundTrip:
    @staticmethod
    def back(study, sources, **options):
        frames = study_to_frames(study)
        names = ("adsl", "adlb", "adqs")
        events = {name: sources[name] for name in ("adae", "adex") if name in sources}
        given = {
            "disposition": frames.get("disposition"),
            "source": study.source,
            "protocol": study.protocol,
            **events,
            **options,
        }
        return adam.read_study(*(sources[name] for name in names), **given)

    @staticmethod
    def data_sets(study):
        return {
            "adsl": adam.to_adsl(study),
            "adlb": adam.to_bds(study, CK),
            "adqs": adam.to_bds(study, "MMT", "ADL"),
            "adae": adam.to_adae(study),
            "adex": adam.to_adex(study),
        }

    def test_frames(self):
        study = saito2008.load_study()
        again = self.back(study, self.data_sets(study))
        assert again == study
        assert again.notes == ()
        assert report_text(trial_report(again)) == report_text(trial_report(study))

    @pytest.mark.parametrize("kind", ["xpt", "csv"])
    def test_files(self, tmp_path, kind):
        study = saito2008.load_study()
        for name, frame in self.data_sets(study).items():
            if kind == "xpt":
                adam.write_xpt(frame, tmp_path / f"{name}.xpt")
            else:
                frame.to_csv(tmp_path / f"{name}.csv", index=False)
        assert self.back(study, {name: tmp_path / f"{name}.{kind}" for name in self.data_sets(study)}) == study

    def test_days_limits_and_everything_else(self):
        visits = [
            Visit(day=-20, assessments=[Assessment(CK, 990, 180)]),
            Visit(-1, None, [Assessment(CK, 991, 180)]),
            Visit(0, 0, [Assessment(CK, 980, 180), Assessment(MMT18, 60)]),
            Visit(4, 35, [Assessment(CK, 110.25, 190), Assessment(ADL15, 20)]),
            Visit(day=38, assessments=[Assessment(CK, 110.25, 190)]),
            Visit(12, None, [Assessment(CK, 110.25, 190)]),
        ]
        characteristics = {
            "disease_duration": 1.5,
            "previous_treatment": "CS",
            "weight": 55.5,
            "highest_previous_dose": 60,
            "steroid_dose_start": 50,
            "steroid_dose_last": 20,
            "efficacy_set": False,
            "exclusion_reason": "protocol",
            "exclusion_conditions": ("malignancy", "IgA deficiency"),
            "consented_on": -30,
            "discontinued_on": 90,
            "discontinuation_reason": "moved",
        }
        one = Patient("P1", "PM", "F", 39.5, visits=visits, **characteristics)
        other = Patient("P2", "DM", "M", 64, exclusion_conditions=(), safety_set=False, discontinued_on=0)
        study = Study([one, other])
        sources = {"adsl": adam.to_adsl(study), "adlb": adam.to_bds(study, "CK"), "adqs": adam.to_bds(study, "MMT", "ADL")}
        again = self.back(study, sources | {"adex": adam.to_adex(study)})
        assert again == study
        (problem,) = refused(adam.to_adae, study)
        assert problem == "adverse events must have been recorded."

    @pytest.mark.parametrize("seed", range(12))
    def test_random_studies(self, seed):
        draw = random.Random(seed)
        patients = []
        for i in range(draw.randint(1, 4)):
            visits, weeks, days = [], set(), {None}
            for _ in range(draw.randint(0, 12)):
                week = draw.choice([None, *range(-5, 15)])
                day = (
                    draw.choice([7 * (week or 0) + draw.randint(-7, 7), None]) if week is not None else draw.randint(-35, 99)
                )
                if week in weeks - {None} or day in days - {None}:
                    continue
                weeks.add(week)
                days.add(day)
                measures = draw.sample([CK, MMT18, ADL15], draw.randint(1, 3))
                ck = (draw.choice([110.5, 200, 900]), draw.choice([None, 170, 180.25]))
                values = {CK: ck, MMT18: (draw.randint(0, 90),), ADL15: (draw.randint(0, 45),)}
                visits.append(Visit(week, day, [Assessment(each, *values[each]) for each in measures]))
            patients.append(Patient(f"P{i}", draw.choice(["PM", "DM"]), "F", 39, visits=visits))
        study = Study(patients)
        sources = {"adsl": adam.to_adsl(study), "adlb": adam.to_bds(study, "CK"), "adqs": adam.to_bds(study, "MMT", "ADL")}
        if not sum(len(frame) for frame in (sources["adlb"], sources["adqs"])):
            pytest.skip("no patient has a visit")
        assert self.back(study, sources) == study

    NUMBERS = (
        *(
            "AGE",
            "DISDUR",
            "WEIGHTBL",
            "PREVDOSE",
            "STERSTRT",
            "STERLAST",
            "CONSDY",
            "EOSDY",
            "CKNRMDY",
            "CKRELDY",
            "CKOBSDY",
        ),
        *("AVISITN", "ADY", "AVAL", "ANRHI", "BASE", "ASTDY", "AENDY", "EXDOSE", "CNSR"),
    )

    def test_the_data_sets_are_of_their_form(self):
        for name, frame in self.data_sets(saito2008.load_study()).items():
            assert all(len(column) <= 8 and adam.LABELS[column] for column in frame), name
            numbers = [column for column in frame if frame[column].dtype == np.float64]
            assert numbers == [column for column in frame if column in self.NUMBERS]
            assert all(dtype in (object, np.float64) for dtype in frame.dtypes)
            assert not frame.select_dtypes(object).isna().any(axis=None)
        assert all(len(label) <= 40 for label in adam.LABELS.values())
        flagged = adam.to_bds(saito2008.load_study())
        assert flagged.groupby(["USUBJID", "PARAMCD"])["ABLFL"].agg(lambda flags: (flags == "Y").sum()).eq(1).all()
        assert (flagged.loc[flagged["ABLFL"] == "Y", "AVISITN"] == 0).all()

    def test_codes_that_are_too_long_and_measures_that_are_not_there(self):
        haq = Instrument("HAQ-TOTAL", "Health Assessment Questionnaire", "points", maximum=3)
        study = Study([Patient("P1", "PM", "F", 39)], protocol=Protocol(measures=[haq]))
        assert refused(adam.to_bds, study) == ["a PARAMCD must have at most 8 characters (got 'HAQ-TOTAL')."]
        with pytest.raises(ValueError, match="'measure' must be one of 'HAQ-TOTAL'"):
            adam.to_bds(study, "CPK")


class TestDurations:
    def test_371_comes_back_as_371(self, tmp_path):
        episodes = saito2008.load_episodes()
        adtte = adam.to_adtte(episodes)
        adam.write_xpt(adtte, tmp_path / "adtte.xpt")
        adtte.to_csv(tmp_path / "adtte.csv", index=False)
        expected = episodes.dropna(subset=["duration"])
        for source in (adtte, tmp_path / "adtte.xpt", tmp_path / "adtte.csv"):
            read = adam.read_durations(source)
            assert read["patient"].tolist() == expected["patient"].tolist()
            assert read["duration"].tolist() == expected["duration"].tolist()
            assert read["event"].tolist() == (expected["event"] == 1).tolist()
            assert read.dtypes.astype(str).tolist()[1:] == ["float64", "bool"]
            assert kaplan_meier(read["duration"], read["event"]).median == 371.0

    def test_add_one_on_both_sides(self):
        episodes = saito2008.load_episodes()
        plain, one = adam.to_adtte(episodes), adam.to_adtte(episodes, add_one=True)
        assert (one["AVAL"] - plain["AVAL"]).unique().tolist() == [1.0]
        pd.testing.assert_frame_equal(adam.read_durations(one, add_one=True), adam.read_durations(plain))
        assert adam.read_durations(one)["duration"].tolist() == [each + 1 for each in adam.read_durations(plain)["duration"]]

    def test_time_to_normalization(self):
        adtte = adam.to_adtte(saito2008.load_episodes())
        times = adam.read_durations(adtte, "TTNORM")
        assert (len(times), int(times["event"].sum())) == (15, 13)
        assert times.set_index("patient").loc[["1", "2"]].to_numpy().tolist() == [[409.0, False], [25.0, True]]
        shown = adtte[adtte["USUBJID"].isin(["1", "2"])].drop(columns=["PARAM", "ADY"])
        assert shown.to_numpy().tolist() == [
            ["1", "TTNORM", 409.0, 1.0, "CK not within normal limits", "Last day CK was observed"],
            ["2", "TTNORM", 25.0, 0.0, "CK within normal limits", ""],
            ["2", "DURNORM", 254.0, 1.0, "CK still within normal limits", "Last day CK was observed"],
        ]
        assert adtte.loc[adtte["USUBJID"] == "2", "ADY"].tolist() == [26.0, 280.0]

    def test_patients_who_could_not_normalize_have_no_record(self):
        rows = {"patient": [1, 1, 2, 3, 3, 4], "day": [0, 9, 9, 0, 9, 0], "ck": [900, 100, 100, 100, 90, 900], "uln": 180}
        adtte = adam.to_adtte(find_normalizations(pd.DataFrame(rows)))
        assert adtte[["USUBJID", "PARAMCD"]].to_numpy().tolist() == [["1", "TTNORM"], ["1", "DURNORM"]]

    def test_dates(self, tmp_path):
        episodes = saito2008.load_episodes()
        starts = {str(i): datetime.date(2003, 12, 31) for i in range(1, 16)}
        adtte = adam.to_adtte(episodes, start_dates=starts)
        row = adtte[(adtte["USUBJID"] == "3") & (adtte["PARAMCD"] == "DURNORM")].iloc[0]
        assert (row["STARTDT"], row["ADT"]) == (datetime.date(2004, 1, 19), datetime.date(2005, 1, 24))
        assert (row["ADT"] - row["STARTDT"]).days == row["AVAL"] == 371
        pd.testing.assert_frame_equal(adam.to_adtte(episodes, start_dates=pd.Series(starts).map(pd.Timestamp)), adtte)
        adam.write_xpt(adtte, tmp_path / "adtte.xpt")
        adtte.to_csv(tmp_path / "adtte.csv", index=False)
        for source in (adtte, tmp_path / "adtte.xpt", tmp_path / "adtte.csv"):
            assert (
                adam.read_durations(source)["duration"].tolist()
                == adam.read_durations(adam.to_adtte(episodes))["duration"].tolist()
            )
            found = refused(adam.read_durations, source, add_one=True)
            assert len(found) == 1
            fact = "'AVAL' must be ADT - STARTDT + 1, and is a day off in all 13 rows: add_one=False would fit (got 254)"
            assert f"{fact} for patient '2', PARAMCD 'DURNORM', ADY " in found[0]
            assert adam.read_durations(source, as_is=True).equals(adam.read_durations(source))
        one = adam.to_adtte(episodes, add_one=True, start_dates=starts)
        assert (
            "is a day off in all 13 rows: add_one=True would fit (got 255) for patient '2'"
            in refused(adam.read_durations, one)[0]
        )
        assert len(adam.read_durations(one, add_one=True)) == 13

    def test_what_cannot_be_written(self):
        episodes = saito2008.load_episodes()
        assert refused(adam.to_adtte, saito2008.load_episodes(origin="treatment"))[0] == (
            "'duration' must count from normalization (254 days) (got 279) for patient '2'."
        )
        assert refused(adam.to_adtte, episodes.head(3), start_dates={"1": "2004-01-01", "2": None}) == [
            "'start_dates' must have a date for patient '2'.",
            "'start_dates' must have a date for patient '3'.",
        ]
        half = episodes.head(1).assign(observed_until=409.5)
        assert adam.to_adtte(half)["AVAL"].tolist() == [409.5]
        assert refused(adam.to_adtte, half, start_dates={"1": "2004-01-01"}) == [
            "a day must be whole to become a date (got 409.5) for patient '1'."
        ]
        with pytest.raises(ValueError, match="'episodes' must have each of the columns"):
            adam.to_adtte(episodes.drop(columns="status"))

    good = pd.DataFrame({"USUBJID": ["P1", "P2"], "PARAMCD": "OS", "AVAL": [5.0, 0.0], "CNSR": [0, 2]})

    def test_cnsr_the_right_way_round(self):
        assert adam.read_durations(self.good)["event"].tolist() == [True, False]
        assert adam.read_durations(self.good.assign(CNSR=["0", "1"]))["event"].tolist() == [True, False]

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"CNSR": [0, -1]}, "CNSR: 'CNSR' must be 0 (event) or a positive whole number (censored) (got -1)"),
            ({"CNSR": [0, 0.5]}, "CNSR: 'CNSR' must be 0 (event) or a positive whole number (censored) (got 0.5)"),
            ({"CNSR": [0, None]}, "CNSR: 'CNSR' must not be missing"),
            ({"CNSR": ["0", "Y"]}, "CNSR: 'CNSR' must be a number: 'Y' spoils it (got 'Y')"),
            (
                {"CNSR": [1, 5.397605346934028e-79]},
                "CNSR: 'CNSR' must be read with `adam.read_xpt`: pandas.read_sas makes this of 0 "
                "(got 5.397605346934028e-79)",
            ),
            ({"AVAL": [5, None]}, "AVAL: 'AVAL' must not be missing"),
            ({"AVAL": [5, -1]}, "AVAL: 'AVAL' must be at least 0 (got -1)"),
            (
                {"AVALU": ["DAYS", "MONTHS"]},
                "AVALU: 'AVALU' must be 'DAYS' (as_is=True takes AVAL as it stands) (got 'MONTHS')",
            ),
            (
                {"PARAM": ["OS (days)", "OS (Months)"]},
                "PARAM: 'PARAM' must be in days (as_is=True takes AVAL as it stands) (got 'OS (Months)')",
            ),
        ],
    )
    def test_what_is_refused(self, columns, message):
        found = refused(adam.read_durations, self.good.assign(**columns))
        assert found == [f"ADTTE: {message} for patient 'P2', PARAMCD 'OS'."]

    def test_other_refusals(self):
        assert refused(adam.read_durations, self.good.assign(USUBJID=["P1", "P1"])) == [
            "ADTTE: USUBJID: 'USUBJID' must have one record (got 'P1') in row 1."
        ]
        assert refused(adam.read_durations, self.good.assign(USUBJID=["P1", ""])) == [
            "ADTTE: USUBJID: 'USUBJID' must not be missing in row 1."
        ]
        assert refused(adam.read_durations, self.good.drop(columns="CNSR")) == ["ADTTE: variable 'CNSR' is missing."]
        assert refused(adam.read_durations, self.good, "PFS") == ["ADTTE: 'paramcd' must be one of 'OS' (got 'PFS')."]
        two = self.good.assign(PARAMCD=["OS", "PFS"])
        assert refused(adam.read_durations, two) == ["ADTTE: 'paramcd' must be one of 'OS', 'PFS' (got None)."]
        assert adam.read_durations(two, "PFS")["patient"].tolist() == ["P2"]
        assert refused(adam.read_durations, self.good.head(0)) == [
            "ADTTE: a time-to-event data set must have rows (got None)."
        ]
        assert refused(adam.read_durations, self.good, add_one=True) == [
            "ADTTE: AVAL: 'AVAL' must be at least 1, where a duration of 0 days counts as 1 (got 0) for patient 'P2', "
            "PARAMCD 'OS'."
        ]
        units = self.good.assign(AVALU=["days", ""], PARAM=["OS (weeks)", "Overall survival"])
        assert adam.read_durations(units)["duration"].tolist() == [5.0, 0.0]


class TestResponses:
    def test_of_the_bundled_study(self, tmp_path):
        adrs = adam.to_adrs(saito2008.load_study().efficacy_set)
        assert adrs.groupby("PARAMCD")["AVAL"].agg(["size", lambda grades: (grades >= 1).sum()]).to_numpy().tolist() == [
            [15, 12],
            [15, 15],
            [15, 14],
        ]
        carried = adrs[adrs["DTYPE"] == "LOCF"]
        assert carried[["USUBJID", "PARAMCD", "AVAL", "AVALC", "AVISIT", "AVISITN"]].to_numpy().tolist() == [
            ["15", "MMTRESP", -1.0, "worsened", "Week 12", 12.0],
            ["15", "ADLRESP", -1.0, "worsened", "Week 12", 12.0],
            ["15", "CKRESP", 2.0, "markedly improved", "Week 12", 12.0],
        ]
        assert adrs["PARAM"].unique().tolist() == [
            "Response: Manual muscle test, 18 muscles",
            "Response: Activities of daily living, 15 activities",
            "Response: Serum creatine kinase",
        ]
        adam.write_xpt(adrs, tmp_path / "adrs.xpt")
        pd.testing.assert_frame_equal(adam.read_xpt(tmp_path / "adrs.xpt"), adrs)

    def test_limits_and_carrying(self):
        def patient(name, *weeks):
            values = dict(zip(weeks, (200, 160, 160), strict=False))
            return Patient(
                name,
                "PM",
                "F",
                39,
                visits=[Visit(week, assessments=[Assessment(CK, ck, 170)]) for week, ck in values.items()],
            )

        planned = Protocol(scheduled_weeks=(0, 4, 8, 12))
        study = Study([patient("P1", 0, 12), patient("P2", 0, 4, 8), patient("P3", 0)], protocol=planned)
        assert adam.to_adrs(study)[["USUBJID", "AVALC", "DTYPE"]].to_numpy().tolist() == [["P1", "improved", ""]]
        other = [Visit(0, assessments=[Assessment(CK, 200, 170)]), Visit(12, assessments=[Assessment(CK, 160, 250)])]
        assert adam.to_adrs(Study([Patient("P1", "PM", "F", 39, visits=other)]))["AVALC"].tolist() == ["improved"]
        assert adam.to_adrs(study, carry="all")[["USUBJID", "AVALC", "DTYPE"]].to_numpy().tolist() == [
            ["P1", "improved", ""],
            ["P2", "improved", "LOCF"],
        ]

    def test_of_grades(self):
        patients = pd.Index([3, 15], name="patient")
        grades = grade_patients(
            pd.DataFrame({"MMT": [62, 60], "ADL": [31, None]}, index=patients),
            pd.DataFrame({"MMT": [79, 54], "ADL": [35, 5]}, index=patients),
        )
        adrs = adam.to_adrs(grades)
        assert adrs.drop(columns="AVISITN").to_numpy().tolist() == [
            ["3", "MMTRESP", "Response: MMT", "", 2.0, "markedly improved", ""],
            ["3", "ADLRESP", "Response: ADL", "", 0.0, "unchanged", ""],
            ["15", "MMTRESP", "Response: MMT", "", -1.0, "worsened", ""],
        ]
        assert adrs["AVISITN"].isna().all()
        assert len(adam.to_adrs(grades.head(0))) == 0
        assert refused(adam.to_adrs, pd.DataFrame({"MMT": ["better"]})) == [
            "a grade must be one of worsened, unchanged, improved, markedly improved (got 'better')."
        ]
        assert refused(adam.to_adrs, grades.rename(columns={"ADL": "ADL15"})) == [
            "a measure's code must have at most 4 characters (got 'ADL15')."
        ]

    def test_measures_without_a_rule_or_values_are_left_out(self):
        haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3)
        visits = [Visit(week, assessments=[Assessment(haq, 2), Assessment(MMT18, 60)]) for week in (0, 12)]
        study = Study([Patient("P1", "PM", "F", 39, visits=visits)], protocol=Protocol(measures=[MMT18, ADL15, CK, haq]))
        assert adam.to_adrs(study)["PARAMCD"].tolist() == ["MMTRESP"]


class TestTransport:
    frame = pd.DataFrame(
        {"USUBJID": ["P1", ""], "AVAL": [0.1 + 0.2, np.nan], "CNSR": [0, 1], "ADT": [datetime.date(2008, 1, 31), None]}
    )

    def test_round_trip(self, tmp_path):
        path = tmp_path / "ADTTE.xpt"
        adam.write_xpt(self.frame, path)
        read = adam.read_xpt(path)
        assert read["USUBJID"].tolist() == ["P1", ""]
        assert read["AVAL"].iloc[0] == 0.1 + 0.2
        assert read["CNSR"].tolist() == [0.0, 1.0]
        assert read["ADT"].iloc[0] == datetime.date(2008, 1, 31)
        assert list(tmp_path.iterdir()) == [path]

    def test_version_5_names_and_labels(self, tmp_path):
        import pyreadstat

        path = tmp_path / "adtte.xpt"
        adam.write_xpt(self.frame, path, labels={"AVAL": "Days", "OTHER": "x" * 99})
        _, meta = pyreadstat.read_xport(path)
        assert meta.table_name == "ADTTE"
        assert meta.column_names_to_labels == {
            "USUBJID": "Unique Subject Identifier",
            "AVAL": "Days",
            "CNSR": "Censor",
            "ADT": "Analysis Date",
        }
        assert path.read_bytes().startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!")

    @pytest.mark.parametrize(
        ("columns", "name", "options", "message"),
        [
            ({"DURATION_": [1.0]}, "a", {}, "a variable's name must be at most 8 of A-Z, 0-9 and _ (got 'DURATION_')."),
            ({"dur": [1.0]}, "a", {}, "a variable's name must be at most 8 of A-Z, 0-9 and _ (got 'dur')."),
            ({"1ST": [1.0]}, "a", {}, "a variable's name must be at most 8 of A-Z, 0-9 and _ (got '1ST')."),
            ({"A": [1.0]}, "durations", {}, "a data set's name must be at most 8 of A-Z, 0-9 and _ (got 'DURATIONS')."),
            (
                {"A": [1.0]},
                "a",
                {"A": "x" * 41},
                f"a label must have at most 40 bytes (got {'x' * 41!r}) for variable 'A'.",
            ),
            ({"A": ["γ" * 101]}, "a", {}, f"a text must have at most 200 bytes (got {'γ' * 101!r}) in variable 'A'."),
            ({"A": [("x",)]}, "a", {}, "a cell must be a text or a date (got ('x',)) in variable 'A'."),
            ({"A": [1e300]}, "a", {}, "what is written must read back equal in variable 'A'."),
            ({"A": [1e-90]}, "a", {}, "what is written must read back equal in variable 'A'."),
            ({"A": ["x "]}, "a", {}, "what is written must read back equal in variable 'A'."),
        ],
    )
    def test_what_cannot_be_written(self, tmp_path, columns, name, options, message):
        path = tmp_path / f"{name}.xpt"
        path.write_text("mine")
        assert refused(adam.write_xpt, pd.DataFrame(columns), path, options) == [message]
        assert [each.name for each in tmp_path.iterdir()] == [path.name]
        assert path.read_text() == "mine"

    def test_the_longest_that_can_be_written(self, tmp_path):
        frame = pd.DataFrame({"A2345678": ["γ" * 100], "_": [1.0]})
        adam.write_xpt(frame, tmp_path / "a2345678.xpt", {"_": "x" * 40})
        assert adam.read_xpt(tmp_path / "a2345678.xpt").to_dict("records") == [{"A2345678": "γ" * 100, "_": 1.0}]

    def test_pandas_reads_0_as_something_else(self, tmp_path):
        adam.write_xpt(self.frame[["USUBJID", "CNSR"]], Path(tmp_path, "a.xpt"))
        read = pd.read_sas(tmp_path / "a.xpt", format="xport", encoding="latin-1")
        assert not (read["CNSR"] == 0).any()


DAYS = st.one_of(st.integers(-99, 99), st.integers(-400, 400).map(lambda half: half / 2))


@st.composite
def studies(draw):
    """Patients with values on known days, whose limits, events, treatments and follow-up may be known or not."""
    people = []
    for name in draw(st.lists(st.sampled_from(["P1", "P2", "10", "a b"]), min_size=1, max_size=3, unique=True)):
        day = st.none() | st.integers(-30, 90)
        values = draw(
            st.dictionaries(
                st.integers(-35, 99), st.tuples(st.sampled_from([90, 500, 999]), st.none() | st.just(180)), min_size=1
            )
        )
        visits = [
            Visit(day=when, assessments=[Assessment(CK, *ck), Assessment(MMT18, ck[0] % 91)]) for when, ck in values.items()
        ]
        start = draw(day)
        normalized_on = draw(st.none() | st.integers(101, 199))
        people.append(
            Patient(
                name,
                draw(st.sampled_from(["PM", "DM"])),
                draw(st.sampled_from("FM")),
                draw(st.integers(18, 64)),
                visits=visits,
                consented_on=draw(st.none() | st.integers(-99, -40)),
                discontinued_on=draw(day),
                treatments=[Treatment("IVIG", start, start, draw(st.none() | st.just(0.4)), "g/kg/day")]
                * draw(st.integers(0, 2)),
                adverse_events=[AdverseEvent("fever", draw(st.none() | st.just("general")), draw(day))]
                * draw(st.integers(0, 2)),
                follow_up=None
                if any(uln for _, uln in values.values())
                else FollowUp(draw(st.integers(200, 300)), normalized_on),
            )
        )
    return Study(people, title="A trial")


def episodes(rows):
    """Episodes of patients who normalized or not, and who then re-elevated or not."""
    days = pd.DataFrame(
        [
            (f"P{k}", normal, None if normal is None or gap is None else normal + gap, 100)
            for k, (normal, gap) in enumerate(rows)
        ],
        columns=["patient", "normalized_on", "re_elevated_on", "observed_until"],
    ).astype({"normalized_on": float, "re_elevated_on": float, "observed_until": float})
    return episodes_from_follow_up(days)


EPISODES = st.lists(st.tuples(st.none() | st.integers(1, 50), st.none() | st.integers(1, 50)), min_size=1, max_size=6)


class TestProperties:
    @given(DAYS.filter(lambda day: not -1 < day < 0), st.integers(1, 9))
    def test_days_go_there_and_back_over_a_day_0_that_is_not_there(self, day, later):
        ady = to_ady(day)
        data = open_data_set(pd.DataFrame({"ADY": [ady]}), "BDS", Findings())
        assert data.days("ADY").tolist() == [day]
        assert data.findings.problems == []
        # days in between stay as many, but for the one that is missed
        assert ady != 0
        assert to_ady(day + later) - ady == later + (day < 0 <= day + later)

    @given(EPISODES, st.booleans(), st.randoms(use_true_random=False))
    @settings(settings.get_profile("whole"))
    def test_durations_written_read_back_as_they_were(self, rows, add_one, shuffle):
        found = episodes(rows)
        adtte = adam.to_adtte(found, add_one=add_one)
        read = adam.read_durations(adtte, "TTNORM", add_one=add_one)
        assert read["patient"].tolist() == found["patient"].tolist()
        assert read["event"].tolist() == found["normalized_on"].notna().tolist()
        assert read["duration"].tolist() == found["normalized_on"].fillna(found["observed_until"]).tolist()
        normal = at_risk(found)
        if len(normal):
            mixed = adtte.iloc[shuffle.sample(range(len(adtte)), len(adtte))]
            durations = adam.read_durations(mixed, add_one=add_one).set_index("patient").loc[normal["patient"]]
            assert durations["duration"].tolist() == normal["duration"].tolist()
            assert durations["event"].tolist() == (normal["event"] == 1).tolist()

    @given(EPISODES, st.dates(datetime.date(1990, 1, 1), datetime.date(2030, 1, 1)))
    @settings(settings.get_profile("whole"))
    def test_each_record_ends_on_its_day_and_its_date(self, rows, start):
        found = episodes(rows)
        adtte = adam.to_adtte(found, start_dates=dict.fromkeys(found["patient"], start))
        assert len(adtte) == len(found) + found["duration"].notna().sum()
        until = found.set_index("patient")
        for row in adtte.itertuples():
            assert (row.ADT - row.STARTDT).days == row.AVAL
            ends = until.loc[row.USUBJID]
            event = ends["normalized_on" if row.PARAMCD == "TTNORM" else "re_elevated_on"]
            assert (row.CNSR == 0) == (event == event)
            assert to_ady((row.ADT - start).days) == row.ADY == to_ady(event if row.CNSR == 0 else ends["observed_until"])
        # one episode follows the other: the duration begins where the time to normalization ends
        both = adtte.set_index(["USUBJID", "PARAMCD"])
        for patient in adtte.loc[adtte["PARAMCD"] == "DURNORM", "USUBJID"]:
            assert both.loc[(patient, "DURNORM"), "STARTDT"] == both.loc[(patient, "TTNORM"), "ADT"]

    @given(studies(), st.randoms(use_true_random=False))
    @settings(settings.get_profile("whole"))
    def test_a_study_goes_round_whatever_the_order_of_rows_and_repeats(self, study, shuffle):
        def mixed(frame, *more):
            rows = [*range(len(frame)), *more]
            return frame.iloc[shuffle.sample(rows, len(rows))]

        bds, adsl = adam.to_bds(study, CK, MMT18), adam.to_adsl(study)
        read = adam.read_study(
            mixed(adsl),
            mixed(bds, shuffle.randrange(len(bds))),
            adae=mixed(adam.to_adae(study)),
            adex=mixed(adam.to_adex(study)),
        )
        assert read == study
        # variables nobody asks for, and rows of another parameter, change nothing
        other = pd.concat([bds, bds.head(1).assign(PARAMCD="HGB")])
        again = adam.read_study(adsl.assign(RACE="x"), other, adae=adam.to_adae(study), adex=adam.to_adex(study))
        assert again == study

    @given(studies())
    @settings(settings.get_profile("whole"))
    def test_each_data_set_holds_the_rows_of_its_table_with_the_days_moved(self, study):
        frames = study_to_frames(study)
        adsl, bds, adae, adex = (write(study) for write in (adam.to_adsl, adam.to_bds, adam.to_adae, adam.to_adex))
        for data, table, day in ((adae, "adverse_events", "day"), (adex, "treatments", "start_day")):
            table = frames.get(table, pd.DataFrame({"patient": [], day: []}))
            assert data["USUBJID"].tolist() == table["patient"].tolist()
            np.testing.assert_array_equal(data["ASTDY"], [to_ady(each) for each in table[day].astype(float)])
        assert adsl["USUBJID"].tolist() == study.ids.tolist()
        np.testing.assert_array_equal(adsl["EOSDY"], study.characteristics()["discontinued_on"].map(to_ady))
        assert (adsl["EOSSTT"] == "DISCONTINUED").tolist() == adsl["EOSDY"].notna().tolist()
        assert len(bds) == len(frames["assessments"])
        assert set(bds["STUDYID"]) == {"A trial"}
        for code in ("CK", "MMT"):
            rows = bds[bds["PARAMCD"] == code].reset_index(drop=True)
            pd.testing.assert_frame_equal(rows, adam.to_bds(study, code))
            baseline = study.baseline(code)
            np.testing.assert_array_equal(rows["BASE"], rows["USUBJID"].map(baseline))
            # the flag stands once where there is a baseline, on its value, at or before day 1
            flagged = rows[rows["ABLFL"] == "Y"]
            assert flagged["USUBJID"].tolist() == baseline.dropna().index.tolist()
            assert (flagged["AVAL"] == flagged["BASE"]).all()
            assert (flagged["ADY"] <= 1).all()

    @given(studies(), st.randoms(use_true_random=False))
    @settings(settings.get_profile("whole"))
    def test_ck_goes_round_in_either_unit_and_any_order(self, study, shuffle):
        bds = adam.to_bds(study)
        expected = study.ck_series()
        read = adam.ck_series(bds.iloc[shuffle.sample(range(len(bds)), len(bds))])
        columns = ["patient", "day"]
        pd.testing.assert_frame_equal(
            read.sort_values(columns, ignore_index=True), expected.sort_values(columns, ignore_index=True)
        )
        is_ck = bds["PARAMCD"] == "CK"
        katals = bds.assign(
            AVAL=bds["AVAL"].where(~is_ck, bds["AVAL"] / 64),
            ANRHI=bds["ANRHI"].where(~is_ck, bds["ANRHI"] / 64),
            AVALU=bds["AVALU"].where(~is_ck, "microkat/L"),
        )
        other = adam.ck_series(katals)
        np.testing.assert_allclose(other["ck"], expected["ck"] * 60 / 64)
        np.testing.assert_allclose(other["uln"], expected["uln"] * 60 / 64)
        assert other["day"].tolist() == expected["day"].tolist()

    @given(studies(), st.sampled_from(["stopped", "all"]))
    @settings(settings.get_profile("whole"))
    def test_responses_are_the_grades_and_carried_where_the_week_is_not_the_last(self, study, carry):
        study = study.under(Protocol(scheduled_weeks=(-4, 0, 4, 8, 12)))
        adrs = adam.to_adrs(study, carry)
        grades = grade_patients(
            pd.DataFrame({"MMT": study.baseline("MMT")}), pd.DataFrame({"MMT": study.final_values("MMT", carry)})
        )["MMT"].dropna()
        rows = adrs[adrs["PARAMCD"] == "MMTRESP"].set_index("USUBJID")
        assert rows["AVALC"].to_dict() == grades.to_dict()
        assert ((rows["DTYPE"] == "LOCF") == (study.final_weeks("MMT", carry)[rows.index] != 12)).all()
        # numbers and words are those of one grade, and grades alone are written with the same
        assert [Grade(int(number)).label for number in adrs["AVAL"]] == adrs["AVALC"].tolist()
        alone = adam.to_adrs(pd.DataFrame({"MMT": grades}))
        assert alone[["USUBJID", "PARAMCD", "AVAL", "AVALC"]].to_numpy().tolist() == (
            rows.reset_index()[["USUBJID", "PARAMCD", "AVAL", "AVALC"]].to_numpy().tolist()
        )

    @given(
        st.lists(
            st.tuples(
                st.text("aé γ日0", max_size=8).map(str.rstrip),
                st.integers(-(2**50), 2**50) | st.integers(-(10**6), 10**6).map(lambda each: each / 1024),
                st.none() | st.dates(datetime.date(1960, 1, 1), datetime.date(2100, 1, 1)),
            ),
            min_size=1,
            max_size=4,
        ),
        st.permutations(["A", "B_2", "ADT"]),
    )
    @settings(settings.get_profile("whole"))
    def test_what_is_written_reads_back_and_writes_alike(self, tmp_path_factory, rows, names):
        folder = tmp_path_factory.mktemp("xpt")
        texts, numbers, dates = zip(*rows, strict=True)
        frame = pd.DataFrame({"A": texts, "B_2": [float(each) for each in numbers], "ADT": dates}).astype({"ADT": object})[
            names
        ]
        adam.write_xpt(frame, folder / "first.xpt")
        read = adam.read_xpt(folder / "first.xpt")
        assert list(read.columns) == list(names)
        assert read["A"].tolist() == list(texts)
        assert read["B_2"].tolist() == list(map(float, numbers))
        assert [None if is_empty(each) else each for each in read["ADT"]] == list(dates)
        adam.write_xpt(read, folder / "again.xpt")
        pd.testing.assert_frame_equal(adam.read_xpt(folder / "again.xpt"), read)

    @given(st.none() | st.text(" \ta", max_size=3) | st.floats() | st.dates())
    def test_a_cell_is_missing_where_nothing_is_left_of_it(self, cell):
        left = cell.strip() if isinstance(cell, str) else None if cell is None or cell != cell else cell
        assert is_empty(cell) == (left is None or left == "")
        if isinstance(cell, str):
            assert is_empty(f" {cell}\t") == is_empty(cell)


def test_dates_that_are_none():
    adtte = TestDurations.good.assign(STARTDT=["2008-01-01", "x"], ADT=[pd.Timestamp("2008-01-06"), None])
    assert refused(adam.read_durations, adtte) == [
        "ADTTE: STARTDT: 'STARTDT' must be a whole date such as 2008-01-31 (got 'x') for patient 'P2', PARAMCD 'OS'."
    ]
    adtte["STARTDT"] = ["2008-01-01", " "]
    assert adam.read_durations(adtte)["duration"].tolist() == [5.0, 0.0]
