import functools

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import CK, Assessment, Instrument, Patient, Protocol, Study, Visit, kaplan_meier, saito2008, trial_report
from ivigmyo.planning.simulation import simulated_study
from ivigmyo.report.frames import report_frames, write_frames, write_whole

# pandas 3 reads every digit without being asked
EXACT = {} if int(pd.__version__.split(".")[0]) > 2 else {"float_precision": "round_trip"}


def test_frames_hold_the_results_unrounded(report):
    frames = report_frames(report)
    names = "adverse_reactions changes comparisons disposition eligibility episodes"
    names += " grades quantities response schedule survival visits"
    assert sorted(frames) == names.split()
    visits = frames["visits"].set_index(["measure", "set", "week"])
    assert visits.loc[("CK", "all treated", 0), "mean"] == 1186.25
    assert len(visits) == 2 * 3 * 5
    comparisons = frames["comparisons"].set_index(["measure", "scale"])
    assert comparisons.loc[("CK", "ln"), "p_value"] == report.log_ck.comparison.p_value
    assert comparisons.loc[("CK", "raw"), "difference_mean"] == report.measures[2].comparison.difference.mean
    assert frames["grades"].groupby("measure").size().to_dict() == {"MMT": 15, "ADL": 15, "CK": 15}
    risk = frames["episodes"].dropna(subset="duration")
    curve = frames["survival"].query("patients == 'all'").drop(columns="patients").reset_index(drop=True)
    pd.testing.assert_frame_equal(curve, kaplan_meier(risk["duration"], risk["event"]).to_frame())
    terms = frames["adverse_reactions"].set_index("term")
    assert terms.loc["hypertension", "ids"] == "8; 12"


def test_a_report_by_groups_tells_the_rows_apart(report_by_diagnosis):
    frames = report_frames(report_by_diagnosis)
    assert frames["response"]["group"].tolist() == ["all"] * 3 + ["PM"] * 3 + ["DM"] * 3


def test_what_is_absent_is_a_frame_too():
    frames = report_frames(trial_report(Study([Patient("A", "PM", "F", 40)])))
    assert "survival" not in frames
    assert frames["absent"].to_numpy().tolist() == [["adverse reactions", "adverse events were not recorded."]]


def test_frames_are_written_and_read_back_equal(report, tmp_path):
    frames = report_frames(report)
    write_frames(frames, tmp_path / "new" / "folder")
    read = pd.read_csv(tmp_path / "new" / "folder" / "changes.csv", **EXACT)
    assert read["mean"].tolist() == frames["changes"]["mean"].tolist()
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(f"{name}.csv" for name in frames)


def test_a_file_is_replaced_only_by_a_whole_one(tmp_path):
    path = tmp_path / "report.txt"
    write_whole(path, "first\n")
    path.chmod(0o640)

    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "second \ud800")
    assert path.read_text() == "first\n"
    write_whole(path, "third, \u00b1\n")
    assert path.read_text(encoding="utf-8") == "third, \u00b1\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["report.txt"]


def test_a_new_file_has_the_usual_permissions(tmp_path):
    write_whole(tmp_path / "a", "x")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "a", "x")


def test_nothing_is_left_behind_when_even_the_new_file_is_gone(tmp_path, monkeypatch):
    from pathlib import Path

    def fail(self, target):
        self.unlink()
        raise PermissionError(13, "Permission denied", str(target))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(PermissionError):
        write_whole(tmp_path / "a", "x")
    assert list(tmp_path.iterdir()) == []


def test_absent_numbers_are_nan():
    frames = report_frames(trial_report(saito2008.load_study()))
    assert np.isnan(frames["episodes"].loc[0, "duration"])


def test_numbers_that_a_group_of_one_does_not_have_are_nan():
    def visits(*values):
        return [Visit(week, assessments=[Assessment(CK, ck, 100)]) for week, ck in zip((-4, 0, 4), values, strict=True)]

    patients = [
        Patient("A", "PM", "F", 40, visits=visits(900, 500, 90)),
        Patient("B", "PM", "F", 40, visits=visits(8, 7, 9)),
    ]
    patients.append(Patient("C", "DM", "F", 40, visits=visits(300, 200, 150), discontinued_on=9))
    frames = report_frames(
        trial_report(Study(patients, protocol=Protocol((-4, 0, 4, 12), comparison_weeks=(-4, 4))), by="diagnosis")
    )
    comparisons = frames["comparisons"].set_index(["group", "scale"])
    assert comparisons.loc[("DM", "raw"), "difference_mean"] == 50
    absent = comparisons.loc["DM", ["difference_sd", "t", "p_value", "conf_low", "conf_high"]]
    assert absent.isna().to_numpy().all()
    assert all(dtype == np.float64 for dtype in absent.dtypes)
    assert comparisons["n"].tolist() == [3, 3, 2, 2, 1, 1]
    response = frames["response"].set_index("group")
    assert response["n"].tolist() == [0, 0, 0]
    assert response[["rate", "conf_low", "conf_high"]].isna().to_numpy().all()
    assert response["rate"].dtype == float


