"""The ledger's computations on efficacy: Table 2's footers, significance, response rates, Table 3, Fig. 2's line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs
import numpy as np
import pandas as pd
from scipy import stats

from ivigmyo.analysis import trial_report
from ivigmyo.change import (
    change_from_baseline,
    changes_by_visit,
    compare_changes,
    compare_log_changes,
)
from ivigmyo.display import number, p_value
from ivigmyo.errors import DataError
from ivigmyo.instruments import ADL15, CK, MMT18
from ivigmyo.response import Grade, response_rate
from ivigmyo.saito2008.material import AFTER, BEFORE, SIGNIFICANT, START, Found, Material, claim, listed
from ivigmyo.saito2008.published import load_published

__all__ = ["EFFICACY"]


def _better(code: str, change: float | None) -> bool:
    """Whether a mean change is for the better: a fall of CK, a rise of the scores."""
    return change is not None and (change < 0 if code == CK.code else change > 0)


def _seen(material: Material, code: str, week: str) -> Found:
    return Found(int(material.week(code, int(week)).notna().sum()), trial_report, "efficacy set")


def _significance(material: Material, code: str, week: str) -> Found:
    material.week(code, int(week))
    changes = material.measure(code).changes
    n, mean, p = (float(changes[name][int(week)]) for name in ("n", "mean", "p_value"))
    conventions = f"one-sample t-test of the change from baseline, n = {number(n)}"
    return claim(p, _better(code, mean), trial_report, conventions)


def _final(material: Material, code: str) -> Found:
    return _final_by(material, "efficacy", code)


def _final_by(material: Material, group: str, code: str) -> Found:
    ids = material.patients(group).ids
    change = change_from_baseline(material.baseline(code)[ids], material.measure(code).final_values[ids])
    conventions = f"one-sample t-test of week 12 or discontinuation against week 0, n = {change.n}"
    return claim(change.p_value, _better(code, change.mean), change_from_baseline, conventions)


def _fall_before(material: Material) -> Found:
    change = change_from_baseline(material.week(CK.code, BEFORE), material.week(CK.code, START))
    conventions = f"one-sample t-test of week 0 against week -4, IU/L, n = {change.n}"
    return claim(change.p_value, _better(CK.code, change.mean), change_from_baseline, conventions)


def _not_responding(material: Material, code: str) -> list[str]:
    grades = material.grades(code).dropna()
    return list(grades.index[grades < Grade.IMPROVED.label])


def _adl_unlike_mmt(material: Material, form: str) -> Found:
    lost = set(_not_responding(material, MMT18.code))
    who = [patient for patient in _not_responding(material, ADL15.code) if patient not in lost]
    return Found(len(who) if form == "count" else listed(who), response_rate, "improved or markedly improved in MMT alone")


def _no_response(material: Material, code: str) -> Found:
    who = _not_responding(material, code)
    return Found(len(who), response_rate, "unchanged or worsened", facts={"who": listed(who)})


def _gain(material: Material, code: str) -> Found:
    test = material.comparison(code)
    before = change_from_baseline(material.week(code, BEFORE), material.week(code, START))
    facts = {"before": number(before.mean, 1), "before_p": p_value(before.p_value)}
    conventions = f"paired t-test of weeks 0 to 4 against -4 to 0, n = {test.n}"
    return claim(test.p_value, (test.difference.mean or 0) > 0, compare_changes, conventions, facts)


def _acceleration(material: Material, _scale: str, group: str) -> Found:
    test = material.log_ck("efficacy" if group == "all" else group)
    pre, post, difference = (part.mean or 0 for part in (test.pre, test.post, test.difference))
    facts = {"pre": number(pre, 3), "post": number(post, 3), "n": str(test.n)}
    facts |= _in_units(material) if group == "all" else _pm_against_dm(material) if group == "DM" else {}
    conventions = f"paired t-test of weeks 0 to 4 against -4 to 0, ln, n = {test.n}"
    found = claim(test.p_value, difference > 0, compare_log_changes, conventions, facts)
    slowed = test.p_value is not None and test.p_value < SIGNIFICANT and difference < 0
    return attrs.evolve(found, contradicted=slowed) if group == "DM" else found


def _in_units(material: Material) -> dict[str, str]:
    """Tell the same comparison in IU/L, where a fall is negative."""
    test = material.comparison(CK.code)
    pre, post = (number(-(part.mean or 0)) for part in (test.pre, test.post))
    return {"raw_pre": pre, "raw_post": post, "raw_p": p_value(test.p_value)}


def _pm_against_dm(material: Material) -> dict[str, str]:
    """Compare the acceleration of both diagnoses: that one is significant and the other is not compares nothing."""
    falls = []
    for label in ("PM", "DM"):
        before, start, after = (np.log(material.week(CK.code, week, label)) for week in (BEFORE, START, AFTER))
        falls.append(pd.Series((start - after) - (before - start)).dropna())
    test = stats.ttest_ind(*falls, equal_var=False)
    low, high = test.confidence_interval(0.95)
    between = falls[0].mean() - falls[1].mean()
    limits = f"95 % {number(low, 3)} to {number(high, 3)}"
    return {"between": number(between, 3), "between_limits": limits, "between_p": p_value(test.pvalue)}


def _marks(material: Material, level: str) -> Found:
    """List the points of Fig. 1 that would bear a mark; Fig. 1 marks P < 0.05 only where P is not below 0.01."""
    low, high = {"1": (0.0, 0.01), "5": (0.01, 0.05)}[level]
    marked = []
    for code in (MMT18.code, ADL15.code, CK.code):
        after = material.measure(code).changes["p_value"].loc[START + 1 :]
        tests: dict[str, float | None] = dict(zip(map(str, after.index), after, strict=True))
        tests["M"] = change_from_baseline(material.baseline(code), material.measure(code).final_values).p_value
        weeks = [week for week, p in tests.items() if p is not None and low <= p < high]
        marked.append(f"{code} {' '.join(weeks) or 'none'}")
    text = "; ".join(marked)
    return Found(text, changes_by_visit, "one-sample t-test of the change from baseline", facts={"marked": text})


def _first_week(material: Material) -> Found:
    """Find the week whose fall to week 0 has the mean and the SD that Table 3 prints."""
    baseline, after = material.week(CK.code, START), material.week(CK.code, AFTER)
    printed = load_published()
    sought = tuple(printed[f"table3/log_ck.pre.{statistic}"].printed for statistic in ("mean", "sd"))
    fits = []
    for week in map(int, material.values(CK.code).columns):
        change = compare_log_changes(material.week(CK.code, week), baseline, after).pre
        if (number(change.mean, 3), number(change.sd, 3)) == sought:
            fits.append(week)
    if not fits:
        raise DataError(["no week's fall of ln CK is the one that Table 3 prints."])
    return Found(listed(fits), compare_log_changes, "every week tried")


EFFICACY: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {
        "acceleration": _acceleration,
        "adl_unlike_mmt": _adl_unlike_mmt,
        "fall_before": _fall_before,
        "final": _final,
        "final_by": _final_by,
        "first_week": _first_week,
        "gain": _gain,
        "marks": _marks,
        "no_response": _no_response,
        "seen": _seen,
        "significance": _significance,
    }
)
"""The computations by the name that published.csv uses."""
