"""Values as laboratories write them: units in any spelling, and bounds."""

import pandas as pd
import pytest

from ivigmyo.errors import DataError
from ivigmyo.files.frames import study_from_frames, study_to_frames
from ivigmyo.instruments import CK, MMT18, Instrument
from ivigmyo.study.patients import Assessment
from ivigmyo.study.remarks import remarks

PEOPLE = pd.DataFrame({"patient": ["P1"], "diagnosis": ["PM"], "sex": ["F"], "age": [50]})


def read(values, follow_up=None, **columns):
    frame = pd.DataFrame({"patient": "P1", "week": [4 * i for i in range(len(values))], "measure": "CK", "value": values})
    return study_from_frames(PEOPLE, frame.assign(**columns), ck_follow_up=follow_up)


def refused(*args, **columns):
    with pytest.raises(DataError) as caught:
        read(*args, **columns)
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *((unit, 1) for unit in ("IU/L", "U/L", "U/l", "IU/l", "u/L", "iu/l", "U / L")),
        *((unit, 60) for unit in ("microkat/L", "ukat/L", "\u00b5kat/L", "\u03bckat/l", "MICROKAT/L", "\u00b5kat / l")),
        *((unit, 0.06) for unit in ("nkat/L", "nkat/l")),
    ],
)
def test_units_in_any_spelling(unit, factor):
    study = read([10.0], unit=unit, uln=[3.0])
    assert study.baseline("CK")["P1"] == pytest.approx(10 * factor)
    assert study.baseline_uln("CK")["P1"] == pytest.approx(3 * factor)
    assert bool(study.notes) == (factor != 1)


@pytest.mark.parametrize("unit", ["mkat/L", "kat/L", "U", "mg/L", "IU/mL", "U/L/h"])
def test_other_units_are_refused(unit):
    (line,) = refused([10.0], unit=unit)
    assert "the unit of 'CK' must be IU/L or U/L or microkat/L or nkat/L" in line
    assert CK.factor(unit) is None


def test_units_that_differ_in_case_alone_are_not_mixed_up():
    odd = Instrument("X", "x", "mol", units=(("mg", 2.0), ("Mg", 3.0)))
    assert (odd.factor("mg"), odd.factor("Mg"), odd.factor("MG"), odd.factor("MOL")) == (2.0, 3.0, None, 1.0)


@pytest.mark.parametrize(
    ("cell", "value", "bound"),
    [
        ("<40", 40, "<"),
        ("< 40", 40, "<"),
        ("<=40.5", 40.5, "<"),
        ("\u226440", 40, "<"),
        (">20000", 20000, ">"),
        ("\u22652e4", 2e4, ">"),
    ],
)
def test_a_bound_is_read_kept_and_said(cell, value, bound):
    study = read(["980", cell], uln=180)
    assessment = study.patients[0].visits[1].assessments[0]
    assert assessment == Assessment(CK, value, 180, bound)
    assert assessment != Assessment(CK, value, 180)
    (note,) = study.notes
    assert note.startswith("assessments: 1 value of CK ")
    assert f"{bound}{value:g}" in note
    assert "for patient 'P1', week 4" in note
    assert study_from_frames(**study_to_frames(study)) == study


def test_bounds_are_counted_and_converted():
    study = read(["<1", "<0.5", 10, ">300"], unit="ukat/L")
    assert study.values("CK").loc["P1"].tolist() == [60, 30, 600, 18000]
    assert [note for note in study.notes if "bound" in note] == [
        "assessments: 2 values of CK below a limit of detection, read as that bound (the first: <1 for patient 'P1', "
        "week 0).",
        "assessments: 1 value of CK above what could be measured, read as that bound (the first: >300 for patient 'P1', "
        "week 12).",
    ]


@pytest.mark.parametrize("cell", ["<", "<x", "<<40", "< 4 0", "<1,5", "40<", "<0", "<-4"])
def test_what_is_no_bound_is_refused(cell):
    (line,) = refused([cell])
    assert line.startswith("assessments: value: '")


def test_a_score_has_no_bounds():
    frame = pd.DataFrame({"patient": ["P1"], "week": [0], "measure": "MMT", "value": ["<40"]})
    with pytest.raises(DataError, match="a value of 'MMT' must be a number, not a bound"):
        study_from_frames(PEOPLE, frame)
    with pytest.raises(DataError, match="not a bound"):
        Assessment(MMT18, 40, bound="<")
    with pytest.raises(DataError, match="not a bound"):
        Assessment(CK, 40, bound="=")


@pytest.mark.parametrize(
    ("cell", "uln", "normalized", "contradicts"),
    [
        ("<40", 180, 20, False),  # within its limit, as the follow-up says
        ("<40", 180, None, True),
        ("<200", 180, 20, False),  # on either side
        ("<200", 180, None, False),
        (">20000", 180, 20, True),
        (">20000", 180, None, False),
        (">100", 180, 20, False),
    ],
)
def test_a_bound_contradicts_a_follow_up_only_where_any_value_would(cell, uln, normalized, contradicts):
    days = pd.DataFrame({"patient": ["P1"], "normalized_on": [normalized], "re_elevated_on": None, "observed_until": [99]})
    arguments = ([900, 900, cell], days.astype(object))
    if normalized == 20:
        arguments = ([900, 150, cell], days)
    if contradicts:
        (line,) = refused(*arguments, uln=uln)
        assert "value: 'ck' must be" in line
    else:
        read(*arguments, uln=uln)


def test_what_looks_like_another_unit_is_a_remark():
    people = pd.DataFrame({"patient": [f"P{i}" for i in range(5)], "diagnosis": "PM", "sex": "F", "age": 50})
    frame = pd.DataFrame({"patient": people["patient"], "week": 0, "measure": "CK", "value": [900, 800, 9.5, 700, 10]})
    found = remarks(study_from_frames(people, frame.assign(uln=[180, 170, 200, 3, 1800])))
    assert "Patient 'P2' has a CK of 9.5 IU/L at baseline: is the unit right?" in found
    assert "Patient 'P3' has an upper limit of CK of 3, ten times off the median of 180." in found
    assert "Patient 'P4' has an upper limit of CK of 1800, ten times off the median of 180." in found
    assert sum("unit right" in remark for remark in found) == 1
