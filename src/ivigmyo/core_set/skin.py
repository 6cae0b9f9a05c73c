"""Signs and scores of the skin in dermatomyositis."""

from __future__ import annotations

import attrs

from ivigmyo.instruments import Instrument

__all__ = ["CDASI_ACTIVITY", "CDASI_DAMAGE", "GOTTRON", "HELIOTROPE", "RAYNAUD", "SKIN_INSTRUMENTS"]

HELIOTROPE = Instrument("HELIO", "Heliotrope rash", "grade", maximum=2, higher_is_better=False)
"""Heliotrope rash: 0 negative, 1 false-positive, 2 positive; false-positive counts as present (Saito et al. 2008)."""

GOTTRON = attrs.evolve(HELIOTROPE, code="GOTTRON", name="Gottron's sign")
"""Gottron's sign, graded as `HELIOTROPE`."""

RAYNAUD = attrs.evolve(HELIOTROPE, code="RAYNAUD", name="Raynaud's phenomenon")
"""Raynaud's phenomenon, graded as `HELIOTROPE`."""

CDASI_ACTIVITY = Instrument("CDASIA", "CDASI activity", "points", maximum=100, higher_is_better=False)
"""Cutaneous Dermatomyositis Disease Area and Severity Index, activity: 0 to 100."""

CDASI_DAMAGE = attrs.evolve(CDASI_ACTIVITY, code="CDASID", name="CDASI damage", maximum=32)
"""Cutaneous Dermatomyositis Disease Area and Severity Index, damage: 0 to 32."""

SKIN_INSTRUMENTS = (HELIOTROPE, GOTTRON, RAYNAUD, CDASI_ACTIVITY, CDASI_DAMAGE)
"""The measures of the skin that a study may hold."""
