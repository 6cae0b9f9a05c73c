"""Adverse reactions and disposition: the paper's counts, small sets by hand, and a naive count beside them."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivigmyo import saito2008
from ivigmyo.conduct import Disposition, disposition
from ivigmyo.errors import DataError
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import MMT18
from ivigmyo.outcomes import adverse_events, incidence
from ivigmyo.safety import SYNONYMS, UNRELATED
from ivigmyo.study import Protocol, Study
from ivigmyo.study.patients import AdverseEvent, Assessment, DispositionStep, Patient, Visit


@pytest.fixture(scope="module")
def bundled():
    return saito2008.load_study()


def patient(name, *events, weeks=(), **others):
    visits = [Visit(week, assessments=[Assessment(MMT18, 40)]) for week in weeks]
    return Patient(name, "PM", "F", 39, adverse_events=events, visits=visits, **others)


def table(*rows, columns=("patient", "term", "group", "day", "relation")):
    return pd.DataFrame([row + (None,) * (len(columns) - len(row)) for row in rows], columns=list(columns), dtype=object)


# --- incidence


def test_reactions_as_frequent_are_in_the_order_of_their_terms():
    events = table(("A", "Skinner"), ("B", "skin  rash"), ("C", "Aphasia"))
    assert incidence(events, 4).by_term()["term"].tolist() == ["Aphasia", "skin  rash", "Skinner"]


def test_seven_of_sixteen_patients_had_adverse_reactions(bundled):
    found = incidence(bundled)
    assert (found.count, found.n, found.rate) == (7, 16, 0.4375)
    assert f"{100 * found.rate:.1f}" == "43.8"
    low, high = found.confidence_interval()
    assert (round(100 * low, 1), round(100 * high, 1)) == (19.8, 70.1)
    assert found.ids == ("3", "8", "9", "10", "11", "12", "16")
    assert (found.n_events, found.n_unrelated, found.n_before) == (25, 0, 0)
    assert isinstance(found, Proportion)
    assert found.proportion == Proportion(7, 16)


def test_the_paper_s_terms_are_each_counted_once_a_patient(bundled):
    found = incidence(bundled).by_term().set_index("term")
    assert len(found) == 18
    assert found["ids"].to_dict() == {
        "elevated γ-GTP": ("3", "8", "9", "12"),
        "elevated ALP": ("3", "9"),
        "elevated ALT": ("3", "8"),
        "elevated AST": ("3", "8"),
        "hypertension": ("8", "12"),
        "back pain": ("10",),
        "Bronchial asthma": ("16",),
        "Dizziness": ("10",),
        "elevated aldolase": ("3",),
        "elevated IgA": ("9",),
        "elevated IgM": ("9",),
        "elevated LDH": ("3",),
        "elevation of tumor marker levels": ("10",),
        "itchy feeling": ("11",),
        "nose bleed": ("12",),
        "Skin eruption": ("11",),
        "subendocardial ischemia": ("12",),
        "swelling of eyelid": ("10",),
    }
    assert (found["patients"] == found["ids"].map(len)).all()
    assert (found["n"] == 16).all()
    assert found.index.tolist()[:5] == list(found.index[found["patients"] > 1])


def test_four_patients_had_abnormal_liver_function(bundled):
    found = incidence(bundled).by_group()
    assert found.columns.tolist() == ["group", "patients", "n", "rate", "conf_low", "conf_high", "ids"]
    first = found.iloc[0]
    assert (first["group"], first["patients"], first["rate"], first["ids"]) == (
        "liver function",
        4,
        0.25,
        ("3", "8", "9", "12"),
    )
    assert found["group"].tolist()[1:] == [
        "circulation",
        "symptoms",
        "immunoglobulins",
        "respiration",
        "skin",
        "tumor markers",
    ]


def test_the_intervals_of_terms_are_those_of_proportions(bundled):
    found = incidence(bundled)
    default, other = found.by_term(), found.by_term(level=0.8, method="wilson")
    low, high = Proportion(4, 16).confidence_interval()
    assert (default.loc[0, "conf_low"], default.loc[0, "conf_high"]) == (low, high)
    low, high = Proportion(4, 16).confidence_interval(0.8, "wilson")
    assert (other.loc[0, "conf_low"], other.loc[0, "conf_high"]) == (low, high)
    groups = found.by_group(0.8, "wilson")
    assert (groups.loc[0, "conf_low"], groups.loc[0, "conf_high"]) == (low, high)


def test_the_events_of_a_study_are_a_table_of_their_own(bundled):
    events = adverse_events(bundled)
    assert events.columns.tolist()[:5] == ["patient", "term", "group", "day", "relation"]
    assert events.columns.tolist()[5:] == ["serious", "severity", "outcome", "action"]
    assert len(events) == 25
    assert events.loc[events["day"].notna(), "day"].value_counts().to_dict() == {7.0: 7, 1.0: 1}
    found = incidence(events, treated=[str(number) for number in range(1, 17)])
    assert (found.count, found.n, found.ids) == (7, 16, incidence(bundled).ids)
    pd.testing.assert_frame_equal(found.reactions, incidence(bundled).reactions)


def test_synonyms_count_as_one_term_whatever_their_case():
    events = table(
        ("A", "elevated  ALP"), ("A", "Elevated Al-P"), ("B", "ELEVATED AL-P"), ("B", "Headache"), ("C", "headache ")
    )
    found = incidence(events, treated=4).by_term()
    assert found[["term", "patients", "ids"]].to_numpy().tolist() == [
        ["elevated ALP", 2, ("A", "B")],
        ["Headache", 2, ("B", "C")],
    ]


def test_synonyms_of_ones_own():
    events = table(("A", "Cephalgia"), ("B", "headache"), ("C", "elevated Al-p"))
    found = incidence(events, 4, synonyms={"cephalgia": "Headache"}).by_term()
    assert found["term"].tolist() == ["Headache", "elevated Al-p"]
    assert found["patients"].tolist() == [2, 1]
    assert incidence(events, 4, synonyms={}).by_term()["term"].tolist() == ["Cephalgia", "elevated Al-p", "headache"]


def test_no_default_synonym_stands_for_another():
    assert not {term.casefold() for term in SYNONYMS.values()} & {spelling.casefold() for spelling in SYNONYMS}
    with pytest.raises(TypeError):
        SYNONYMS["a"] = "b"


def test_a_synonym_of_a_synonym_is_refused():
    message = "'synonyms' must name a term that stands for itself (got 'a': 'B': 'c')."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        incidence(table(("A", "a")), 1, synonyms={"a": "B", "b": "c"})
    assert incidence(table(("A", "a")), 1, synonyms={"a": "B", "b": "B"}).by_term()["term"].tolist() == ["B"]


@pytest.mark.parametrize("relation", [*UNRELATED, "Not related", " NOT  RELATED", "Unrelated"])
def test_events_judged_unrelated_are_no_reactions(relation):
    events = table(("A", "rash", "skin", 3, relation), ("B", "rash", "skin", 3, "possible"), ("C", "rash"))
    found = incidence(events, 4)
    assert (found.count, found.n_unrelated, found.n_before, found.ids) == (2, 1, 0, ("B", "C"))
    every = incidence(events, 4, unrelated=())
    assert (every.count, every.n_unrelated) == (3, 0)
    other = incidence(events, 4, unrelated=["POSSIBLE"])
    assert (other.ids, other.n_unrelated) == (("A", "C"), 1)


def test_events_before_the_first_infusion_are_no_reactions():
    events = table(
        ("A", "rash", None, -1),
        ("B", "rash", None, 0),
        ("C", "rash"),
        ("D", "rash", None, -1, "unrelated"),
        ("E", "rash", None, -2, "possible"),
    )
    found = incidence(events, 5)
    assert (found.ids, found.n_before, found.n_unrelated) == (("B", "C"), 2, 1)
    assert incidence(events, 5, since=None).ids == ("A", "B", "C", "E")
    assert incidence(events, 5, since=1).ids == ("C",)


def test_groups_are_compared_without_case_and_reactions_without_a_group_stand_last():
    events = table(
        ("A", "rash", "Skin"), ("B", "itch", "skin "), ("A", "pain"), ("B", "pain"), ("C", "pain"), ("C", "x", "eye")
    )
    found = incidence(events, 3).by_group()
    assert found["group"].tolist() == ["Skin", "eye", None]
    assert found["ids"].tolist() == [("A", "B"), ("C",), ("A", "B", "C")]


def test_a_term_in_two_groups_counts_in_both_and_once_as_a_term():
    found = incidence(table(("A", "rash", "skin"), ("A", "rash", "allergy")), 2)
    assert (found.count, found.n_events, len(found.reactions)) == (1, 1, 2)
    assert found.by_term()["patients"].tolist() == [1]
    assert found.by_group()["group"].tolist() == ["allergy", "skin"]


def test_of_one_term_the_reactions_stand_by_group_those_without_one_first():
    found = incidence(table(("A", "rash", "skin"), ("A", "rash", "2 eyes"), ("A", "rash")), 2)
    assert found.reactions["group"].tolist() == [None, "2 eyes", "skin"]


def test_patients_stand_in_the_order_of_the_treated_or_by_their_numbers():
    events = table(("10", "rash"), ("9", "rash"), ("2", "rash"))
    assert incidence(events, 12).ids == ("2", "9", "10")
    assert incidence(events, ["9", "10", "2", "1"]).ids == ("9", "10", "2")
    numbers = incidence(table((10, "rash"), (9, "rash")), np.int64(12))
    assert numbers.ids == (9, 10)
    assert type(numbers.n) is int


def test_no_event_at_all():
    found = incidence(table(), 5)
    assert (found.count, found.n, found.rate, found.ids) == (0, 5, 0.0, ())
    assert found.by_term().empty
    assert found.by_group().empty
    assert found.by_term().dtypes.astype(str).to_dict() == {
        "term": "object",
        "patients": "int64",
        "n": "int64",
        "rate": "float64",
        "conf_low": "float64",
        "conf_high": "float64",
        "ids": "object",
    }
    assert incidence(table(("A", "rash", None, None, "none")), 5).count == 0
    nobody = incidence(pd.DataFrame({"patient": [], "term": []}), [])
    assert (nobody.n, nobody.rate) == (0, None)
    study = Study([patient("A"), patient("B")])
    assert (incidence(study).count, incidence(study).n) == (0, 2)


def test_only_the_safety_set_counts():
    rash = AdverseEvent("rash")
    study = Study([patient("A", rash), patient("B", rash, safety_set=False), patient("C")])
    found = incidence(study)
    assert (found.count, found.n) == (1, 2)
    assert incidence(study.safety_set).count == 1


def test_events_that_were_not_recorded_are_refused():
    study = Study([Patient("A", "PM", "F", 39)])
    message = "'adverse_events' must be recorded, as an empty table where none occurred (got None)."
    for count in (incidence, adverse_events):
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            count(study)


@pytest.mark.parametrize(
    ("events", "treated", "message"),
    [
        ([1, 2], 3, "'events' must be a DataFrame (got 'list')."),
        (
            pd.DataFrame({"patient": ["A"]}),
            3,
            "'events' must have each of the columns 'patient', 'term' once (got 'patient').",
        ),
        (table(("A", "rash"), (None, "rash")), 3, "'patient' must not be missing at position 1."),
        (table(("A", "rash"), ("A", None)), 3, "'term' must not be missing at position 1."),
        (table(("A", "rash"), ("A", 3)), 3, "'term' must be a text (got 3) at position 1."),
        (table(("A", " ")), 3, "'term' must be a text (got ' ') at position 0."),
        (table(("A", "rash", 4)), 3, "'group' must be a text (got 4) at position 0."),
        (table(("A", "rash", None, None, True)), 3, "'relation' must be a text (got True) at position 0."),
        (table(("A", "rash", None, "3")), 3, "'day' must hold numbers (got '3') at position 0."),
        (table(("A", "rash")), None, "'treated' must be a number of patients or the patients (got None)."),
        (table(("A", "rash")), "A", "'treated' must be a number of patients or the patients (got 'A')."),
        (table(("A", "rash")), True, "'treated' must be a number of patients or the patients (got True)."),
        (table(("A", "rash")), 2.5, "'treated' must be a number of patients or the patients (got 2.5)."),
        (table(("A", "rash"), ("B", "rash")), 1, "'treated' must be at least the 2 patients with events (got 1)."),
        (table(("A", "rash")), ["A", "B", "B"], "'treated' must hold each patient once (got 'B' twice)."),
        (table(("A", "rash"), ("C", "rash")), ["A", "B"], "'events' must be of treated patients (got 'C')."),
    ],
)
def test_events_that_cannot_be_counted_are_refused(events, treated, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        incidence(events, treated)


def test_a_study_knows_who_was_treated(bundled):
    with pytest.raises(ValueError, match=r"^'treated' must not be given with a study, of which it is the safety set\.$"):
        incidence(bundled, 16)


def test_what_is_passed_is_not_changed():
    events = table(("B", "Rash", "skin", -1, "unrelated"), ("A", "rash", "skin", 1, "possible"))
    events.index = [5, 5]
    before = events.copy()
    incidence(events, ["A", "B"])
    pd.testing.assert_frame_equal(events, before)


def test_results_compare_by_content(bundled):
    found = incidence(bundled)
    assert found == incidence(bundled)
    assert hash(found) == hash(incidence(bundled))
    assert found != incidence(bundled, synonyms={})
    assert found != Proportion(7, 16)
    assert "reactions" not in repr(found)


PATIENTS = list("ABCDE")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(PATIENTS),
        st.sampled_from(["rash", "Rash", "itch", "fever", "pyrexia"]),
        st.sampled_from(["skin", "general", None]),
        st.sampled_from([None, -3, 0, 4]),
        st.sampled_from([None, "possible", "unrelated"]),
    ),
    max_size=12,
)


@given(EVENTS, st.randoms())
def test_incidence_agrees_with_a_naive_count(events, random):
    terms, groups = {}, {}
    for name, term, group, day, relation in events:
        if relation != "unrelated" and (day is None or day >= 0):
            terms.setdefault("fever" if term == "pyrexia" else term.lower(), set()).add(name)
            groups.setdefault(group, set()).add(name)
    anyone = set().union(*terms.values())
    found = incidence(table(*events), PATIENTS, synonyms={"pyrexia": "fever"})
    assert found.count == len(anyone)
    assert found.ids == tuple(sorted(anyone))
    assert {term.lower(): set(ids) for term, ids in found.by_term()[["term", "ids"]].to_numpy()} == terms
    assert {group: set(ids) for group, ids in found.by_group()[["group", "ids"]].to_numpy()} == groups
    shuffled = random.sample(events, len(events))
    other = incidence(table(*shuffled), PATIENTS, synonyms={"pyrexia": "fever"})
    pd.testing.assert_frame_equal(other.reactions, found.reactions)
    for frame in (found.by_term(), found.by_group()):
        assert (frame["conf_low"] <= frame["rate"]).all()
        assert (frame["rate"] <= frame["conf_high"]).all()
        assert frame["patients"].is_monotonic_decreasing or None in frame.iloc[:, 0].tolist()
        assert frame["patients"].max() <= found.count or frame.empty
        assert not frame.isna().drop(columns=frame.columns[0]).to_numpy().any()


@given(EVENTS, st.sampled_from([None, -5, 0, 4]))
@settings(settings.get_profile("whole"))
def test_every_event_is_counted_left_out_or_a_repetition(events, since):
    found = incidence(table(*events), PATIENTS, since=since)
    related = [day for *_, day, relation in events if relation != "unrelated"]
    assert found.n_unrelated == len(events) - len(related)
    assert found.n_before == (0 if since is None else sum(day is not None and day < since for day in related))
    left = len(related) - found.n_before
    assert found.n_events <= left
    assert (found.n_events == 0) == (left == 0) == (found.count == 0)
    # events seen twice are the same events, and the same events as a number of patients
    twice = incidence(table(*events, *events), PATIENTS, since=since)
    assert (twice.ids, twice.n_events) == (found.ids, found.n_events)
    assert (twice.n_unrelated, twice.n_before) == (2 * found.n_unrelated, 2 * found.n_before)
    pd.testing.assert_frame_equal(twice.by_term(), found.by_term())
    assert incidence(table(*events), len(PATIENTS), since=since) == found
    # the earlier days are counted from, the more there is
    assert found.count <= incidence(table(*events), PATIENTS, since=None).count
    # each pair of a patient and a term once
    assert found.by_term()["patients"].sum() == found.n_events
    assert found.proportion == Proportion(len(found.ids), 5)
    assert found.confidence_interval() == found.proportion.confidence_interval()


@given(EVENTS, st.sets(st.sampled_from(PATIENTS), max_size=4), st.permutations(PATIENTS))
@settings(settings.get_profile("whole"))
def test_a_study_s_events_are_those_of_its_safety_set(events, left_out, names):
    events = list(dict.fromkeys(events))
    patients = [
        patient(
            name,
            *(AdverseEvent(*what) for who, *what in events if who == name),
            safety_set=name not in left_out,
            efficacy_set=name not in left_out,
        )
        for name in names
    ]
    recorded = adverse_events(Study(patients))
    found = recorded.iloc[:, :5]
    kept = [
        (who, term, group, math.nan if day is None else float(day), relation) for who, term, group, day, relation in events
    ]
    assert sorted(map(str, found.itertuples(index=False, name=None))) == sorted(
        str(row) for row in kept if row[0] not in left_out
    )
    assert incidence(Study(patients)) == incidence(recorded, [name for name in PATIENTS if name not in left_out])


# --- disposition


def planned(patients, weeks=(0, 4, 12), **others):
    return Study(patients, protocol=Protocol(weeks), **others)


def steps(result):
    return [(each.step, each.reason, each.patients) for each in result.steps]


BUNDLED = [
    ("tentatively registered", None, 25),
    ("not formally registered", "steroid monotherapy effective", 5),
    ("not formally registered", "withdrew from treatment", 1),
    ("not formally registered", "BUN extremely elevated", 1),
    ("not formally registered", "study protocol contravened", 2),
    ("formally registered and treated", None, 16),
    ("safety set", None, 16),
    ("not in the efficacy set", "infused on two days only", 1),
    ("efficacy set", None, 15),
    ("not seen at week 12", "DM worsened and a prohibited drug (cyclosporin) was needed", 1),
    ("seen at week 12", None, 14),
]


def test_the_disposition_of_the_paper_adds_up(bundled):
    found = disposition(bundled)
    assert steps(found) == BUNDLED
    assert found.adds_up is True
    assert found.disagreements == ()
    frame = found.to_frame()
    assert list(frame.itertuples(index=False, name=None)) == BUNDLED
    assert frame.dtypes.astype(str).to_dict() == {"step": "object", "reason": "object", "patients": "int64"}
    assert found == disposition(saito2008.load_study())


def test_a_study_without_recorded_steps_starts_at_treatment():
    study = planned([patient("A", weeks=[0, 12]), patient("B", weeks=[0, 4])])
    found = disposition(study)
    assert steps(found) == [
        ("treated", None, 2),
        ("safety set", None, 2),
        ("efficacy set", None, 2),
        ("not seen at week 12", "no reason is recorded", 1),
        ("seen at week 12", None, 1),
    ]
    assert found.adds_up


def test_reasons_are_counted_in_the_order_of_patients():
    study = planned(
        [
            patient("1", safety_set=False, efficacy_set=False, exclusion_reason="never infused"),
            patient("2", efficacy_set=False, exclusion_reason="one infusion"),
            patient("3", efficacy_set=False),
            patient("4", efficacy_set=False, exclusion_reason="one infusion"),
            patient("5", discontinued_on=20, discontinuation_reason="moved"),
            patient("6", weeks=[16], discontinued_on=100, discontinuation_reason="later"),
            patient("7", weeks=[12]),
            patient("8", weeks=[4]),
        ],
        weeks=[0, 4, 16],
    )
    found = disposition(study)
    assert steps(found) == [
        ("treated", None, 8),
        ("not in the safety set", "never infused", 1),
        ("safety set", None, 7),
        ("not in the efficacy set", "one infusion", 2),
        ("not in the efficacy set", "no reason is recorded", 1),
        ("efficacy set", None, 4),
        ("not seen at week 16", "moved", 1),
        ("not seen at week 16", "no reason is recorded", 2),
        ("seen at week 16", None, 1),
    ]
    assert found.adds_up


def test_a_visit_of_which_only_the_day_is_known_is_seen():
    near = Patient("A", "PM", "F", 39, visits=[Visit(day=86, assessments=[Assessment(MMT18, 40)])])
    assert steps(disposition(planned([near])))[-1] == ("seen at week 12", None, 1)


def test_sums_that_do_not_agree_are_named():
    one = patient("A", weeks=[12])
    found = disposition(
        planned(
            [one],
            disposition=[
                DispositionStep("screened", 9),
                DispositionStep("not eligible", 3, "too young"),
                DispositionStep("not eligible", 1, "withdrew"),
                DispositionStep("registered", 6),
                DispositionStep("treated", 2),
            ],
        )
    )
    assert not found.adds_up
    assert found.disagreements == (
        "'registered' must be 5 patients (9 less 4 who left) (got 6).",
        "'treated' must be 6 patients (6 less 0 who left) (got 2).",
        "'safety set' must be 2 patients (2 less 0 who left) (got 1).",
    )


def test_leavers_before_the_safety_set_are_taken_off():
    one = patient("A", weeks=[12])
    recorded = [DispositionStep("screened", 2), DispositionStep("not treated", 1, "withdrew")]
    assert disposition(planned([one], disposition=recorded)).adds_up


def test_leavers_of_nobody_are_named():
    one = patient("A", weeks=[12])
    found = disposition(planned([one], disposition=[DispositionStep("not treated", 3, "withdrew")]))
    assert found.disagreements == ("'not treated' must come after a count of patients (got 3 for 'withdrew' first).",)
    assert not found.adds_up
    again = [DispositionStep("not treated", 3, "withdrew"), DispositionStep("treated", 1)]
    assert len(disposition(planned([one], disposition=again)).disagreements) == 1


def test_a_patient_of_the_efficacy_set_who_is_not_in_the_safety_set_does_not_add_up():
    study = planned([patient("A", weeks=[12]), patient("B", weeks=[12], safety_set=False)])
    assert disposition(study).disagreements == ("'efficacy set' must be 1 patient (1 less 0 who left) (got 2).",)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from([(), (4,), (12,)])), min_size=1, max_size=8))
def test_what_follows_from_the_patients_adds_up(flags):
    study = planned(
        [
            patient(f"P{number}", weeks=weeks, safety_set=safe, efficacy_set=safe and effective)
            for number, (safe, effective, weeks) in enumerate(flags)
        ]
    )
    found = disposition(study)
    assert found.adds_up
    counts = {each.step: each.patients for each in found.steps if each.reason is None}
    measured = any(weeks for _, _, weeks in flags)
    assert ("seen at week 12" in counts) == measured
    assert counts | {"seen at week 12": counts.get("seen at week 12", 0)} == {
        "treated": len(flags),
        "safety set": sum(safe for safe, _, _ in flags),
        "efficacy set": sum(safe and effective for safe, effective, _ in flags),
        "seen at week 12": sum(safe and effective and 12 in weeks for safe, effective, weeks in flags),
    }
    assert isinstance(found, Disposition)
    assert not any(math.isnan(each.patients) for each in found.steps)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from([(), (4,), (12,)])), min_size=1, max_size=6),
    st.lists(st.integers(0, 4), max_size=3),
    st.integers(-2, 2),
)
def test_a_disposition_adds_up_exactly_where_those_who_left_account_for_the_rest(flags, left, off):
    patients = [
        patient(f"P{number}", weeks=weeks, safety_set=safe, efficacy_set=safe and effective)
        for number, (safe, effective, weeks) in enumerate(flags)
    ]
    registered = max(0, len(flags) + sum(left) + off)
    before = [
        DispositionStep("registered", registered),
        *(DispositionStep("left", count, f"reason {k}") for k, count in enumerate(left)),
        DispositionStep("treated", len(flags)),
    ]
    found = disposition(planned(patients, disposition=before))
    assert found.adds_up == (registered == len(flags) + sum(left)) == (found.disagreements == ())
    assert len(found.disagreements) <= 1
    frame = found.to_frame()
    assert list(frame.itertuples(index=False, name=None)) == steps(found)
    # who is seen at the end, with all who left, is who was treated
    after = frame[len(before) :]
    gone = after["patients"][after["reason"].notna()].sum()
    assert after["patients"].iloc[-1] + gone == len(flags)
    # the order of patients says nothing
    assert sorted(map(str, steps(disposition(planned(patients[::-1], disposition=before))))) == sorted(
        map(str, steps(found))
    )


def test_reactions_show_themselves_by_term_and_then_any():
    found = incidence(table(("A", "rash"), ("B", "rash"), ("B", "fever")), 4)._shown()
    assert (found.title, found.header) == ("Adverse reactions", ("term", "patients", "rate", "95 % exact"))
    assert [tuple(row) for row in found.rows] == [
        ("rash", "2/4", "50.0 %", "6.8 to 93.2"),
        ("fever", "1/4", "25.0 %", "0.6 to 80.6"),
    ]
    assert [tuple(row) for row in found.footer] == [("any", "2/4", "50.0 %", "6.8 to 93.2")]
