"""The ledger's computations on efficacy: Table 2's footers, significance, response rates, Table 3, Fig. 2's line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs
import numpy as np
import pandas as pd
from scipy import stats

from ivigmyo.change import (
    change_from_baseline,
    changes_by_visit,
    compare_changes,
    compare_log_changes,
    describe,
    describe_by_visit,
    fit_steroid_line,
)
from ivigmyo.display import number, p_value, spread
from ivigmyo.errors import DataError
from ivigmyo.instruments import ADL15, CK, MMT18
from ivigmyo.response import Grade, response_rate
from ivigmyo.saito2008.material import AFTER, BEFORE, LAST, SIGNIFICANT, START, Found, Material, claim, listed
from ivigmyo.saito2008.published import load_published

__all__ = ["EFFICACY"]


def _better(code: str, change: float | None) -> bool:
    """Whether a mean change is for the better: a fall of CK, a rise of the scores."""
    return change is not None and (change < 0 if code == CK.code else change > 0)


def _cells(frame: pd.DataFrame, week: str, *names: str) -> list[float]:
    """Return some cells of the row of a week."""
    return [float(frame[name][int(week)]) for name in names]


def _visit(material: Material, group: str, code: str, week: str, statistic: str) -> Found:
    material.week(code, int(week), group)
    n, value = _cells(material.visits(code, group), week, "n", statistic)
    facts = {"n": number(n)}
    if group == "efficacy" and int(week) == LAST:
        last = describe(material.final(code))
        facts["carried"] = spread(last.mean, last.sd, 1)
    return Found(value, describe_by_visit, f"n = {facts['n']}; SD divides by n - 1", facts=facts)


def _seen(material: Material, code: str, week: str) -> Found:
    return Found(int(material.week(code, int(week)).notna().sum()), describe_by_visit, "efficacy set")


def _significance(material: Material, code: str, week: str) -> Found:
    material.week(code, int(week))
    n, mean, p = _cells(material.changes(code), week, "n", "mean", "p_value")
    conventions = f"one-sample t-test of the change from baseline, n = {number(n)}"
    return claim(p, _better(code, mean), changes_by_visit, conventions)


def _final(material: Material, code: str) -> Found:
    return _final_by(material, "efficacy", code)


def _final_by(material: Material, group: str, code: str) -> Found:
    ids = material.patients(group).ids
    change = change_from_baseline(material.baseline(code)[ids], material.final(code)[ids])
    conventions = f"one-sample t-test of week 12 or discontinuation against week 0, n = {change.n}"
    return claim(change.p_value, _better(code, change.mean), change_from_baseline, conventions)


def _fall_before(material: Material) -> Found:
    change = change_from_baseline(material.week(CK.code, BEFORE), material.week(CK.code, START))
    conventions = f"one-sample t-test of week 0 against week -4, IU/L, n = {change.n}"
    return claim(change.p_value, _better(CK.code, change.mean), change_from_baseline, conventions)


def _response(material: Material, code: str, form: str) -> Found:
    rate = response_rate(material.grades(code))
    value = f"{rate.count}/{rate.n}" if form == "count" else None if rate.rate is None else 100 * rate.rate
    return Found(value, response_rate, "week 12, or the last value of a patient who left")


def _not_responding(material: Material, code: str) -> list[str]:
    grades = material.grades(code).dropna()
    return list(grades.index[grades < Grade.IMPROVED.label])


def _adl_unlike_mmt(material: Material, form: str) -> Found:
    lost = set(_not_responding(material, MMT18.code))
    who = [patient for patient in _not_responding(material, ADL15.code) if patient not in lost]
    return Found(len(who) if form == "count" else listed(who), response_rate, "improved or markedly improved in MMT alone")


def _unchanged(material: Material, code: str) -> Found:
    return Found(int((material.grades(code) == Grade.UNCHANGED.label).sum()), response_rate)


def _no_response(material: Material, code: str) -> Found:
    who = _not_responding(material, code)
    return Found(len(who), response_rate, "unchanged or worsened", facts={"who": listed(who)})


def _gain(material: Material, code: str) -> Found:
    test = material.comparison("raw", code)
    before = change_from_baseline(material.week(code, BEFORE), material.week(code, START))
    facts = {"before": number(before.mean, 1), "before_p": p_value(before.p_value)}
    conventions = f"paired t-test of weeks 0 to 4 against -4 to 0, n = {test.n}"
    return claim(test.p_value, (test.difference.mean or 0) > 0, compare_changes, conventions, facts)


def _acceleration(material: Material, scale: str, group: str) -> Found:
    test = material.comparison(scale, group="efficacy" if group == "all" else group)
    fall, digits = (1, 3) if scale == "ln" else (-1, 0)
    pre, post, difference = ((part.mean or 0) * fall for part in (test.pre, test.post, test.difference))
    facts = {"pre": number(pre, digits), "post": number(post, digits), "n": str(test.n)}
    if scale == "ln" and group == "all":
        facts |= {f"raw_{name}": value for name, value in _acceleration(material, "raw", group).facts.items()}
    if scale == "ln" and group == "DM":
        facts |= _pm_against_dm(material)
    facts["p"] = p_value(test.p_value)
    by = compare_log_changes if scale == "ln" else compare_changes
    conventions = f"paired t-test of weeks 0 to 4 against -4 to 0, {'ln' if scale == 'ln' else 'IU/L'}, n = {test.n}"
    found = claim(test.p_value, difference > 0, by, conventions, facts)
    slowed = test.p_value is not None and test.p_value < SIGNIFICANT and difference < 0
    return attrs.evolve(found, contradicted=slowed) if group == "DM" else found


def _pm_against_dm(material: Material) -> dict[str, str]:
    """Compare the acceleration of both diagnoses: that one is significant and the other is not compares nothing."""
    falls = []
    for label in ("PM", "DM"):
        before, start, after = (np.log(material.week(CK.code, week, label)) for week in (BEFORE, START, AFTER))
        falls.append(((start - after) - (before - start)).dropna())
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
        after = material.changes(code)["p_value"].loc[START + 1 :]
        tests: dict[str, float | None] = dict(zip(map(str, after.index), after, strict=True))
        tests["M"] = change_from_baseline(material.baseline(code), material.final(code)).p_value
        weeks = [week for week, p in tests.items() if p is not None and low <= p < high]
        marked.append(f"{code} {' '.join(weeks) or 'none'}")
    text = "; ".join(marked)
    return Found(text, changes_by_visit, "one-sample t-test of the change from baseline", facts={"marked": text})


def _log_ck(material: Material, part: str, statistic: str | None = None) -> Found:
    test = material.comparison("ln")
    if statistic is not None:
        return Found(getattr(getattr(test, part), statistic), compare_log_changes, "a fall is positive; SD divides by n - 1")
    value = {"n": test.n, "t": test.t, "p": test.p_value}[part]
    return Found(value, compare_log_changes, "paired t-test, the one-sample test of the differences; two-sided")


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


def _line(material: Material, part: str) -> Found:
    line = fit_steroid_line(material.week(CK.code, BEFORE), material.week(CK.code, START))
    return Found(getattr(line, part), fit_steroid_line, "least squares on ln CK of weeks -4 and 0", facts={"n": str(line.n)})


EFFICACY: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {
        "acceleration": _acceleration,
        "adl_unlike_mmt": _adl_unlike_mmt,
        "fall_before": _fall_before,
        "final": _final,
        "final_by": _final_by,
        "first_week": _first_week,
        "gain": _gain,
        "line": _line,
        "log_ck": _log_ck,
        "marks": _marks,
        "no_response": _no_response,
        "response": _response,
        "seen": _seen,
        "significance": _significance,
        "unchanged": _unchanged,
        "visit": _visit,
    }
)
"""The computations by the name that published.csv uses."""
