"""The ledger's computations on the duration of normal CK: Table 4, Fig. 3, and who belongs among the 13."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pandas as pd

from ivigmyo.conduct import disposition
from ivigmyo.display import ABSENT, interval, number
from ivigmyo.errors import DataError
from ivigmyo.estimates import normal_quantile
from ivigmyo.instruments import CK
from ivigmyo.normalization import at_risk
from ivigmyo.normalization.limits import CommonLimits, common_limits, uln_bounds
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.saito2008.material import Found, Material, of_patient
from ivigmyo.saito2008.readings import Reading
from ivigmyo.study import Study
from ivigmyo.survival import Concordance, RestrictedMean, concordance, kaplan_meier

__all__ = ["DURATION"]

_COMMENTS = {"re-elevated": "Re-elevated", "censored": "Monitoring discontinued", "not normalized": "Not normalized"}


def _duration(material: Material, patient: str) -> Found:
    episodes = material.episodes()
    days = of_patient(episodes["duration"], patient)
    sign = "" if episodes["event"][patient] else ">"
    return Found(
        f"{sign}{number(days)}", study_episodes, "from the day of normalization to the re-elevation or the last day"
    )


def _status(material: Material, patient: str) -> Found:
    status = of_patient(material.episodes()["status"], patient)
    return Found(_COMMENTS.get(status, status), study_episodes, "by the days of this row")


def _monitored(material: Material, which: str) -> Found:
    follow_up = material.study.follow_up()
    if which == "days":
        return Found(float(follow_up["observed_until"].max()), Study.follow_up)
    before = disposition(material.study).steps[0]
    return Found(len(follow_up), Study.follow_up, facts={"registered": str(before.patients)})


def _part(mean: RestrictedMean | None, name: str) -> float | None:
    return None if mean is None else getattr(mean, name)


def _survival(material: Material, which: str) -> Found:
    """Compute a figure of Fig. 3 by the two definitions of the paper, and as it was published."""
    from_normalization, from_start, published = material.readings
    first, second = (_figure(reading, which) for reading in (from_normalization, from_start))
    other = _part(published.mean_small_sample, "se") if which == "se" else _figure(published, which)
    curve, recoded = from_normalization.curve, published.counted_as_events[0]
    facts = {
        "n": str(curve.n),
        "events": str(curve.n_events),
        "other_events": str(published.curve.n_events),
        "limits": interval(curve.median_interval(), 0, absent="not reached"),
        "until": number(curve.last_event_time),
        "other_until": number(published.curve.last_event_time),
        "from_start": number(second, 1),
        "recoded": recoded,
        "recoded_day": number(of_patient(material.episodes()["observed_until"], recoded)),
    }
    conventions = "from normalization, as recorded; or from the first infusion, patient 2 an event"
    absent = "not reached" if which == "median" else "no event"
    return Found(absent if first is None else first, kaplan_meier, conventions, other=other, facts=facts)


def _figure(reading: Reading, which: str) -> float | None:
    return reading.curve.median if which == "median" else _part(reading.mean, which)


def _abnormal_before(material: Material) -> Found:
    """Count those whose CK was above the limits that fit Table 4 before it normalized."""
    efficacy = material.efficacy
    bounds = uln_bounds(efficacy.ck_series(), efficacy.follow_up())
    sexes = material.people("efficacy")["sex"]
    limits = common_limits(bounds, sexes)
    normal_before = list(common_limits(bounds, sexes, abnormal_baseline=True).in_the_way)
    rest = at_risk(material.episodes()).drop(index=normal_before, errors="ignore")
    baselines = [number(material.baseline(CK.code)[patient]) for patient in normal_before]
    facts = {"who": " and ".join(normal_before), "baselines": " and ".join(baselines)}
    facts |= _ranges(limits) | _without(rest)
    return Found(len(rest), common_limits, "one constant limit a sex; week w is day 7 x w", facts=facts)


def _ranges(limits: CommonLimits) -> dict[str, str]:
    ranges = {limit.group: f"[{number(limit.low)}, {number(limit.high)})" for limit in limits.limits}
    return {"women": ranges.get("F", ABSENT), "men": ranges.get("M", ABSENT)}


def _without(rest: pd.DataFrame) -> dict[str, str]:
    """Tell the duration of those who are left."""
    curve = kaplan_meier(rest["duration"], rest["event"])
    until = curve.last_event_time
    return {
        "median": number(curve.median),
        "until": number(until),
        "mean": number(None if until is None else curve.restricted_mean(until).mean, 1),
    }


def _steroid_association(material: Material) -> Found:
    episodes = at_risk(material.episodes())
    doses = material.people()["steroid_dose_last"][episodes.index]
    found = concordance(doses, episodes["duration"], episodes["event"])
    if found.index is None:
        raise DataError(["no two patients with a last steroid dose can be compared."])
    low, high = _concordance_interval(found, episodes.assign(dose=doses))
    text = f"C = {number(found.index, 2)} ({number(low, 2)} to {number(high, 2)})"
    conventions = f"Harrell's C, n = {found.n}, {found.n_pairs} pairs; 95 % by the infinitesimal jackknife; 0.5: none"
    return Found(text, concordance, conventions, contradicted=not low <= 0.5 <= high, facts={"n": str(found.n)})


def _concordance_interval(whole: Concordance, episodes: pd.DataFrame) -> tuple[float, float]:
    """Compute the interval of R's ``concordance``: how far each patient's pairs pull the index."""
    index = whole.index or 0.0
    pulls = []
    for patient in episodes.index[episodes["dose"].notna()]:
        rest = episodes.drop(index=patient)
        without = concordance(rest["dose"], rest["duration"], rest["event"])
        own_pairs = whole.n_pairs - without.n_pairs
        own_right = index * whole.n_pairs - (without.index or 0.0) * without.n_pairs
        pulls.append((own_right - index * own_pairs) / whole.n_pairs)
    half = normal_quantile(0.95) * math.sqrt(sum(pull**2 for pull in pulls))
    return index - half, index + half


DURATION: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {
        "abnormal_before": _abnormal_before,
        "duration": _duration,
        "mean": lambda material: _survival(material, "mean"),
        "median": lambda material: _survival(material, "median"),
        "monitored": _monitored,
        "se": lambda material: _survival(material, "se"),
        "status": _status,
        "steroid_association": _steroid_association,
    }
)
"""The computations by the name that published.csv uses."""
