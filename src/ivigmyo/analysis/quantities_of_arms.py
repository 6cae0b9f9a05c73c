"""The numbers of a study with arms by stable names: contrasts, subgroups, baseline, exposure, deviations, reactions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from ivigmyo.analysis.quantity import Quantity, under
from ivigmyo.analysis.results import SubgroupResult, TrialReport
from ivigmyo.contrasts import DurationComparison, MeanComparison, ProportionComparison
from ivigmyo.display import records
from ivigmyo.errors import is_finite
from ivigmyo.outcomes import Amounts, Observation
from ivigmyo.outcomes.observations import Comparison

__all__ = ["of_arms", "of_outcomes"]

_SHARE, _PATIENTS = "share of patients", "patients"


def of_outcomes(outcomes: Mapping[str, Observation]) -> Iterator[Quantity]:
    """Yield how much of something the patients had."""
    for name, observed in outcomes.items():
        if isinstance(observed, Amounts):
            found = observed.summary()
            for statistic in ("mean", "sd", "median", "minimum", "maximum"):
                yield Quantity(f"{name}.{statistic}", getattr(found, statistic), observed.unit, found.n)
            yield Quantity(f"{name}.n_missing", found.n_missing, _PATIENTS, found.n)


def of_arms(report: TrialReport) -> Iterator[Quantity]:
    """Yield what compares the arms of a study, and what stands beside it."""
    units = {instrument.code: instrument.unit for instrument in report.study.instruments}
    yield from under("contrasts", _contrasts(report.contrasts, units))
    for label, by_arm in report.sensitivity.items():
        yield from under(f"sensitivity.{label}", _contrasts(by_arm, units))
    for arm, found in report.subgroups.items():
        yield from under(f"subgroups.{arm}.{found.outcome}", _subgroups(found))
    for label, n in report.n_tests.items():
        yield Quantity(f"n_tests.{label}", n, "tests")
    if report.baseline is not None:
        yield from under("baseline", _baseline(report.baseline))
    if report.exposure is not None:
        yield from under("exposure", _exposure(report.exposure))
    if report.deviations is not None:
        for row in records(report.deviations):
            yield Quantity(f"deviations.{row.arm}.{row.finding}", float(row.patients), _PATIENTS, float(row.n))
    if report.reactions is not None:
        yield from under("contrasts", _reactions(report.reactions))
    if report.consort is not None:
        for row in records(report.consort.dropna(subset="arm")):
            reason = f": {row.reason}" if isinstance(row.reason, str) else ""
            yield Quantity(f"consort.{row.arm}.{row.step}{reason}", float(row.patients), _PATIENTS, float(row.patients))


def _contrasts(contrasts: Mapping[str, Mapping[str, Comparison]], units: Mapping[str, str]) -> Iterator[Quantity]:
    for arm, by_outcome in contrasts.items():
        for name, compared in by_outcome.items():
            unit = units.get(name.split(".")[0], "")
            yield from under(f"{arm}.{name}", _of(compared, "days" if "normal_days" in name else unit))


def _of(compared: Comparison, unit: str) -> Iterator[Quantity]:
    """Take the numbers of a comparison, each with its unit, the patients it rests on, and its own method."""
    if isinstance(compared, ProportionComparison):
        return _of_shares(compared)
    return _of_means(compared, unit) if isinstance(compared, MeanComparison) else _of_durations(compared)


_SHARES = {
    "difference": ("Miettinen and Nurminen, 95 %", _SHARE, "treated minus control"),
    "risk_ratio": ("Katz, 95 %", "ratio", "treated over control"),
    "odds_ratio": ("Woolf, 95 %", "ratio", "treated over control"),
    "common_difference": ("Mantel and Haenszel's weights, Sato, 95 %", _SHARE, "treated minus control, over the strata"),
    "common_odds_ratio": ("Mantel and Haenszel, 95 %", "ratio", "treated over control, over the strata"),
}
_SHARE_TESTS = {
    "p_value": "Fisher's exact test, two-sided",
    "score_p_value": "chi-squared test with N - 1",
    "boschloo_p_value": "Boschloo's test, the smaller one-sided P doubled",
    "cmh_statistic": "Cochran-Mantel-Haenszel, no continuity correction",
    "cmh_p_value": "Cochran-Mantel-Haenszel, no continuity correction",
}


def _of_shares(compared: ProportionComparison) -> Iterator[Quantity]:
    n = compared.treated.n + compared.control.n
    missing = f"missing: {compared.treated.missing}"
    row = compared.to_dict()
    for name, (method, unit, way) in _SHARES.items():
        for end in ("", "_low", "_high"):
            if f"{name}{end}" in row:
                yield Quantity(
                    f"{name}{end}", _number(row[f"{name}{end}"]), unit, n, method if end else "", f"{way}; {missing}"
                )
    for name, method in _SHARE_TESTS.items():
        if name in row:
            yield Quantity(name, _number(row[name]), "", n, method, missing)
    for name, value in row.items():
        if name.startswith(("treated_", "control_")):
            of = compared.treated.n if name.startswith("treated") else compared.control.n
            yield Quantity(name, _number(value), _PATIENTS, of, "", missing)
        elif name.startswith("n_strata"):
            yield Quantity(name, _number(value), "strata", n)


def _of_means(compared: MeanComparison, unit: str) -> Iterator[Quantity]:
    row, log = compared.to_dict(), compared.scale == "ln"
    of = f"ln {unit}" if log else unit
    for name in ("difference", "conf_low", "conf_high", "se"):
        yield Quantity(name, _number(row[name]), of, compared.n, compared.method, "treated minus control; 95 %")
    for name in ("ratio", "ratio_low", "ratio_high") if log else ():
        yield Quantity(name, _number(row[name]), "ratio", compared.n, compared.method, "treated over control; 95 %")
    for name in ("t", "df", "p_value"):
        yield Quantity(name, _number(row[name]), "", compared.n, compared.method)
    for name in ("treated_mean", "treated_se", "control_mean", "control_se"):
        n = compared.n_treated if name.startswith("treated") else compared.n_control
        mean = _number(row[name])
        yield Quantity(name, mean, of, n, compared.method, "adjusted mean")
        if log and name.endswith("mean"):
            ratio = None if mean is None else math.exp(mean)
            yield Quantity(
                name.replace("mean", "ratio"), ratio, "ratio", n, compared.method, "adjusted, final over baseline"
            )
    for name in ("n", "n_excluded", "n_treated", "n_control"):
        yield Quantity(name, _number(row[name]), _PATIENTS, compared.n)


def _of_durations(compared: DurationComparison) -> Iterator[Quantity]:
    row, n = compared.to_dict(), compared.log_rank.n
    for name, value in row.items():
        if name in ("level", "n_strata") or isinstance(value, str) or name.endswith(("reason", "method")):
            continue
        if name.startswith(("treated_", "control_")):
            curve = compared.treated_curve if name.startswith("treated") else compared.control_curve
            yield Quantity(name, _number(value), "days" if name.endswith("median") else _PATIENTS, curve.n, curve.method)
        elif name.startswith("restricted_mean"):
            unit = "" if name.endswith(("p_value", "statistic")) else "days"
            yield Quantity(name, _number(value), unit, n, "restricted means, normal", "treated minus control; 95 %")
        elif name.startswith("hazard_ratio"):
            unit = "" if name.endswith("p_value") else "ratio"
            yield Quantity(name, _number(value), unit, n, compared.hazard_ratio.method, "treated over control; 95 %")
        else:
            yield Quantity(name, _number(value), "", n, compared.log_rank.method)


def _subgroups(found: SubgroupResult) -> Iterator[Quantity]:
    unit = "ratio" if found.scale != "difference" else ""
    for row in records(found.rows):
        stem = f"{row.factor}.{row.level}" if row.factor else str(row.level)
        for name in ("estimate", "conf_low", "conf_high"):
            yield Quantity(f"{stem}.{name}", float(getattr(row, name)), unit, float(row.n), found.scale, "95 %")
        for name in ("n_treated", "n_control"):
            yield Quantity(f"{stem}.{name}", float(getattr(row, name)), _PATIENTS, float(row.n))
    for factor, test in found.interactions.items():
        for name in ("statistic", "df", "p_value"):
            yield Quantity(f"{factor}.interaction.{name}", getattr(test, name), "", test.n, test.method)


def _baseline(frame: pd.DataFrame) -> Iterator[Quantity]:
    for row in records(frame):
        stem = f"{row.arm}.{row.characteristic}{f'.{row.level}' if row.level else ''}"
        names = {"count": _PATIENTS, "share": _SHARE} if row.level else {"mean": str(row.unit), "sd": str(row.unit)}
        for name, unit in (names | {"standardized_difference": "standard deviations"}).items():
            value = float(getattr(row, name))
            if value == value or name != "standardized_difference":
                yield Quantity(f"{stem}.{name}", value, unit, float(row.n))


def _exposure(frame: pd.DataFrame) -> Iterator[Quantity]:
    units = {"courses": "courses", "infusions": "days", "dose_per_kg": "g/kg"}
    for row in records(frame):
        for name in ("mean", "sd", "median", "minimum", "maximum"):
            yield Quantity(
                f"{row.arm}.{row.quantity}.{name}", float(getattr(row, name)), units[str(row.quantity)], float(row.n)
            )


def _reactions(frame: pd.DataFrame) -> Iterator[Quantity]:
    for row in records(frame):
        stem, n = f"{row.treated_arm}.reactions.{row.kind}.{row.label}", float(row.treated_n + row.control_n)
        method = "Miettinen and Nurminen, 95 %"
        yield Quantity(f"{stem}.difference", float(row.difference), _SHARE, n, "", "treated minus control")
        for end, value in (("low", row.conf_low), ("high", row.conf_high)):
            yield Quantity(f"{stem}.difference_{end}", float(value), _SHARE, n, method, "treated minus control")
        for arm, count, of in (("treated", row.treated_count, row.treated_n), ("control", row.control_count, row.control_n)):
            yield Quantity(f"{stem}.{arm}_count", float(count), _PATIENTS, float(of))


def _number(value: object) -> float | None:
    return float(value) if is_finite(value) and not isinstance(value, bool) else None
