"""No row of the ledger is satisfied by nothing, and each is moved by a change of the data on which it rests."""

import math
import statistics
from collections.abc import Mapping
from typing import NamedTuple

import attrs
import pytest
from sampling import FULL
from scipy import stats

from ivigmyo import AdverseEvent, Assessment, FollowUp, Instrument, Treatment, Visit
from ivigmyo.core_set import GOTTRON, HELIOTROPE, RAYNAUD
from ivigmyo.saito2008.ledger import reproduce
from ivigmyo.saito2008.published import printed_quantities


def each_patient(study, change):
    """The study with each patient changed; a change gives the fields that are new, or None to leave the patient out."""
    found = [(patient, change(patient)) for patient in study.patients]
    patients = [attrs.evolve(patient, **new) for patient, new in found if new is not None]
    return attrs.evolve(study, patients=patients)


class Cell(NamedTuple):
    """A value, and the patient's others by measure and week."""

    code: str
    week: int
    value: float
    known: Mapping[tuple[str, int], float]


def values(change):
    """A change of every value, given where it stands."""

    def of(patient):
        known = {(each.instrument.code, visit.week): each.value for visit in patient.visits for each in visit.assessments}

        def changed(visit, each):
            value = change(Cell(each.instrument.code, visit.week, each.value, known))
            low, high = each.instrument.minimum or 0.1, each.instrument.maximum or 10**7
            return attrs.evolve(each, value=min(max(value, low), high))

        visits = [
            attrs.evolve(visit, assessments=[changed(visit, each) for each in visit.assessments]) for visit in patient.visits
        ]
        return {"visits": visits}

    return of


def exchanged(first, second):
    """The values of two weeks in each other's place."""

    def change(cell):
        week = {first: second, second: first}.get(cell.week, cell.week)
        return cell.known.get((cell.code, week), cell.value)

    return values(change)


def follow_up(change):
    def of(patient):
        return {} if patient.follow_up is None else {"follow_up": change(patient.follow_up)}

    return of


def later(one):
    days = {"normalized_on": one.normalized_on, "re_elevated_on": one.re_elevated_on, "observed_until": one.observed_until}
    moved = {name: None if day is None else 3 * day for name, day in days.items()}
    return FollowUp(**{**moved, "observed_until": moved["observed_until"] + 1})


def never(one):
    if one.normalized_on is None:
        return attrs.evolve(one, normalized_on=5)
    return attrs.evolve(one, normalized_on=None, re_elevated_on=None)


def events(change):
    def of(patient):
        return {} if patient.adverse_events is None else {"adverse_events": change(patient)}

    return of


def other_relation(patient):
    return [attrs.evolve(each, day=30, relation="not related") for each in patient.adverse_events]


def added_events(patient):
    new = [("back pain", 44), ("lumbar compression fracture", 29)]
    more = [AdverseEvent(term, group="skeleton", day=day) for term, day in new]
    return [*patient.adverse_events, *more, AdverseEvent("pneumonia", group="infection", day=9)]


MARKERS = [Instrument(code, code.title(), "U/mL", maximum=10**5) for code in ("CA19-9", "DUPAN-II")]
MORE = [HELIOTROPE, GOTTRON, RAYNAUD, *MARKERS]


def measured(patient):
    """Skin signs and tumour markers for all, as no trial has them."""
    new = [Assessment(instrument, 2.0) for instrument in MORE]
    visits = [
        attrs.evolve(visit, assessments=[*visit.assessments, *new]) if visit.week == 0 else visit for visit in patient.visits
    ]
    return {"visits": visits}


def weeks_1_and_2(patient):
    start = next(visit.assessments for visit in patient.visits if visit.week == 0)
    ck = [each for each in start if each.instrument.code == "CK"]
    return {"visits": [*patient.visits, Visit(week=1, assessments=ck), Visit(week=2, assessments=start)]}


def without_week_1_of_one(patient):
    start = next(visit.assessments for visit in patient.visits if visit.week == 0)
    ck = [each for each in start if each.instrument.code == "CK"]
    return {} if patient.id in ("1", "2") else {"visits": [*patient.visits, Visit(week=1, assessments=ck)]}


def doses_by_duration(sign):
    """Last doses in the order of the durations: the longer, the more (or the less)."""

    def of(patient):
        one = patient.follow_up
        if one is None or one.normalized_on is None:
            return {}
        days = (one.re_elevated_on or one.observed_until) - one.normalized_on
        return {"steroid_dose_last": 30 + sign * days / 25}

    return of


def seen_longer(patient):
    first, last = patient.visits[0], patient.visits[-1]
    return {"visits": [attrs.evolve(first, week=-8), *patient.visits, attrs.evolve(last, week=16)]}


