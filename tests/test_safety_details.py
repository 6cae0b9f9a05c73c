"""What is recorded of a reaction beside its term, and the classes that immunoglobulin is known for."""

import re

import numpy as np
import pandas as pd
import pytest

from ivigmyo import incidence, saito2008
from ivigmyo.safety import SYNONYMS, TERMS_OF_INTEREST, class_of_interest
from ivigmyo.safety import incidence as count


def test_the_words_of_the_record_stand_beside_the_term_that_groups_them():
    found = incidence(saito2008.load_study()).reactions
    assert found.columns.tolist()[:4] == ["patient", "term", "group", "recorded"]
    pressure = found[found["term"] == "hypertension"].set_index("patient")["recorded"].to_dict()
    assert {patient: text.casefold() for patient, text in pressure.items()} == {
        "8": "elevation of blood pressure",
        "12": "hypertension",
    }
    assert found["recorded"].str.casefold().isin([each.casefold() for each in SYNONYMS]).sum() == 3


def test_several_words_for_one_term_are_kept_each_once():
    events = pd.DataFrame({"patient": "A", "term": ["Hypertension", "elevated  Blood pressure", "hypertension"]})
    found = count(events, 1).reactions
    assert found["recorded"].tolist() == ["elevated  Blood pressure; Hypertension"]
    pd.testing.assert_frame_equal(count(events.iloc[::-1], 1).reactions, found)


def test_details_are_kept_where_they_were_recorded():
    events = pd.DataFrame(
        {
            "patient": ["B", "A", "A", "A"],
            "term": ["rash", "fever", "Fever", "chills"],
            "serious": [None, "no", "Yes", False],
            "severity": [2, "mild", "Severe", None],
            "outcome": ["recovered", " ", "recovered", np.nan],
            "action": [None, "stopped", "dose  reduced", None],
        }
    )
    found = count(events, ["A", "B"]).reactions
    expected = [
        ["A", "chills", None, "chills", False, None, None, None],
        ["A", "Fever", None, "Fever", True, "mild; Severe", "recovered", "dose reduced; stopped"],
        ["B", "rash", None, "rash", None, "2", "recovered", None],
    ]
    assert found.columns.tolist() == ["patient", "term", "group", "recorded", "serious", "severity", "outcome", "action"]
    assert found.to_numpy().tolist() == expected
    one = count(events.drop(columns=["severity", "outcome", "action"]), 2).reactions
    assert one.columns.tolist() == ["patient", "term", "group", "recorded", "serious"]
    pd.testing.assert_frame_equal(count(events.iloc[::-1], ["A", "B"]).reactions, found)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("serious", "perhaps", "'serious' must be a truth value, or yes or no (got 'perhaps') at position 1."),
        ("severity", ["mild", "severe"], "'severity' must be a text or a number (got ['mild', 'severe']) at position 1."),
        ("serious", 2, "'serious' must be a truth value, or yes or no (got 2) at position 1."),
        ("severity", True, "'severity' must be a text or a number (got True) at position 1."),
        ("outcome", ["recovered"], "'outcome' must be a text or a number (got ['recovered']) at position 1."),
    ],
)
def test_details_that_cannot_be_read_are_refused(column, cell, message):
    events = pd.DataFrame({"patient": ["A", "B"], "term": "rash", column: pd.Series([None, cell], dtype=object)})
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        count(events, 2)


def test_a_detail_stands_once():
    events = pd.DataFrame([["A", "rash", "no", "yes"]], columns=["patient", "term", "serious", "serious"])
    with pytest.raises(ValueError, match="'events' must have each of the columns 'serious' once"):
        count(events, 2)


def test_terms_sort_without_regard_to_case():
    events = pd.DataFrame({"patient": list("ABCD"), "term": ["back pain", "Asthma", "fever", "Chills"]})
    assert count(events, 4).by_term()["term"].tolist() == ["Asthma", "back pain", "Chills", "fever"]
    assert count(events.assign(patient="A"), 4).reactions["term"].tolist() == ["Asthma", "back pain", "Chills", "fever"]


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("Pulmonary embolism", "thromboembolic"),
        ("THROMBO-EMBOLIC EVENT", "thromboembolic"),
        ("deep vein  thrombosis", "thromboembolic"),
        ("Acute myocardial infarction", "thromboembolic"),
        ("Transient ischemic attack", "thromboembolic"),
        ("ischaemic stroke", "thromboembolic"),
        ("Cerebrovascular accident", "thromboembolic"),
        ("Haemolytic anaemia", "haemolytic"),
        ("hemolysis", "haemolytic"),
        ("Hemoglobinuria", "haemolytic"),
        ("Coombs test positive", "haemolytic"),
        ("Acute kidney injury", "renal"),
        ("renal failure", "renal"),
        ("Elevated serum creatinine", "renal"),
        ("Blood creatinine increased", "renal"),
        ("Osmotic nephrosis", "renal"),
        ("Elevation of creatine kinase", None),
        ("Creatinine phosphokinase increased", None),
        ("Creatinine and creatinine kinase increased", "renal"),
        ("Thrombocytopenia", None),
        ("Heat stroke", None),
        ("Renal cell carcinoma", None),
        ("Anaemia", None),
        ("Polyuria", None),
        ("Coombs test negative", None),
        ("Headache", None),
        ("", None),
    ],
)
def test_a_term_belongs_to_a_class_by_its_words(term, name):
    assert class_of_interest(term) == name
    assert class_of_interest(term.upper()) == name


def test_no_term_of_the_paper_belongs_to_a_class():
    found = incidence(saito2008.load_study())
    assert {class_of_interest(term) for term in found.reactions["recorded"]} == {None}
    assert found.by_class_of_interest()["patients"].tolist() == [0, 0, 0]


def test_a_class_is_a_text_s():
    with pytest.raises(ValueError, match=r"^'term' must be a text \(got None\).$"):
        class_of_interest(None)


def test_patients_are_counted_by_class():
    events = pd.DataFrame(
        {
            "patient": ["A", "A", "B", "C", "C"],
            "term": ["DVT", "Pulmonary embolism", "Stroke", "haemolysis", "clot"],
        }
    )
    found = count(events, 10, synonyms={"clot": "thrombosis"}).by_class_of_interest(0.9, "wilson")
    assert found["interest"].tolist() == list(TERMS_OF_INTEREST)
    assert found["patients"].tolist() == [3, 1, 0]
    assert found["ids"].tolist() == [("A", "B", "C"), ("C",), ()]
    assert found["rate"].tolist() == [0.3, 0.1, 0.0]
    assert found.dtypes.astype(str).tolist() == ["object", "int64", "int64", "float64", "float64", "float64", "object"]
