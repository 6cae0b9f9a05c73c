"""Analysis of trials of intravenous immunoglobulin (IVIG) in polymyositis and dermatomyositis.

Every public name is loaded from its room when it is first used, so that importing the package costs nothing:

>>> import ivigmyo
>>> study = ivigmyo.saito2008.load_study()
>>> ivigmyo.trial_report(study).duration.curve.median
371.0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ivigmyo import adam as adam
    from ivigmyo import core_set as core_set
    from ivigmyo import figures as figures
    from ivigmyo import safety as safety
    from ivigmyo import saito2008 as saito2008
    from ivigmyo.analysis import TrialReport as TrialReport
    from ivigmyo.analysis import trial_report as trial_report
    from ivigmyo.change import change_from_baseline as change_from_baseline
    from ivigmyo.change import compare_changes as compare_changes
    from ivigmyo.change import compare_log_changes as compare_log_changes
    from ivigmyo.change import describe as describe
    from ivigmyo.contrasts import CrossoverComparison as CrossoverComparison
    from ivigmyo.contrasts import CrossoverEffect as CrossoverEffect
    from ivigmyo.contrasts import DurationComparison as DurationComparison
    from ivigmyo.contrasts import HazardRatio as HazardRatio
    from ivigmyo.contrasts import HodgesLehmann as HodgesLehmann
    from ivigmyo.contrasts import MeanComparison as MeanComparison
    from ivigmyo.contrasts import ProportionComparison as ProportionComparison
    from ivigmyo.contrasts import compare_crossover as compare_crossover
    from ivigmyo.contrasts import compare_durations as compare_durations
    from ivigmyo.contrasts import compare_means as compare_means
    from ivigmyo.contrasts import compare_proportions as compare_proportions
    from ivigmyo.contrasts import compare_response as compare_response
    from ivigmyo.contrasts import compare_restricted_means as compare_restricted_means
    from ivigmyo.contrasts import compare_survival as compare_survival
    from ivigmyo.contrasts import hazard_ratio as hazard_ratio
    from ivigmyo.contrasts import hodges_lehmann as hodges_lehmann
    from ivigmyo.contrasts import tipping_points as tipping_points
    from ivigmyo.errors import DataError as DataError
    from ivigmyo.errors import Problem as Problem
    from ivigmyo.estimates import ConfidenceInterval as ConfidenceInterval
    from ivigmyo.estimates import Proportion as Proportion
    from ivigmyo.files.folder import read_study as read_study
    from ivigmyo.files.folder import write_study as write_study
    from ivigmyo.files.frames import study_from_frames as study_from_frames
    from ivigmyo.files.frames import study_to_frames as study_to_frames
    from ivigmyo.instruments import ADL15 as ADL15
    from ivigmyo.instruments import CK as CK
    from ivigmyo.instruments import MMT18 as MMT18
    from ivigmyo.instruments import Instrument as Instrument
    from ivigmyo.manuscript import verify as verify
    from ivigmyo.normalization import NormalizationEpisode as NormalizationEpisode
    from ivigmyo.normalization import at_risk as at_risk
    from ivigmyo.normalization import duration_bounds as duration_bounds
    from ivigmyo.normalization import find_normalization as find_normalization
    from ivigmyo.normalization import find_normalizations as find_normalizations
    from ivigmyo.normalization import normalization_intervals as normalization_intervals
    from ivigmyo.outcomes import Change as Change
    from ivigmyo.outcomes import Changes as Changes
    from ivigmyo.outcomes import Deterioration as Deterioration
    from ivigmyo.outcomes import Durations as Durations
    from ivigmyo.outcomes import Endpoint as Endpoint
    from ivigmyo.outcomes import Improvement as Improvement
    from ivigmyo.outcomes import NormalDays as NormalDays
    from ivigmyo.outcomes import NormalDuration as NormalDuration
    from ivigmyo.outcomes import Normalization as Normalization
    from ivigmyo.outcomes import Reactions as Reactions
    from ivigmyo.outcomes import Responses as Responses
    from ivigmyo.outcomes import SkinSign as SkinSign
    from ivigmyo.outcomes import SustainedResponse as SustainedResponse
    from ivigmyo.outcomes import TimeToResponse as TimeToResponse
    from ivigmyo.outcomes import WithoutDeterioration as WithoutDeterioration
    from ivigmyo.outcomes import incidence as incidence
    from ivigmyo.outcomes import planned_outcomes as planned_outcomes
    from ivigmyo.outcomes import scores_by_visit as scores_by_visit
    from ivigmyo.planning import TwoArmSize as TwoArmSize
    from ivigmyo.planning import events_for_hazard_ratio as events_for_hazard_ratio
    from ivigmyo.planning import median_precision as median_precision
    from ivigmyo.planning import patients_for_means as patients_for_means
    from ivigmyo.planning import patients_for_shares as patients_for_shares
    from ivigmyo.planning import power_curve as power_curve
    from ivigmyo.planning import power_of_hazard_ratio as power_of_hazard_ratio
    from ivigmyo.planning import power_of_means as power_of_means
    from ivigmyo.planning import power_of_shares as power_of_shares
    from ivigmyo.planning.simulation import TrialDesign as TrialDesign
    from ivigmyo.planning.simulation import simulate_trial as simulate_trial
    from ivigmyo.report.page import report_page as report_page
    from ivigmyo.report.text import report_markdown as report_markdown
    from ivigmyo.report.text import report_text as report_text
    from ivigmyo.report.word import report_docx as report_docx
    from ivigmyo.resampling import bootstrap_geometric_ratio as bootstrap_geometric_ratio
    from ivigmyo.resampling import bootstrap_mean_change as bootstrap_mean_change
    from ivigmyo.resampling import bootstrap_median as bootstrap_median
    from ivigmyo.resampling import bootstrap_response_rate as bootstrap_response_rate
    from ivigmyo.resampling import bootstrap_restricted_mean as bootstrap_restricted_mean
    from ivigmyo.response import CKThresholds as CKThresholds
    from ivigmyo.response import Grade as Grade
    from ivigmyo.response import ScoreThresholds as ScoreThresholds
    from ivigmyo.response import grade_adl as grade_adl
    from ivigmyo.response import grade_ck as grade_ck
    from ivigmyo.response import grade_mmt as grade_mmt
    from ivigmyo.response import response_rate as response_rate
    from ivigmyo.study import Conduct as Conduct
    from ivigmyo.study import Course as Course
    from ivigmyo.study import Eligibility as Eligibility
    from ivigmyo.study import Outcome as Outcome
    from ivigmyo.study import Pair as Pair
    from ivigmyo.study import Protocol as Protocol
    from ivigmyo.study import Rule as Rule
    from ivigmyo.study import SteroidRules as SteroidRules
    from ivigmyo.study import Study as Study
    from ivigmyo.study.diagnoses import Diagnosis as Diagnosis
    from ivigmyo.study.diagnoses import Sex as Sex
    from ivigmyo.study.patients import AdverseEvent as AdverseEvent
    from ivigmyo.study.patients import Assessment as Assessment
    from ivigmyo.study.patients import DispositionStep as DispositionStep
    from ivigmyo.study.patients import FollowUp as FollowUp
    from ivigmyo.study.patients import Patient as Patient
    from ivigmyo.study.patients import Treatment as Treatment
    from ivigmyo.study.patients import Visit as Visit
    from ivigmyo.survival import SurvivalCurve as SurvivalCurve
    from ivigmyo.survival import kaplan_meier as kaplan_meier
    from ivigmyo.survival import reverse_kaplan_meier as reverse_kaplan_meier

_ROOMS = {
    "analysis": ("TrialReport", "trial_report"),
    "change": ("change_from_baseline", "compare_changes", "compare_log_changes", "describe"),
    "contrasts": (
        "CrossoverComparison",
        "CrossoverEffect",
        "DurationComparison",
        "HazardRatio",
        "HodgesLehmann",
        "MeanComparison",
        "ProportionComparison",
        "compare_crossover",
        "compare_durations",
        "compare_means",
        "compare_proportions",
        "compare_response",
        "compare_restricted_means",
        "compare_survival",
        "hazard_ratio",
        "hodges_lehmann",
        "tipping_points",
    ),
    "errors": ("DataError", "Problem"),
    "estimates": ("ConfidenceInterval", "Proportion"),
    "files.folder": ("read_study", "write_study"),
    "files.frames": ("study_from_frames", "study_to_frames"),
    "instruments": ("ADL15", "CK", "Instrument", "MMT18"),
    "manuscript": ("verify",),
    "normalization": (
        "NormalizationEpisode",
        "at_risk",
        "duration_bounds",
        "find_normalization",
        "find_normalizations",
        "normalization_intervals",
    ),
    "outcomes": (
        "Change",
        "Changes",
        "Deterioration",
        "Durations",
        "Endpoint",
        "Improvement",
        "NormalDays",
        "NormalDuration",
        "Normalization",
        "Reactions",
        "Responses",
        "SkinSign",
        "SustainedResponse",
        "TimeToResponse",
        "WithoutDeterioration",
        "incidence",
        "planned_outcomes",
        "scores_by_visit",
    ),
    "planning": (
        "TwoArmSize",
        "events_for_hazard_ratio",
        "median_precision",
        "patients_for_means",
        "patients_for_shares",
        "power_curve",
        "power_of_hazard_ratio",
        "power_of_means",
        "power_of_shares",
    ),
    "planning.simulation": ("TrialDesign", "simulate_trial"),
    "report.page": ("report_page",),
    "report.text": ("report_markdown", "report_text"),
    "report.word": ("report_docx",),
    "resampling": (
        "bootstrap_geometric_ratio",
        "bootstrap_mean_change",
        "bootstrap_median",
        "bootstrap_response_rate",
        "bootstrap_restricted_mean",
    ),
    "response": ("CKThresholds", "Grade", "ScoreThresholds", "grade_adl", "grade_ck", "grade_mmt", "response_rate"),
    "study": ("Conduct", "Course", "Eligibility", "Outcome", "Pair", "Protocol", "Rule", "SteroidRules", "Study"),
    "study.diagnoses": ("Diagnosis", "Sex"),
    "study.patients": ("AdverseEvent", "Assessment", "DispositionStep", "FollowUp", "Patient", "Treatment", "Visit"),
    "survival": ("SurvivalCurve", "kaplan_meier", "reverse_kaplan_meier"),
}
_MODULES = ("adam", "core_set", "figures", "safety", "saito2008")
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = ["__version__", *sorted((*_HOME, *_MODULES))]


if not TYPE_CHECKING:  # so that a misspelt name is an error for type checkers

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f"ivigmyo.{name}")
        if name not in _HOME:
            raise AttributeError(f"module 'ivigmyo' has no attribute {name!r}")
        value = getattr(import_module(f"ivigmyo.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return list(__all__)