CHANGES: Mapping[str, object] = {
    "every value 7 percent and 3 more": values(lambda cell: cell.value * 1.07 + 3 + cell.week / 7),
    "weeks 0 and 4 exchanged": exchanged(0, 4),
    "weeks 0 and 12 exchanged": exchanged(0, 12),
    "weeks 0 and 8 exchanged": exchanged(0, 8),
    "weeks -4 and 0 exchanged": exchanged(-4, 0),
    "week 0 is week 5": exchanged(0, 5),
    "week -4 tenfold": values(lambda cell: cell.value * (10 if cell.week == -4 else 1)),
    "week -4 nothing": values(lambda cell: 0 if cell.week == -4 else cell.value),
    "ADL raised": values(lambda cell: (45 if cell.week > 0 else 10) if cell.code == "ADL" else cell.value),
    "final P between 0.01 and 0.05": values(
        lambda cell: cell.known[cell.code, 0] + (5 if cell.known[cell.code, 0] % 2 else -4) if cell.week > 0 else cell.value
    ),
    "older": lambda patient: {"age": 1.2 * patient.age + 3, "disease_duration": patient.disease_duration * 1.5},
    "women are men": lambda patient: {"sex": "M" if patient.sex == "F" else "F"},
    "PM is DM": lambda patient: {"diagnosis": "DM" if patient.diagnosis == "PM" else "PM"},
    "some left out": lambda patient: None if patient.id in ("4", "10", "16") else {},
    "all of both sets": lambda patient: {"efficacy_set": True, "safety_set": patient.id != "3"},
    "left later": lambda _: {"discontinued_on": 44, "discontinuation_reason": "moved"},
    "followed up later": follow_up(later),
    "normalized by others": follow_up(never),
    "low doses at the start": lambda _: {"steroid_dose_start": 20.0},
    "high doses at the start": lambda _: {"steroid_dose_start": 80.0},
    "the more steroids the longer": doses_by_duration(1),
    "the more steroids the shorter": doses_by_duration(-1),
    "other events": events(other_relation),
    "more events": events(added_events),
    "no events": events(lambda _: []),
    "other treatments": lambda _: {"treatments": [Treatment("IVIG", 0, 1, 1.0, "g/kg/day")]},
    "signs and markers": measured,
    "weeks 1 and 2": weeks_1_and_2,
    "week 1 of fewer": without_week_1_of_one,
    "seen longer": seen_longer,
    "week 5 is week 6": lambda patient: {
        "visits": [attrs.evolve(visit, week=6 if visit.week == 5 else visit.week) for visit in patient.visits]
    },
}


def moved(study, change, ids=None):
    return {row.id for row in reproduce(each_patient(study, change), ids).unexpected}


UNMOVED = {
    "methods/unprinted.institutions": "a study holds no hospitals",
    "abstract/unprinted.serious": "a study does not hold which events were serious",
    "results/unprinted.emergency": "nor which were emergencies",
    "discussion/unprinted.emergency": "nor which were emergencies",
    "results/unprinted.electrocardiography": "nor findings that are no event",
}
"""The rows that no change of a study can move, besides those that rest on none."""


@pytest.mark.skipif(not FULL, reason="thirty reports are for the full profile")
def test_every_row_is_moved_by_some_change_of_the_data(study, ledger):
    on_no_data = {row.id for row in ledger.rows if row.expected in ("external", "by definition")}
    still = {row.id for row in ledger.rows}
    steps = [attrs.evolve(step, patients=step.patients + 1) for step in study.disposition]
    still -= {row.id for row in reproduce(attrs.evolve(study, disposition=steps), still).unexpected}
    for change in CHANGES.values():
        still -= moved(study, change, still)
    assert still == set(UNMOVED) | on_no_data


def test_nothing_is_not_what_was_printed(study):
    raised = each_patient(study, CHANGES["ADL raised"])
    row = reproduce(raised).row("results/adl_unlike_mmt.ids")
    assert (row.printed, row.computed, row.verdict) == ("3, 12", "none", "not reproduced")


def test_what_the_rows_no_longer_give_is_another_answer(study):
    """A row that needs data which are not there, but gave a number, is not satisfied by none."""
    without_ck = each_patient(
        study,
        lambda patient: {
            "visits": [
                attrs.evolve(visit, assessments=[each for each in visit.assessments if each.instrument.code != "CK"])
                for visit in patient.visits
            ],
            "follow_up": None,
        },
    )
    found = reproduce(without_ck)
    for id in ("figure2/line.slope", "results/abnormal_before", "methods/monitored.patients"):
        row = found.row(id)
        assert (row.computed in (None, "0"), row.verdict) == (True, "not reproduced")
        assert row.explanation
    assert found.row("abstract/median").verdict == "not derivable"
    assert not found.row("abstract/median").as_expected


