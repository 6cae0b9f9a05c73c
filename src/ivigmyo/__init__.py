"""Analysis of trials of intravenous immunoglobulin (IVIG) in polymyositis and dermatomyositis.

Every public name is loaded from its room when it is first used, so that importing the package costs nothing:

>>> import ivigmyo
>>> study = ivigmyo.saito2008.load_study()
>>> ivigmyo.trial_report(study).duration.curve.median
371.0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ivigmyo import adam as adam
    from ivigmyo import core_set as core_set
    from ivigmyo import figures as figures
    from ivigmyo import saito2008 as saito2008
    from ivigmyo.analysis import TrialReport as TrialReport
    from ivigmyo.analysis import trial_report as trial_report
    from ivigmyo.change import change_from_baseline as change_from_baseline
    from ivigmyo.change import compare_changes as compare_changes
    from ivigmyo.change import compare_log_changes as compare_log_changes
    from ivigmyo.change import describe as describe
    from ivigmyo.contrasts import compare_restricted_means as compare_restricted_means
    from ivigmyo.contrasts import compare_survival as compare_survival
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
    from ivigmyo.normalization import NormalizationEpisode as NormalizationEpisode
    from ivigmyo.normalization import at_risk as at_risk
    from ivigmyo.normalization import find_normalization as find_normalization
    from ivigmyo.normalization import find_normalizations as find_normalizations
    from ivigmyo.outcomes import incidence as incidence
    from ivigmyo.planning import median_precision as median_precision
    from ivigmyo.planning import power_curve as power_curve
    from ivigmyo.planning.simulation import TrialDesign as TrialDesign
    from ivigmyo.planning.simulation import simulate_trial as simulate_trial
    from ivigmyo.report.page import report_page as report_page
    from ivigmyo.report.text import report_markdown as report_markdown
    from ivigmyo.report.text import report_text as report_text
    from ivigmyo.resampling import bootstrap_geometric_ratio as bootstrap_geometric_ratio
    from ivigmyo.resampling import bootstrap_mean_change as bootstrap_mean_change
    from ivigmyo.resampling import bootstrap_median as bootstrap_median
    from ivigmyo.resampling import bootstrap_response_rate as bootstrap_response_rate
    from ivigmyo.resampling import bootstrap_restricted_mean as bootstrap_restricted_mean
    from ivigmyo.response import Grade as Grade
    from ivigmyo.response import grade_adl as grade_adl
    from ivigmyo.response import grade_ck as grade_ck
    from ivigmyo.response import grade_mmt as grade_mmt
    from ivigmyo.response import response_rate as response_rate
    from ivigmyo.study import Study as Study
    from ivigmyo.study.patients import AdverseEvent as AdverseEvent
    from ivigmyo.study.patients import Assessment as Assessment
    from ivigmyo.study.patients import Diagnosis as Diagnosis
    from ivigmyo.study.patients import FollowUp as FollowUp
    from ivigmyo.study.patients import Patient as Patient
    from ivigmyo.study.patients import Sex as Sex
    from ivigmyo.study.patients import Treatment as Treatment
    from ivigmyo.study.patients import Visit as Visit
    from ivigmyo.survival import SurvivalCurve as SurvivalCurve
    from ivigmyo.survival import kaplan_meier as kaplan_meier
    from ivigmyo.survival import reverse_kaplan_meier as reverse_kaplan_meier

_ROOMS = {
    "change": ("change_from_baseline", "compare_changes", "compare_log_changes", "describe"),
    "contrasts": ("compare_restricted_means", "compare_survival"),
    "errors": ("DataError", "Problem"),
    "estimates": ("ConfidenceInterval", "Proportion"),
    "files.frames": ("study_from_frames", "study_to_frames"),
    "instruments": ("ADL15", "CK", "MMT18", "Instrument"),
    "study.patients": ("AdverseEvent", "Assessment", "Diagnosis", "FollowUp", "Patient", "Sex", "Treatment", "Visit"),
    "normalization": ("NormalizationEpisode", "at_risk", "find_normalization", "find_normalizations"),
    "report.page": ("report_page",),
    "planning": ("median_precision", "power_curve"),
    "analysis": ("TrialReport", "trial_report"),
    "resampling": (
        "bootstrap_geometric_ratio",
        "bootstrap_mean_change",
        "bootstrap_median",
        "bootstrap_response_rate",
        "bootstrap_restricted_mean",
    ),
    "response": ("Grade", "grade_adl", "grade_ck", "grade_mmt", "response_rate"),
    "outcomes": ("incidence",),
    "planning.simulation": ("TrialDesign", "simulate_trial"),
    "study": ("Study",),
    "survival": ("SurvivalCurve", "kaplan_meier", "reverse_kaplan_meier"),
    "report.text": ("report_markdown", "report_text"),
    "files.folder": ("read_study", "write_study"),
}
_MODULES = ("adam", "core_set", "figures", "saito2008")
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = ["__version__", *sorted((*_HOME, *_MODULES))]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"ivigmyo.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'ivigmyo' has no attribute {name!r}")
    value = getattr(import_module(f"ivigmyo.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
