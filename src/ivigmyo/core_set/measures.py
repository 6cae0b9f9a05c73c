"""The six core set measures: their instruments, and the published table of cuts, points and thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs
import pandas as pd

from ivigmyo.instruments import CK, Instrument

__all__ = [
    "ALDOLASE",
    "ALT",
    "AST",
    "CATEGORIES",
    "CORE_SET_INSTRUMENTS",
    "CUTS",
    "ENZYMES",
    "EXTRAMUSCULAR",
    "HAQ",
    "LDH",
    "MEASURES",
    "MMT8",
    "MMT8_ONE_SIDE",
    "MMT_ALL_GROUPS",
    "PATIENT_GLOBAL",
    "PHYSICIAN_GLOBAL",
    "POINTS",
    "RANGE_MULTIPLES",
    "THRESHOLDS",
]

PHYSICIAN_GLOBAL = Instrument(
    "PHGLOBAL", "Physician global activity", "cm", maximum=10, higher_is_better=False, units=(("mm", 0.1),)
)
"""Physician global activity on a visual analogue scale of 10 cm."""

PATIENT_GLOBAL = attrs.evolve(PHYSICIAN_GLOBAL, code="PTGLOBAL", name="Patient or parent global activity")
"""Patient (or parent) global activity on a visual analogue scale of 10 cm."""

EXTRAMUSCULAR = attrs.evolve(PHYSICIAN_GLOBAL, code="EXTRAMUS", name="Extramuscular global activity")
"""Extramuscular global activity on a visual analogue scale of 10 cm."""

MMT8 = Instrument("MMT8", "Manual muscle test, 8 muscle groups on both sides", "points", maximum=150)
"""Manual muscle test of 8 muscle groups on both sides, 150 points in all."""

MMT8_ONE_SIDE = attrs.evolve(MMT8, code="MMT8SIDE", name="Manual muscle test, 8 muscle groups on one side", maximum=80)
"""Manual muscle test of 8 muscle groups on one side, 80 points in all."""

MMT_ALL_GROUPS = attrs.evolve(MMT8, code="MMTALL", name="Manual muscle test, all muscle groups", maximum=260)
"""Manual muscle test of all muscle groups, 260 points in all."""

HAQ = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
"""Health Assessment Questionnaire (or its childhood form, CHAQ), 0 to 3."""

ALDOLASE = attrs.evolve(CK, code="ALDOLASE", name="Serum aldolase")
"""Serum aldolase in IU/L."""

AST = attrs.evolve(CK, code="AST", name="Serum aspartate aminotransferase")
"""Serum aspartate aminotransferase in IU/L."""

ALT = attrs.evolve(CK, code="ALT", name="Serum alanine aminotransferase")
"""Serum alanine aminotransferase in IU/L."""

LDH = attrs.evolve(CK, code="LDH", name="Serum lactate dehydrogenase")
"""Serum lactate dehydrogenase in IU/L."""

ENZYMES = (CK, ALDOLASE, AST, ALT, LDH)
"""The muscle enzymes of which one is followed; of equally abnormal ones, the first in this order."""

_SCALES = (PHYSICIAN_GLOBAL, PATIENT_GLOBAL, EXTRAMUSCULAR)
CORE_SET_INSTRUMENTS = (*_SCALES, MMT8, MMT8_ONE_SIDE, MMT_ALL_GROUPS, HAQ, ALDOLASE, AST, ALT, LDH)
"""The instruments of the core set that a study may hold beside `STUDY_INSTRUMENTS`, which has CK already."""

RANGE_MULTIPLES: Mapping[str, float] = MappingProxyType({"CK": 15, "ALDOLASE": 6, "AST": 3, "ALT": 3, "LDH": 3})
"""The range of each enzyme as a multiple of its upper limit of normal; see `most_abnormal_enzyme` on its source."""

MEASURES = ("physician_global", "patient_global", "mmt", "haq", "enzyme", "extramuscular")
"""The six core set measures, as the columns of a frame name them."""

_OTHER_CUTS = (5.0, 15.0, 25.0, 40.0)
CUTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {measure: (2.0, 10.0, 20.0, 30.0) if measure == "mmt" else _OTHER_CUTS for measure in MEASURES}
)
"""The absolute percent changes that part the five bins of each measure; a change on a cut belongs to the bin below."""

POINTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "physician_global": (0, 7.5, 15, 17.5, 20),
        "patient_global": (0, 2.5, 5, 7.5, 10),
        "mmt": (0, 10, 20, 27.5, 32.5),
        "haq": (0, 5, 7.5, 7.5, 10),
        "enzyme": (0, 2.5, 5, 7.5, 7.5),
        "extramuscular": (0, 7.5, 12.5, 15, 20),
    }
)
"""The points that each measure adds to the score, bin by bin; 100 in all at most."""

THRESHOLDS: Mapping[str, tuple[float, float, float]] = MappingProxyType({"adult": (20, 40, 60), "juvenile": (30, 45, 70)})
"""The lowest scores of minimal, moderate and major improvement, by population."""

CATEGORIES = pd.CategoricalDtype(["none", "minimal", "moderate", "major"], ordered=True)
"""The categories of improvement, from none to major."""
