"""What must be known is refused where it is None, by its name."""

import re

import pandas as pd
import pytest

from ivigmyo import bootstrap_mean_change, planning
from ivigmyo.contrasts import tipping_points
from ivigmyo.core_set import time_to_response
from ivigmyo.core_set.deterioration import DeteriorationRule
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import Instrument
from ivigmyo.outcomes import SustainedResponse, TimeToResponse
from ivigmyo.planning.simulation import Course as SimulatedCourse
from ivigmyo.planning.simulation import TrialDesign, simulate_trial
from ivigmyo.safety.rates import event_rate
from ivigmyo.study.patients import AdverseEvent, DispositionStep, FollowUp, Patient, Treatment
from ivigmyo.study.plan import Course, Protocol

SCORES = {"start": 50.0, "start_sd": 1.0, "changes": (1.0,), "change_sds": (1.0,)}
SHARES = {"treated": 0.6, "control": 0.3}
PATIENT = {"id": "P1", "diagnosis": "PM", "sex": "F", "age": 40}
NUMBERS = [
    *((SimulatedCourse, SCORES, name) for name in ("start", "start_sd", "noise", "correlation")),
    *((SimulatedCourse, SCORES, (name, (None,))) for name in ("changes", "change_sds")),
    (TrialDesign, {}, ("weeks", (None, 0, 4, 8, 12))),
    *((TrialDesign, {}, name) for name in ("female", "dermatomyositis", "dropout", "age", "age_sd", "treated_share")),
    *((TrialDesign, {}, name) for name in ("uln_female", "uln_male", "relapse_hazard", "relapse_ratio")),
    *((TrialDesign, {}, name) for name in ("monitored_from", "monitored_to")),
    *((simulate_trial, {"n_patients": 4, "seed": 1, "n_trials": 1}, name) for name in ("n_patients", "seed", "n_trials")),
    *((planning.power_curve, {"n_patients": [4], "seed": 1, "n_trials": 1}, name) for name in ("seed", "n_trials")),
    (planning.power_curve, {"seed": 1}, ("n_patients", [None])),
    *((planning.power_of_hazard_ratio, {"ratio": 0.5, "events": 40}, name) for name in ("ratio", "events")),
    *((planning.power_of_shares, SHARES | {"n_treated": 9}, name) for name in ("treated", "control", "n_treated")),
    *((planning.patients_for_shares, SHARES, name) for name in ("treated", "control", "allocation")),
    *((planning.patients_for_means, {"difference": 5, "sd": 9}, name) for name in ("difference", "sd", "allocation")),
    (tipping_points, {"treated": Proportion(3, 4), "control": Proportion(1, 4)}, "alpha"),
    (Instrument, {"code": "X", "name": "x", "unit": "U/L"}, "minimum"),
    *((event_rate, {"events": 3, "exposure": 10.0}, name) for name in ("events", "exposure", "per")),
    *((bootstrap_mean_change, {"baseline": [1], "values": [2], "seed": 1}, name) for name in ("seed", "n_resamples")),
    *((DeteriorationRule, {}, name) for name in ("scale_worsening", "mmt_percent", "measure_percent", "n_measures")),
    (SustainedResponse, {}, "week"),
    (SustainedResponse, {"week": 12}, ("also_in", (None,))),
    (FollowUp, {}, "observed_until"),
    (DispositionStep, {"step": "enrolled"}, "patients"),
    (Patient, PATIENT, "age"),
    (Course, {}, "number"),
    *((Protocol, {}, name) for name in ("week_window", "week_day_distance")),
    (Protocol, {}, ("scheduled_weeks", (0, None))),
]
TEXTS = [
    (TrialDesign, {}, ("arms", ("IVIG", None))),
    *((Instrument, {"code": "X", "name": "x", "unit": "U/L"}, name) for name in ("code", "name", "unit")),
    *((Instrument, {"code": "X", "name": "x", "unit": "U/L"}, (name, value)) for name, value in (("items", (None,)),)),
    (Treatment, {}, ("treatment", "name")),
    (AdverseEvent, {}, "term"),
    (DispositionStep, {"patients": 3}, "step"),
    (Patient, PATIENT, ("patient", "id")),
    (Patient, PATIENT, ("site", "factors", {"site": None})),
    (Course, {}, "treatment"),
]


def refusal_of(make, given, name):
    """What is said where a part is None: the part's name, with the argument's and its value where these are others."""
    match name:
        case (said, str(argument)):
            given = given | {argument: None}
        case (said, str(argument), value):
            given = given | {argument: value}
        case (said, value):
            given = given | {said: value}
        case said:
            given = given | {said: None}
    with pytest.raises(ValueError, match=f"'{re.escape(said)}' ") as refused:
        make(**given)
    return said, str(refused.value)


@pytest.mark.parametrize(("make", "given", "name"), NUMBERS)
def test_a_number_that_is_none(make, given, name):
    said, message = refusal_of(make, given, name)
    assert f"'{said}' must be known" in message


@pytest.mark.parametrize(("make", "given", "name"), TEXTS)
def test_a_text_that_is_none(make, given, name):
    said, message = refusal_of(make, given, name)
    assert f"'{said}' must be a text without blanks around it (got None)" in message


def test_parts_that_are_named_by_more_than_a_word():
    with pytest.raises(ValueError, match=r"^'factor of mg/l' must be known"):
        Instrument("X", "x", "U/L", units=(("mg/l", None),))
    with pytest.raises(ValueError, match=r"^'confirm' must be known\.$"):
        TimeToResponse(confirm=None)
    with pytest.raises(ValueError, match=r"^'confirm' must be a whole number of at least 1 \(got None\)\.$"):
        time_to_response(pd.DataFrame({"patient": ["A"], "week": [4], "score": [30]}), confirm=None)
    with pytest.raises(ValueError, match=r"'trial' must be known"):
        simulate_trial(4, seed=1).study(None)