def test_a_report_of_little_has_few_frames():
    haq = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
    visits = [Visit(week, assessments=[Assessment(haq, value)]) for week, value in ((0, 2), (12, 1))]
    report = trial_report(Study([Patient("A", "PM", "F", 40, visits=visits)], protocol=Protocol(measures=[haq])))
    assert set(report_frames(attrs.evolve(report, absent={}))) == {
        "visits",
        "changes",
        "disposition",
        "quantities",
        "schedule",
    }
    ck = [Visit(week, assessments=[Assessment(CK, value, 100)]) for week, value in ((0, 200), (12, 150))]
    never = report_frames(trial_report(Study([Patient("A", "PM", "F", 40, visits=ck)])))
    assert "episodes" in never
    assert "survival" not in never


@pytest.mark.parametrize("target", [("none", "r.html"), ("folder",)])
def test_a_file_that_cannot_be_written_is_named_as_it_was_asked_for(tmp_path, target):
    (tmp_path / "folder").mkdir()
    path = tmp_path.joinpath(*target)
    with pytest.raises(OSError) as caught:  # noqa: PT011
        write_whole(path, "x")
    assert (caught.value.filename, caught.value.filename2) == (str(path), None)


@functools.cache
def simulated(seed):
    """A report of a small random trial, one of whose patients is outside the efficacy set."""
    drawn = simulated_study(6, seed=seed)
    outside = attrs.evolve(drawn.patients[0], efficacy_set=False, exclusion_reason="protocol")
    return trial_report(attrs.evolve(drawn, patients=[outside, *drawn.patients[1:]]))


@given(
    st.sampled_from([11, 65]),
    st.dictionaries(st.sampled_from(["F", "M", "PM"]), st.sampled_from([11, 65]), min_size=1, max_size=2),
)
@settings(settings.get_profile("whole"))
def test_frames_by_group_are_those_of_the_groups_under_those_of_the_whole(seed, seeds):
    whole = attrs.evolve(simulated(seed), groups={label: simulated(each) for label, each in seeds.items()})
    frames = report_frames(whole)
    parts = {"all": simulated(seed), **whole.groups}
    alone = {label: report_frames(part) for label, part in parts.items()}
    # the quantities of the whole name those of its groups already
    pd.testing.assert_frame_equal(frames.pop("quantities").drop(columns="group"), whole.quantities())
    for name, frame in frames.items():
        assert list(dict.fromkeys(frame["group"])) == [label for label in alone if len(alone[label].get(name, ()))]
        for label, part in frame.groupby("group"):
            own = alone[label][name]
            pd.testing.assert_frame_equal(part.drop(columns="group").reset_index(drop=True), own, check_dtype=False)
    # each number is that of its result
    for measure in whole.measures:
        response = alone["all"]["response"].query("measure == @measure.instrument.code").iloc[0]
        assert (response["count"], response["rate"]) == (measure.response.count, measure.response.rate)
        changes = alone["all"]["changes"].query("measure == @measure.instrument.code")
        assert changes["mean"].tolist() == measure.changes["mean"].tolist()
        for label, expected in (("all treated", measure.visits_treated), ("efficacy set", measure.visits)):
            visits = alone["all"]["visits"].query("measure == @measure.instrument.code")
            assert visits["n"][visits["set"] == label].tolist() == expected["n"].tolist()


cells = {
    "number": st.floats(allow_infinity=False),
    "count": st.integers(-(2**53), 2**53),
    "text": st.text('ab,;"\n ', min_size=1, max_size=5).map(lambda text: f"x{text}"),
}


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.lists(st.tuples(*cells.values()), max_size=4)))
@settings(settings.get_profile("whole"))
def test_what_is_written_reads_back_number_by_number(tmp_path_factory, tables):
    folder = tmp_path_factory.mktemp("frames")
    frames = {name: pd.DataFrame(rows, columns=list(cells)) for name, rows in tables.items()}
    for _ in range(2):  # over what is there already
        write_frames(frames, folder / "new")
    assert sorted(path.stem for path in (folder / "new").iterdir()) == sorted(frames)
    for name, frame in frames.items():
        read = pd.read_csv(folder / "new" / f"{name}.csv", **EXACT)
        pd.testing.assert_frame_equal(read, frame, check_dtype=False, check_exact=True)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_file_holds_the_last_text_written_to_it_and_nothing_is_left_beside_it(tmp_path_factory, first, last):
    path = tmp_path_factory.mktemp("whole") / "report.txt"
    for text in (first, last):
        write_whole(path, text)
        assert path.read_bytes().decode("utf-8") == text
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize("kind", [object, "string", "category"])
def test_no_text_of_a_result_is_a_formula(tmp_path, start, kind):
    cells = [f"{start}1+1", "a=1", ""]
    frame = pd.DataFrame({"term": pd.Series(cells, dtype=kind), f"{start}x": [-1.5, 2.0, np.nan], "ok": [True, False, True]})
    write_frames({"a": frame}, tmp_path)
    read = pd.read_csv(tmp_path / "a.csv", keep_default_na=False, dtype=str, lineterminator="\n" if start != "\n" else None)
    assert read["term"].str.replace("\r\n", "\n").tolist() == [f"'{start}1+1", "a=1", ""]
    assert read.iloc[:, 1].tolist() == ["-1.5", "2.0", ""]
    assert read.columns[1] == f"'{start}x"


def test_mixed_columns_keep_their_numbers(tmp_path):
    write_frames({"a": pd.DataFrame({"x": [-1, "-1", None, 2.5]}), "b": pd.DataFrame()}, tmp_path)
    assert (tmp_path / "a.csv").read_text() == 'x\n-1\n\'-1\n""\n2.5\n'