def test_of_a_study_that_holds_nothing_nothing_is_reproduced_but_who_the_patients_are(study):
    bare = {"visits": [], "treatments": [], "adverse_events": None, "follow_up": None}
    doses = {"steroid_dose_start": None, "steroid_dose_last": None}
    left = {"discontinued_on": None, "discontinuation_reason": None}
    nothing = each_patient(study, lambda _: {**bare, **doses, **left, "disease_duration": None})
    found = reproduce(attrs.evolve(nothing, disposition=()))
    kinds = {row.id.partition("/")[2].split(".")[0] for row in found.rows if row.verdict == "reproduced"}
    assert kinds == {"patients", "enrolled", "eligible", "describe", "age"}
    assert {row.id for row in found.rows if row.verdict == "reproduced" and "eligible" in row.id} == {"methods/eligible.age"}
    satisfied = {row.computed for row in found.rows if row.verdict in ("reproduced", "explained")}
    assert not satisfied & {"", "none", "0 of 0", None}
    assert {row.verdict for row in found.rows if row.computed is None} <= {"not derivable", "not reproduced", "external"}


@pytest.mark.parametrize(("sign", "side"), [(1, "above"), (-1, "below")])
def test_a_clear_relationship_with_the_dose_contradicts_that_there_is_none(study, sign, side):
    row = reproduce(each_patient(study, doses_by_duration(sign))).row("discussion/steroid_association")
    low, high = (float(limit) for limit in row.computed.partition("(")[2].rstrip(")").split(" to "))
    assert low > 0.5 if side == "above" else high < 0.5
    assert row.verdict == "not reproduced"


def test_an_unclear_relationship_is_not_contradicted_whatever_the_index(study):
    doses = dict(zip((str(k) for k in range(1, 15)), (20, 25, 28, 30, 22, 21, 27, 35, 20, 33, 18, 27, 24, 16), strict=True))
    change = each_patient(study, lambda patient: {"steroid_dose_last": doses.get(patient.id)})
    row = reproduce(change).row("discussion/steroid_association")
    assert row.verdict == "not contradicted"
    assert row.computed != "C = 0.48 (0.23 to 0.73)"


def test_a_fall_that_slowed_in_dm_contradicts_that_it_was_faster(study):
    tenfold = each_patient(study, CHANGES["week -4 tenfold"])
    assert reproduce(tenfold).row("discussion/acceleration.ln.DM").verdict == "not reproduced"


def test_an_infection_contradicts_that_there_was_none(study):
    found = reproduce(each_patient(study, CHANGES["more events"]))
    for id in ("results/reactions.infections", "discussion/reactions.infections"):
        assert (found.row(id).computed, found.row(id).verdict) == ("16 patients", "not reproduced")
    assert "infection" in found.row("results/reactions.infections").where


def test_a_steroid_dose_that_rose_contradicts_that_none_did(study):
    risen = each_patient(study, lambda patient: {"steroid_dose_last": 60.0} if patient.id == "1" else {})
    row = reproduce(risen).row("methods/no_increase")
    assert (row.computed, row.verdict) == ("13 of 14", "not reproduced")


def test_the_difference_of_pm_and_dm_computed_otherwise(study):
    falls = {"PM": [], "DM": []}
    for patient in study.efficacy_set.patients:
        ck = {
            visit.week: each.value for visit in patient.visits for each in visit.assessments if each.instrument.code == "CK"
        }
        falls[str(patient.diagnosis)].append(math.log(ck[0] / ck[4]) - math.log(ck[-4] / ck[0]))
    n, mean, var = ([of(falls[label]) for label in ("PM", "DM")] for of in (len, statistics.fmean, statistics.variance))
    parts = [v / size for v, size in zip(var, n, strict=True)]
    se = math.sqrt(sum(parts))
    df = sum(parts) ** 2 / sum(part**2 / (size - 1) for part, size in zip(parts, n, strict=True))
    half = stats.t.ppf(0.975, df) * se
    difference = mean[0] - mean[1]
    p = 2 * stats.t.sf(abs(difference) / se, df)
    said = f"PM - DM {difference:.3f} (95 % {difference - half:.3f} to {difference + half:.3f}), Welch P = {p:.4f}."
    assert said == "PM - DM 0.303 (95 % -0.732 to 1.338), Welch P = 0.5180."
    assert said in reproduce(study).row("discussion/acceleration.ln.DM").explanation


