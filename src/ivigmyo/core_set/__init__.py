"""Today's criteria on the six core set measures."""

from __future__ import annotations

from ivigmyo.core_set.definition import definition_of_improvement
from ivigmyo.core_set.deterioration import PRODERM, DeteriorationRule, find_deterioration
from ivigmyo.core_set.enzymes import follow_enzyme, most_abnormal_enzyme
from ivigmyo.core_set.juvenile import CMAS, DAS, JUVENILE_INSTRUMENTS, STAND_INS, chq_phs
from ivigmyo.core_set.measures import (
    ALDOLASE,
    ALT,
    AST,
    CATEGORIES,
    CORE_SET_INSTRUMENTS,
    CUTS,
    ENZYMES,
    EXTRAMUSCULAR,
    HAQ,
    LDH,
    MEASURES,
    MMT8,
    MMT8_ONE_SIDE,
    MMT_ALL_GROUPS,
    PATIENT_GLOBAL,
    PHYSICIAN_GLOBAL,
    POINTS,
    RANGE_MULTIPLES,
    THRESHOLDS,
)
from ivigmyo.core_set.over_time import scores_over_time, sustained_response, time_to_response
from ivigmyo.core_set.score import CategoryResponse, response_by_category, total_improvement_score
from ivigmyo.core_set.skin import CDASI_ACTIVITY, CDASI_DAMAGE, GOTTRON, HELIOTROPE, RAYNAUD, SKIN_INSTRUMENTS

__all__ = [
    "ALDOLASE",
    "ALT",
    "AST",
    "CATEGORIES",
    "CDASI_ACTIVITY",
    "CDASI_DAMAGE",
    "CMAS",
    "CORE_SET_INSTRUMENTS",
    "CUTS",
    "CategoryResponse",
    "DAS",
    "DeteriorationRule",
    "ENZYMES",
    "EXTRAMUSCULAR",
    "GOTTRON",
    "HAQ",
    "HELIOTROPE",
    "JUVENILE_INSTRUMENTS",
    "LDH",
    "MEASURES",
    "MMT8",
    "MMT8_ONE_SIDE",
    "MMT_ALL_GROUPS",
    "PATIENT_GLOBAL",
    "PHYSICIAN_GLOBAL",
    "POINTS",
    "PRODERM",
    "RANGE_MULTIPLES",
    "RAYNAUD",
    "SKIN_INSTRUMENTS",
    "STAND_INS",
    "THRESHOLDS",
    "chq_phs",
    "definition_of_improvement",
    "find_deterioration",
    "follow_enzyme",
    "most_abnormal_enzyme",
    "response_by_category",
    "scores_over_time",
    "sustained_response",
    "time_to_response",
    "total_improvement_score",
]
