"""What was given: the course of infusions, steroid doses and prohibited treatments, held against day-by-day readings."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import saito2008
from ivigmyo.conduct.regimen import (
    check_course,
    check_steroid_doses,
    find_prohibited_treatments,
    find_steroid_deviations,
    steroid_doses,
)
from ivigmyo.study import Course, Protocol, SteroidRules, Study
from ivigmyo.study.patients import FollowUp, Patient, Treatment
from ivigmyo.study.treatments import SPELLINGS, STEROIDS, named_treatment, spellings_of

CONDUCT = saito2008.PROTOCOL.conduct
PROHIBITED_TREATMENTS = spellings_of(CONDUCT.prohibited_treatments)
REDUCTION = "reduction above 10 % within 14 days"


@pytest.fixture(scope="module")
def bundled():
    return saito2008.load_study()


def patient(*treatments, name="P01", **others):
    return Patient(name, "PM", "F", 39, treatments=treatments, **others)


def planned(patients, weeks=(-4, 0, 4, 8, 12)):
    return Study(patients, protocol=Protocol(weeks, conduct=CONDUCT))


def limits(*given_, **others):
    """The rules of the paper, unless others are given."""
    return check_steroid_doses(*given_, **({"max_reduction": 0.1, "within": 14} | others))


def rows(frame):
    """The rows of a frame, NaN as None."""
    return [
        tuple(None if isinstance(cell, float) and math.isnan(cell) else cell for cell in row) for row in frame.to_numpy()
    ]


# --- names


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("cyclosporin", "cyclosporin"),
        ("Ciclosporin", "cyclosporin"),
        ("CYCLOSPORINE", "cyclosporin"),
        ("ciclosporine", "cyclosporin"),
        ("cyclosporin A", "cyclosporin"),
        ("CsA 100 mg", "cyclosporin"),
        ("Neoral", "cyclosporin"),
        ("FK-506", "tacrolimus"),
        ("oral tacrolimus", "tacrolimus"),
        ("AZP", "azathioprine"),
        ("Azathioprine", "azathioprine"),
        ("methotrexate", "methotrexate"),
        ("MTX", "methotrexate"),
        ("CPA", "cyclophosphamide"),
        ("cyclophosphamide pulse", "cyclophosphamide"),
        ("mycophenolate mofetil", "mycophenolate"),
        ("MMF", "mycophenolate"),
        ("mizoribine", "mizoribine"),
        ("rituximab", "rituximab"),
        ("plasma exchange", "plasma exchange"),
        ("double filtration plasmapheresis", "plasma exchange"),
        ("steroid pulse", "steroid pulse"),
        ("pulses MPS", "steroid pulse"),
        ("methylprednisolone pulse therapy", "steroid pulse"),
        ("IVIG", None),
        ("prednisolone", None),
        ("enteric-coated aspirin", None),
        ("isosorbide dinitrate", None),
        ("impulse", None),
        ("MTXA", None),
        ("XMTX", None),
    ],
)
def test_prohibited_treatments_are_known_by_their_usual_names(name, found):
    assert named_treatment(name, PROHIBITED_TREATMENTS) == found


@pytest.mark.parametrize("name", ["IVIG", "IVIg", "GB-0998", "intravenous immunoglobulin", "Immunoglobulin 5 %"])
def test_the_infusion_is_known_by_its_usual_names(name):
    found = check_course(planned([patient(Treatment(name, 0, 4, 0.4, "g/kg/day"))]))
    assert found["finding"].tolist() == ["completed"]


def test_every_steroid_is_found_as_itself():
    names = dict.fromkeys(STEROIDS, ())
    assert [named_treatment(name, names) for name in STEROIDS] == list(STEROIDS)
    unnamed = ("prednisolone", "prednisone", "steroid", "steroids", "corticosteroid", "corticosteroids")
    assert {name: STEROIDS[name] for name in unnamed} == dict.fromkeys(unnamed, 1)


def test_a_dose_of_5_mg_of_prednisolone_is_equal_to_what_the_formulary_lists():
    equal = {"methylprednisolone": 4, "hydrocortisone": 20, "dexamethasone": 0.75, "betamethasone": 0.75, "deflazacort": 6}
    equal |= {"triamcinolone": 4, "methyl prednisolone": 4, "methyl-prednisolone": 4, "mPSL": 4, "MPS": 4, "PSL": 5}
    assert {name: dose * STEROIDS[name] for name, dose in equal.items()} == pytest.approx(dict.fromkeys(equal, 5))


def test_tables_of_names_cannot_be_changed():
    with pytest.raises(TypeError):
        SPELLINGS["aspirin"] = ()
    with pytest.raises(TypeError):
        STEROIDS["aspirin"] = 1


# --- the course


def test_the_planned_course_is_the_papers():
    assert CONDUCT.course == Course("IVIG", days=5, dose=0.4, unit="g/kg/day")


def test_all_but_patient_16_completed_the_course(bundled):
    found = check_course(bundled)
    assert found.columns.tolist() == ["patient", "days", "total_dose", "finding", "reason"]
    assert rows(found)[:15] == [
        (str(number), 5, 2.0, "completed", "5 consecutive days at 0.4 g/kg/day or more") for number in range(1, 16)
    ]
    assert rows(found)[15] == ("16", 2, 0.8, "not completed", "2 of 5 consecutive days at 0.4 g/kg/day or more")


def ivig(start=None, end=None, dose=0.4, unit="g/kg/day"):
    return Treatment("IVIG", start, end, dose, unit)


UNKNOWN = "; a day or a dose is not recorded"


@pytest.mark.parametrize(
    ("given_", "days", "total", "finding", "reason"),
    [
        ([], None, None, "not assessable", "no infusion of IVIG is recorded"),
        ([Treatment("aspirin", 0, 4)], None, None, "not assessable", "no infusion of IVIG is recorded"),
        ([ivig(0, 3)], 4, 1.6, "not completed", "4 of 5 {}"),
        ([ivig(0, 5)], 6, 2.4, "completed", "6 {}"),
        ([ivig(-2, 2)], 5, 2.0, "completed", "5 {}"),
        # day by day, in any order
        ([ivig(day, day) for day in (4, 2, 0, 1, 3)], 5, 2.0, "completed", "5 {}"),
        # a pause
        ([ivig(0, 3), ivig(5, 5)], 5, 2.0, "not completed", "4 of 5 {}"),
        ([ivig(0, 1), ivig(4, 8)], 7, 2.8, "completed", "5 {}"),
        ([ivig(0, 4), ivig(28, 29)], 7, 2.8, "completed", "5 {}"),
        # less or more than planned
        ([ivig(0, 4, 0.3)], 5, 1.5, "not completed", "0 of 5 {}"),
        ([ivig(0, 3), ivig(4, 4, 0.2)], 5, 1.8, "not completed", "4 of 5 {}"),
        ([ivig(0, 4, 0.5)], 5, 2.5, "completed", "5 {}"),
        # two infusions on one day add up
        ([ivig(0, 4, 0.1), ivig(0, 4, 0.3)], 5, 2.0, "completed", "5 {}"),
        ([ivig(0, 4, 0.2), ivig(1, 4, 0.2)], 5, 1.8, "not completed", "4 of 5 {}"),
        # units
        ([ivig(0, 4, 400, "mg/kg/day")], 5, 2.0, "completed", "5 {}"),
        ([ivig(0, 4, 399, "mg/kg/day")], 5, 1.995, "not completed", "0 of 5 {}"),
        ([ivig(0, 4, 0.4, None)], 5, 2.0, "completed", "5 {}"),
        ([ivig(0, 4, 24, "g/day")], 5, None, "not assessable", "0 of 5 {}" + UNKNOWN),
        ([ivig(0, 4, None)], 5, None, "not assessable", "0 of 5 {}" + UNKNOWN),
        ([ivig(0, 3), ivig(4, 4, None)], 5, None, "not assessable", "4 of 5 {}" + UNKNOWN),
        # days that are not known
        ([ivig()], None, None, "not assessable", "0 of 5 {}" + UNKNOWN),
        ([ivig(0)], None, None, "not assessable", "0 of 5 {}" + UNKNOWN),
        ([ivig(None, 4)], None, None, "not assessable", "0 of 5 {}" + UNKNOWN),
        ([ivig(0, 1), ivig(2)], None, None, "not assessable", "2 of 5 {}" + UNKNOWN),
        ([ivig(0, 4), ivig(28)], None, None, "completed", "5 {}"),
        ([ivig(0, 4), ivig(28, 29, None)], 7, None, "completed", "5 {}"),
    ],
)
def test_the_course_of_one_patient(given_, days, total, finding, reason):
    (found,) = rows(check_course(planned([patient(*given_)])))
    assert found[3:] == (finding, reason.format("consecutive days at 0.4 g/kg/day or more"))
    assert found[1] == days
    assert found[2] == (None if total is None else pytest.approx(total, abs=1e-12))


def test_a_dose_exactly_as_planned_counts_as_decimals_are_written():
    assert 0.1 + 0.7 < 0.8
    found = check_course(planned([patient(ivig(0, 4, 0.1), ivig(0, 4, 0.7))]), Course(days=5, dose=0.8, unit="g/kg/day"))
    assert found["finding"].tolist() == ["completed"]


def test_a_course_of_ones_own():
    course = Course("albumin", dose=1, unit="g/kg/day", days=2)
    study = planned([patient(Treatment("albumin 20 %", 0, 1, 1, "g/kg/day")), patient(ivig(0, 4), name="P02")])
    assert rows(check_course(study, course)) == [
        ("P01", 2, 2, "completed", "2 consecutive days at 1 g/kg/day or more"),
        ("P02", None, None, "not assessable", "no infusion of albumin is recorded"),
    ]


def test_several_courses_are_counted_by_their_starts():
    course = Course(days=2, dose=1, unit="g/kg/day", number=3, interval=28)

    def found(*starts):
        return rows(check_course(planned([patient(*(ivig(day, day + 1, 1) for day in starts))]), course))[0][3:]

    each = "consecutive days at 1 g/kg/day or more"
    assert found(0, 28, 56) == ("completed", f"2 {each}; 3 of 3 courses")
    assert found(0, 14, 28) == ("completed", f"2 {each}; 3 of 3 courses")
    assert found(0, 13, 28) == ("not completed", f"2 of 2 {each}; 2 of 3 courses")
    assert found(0, 28, 56, 84) == ("completed", f"2 {each}; 3 of 3 courses")
    every = Course(days=2, number=2)
    assert (
        rows(check_course(planned([patient(ivig(0, 1), ivig(5, 6))]), every))[0][4] == "2 consecutive days; 2 of 2 courses"
    )


def test_a_placebo_or_a_course_of_any_dose_counts_the_days_on_which_something_was_given():
    def found(course, *treatments):
        return rows(check_course(planned([patient(*treatments)]), course))[0][1:]

    placebo = Course("placebo", days=2, dose=0, unit="g/kg/day")
    given_ = Treatment("placebo", 0, 1, 0, "g/kg/day")
    assert found(placebo, given_) == (2, 0, "completed", "2 consecutive days at 0 g/kg/day or more")
    assert found(Course(days=2), ivig(0, 1, None)) == (2, None, "completed", "2 consecutive days")
    assert found(Course(days=2), ivig(0, 0), ivig(2, 2)) == (2, None, "not completed", "1 of 2 consecutive days")
    assert found(Course(), ivig(3, 3, 0.4, None)) == (1, 0.4, "completed", "1 consecutive days")


def test_a_course_must_come_from_somewhere():
    with pytest.raises(ValueError, match=r"^'course' must be given where the protocol of the study states none\.$"):
        check_course(Study([patient()]))


def test_a_very_long_treatment_is_counted():
    (found,) = rows(check_course(planned([patient(ivig(-35_000, 35_000))])))
    assert found[1] == 70_001


@given(st.lists(st.tuples(st.integers(-3, 12), st.integers(0, 6), st.sampled_from([1, 2, 3, 4, 5])), max_size=6))
def test_the_course_agrees_with_a_walk_through_the_days(given_):
    treatments = [ivig(start, start + length, dose / 10) for start, length, dose in given_]
    by_day = {day: sum(dose for start, length, dose in given_ if start <= day <= start + length) for day in range(-4, 20)}
    streaks = "".join("x" if dose >= 4 else " " for dose in by_day.values()).split()
    longest = max(map(len, streaks), default=0)
    (found,) = rows(check_course(planned([patient(*treatments)])))
    if not given_:
        assert found[3] == "not assessable"
    else:
        assert found[1] == sum(dose > 0 for dose in by_day.values())
        assert found[2] == pytest.approx(sum(by_day.values()) / 10)
        assert found[3] == ("completed" if longest >= 5 else "not completed")
        assert found[4].startswith(f"{longest} ")


@given(
    st.lists(st.tuples(st.integers(-3, 12), st.integers(0, 6), st.sampled_from([2, 3, 4])), min_size=1, max_size=4),
    st.integers(-30, 30),
    st.randoms(use_true_random=False),
)
def test_a_course_is_the_same_day_by_day_in_any_order_and_unit_and_from_any_day(given_, shift, random):
    treatments = [ivig(start, start + length, dose / 10) for start, length, dose in given_]
    (found,) = rows(check_course(planned([patient(*treatments)])))
    daily = [(day, dose) for start, length, dose in given_ for day in range(start, start + length + 1)]
    split = [Treatment("IVIG", day + shift, day + shift, 100 * dose, "mg/kg/day") for day, dose in daily]
    (other,) = rows(check_course(planned([patient(*random.sample(split, len(split)))])))
    assert other[:2] + other[3:] == found[:2] + found[3:]
    assert other[2] == pytest.approx(found[2])
    # a patient less, the others stay
    both = check_course(planned([patient(*treatments), patient(name="P02")]))
    assert rows(both)[0] == found


@given(
    st.sampled_from([(drug, name) for drug, names in PROHIBITED_TREATMENTS.items() for name in (drug, *names)]),
    st.sampled_from(["", "oral ", "(", "3 x ", "pre-"]),
    st.sampled_from(["", " 50 mg", ")", ", weekly", "-based"]),
    st.sampled_from([str.upper, str.lower, str.title, str]),
)
def test_a_treatment_is_known_by_its_name_among_other_words_and_in_any_case(which, before, after, case):
    drug, name = which
    found = named_treatment(f"{before}{case(name)}{after}", PROHIBITED_TREATMENTS)
    assert found == named_treatment(name, PROHIBITED_TREATMENTS)
    assert found == drug
    # as a part of another word it is not that treatment
    for part in (f"x{name}", f"{name}x"):
        assert named_treatment(part, {drug: (name,)}) is None


# --- steroid doses


@pytest.mark.parametrize(
    ("days", "doses", "found"),
    [
        ([], [], []),
        ([0], [50], []),
        ([0, 7], [50, 50], []),
        # exactly a tenth is allowed
        ([0, 14], [50, 45], []),
        ([0, 1], [50, 45], []),
        ([0, 1], [50, 44.9999], [(1, 50, 44.9999, REDUCTION)]),
        # a step of a tenth every two weeks is allowed, every 13 days it is not
        ([0, 14, 28], [50, 45, 40.5], []),
        ([0, 14, 27], [50, 45, 40.5], [(27, 50, 40.5, REDUCTION)]),
        ([0, 13, 27], [50, 45, 40.5], []),
        # small steps add up
        ([0, 7, 10], [50, 47, 44], [(10, 50, 44, REDUCTION)]),
        # after a long time at one dose it is still in force
        ([0, 100], [50, 44], [(100, 50, 44, REDUCTION)]),
        # the same lower dose written again is no second reduction; a lower one is
        ([0, 3, 5, 6], [50, 40, 40, 39], [(3, 50, 40, REDUCTION), (6, 50, 39, REDUCTION)]),
        # any increase
        ([0, 3], [50, 50.001], [(3, 50, 50.001, "increase")]),
        ([0, 3], [0, 5], [(3, 0, 5, "increase")]),
        ([0, 3, 8], [50, 1000, 50], [(3, 50, 1000, "increase"), (8, 1000, 50, REDUCTION)]),
        ([0, 3, 8], [50, 30, 32], [(3, 50, 30, REDUCTION), (8, 30, 32, "increase")]),
        ([0, 3], [50, 0], [(3, 50, 0, REDUCTION)]),
        ([0, 3], [0, 0], []),
        # rows in any order, days before the first infusion
        ([3, -28, 0], [40, 50, 45], [(3, 50, 40, REDUCTION)]),
    ],
)
def test_the_rules_of_the_steroid_dose(days, doses, found):
    assert rows(limits(days, doses)) == found


def test_the_highest_dose_of_the_two_weeks_is_the_measure():
    assert rows(limits([0, 10, 20, 23], [40, 60, 56, 53.9])) == [
        (10, 40, 60, "increase"),
        (23, 60, 53.9, REDUCTION),
    ]
    assert rows(limits([0, 10, 20, 24], [40, 60, 56, 53.9])) == [
        (10, 40, 60, "increase"),
        (24, 60, 53.9, REDUCTION),
    ]
    assert rows(limits([0, 10, 20, 34], [40, 60, 56, 53.9])) == [(10, 40, 60, "increase")]


def test_the_rules_hold_until_a_day():
    days, doses = [0, 84, 85], [50, 55, 20]
    assert rows(limits(days, doses, until=84)) == [(84, 50, 55, "increase")]
    assert rows(limits(days, doses, until=83)) == []
    assert rows(limits([0, 90, 20], [50, 60, 40], until=84)) == [(20, 50, 40, REDUCTION)]


def test_rules_of_ones_own():
    found = limits([0, 7, 14, 21], [40, 30, 22.5, 16], max_reduction=0.25, within=7)
    assert rows(found) == [(21, 22.5, 16, "reduction above 25 % within 7 days")]
    assert rows(limits([0, 7], [40, 39], max_reduction=0))[0][3] == "reduction above 0 % within 14 days"
    assert rows(limits([0, 7], [40, 0], max_reduction=1)) == []


def test_the_table_of_findings_keeps_its_types():
    found = limits([0], [50])
    assert found.dtypes.astype(str).to_dict() == {"day": "float64", "from": "float64", "to": "float64", "rule": "object"}


def test_columns_of_doses_may_be_series_or_arrays():
    frame = pd.DataFrame({"day": [0, 3], "dose": [50, 30]}, index=["a", "b"])
    assert rows(limits(frame["day"], frame["dose"])) == [(3, 50, 30, REDUCTION)]
    assert rows(limits(np.array([0, 3]), np.array([50, 30]))) == [(3, 50, 30, REDUCTION)]


@pytest.mark.parametrize(
    ("days", "doses", "options", "message"),
    [
        ([0, None], [50, 40], {}, r"^'days' must not be missing \(got nan\) at position 1\.$"),
        ([0, 1], [50, None], {}, r"^'doses' must not be missing \(got nan\) at position 1\.$"),
        ([0, 7, 7], [50, 40, 45], {}, r"^'days' must have one dose each \(got 7\) at position 2\.$"),
        ([0, 7], [50, -1], {}, r"^'doses' must be at least 0 \(got -1\) at position 1\.$"),
        ([0, 7], [50], {}, r"^'days' and 'doses' must have equal lengths \(got days 2, doses 1\)\.$"),
        ([0], [50], {"within": 0}, r"^'within' must be greater than 0 \(got 0\)\.$"),
        ([0], [50], {"max_reduction": -0.1}, r"^'max_reduction' must be between 0 and 1 \(got -0\.1\)\.$"),
        ([0], [50], {"max_reduction": 1.5}, r"^'max_reduction' must be between 0 and 1 \(got 1\.5\)\.$"),
    ],
)
def test_doses_that_cannot_be_are_refused(days, doses, options, message):
    with pytest.raises(ValueError, match=message):
        limits(days, doses, **options)


@given(
    st.dictionaries(st.integers(-10, 50), st.integers(1, 600), max_size=10),
    st.sampled_from([1, 10, 25]),
    st.integers(1, 20),
    st.randoms(),
)
def test_the_rules_agree_with_a_walk_through_the_days(doses, percent, within, random):
    """Tenths of a mg in fractions: the dose of every day, then every day held against those before it."""
    in_force, dose = {}, None
    for day in range(-10, 51):
        dose = doses.get(day, dose)
        in_force[day] = dose
    expected = []
    for day in range(-9, 51):
        before, now = in_force[day - 1], in_force[day]
        if before is None or before == now:
            continue
        past = [in_force[d] for d in range(max(day - within, -10), day) if in_force[d] is not None]
        if now > before:
            expected.append((day, before / 10, now / 10, "increase"))
        elif now < max(past) * (1 - Fraction(percent, 100)):
            expected.append((day, max(past) / 10, now / 10, f"reduction above {percent} % within {within} days"))
    days = list(doses)
    random.shuffle(days)
    found = limits(days, [doses[day] / 10 for day in days], max_reduction=percent / 100, within=within)
    assert rows(found) == expected


@given(
    st.dictionaries(st.integers(-10, 50), st.integers(30, 60), min_size=1, max_size=8),
    st.integers(-30, 30),
    st.sampled_from([0.5, 2.0, 4.0]),
    st.data(),
)
@settings(settings.get_profile("whole"))
def test_steroid_rules_know_neither_the_unit_nor_the_first_day_nor_what_comes_later(doses, shift, unit, data):
    days, amounts = list(doses), [float(each) for each in doses.values()]
    until = data.draw(st.sampled_from(days))
    found = limits(days, amounts)
    moved = limits([day + shift for day in days], [unit * each for each in amounts])
    moved = moved.assign(**{"day": moved["day"] - shift, "from": moved["from"] / unit, "to": moved["to"] / unit})
    pd.testing.assert_frame_equal(moved, found)
    earlier = [(day, dose) for day, dose in zip(days, amounts, strict=True) if day <= until]
    ended = limits(days, amounts, until=until)
    pd.testing.assert_frame_equal(ended, found[found["day"] <= until])
    pd.testing.assert_frame_equal(limits(*zip(*earlier, strict=True)), ended)
    # a rise and a fall at once are two things
    assert ((found["to"] > found["from"]) == (found["rule"] == "increase")).all()


# --- steroid doses of a patient


def psl(start=None, end=None, dose=None, unit="mg/day", name="prednisolone"):
    return Treatment(name, start, end, dose, unit)


@pytest.mark.parametrize(
    ("treatments", "days", "doses"),
    [
        ([], [], []),
        ([Treatment("IVIG", 0, 4, 0.4, "g/kg/day")], [], []),
        ([psl(0, dose=50)], [0], [50]),
        ([psl(0, 13, 50)], [0, 14], [50, 0]),
        # adjoining, overlapping by a day, with a pause, without ends, in any order
        ([psl(0, 13, 50), psl(14, 27, 45)], [0, 14, 28], [50, 45, 0]),
        ([psl(0, 14, 50), psl(14, 28, 45)], [0, 14, 29], [50, 45, 0]),
        ([psl(0, 9, 50), psl(14, None, 45)], [0, 10, 14], [50, 0, 45]),
        ([psl(14, None, 45), psl(-28, None, 60), psl(0, None, 50)], [-28, 0, 14], [60, 50, 45]),
        # begun on one day they are given together
        ([psl(0, None, 30), psl(0, None, 20), psl(14, None, 45)], [0, 14], [50, 45]),
        # different steroids are added up
        (
            [psl(0, None, 50), psl(5, 7, 1, "g", "methylprednisolone pulse")],
            [0, 5, 8],
            [50, 1300, 50],
        ),
        ([psl(0, None, 40, name="Methylprednisolone")], [0], [50]),
        ([psl(0, None, 50, "mg"), psl(3, None, 0.04, "g/day")], [0, 3], [50, 40]),
        ([psl(0, None, 50, None)], [0], [50]),
        # what cannot be placed is left out
        ([psl(0, None, 1, "mg/kg/day"), psl(None, 3, 50), psl(3, None, None), psl(4, None, 5, "mL")], [], []),
    ],
)
def test_doses_over_time(treatments, days, doses):
    found = steroid_doses(patient(*treatments))
    assert found["day"].tolist() == days
    assert found["dose"].tolist() == pytest.approx(doses)
    assert found.dtypes.astype(str).to_dict() == {"day": "float64", "dose": "float64"}


courses = st.lists(
    st.tuples(
        st.integers(-5, 20),
        st.none() | st.integers(0, 9),
        st.integers(1, 60),
        st.sampled_from(["prednisolone", "methylprednisolone"]),
    ),
    max_size=5,
)


@given(courses, st.randoms(use_true_random=False))
def test_doses_agree_with_a_walk_through_the_days(given_, random):
    """A treatment is in force until its end, or until one of the same name begins."""
    treatments = [
        psl(start, None if length is None else start + length, dose, name=name) for start, length, dose, name in given_
    ]
    found = steroid_doses(patient(*treatments))
    in_force, dose, told = {}, 0.0, dict(zip(found["day"], found["dose"], strict=True))
    for day in range(-6, 40):
        dose = told.get(day, dose)
        in_force[day] = dose
    for day, dose in in_force.items():
        expected = 0
        for start, length, amount, name in given_:
            ended = length is not None and day > start + length
            replaced = any(start < other <= day and same == name for other, _, _, same in given_)
            if start <= day and not ended and not replaced:
                expected += amount * STEROIDS[name]
        assert dose == pytest.approx(expected)
    assert found["day"].is_monotonic_increasing
    assert found["day"].is_unique
    pd.testing.assert_frame_equal(steroid_doses(patient(*random.sample(treatments, len(treatments)))), found)
    # by weight, of a patient of 50 kg
    by_weight = [psl(each.start_day, each.end_day, each.dose / 50, "mg/kg/day", each.name) for each in treatments]
    pd.testing.assert_frame_equal(steroid_doses(patient(*by_weight, weight=50)), found)


@given(st.lists(courses, min_size=1, max_size=3), st.integers(-5, 30))
@settings(settings.get_profile("whole"))
def test_the_deviations_of_a_study_are_those_of_its_patients_doses(each_given, until):
    patients = [
        patient(
            *(
                psl(start, None if length is None else start + length, dose, name=name)
                for start, length, dose, name in given_
            ),
            name=f"P{number}",
        )
        for number, given_ in enumerate(each_given)
    ]
    found = find_steroid_deviations(planned(patients[::-1]), until=until)
    expected = []
    for one in patients:
        doses = steroid_doses(one)
        if len(doses):
            expected += [(one.id, *row) for row in rows(limits(doses["day"], doses["dose"], until=until))]
    assert rows(found) == expected
    # half the dose throughout departs from the same rules
    halves = [
        patient(*(psl(t.start_day, t.end_day, t.dose / 2, name=t.name) for t in one.treatments), name=one.id)
        for one in patients
    ]
    pd.testing.assert_frame_equal(
        find_steroid_deviations(planned(halves), until=until).drop(columns=["from", "to"]),
        found.drop(columns=["from", "to"]),
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["cyclosporin", "IVIG", "Neoral", "tacrolimus 3 mg"]),
            st.sampled_from([None, -40, -30, 0, 5, 84, 85]),
            st.sampled_from([None, 0, 2, 12]),
        ),
        max_size=5,
    ),
    st.sampled_from([None, 0, 5, 6]),
)
def test_prohibited_treatments_are_those_given_during_the_trial(given_, left):
    treatments = [
        Treatment(name, start, None if start is None or length is None else start + length) for name, start, length in given_
    ]
    found = find_prohibited_treatments(planned([patient(*treatments, discontinued_on=left)]))
    during = [
        one
        for one in treatments
        if one.name != "IVIG"
        and (one.start_day is None or one.start_day <= 84)
        and (one.end_day is None or one.end_day >= -28)
    ]
    assert found["recorded"].tolist() == [one.name for one in during]
    for one, finding in zip(during, found["finding"], strict=True):
        known = one.start_day is not None
        assert finding == (
            "not assessable" if not known else "agrees" if left is not None and left <= one.start_day else "does not agree"
        )
    # whoever had left sooner, of him all agrees that agreed
    sooner = find_prohibited_treatments(planned([patient(*treatments, discontinued_on=-40)]))
    assert (sooner["finding"][found["finding"] != "not assessable"] == "agrees").all()
    named = found["treatment"].tolist()
    assert named == [named_treatment(name, PROHIBITED_TREATMENTS) for name in found["recorded"]]


def test_a_dose_by_body_weight():
    assert steroid_doses(patient(psl(0, None, 1, "mg/kg/day"), psl(7, None, 0.5, "mg/kg"), weight=60))["dose"].tolist() == [
        60,
        30,
    ]


def test_steroids_of_ones_own():
    one = patient(psl(0, None, 10, name="cortivazol"), psl(0, None, 50))
    assert steroid_doses(one, {"cortivazol": 2.0})["dose"].tolist() == [20]


def test_departures_of_a_study(bundled):
    assert find_steroid_deviations(bundled).empty
    assert find_steroid_deviations(bundled).columns.tolist() == ["patient", "day", "from", "to", "rule"]
    unknown = "not assessable: start day or dose not recorded"
    study = planned(
        [
            patient(psl(0, None, 50), psl(20, None, 60), psl(25, None, 40)),
            patient(psl(None, 5, 50), psl(3, 5, None), name="P02", steroid_dose_start=40, steroid_dose_last=40),
            patient(name="P03", steroid_dose_start=40, steroid_dose_last=40.5),
            patient(name="P04", steroid_dose_start=40),
            patient(name="P05", steroid_dose_last=40),
            patient(name="P06", steroid_dose_start=40, steroid_dose_last=0),
            patient(name="P07", steroid_dose_start=0, steroid_dose_last=0),
        ]
    )
    assert rows(find_steroid_deviations(study)) == [
        ("P01", 20, 50, 60, "increase"),
        ("P01", 25, 60, 40, REDUCTION),
        ("P02", None, None, None, unknown),
        ("P02", 3, None, None, unknown),
        ("P03", None, 40, 40.5, "increase from the start to the last observation"),
    ]
    assert find_steroid_deviations(study, until=24)["rule"].tolist()[:2] == ["increase", unknown]
    own = planned([patient(psl(0, 9, 30, name="cortivazol"), psl(10, None, 35, name="cortivazol"))])
    assert rows(find_steroid_deviations(own, steroids={"cortivazol": 2.0})) == [("P01", 10, 60, 70, "increase")]
    assert find_steroid_deviations(own).empty
    slow = planned([patient(psl(0, 4, 50), psl(5, 9, 46), psl(10, None, 42))])
    assert len(find_steroid_deviations(slow)) == 1
    assert find_steroid_deviations(slow, rules=SteroidRules(0.1, 5)).empty
    weekly = find_steroid_deviations(study, rules=SteroidRules(0.4, 3))
    assert weekly["rule"].tolist()[:2] == ["increase", unknown]


# --- prohibited treatments


def test_the_bundled_study_has_one_prohibited_treatment(bundled):
    assert rows(find_prohibited_treatments(bundled)) == [("15", "cyclosporin", "cyclosporin", 35, 35, "agrees", 59)]


def test_the_ck_follow_up_goes_on(bundled):
    found = find_prohibited_treatments(bundled)
    assert (found["followed_until"] > found["discontinued_on"]).all()
    assert bundled.follow_up()["patient"].tolist() == [str(number) for number in range(1, 16)]


@pytest.mark.parametrize(
    ("start", "end", "left", "finding"),
    [
        (35, None, 35, "agrees"),
        (36, None, 35, "agrees"),
        (34, None, 35, "does not agree"),
        (35, None, None, "does not agree"),
        (None, None, 35, "not assessable"),
        (None, 40, 35, "not assessable"),
        # the trial lasts from day -28 to day 84
        (84, None, None, "does not agree"),
        (85, None, None, None),
        (-60, -29, None, None),
        (-60, -28, None, "does not agree"),
        (None, -29, None, None),
    ],
)
def test_grading_ends_with_a_prohibited_treatment(start, end, left, finding):
    study = planned([patient(Treatment("MTX weekly", start, end), discontinued_on=left)])
    expected = [] if finding is None else [("P01", "methotrexate", "MTX weekly", start, left, finding, None)]
    assert rows(find_prohibited_treatments(study)) == expected


def test_the_trial_lasts_as_long_as_its_schedule():
    study = planned([patient(Treatment("MTX", 100))], [0, 4, 24])
    assert find_prohibited_treatments(study)["day"].tolist() == [100]
    study = planned([patient(Treatment("MTX", -20, -1))], [0, 4, 24])
    assert find_prohibited_treatments(study).empty


def test_a_list_of_ones_own():
    study = planned([patient(Treatment("Aspirin 100 mg", 3), Treatment("MTX", 4), follow_up=FollowUp(59))])
    assert rows(find_prohibited_treatments(study, ["aspirin"])) == [
        ("P01", "aspirin", "Aspirin 100 mg", 3, None, "does not agree", 59)
    ]


def test_the_table_of_prohibited_treatments_keeps_its_types():
    found = find_prohibited_treatments(planned([patient()]))
    assert found.empty
    assert found.columns.tolist() == [
        "patient",
        "treatment",
        "recorded",
        "day",
        "discontinued_on",
        "finding",
        "followed_until",
    ]
    assert found.dtypes.astype(str)[["day", "discontinued_on", "followed_until"]].tolist() == ["float64"] * 3