def test_the_interval_of_the_concordance_is_that_of_r():
    """What R 4.2.2 with survival 3.5-3 gives.

    d <- data.frame(t = c(254, 371, 448, 130, 409, 99, 423, 84, 220, 379, 594, 131),
                    e = c(0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1),
                    x = c(35, 25, 27.5, 22.5, 27.5, 35, 20, 32.5, 17, 28, 20, 15))
    f <- concordance(Surv(t, e) ~ x, d)
    f$concordance + c(-1, 1) * 1.96 * sqrt(f$var)   # 0.2329630 0.7313228
    """
    assert reproduce().row("discussion/steroid_association").computed == "C = 0.48 (0.23 to 0.73)"


# Rows that the bundled study cannot give, or gives in one way alone, on the least change that tells the ways apart.

SIGNS = {  # instrument, patient: the grade by week
    (HELIOTROPE, "1"): {0: 2, 12: 0},
    (HELIOTROPE, "2"): {0: 1, 4: 2, 12: 0},
    (HELIOTROPE, "3"): {0: 2, 12: 1},
    (HELIOTROPE, "4"): {0: 0, 12: 0},
    (GOTTRON, "1"): {0: 2, 4: 0},
    (GOTTRON, "5"): {0: 1, 12: 1},
    (RAYNAUD, "6"): {0: 2, 4: 1, 8: 1, 12: 0},
    (MARKERS[0], "10"): {0: 40, 4: 132.5, 12: 90},
    (MARKERS[1], "10"): {0: 1234, 4: 900},
    (MARKERS[1], "11"): {0: 5000},
}


def signs(patient):
    def more(visit):
        return [Assessment(instrument, weeks[visit.week]) for (instrument, name), weeks in SIGNS.items()
                if name == patient.id and visit.week in weeks]  # fmt: skip

    return {"visits": [attrs.evolve(visit, assessments=[*visit.assessments, *more(visit)]) for visit in patient.visits]}


def test_signs_of_the_skin_and_markers_are_counted_where_they_were_recorded(study):
    expected = {
        "discussion/sign.any": "5",
        "discussion/sign.HELIOTROPE": "3",
        "discussion/sign.GOTTRON": "2",
        "discussion/sign.RAYNAUD": "1",
        "discussion/sign_gone.HELIOTROPE": "2",
        "discussion/sign_gone.HELIOTROPE.positive": "1",
        "discussion/sign_gone.HELIOTROPE.false-positive": "1",
        "discussion/sign_gone.GOTTRON": "1",
        "discussion/sign_gone.GOTTRON.positive": "1",
        "discussion/sign_kept.RAYNAUD": "8",
        "table5/highest.10.CA19-9": "133",
        "table5/highest.10.DUPAN-II": "1,234",
    }
    found = reproduce(each_patient(study, signs), expected)
    assert {row.id: row.computed for row in found.rows} == expected
    assert {row.function for row in found.rows} == {"ivigmyo.study.Study.values"}
    assert {row.conventions for row in found.rows} == {
        "all treated, week 0",
        "all treated, week 0 and the last value",
        "the last week with the sign",
        "the highest value",
    }


@pytest.mark.parametrize(
    ("id", "change", "computed", "verdict"),
    [
        ("table1/unscheduled.CK.1", without_week_1_of_one, "14 patients", "not reproduced"),
        ("results/given.12", lambda patient: {"treatments": patient.treatments[:1]}, "none", "not reproduced"),
        (
            "methods/no_increase",
            lambda patient: {"steroid_dose_last": patient.steroid_dose_start} if patient.id == "1" else {},
            "13 of 14",
            "not reproduced",
        ),
        # of equal doses none goes with a longer duration: the index is a half, and so are its limits
        (
            "discussion/steroid_association",
            lambda _: {"steroid_dose_last": 20.0},
            "C = 0.50 (0.50 to 0.50)",
            "not contradicted",
        ),
        (
            "table5/sexes.reactions",
            lambda patient: {"sex": "M"} if patient.id == "16" else {},
            "F F F M M F M",
            "not reproduced",
        ),
    ],
)
def test_what_a_row_says_of_another_study(study, id, change, computed, verdict):
    row = reproduce(each_patient(study, change), [id]).row(id)
    assert (row.computed, row.verdict) == (computed, verdict)


def test_printed_quantities_are_a_table_that_any_manuscript_could_give():
    found = printed_quantities()
    assert list(found) == ["where", "printed", "quantity", "note"]
    assert found["quantity"].ne("").all()
    assert found["note"].is_unique
