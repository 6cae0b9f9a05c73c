"""The ledger's rows that rest on no patient: definitions, the schedule, what others published, what is printed nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ivigmyo.conduct import check_schedule
from ivigmyo.instruments import ADL15, MMT18, Instrument
from ivigmyo.response import CK_THRESHOLDS, SCORE_THRESHOLDS, grade_ck, grade_scores
from ivigmyo.saito2008.material import Found, Material
from ivigmyo.saito2008.published import TABLE_1, load_published

__all__ = ["DEFINITIONS"]

_SCORES = {MMT18.code: MMT18, ADL15.code: ADL15}


def _items(_: Material, code: str) -> Found:
    return Found(len(_SCORES[code].items), Instrument.total)


def _full_score(_: Material, code: str) -> Found:
    instrument = _SCORES[code]
    best = {MMT18.code: 5, ADL15.code: 3}[code]
    return Found(instrument.total(dict.fromkeys(instrument.items, best)), Instrument.total, f"every item {best}")


def _threshold(_: Material, code: str, grade: str) -> Found:
    if code in _SCORES:
        return Found(getattr(SCORE_THRESHOLDS, grade), grade_scores, "points")
    return Found(abs(100 * (1 - getattr(CK_THRESHOLDS, grade))), grade_ck, "per cent of the baseline, fallen or risen")


def _scheduled(_: Material, code: str) -> Found:
    return Found(" ".join(map(str, TABLE_1[code])), check_schedule, "Table 1 as printed")


def _unscheduled(material: Material, code: str, week: str) -> Found:
    """Count the patients who have values in a week for which Table 1 schedules none."""
    material.measure(code)
    found = check_schedule(material.study, TABLE_1)
    rows = (found["finding"] == "not scheduled") & (found["measure"] == code) & (found["week"] == int(week))
    seen = load_published().get(f"figure1/seen.{code}.{week}")
    if rows.any() or seen is None:
        return Found(f"{int(rows.sum())} patients", check_schedule, "Table 1 as printed", holds=not rows.any())
    return Found(f"{seen.printed} patients", check_schedule, "Table 1 and the caption of Fig. 1 as printed", holds=False)


def _nothing(_material: Material, _subject: str) -> Found:
    return Found(None, None)


DEFINITIONS: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {
        "external": _nothing,
        "full_score": _full_score,
        "items": _items,
        "scheduled": _scheduled,
        "threshold": _threshold,
        "unprinted": _nothing,
        "unscheduled": _unscheduled,
    }
)
"""The computations by the name that published.csv uses."""
