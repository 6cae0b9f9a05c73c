"""The shares of patients who responded in two arms, compared: in all, and in strata."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import Values, check_choice, read_columns
from ivigmyo.contrasts.arms import cross, read_arms, read_factors
from ivigmyo.contrasts.two_by_two import (
    MantelHaenszel,
    Table,
    boschloo_p_value,
    fisher_p_value,
    mantel_haenszel,
    score_limits,
    score_statistic,
)
from ivigmyo.display import OneRow, Scalar
from ivigmyo.errors import refusal, spell
from ivigmyo.estimates import ConfidenceInterval, Proportion, check_level, normal_quantile

__all__ = ["ProportionComparison", "compare_proportions", "compare_response"]

_METHODS = ("miettinen-nurminen", "newcombe", "wald")
_TABLES = 40_000  # tables up to which Boschloo's test is counted out
_NONE = ConfidenceInterval(None, None)


@attrs.frozen(repr=False)
class ProportionComparison(OneRow):
    """The share who responded in the treated arm against that in the control arm.

    Parameters
    ----------
    treated, control : Proportion
        The responders of each arm, of all strata together.
    strata : tuple of (Proportion, Proportion)
        The treated and the control arm in each stratum; empty where there are no strata.
    method : str
        The name of the test of `p_value`.

    Notes
    -----
    What does not exist is None, and named in `absent` with the reason. An interval without a standard error (nobody, or
    everybody, responded in both arms) has no limits; Miettinen and Nurminen's and Newcombe's always have.

    Examples
    --------
    The responders at week 16 of a published trial of IVIG in dermatomyositis:

    >>> comparison = compare_proportions(Proportion(37, 47), Proportion(21, 48))
    >>> low, high = comparison.difference_interval()
    >>> round(comparison.difference, 4), round(low, 4), round(high, 4), round(comparison.p_value, 5)
    (0.3497, 0.156, 0.5184, 0.00069)
    """

    treated: Proportion
    control: Proportion
    strata: tuple[tuple[Proportion, Proportion], ...] = ()
    method: str = "Fisher's exact test, two-sided"

    @property
    def difference(self) -> float | None:
        """Share of the treated minus share of the control arm, from -1 to 1; None where an arm has no patient."""
        if self.treated.rate is None or self.control.rate is None:
            return None
        return self.treated.rate - self.control.rate

    @property
    def risk_ratio(self) -> float | None:
        """Share of the treated over share of the control arm; None where nobody in the control arm responded."""
        return self.treated.rate / self.control.rate if self.treated.rate is not None and self.control.rate else None

    @property
    def odds_ratio(self) -> float | None:
        """The sample's odds of the treated over those of the control arm; None where that would divide by 0."""
        x, n, y, m = self._table
        return x * (m - y) / (y * (n - x)) if y * (n - x) and m else None

    @property
    def p_value(self) -> float | None:
        """Fisher's exact two-sided P value: all tables with the same margins that are no likelier count."""
        return fisher_p_value(self._table) if self._has_both else None

    @property
    def score_p_value(self) -> float | None:
        """P value of the chi-squared test with N - 1 in place of N, which Miettinen and Nurminen's interval inverts."""
        if not self._has_both or self._is_uniform:
            return None
        return math.erfc(abs(score_statistic(self._table)) / math.sqrt(2))

    @property
    def boschloo_p_value(self) -> float | None:
        """Boschloo's P value: the smaller one-sided one, doubled, each the greatest over the common response rate."""
        if not self._has_both or (self.treated.n + 1) * (self.control.n + 1) > _TABLES:
            return None
        return boschloo_p_value(self._table)

    @property
    def n_strata(self) -> int:
        """Strata, those without weight included; 0 where there are none."""
        return len(self.strata)

    @property
    def n_strata_without_weight(self) -> int:
        """Strata that lack an arm: their patients count in the totals, and in nothing that strata say together."""
        return self.n_strata - len(self._tables)

    @property
    def common_difference(self) -> float | None:
        """The difference of the strata together, by Mantel and Haenszel's weights n m / (n + m); None without strata."""
        return self._pooled.difference

    @property
    def common_odds_ratio(self) -> float | None:
        """Mantel and Haenszel's odds ratio of the strata together; None without strata."""
        return self._pooled.odds_ratio

    @property
    def cmh_statistic(self) -> float | None:
        """The Cochran-Mantel-Haenszel chi-squared statistic (1 degree of freedom), without continuity correction."""
        return self._pooled.statistic

    @property
    def cmh_p_value(self) -> float | None:
        """The P value of `cmh_statistic`."""
        statistic = self._pooled.statistic
        return None if statistic is None else math.erfc(math.sqrt(statistic / 2))

    @property
    def absent(self) -> dict[str, str]:
        """Why a number that is None does not exist, by its name."""
        uniform = "all patients have the same outcome"
        reasons = {
            "difference": "an arm has no patient",
            "risk_ratio": "nobody in the control arm responded",
            "odds_ratio": "nobody in the control arm, or everybody in the treated arm, responded",
            "p_value": "an arm has no patient",
            "score_p_value": uniform,
            "boschloo_p_value": f"more than {_TABLES} tables would have to be counted",
        }
        if not self._has_both:
            reasons = dict.fromkeys(reasons, "an arm has no patient")
        if self.strata:
            lacking = not self._tables and "no stratum has both arms"
            reasons["common_difference"] = "no stratum has both arms"
            reasons["common_odds_ratio"] = lacking or "in no stratum did a control patient respond and a treated one not"
            reasons["cmh_statistic"] = reasons["cmh_p_value"] = (
                lacking or "all patients of each stratum have the same outcome"
            )
        return {name: reason for name, reason in reasons.items() if getattr(self, name) is None}

    def difference_interval(
        self, level: float = 0.95, method: Literal["miettinen-nurminen", "newcombe", "wald"] = "miettinen-nurminen"
    ) -> ConfidenceInterval:
        """Compute the confidence interval of `difference`.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        method : {"miettinen-nurminen", "newcombe", "wald"}
            ``"miettinen-nurminen"`` inverts the score test with the factor N / (N - 1), ``"newcombe"`` joins the two
            Wilson intervals, ``"wald"`` is difference -+ z x se.

        Returns
        -------
        ConfidenceInterval
            The limits, from -1 to 1 (Wald's may lie beyond); None where an arm has no patient, or Wald's se is 0.

        References
        ----------
        Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Newcombe RG. Stat Med 1998;17:873-890, method 10.

        Examples
        --------
        >>> low, high = compare_proportions(Proportion(9, 10), Proportion(3, 10)).difference_interval(method="newcombe")
        >>> round(low, 4), round(high, 4)
        (0.1705, 0.809)
        """
        z = normal_quantile(level)
        check_choice("method", method, _METHODS)
        if not self._has_both:
            return _NONE
        if method == "miettinen-nurminen":
            return ConfidenceInterval(*score_limits(self._table, z))
        return self._newcombe(level) if method == "newcombe" else self._wald(z)

    def risk_ratio_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute Katz's confidence interval of `risk_ratio`; None where nobody responded in an arm, or all in both."""
        z = normal_quantile(level)
        x, n, y, m = self._table
        return _around(self.risk_ratio, math.sqrt(1 / x - 1 / n + 1 / y - 1 / m) if x and y else None, z)

    def odds_ratio_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute Woolf's confidence interval of `odds_ratio`; None where any of the four counts is 0."""
        z = normal_quantile(level)
        x, n, y, m = self._table
        cells = (x, n - x, y, m - y)
        return _around(self.odds_ratio, math.sqrt(sum(1 / each for each in cells)) if all(cells) else None, z)

    def common_difference_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of `common_difference`, by Sato's variance.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        ConfidenceInterval
            The limits; None without strata, or where the variance is 0.

        References
        ----------
        Sato T. Biometrics 1989;45:1323-1324.

        Examples
        --------
        >>> treated = [Proportion(10, 12), Proportion(19, 25), Proportion(8, 10)]
        >>> control = [Proportion(4, 10), Proportion(14, 30), Proportion(3, 8)]
        >>> comparison = compare_proportions(treated, control)
        >>> low, high = comparison.common_difference_interval()
        >>> round(comparison.common_difference, 4), round(low, 4), round(high, 4)
        (0.3506, 0.1665, 0.5348)
        """
        z, pooled = normal_quantile(level), self._pooled
        if pooled.difference is None or pooled.difference_se is None:
            return _NONE
        margin = z * pooled.difference_se
        return ConfidenceInterval(pooled.difference - margin, pooled.difference + margin)

    def common_odds_ratio_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of `common_odds_ratio`, by Robins, Breslow and Greenland's variance."""
        z, pooled = normal_quantile(level), self._pooled
        return _around(pooled.odds_ratio, pooled.log_odds_ratio_se, z)

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name; what does not exist is None.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the limits (Miettinen and Nurminen's for the difference).

        Returns
        -------
        dict
            One entry a number; `to_frame` lays out the same as one row.

        Examples
        --------
        >>> row = compare_proportions(Proportion(9, 10), Proportion(3, 10)).to_dict()
        >>> row["treated_count"], row["control_count"], round(row["difference_low"], 4)
        (9, 3, 0.17)
        """
        check_level(level)
        row: dict[str, Scalar] = {}
        for name in ("difference", "risk_ratio", "odds_ratio"):
            row |= self._with_limits(name, level)
        row |= {name: getattr(self, name) for name in ("p_value", "score_p_value", "boschloo_p_value")}
        if self.strata:
            row |= self._with_limits("common_difference", level) | self._with_limits("common_odds_ratio", level)
            row |= {name: getattr(self, name) for name in ("cmh_statistic", "cmh_p_value")}
            row |= {"n_strata": self.n_strata, "n_strata_without_weight": self.n_strata_without_weight}
        for name, arm in (("treated", self.treated), ("control", self.control)):
            row |= {f"{name}_count": arm.count, f"{name}_n": arm.n, f"{name}_missing": arm.n_missing}
        return row | {"level": level, "missing": self.treated.missing, "method": self.method}

    def _with_limits(self, name: str, level: float) -> dict[str, Scalar]:
        limits: ConfidenceInterval = getattr(self, f"{name}_interval")(level)
        return {name: getattr(self, name), f"{name}_low": limits.low, f"{name}_high": limits.high}

    @property
    def _table(self) -> Table:
        return _as_table(self.treated, self.control)

    @property
    def _tables(self) -> list[Table]:
        return [_as_table(*each) for each in self.strata if all(arm.n for arm in each)]

    @property
    def _pooled(self) -> MantelHaenszel:
        return mantel_haenszel(self._tables)

    @property
    def _has_both(self) -> bool:
        return bool(self.treated.n and self.control.n)

    @property
    def _is_uniform(self) -> bool:
        return self.treated.count + self.control.count in (0, self.treated.n + self.control.n)

    def _newcombe(self, level: float) -> ConfidenceInterval:
        x, n, y, m = self._table
        p, q = x / n, y / m
        one, other = (arm.confidence_interval(level, "wilson") for arm in (self.treated, self.control))
        (down, up), (other_down, other_up) = _reach(p, one), _reach(q, other)
        return ConfidenceInterval(p - q - math.hypot(down, other_up), p - q + math.hypot(up, other_down))

    def _wald(self, z: float) -> ConfidenceInterval:
        x, n, y, m = self._table
        margin = z * math.sqrt(x * (n - x) / n**3 + y * (m - y) / m**3)
        difference = x / n - y / m
        return ConfidenceInterval(difference - margin, difference + margin) if margin else _NONE


def compare_proportions(
    treated: Proportion | Sequence[Proportion], control: Proportion | Sequence[Proportion]
) -> ProportionComparison:
    """Compare the shares of two arms, in strata or without.

    Parameters
    ----------
    treated, control : Proportion or sequence of Proportion
        The responders of each arm; two equally long sequences hold one share for each stratum. An `n` of 0 is a stratum
        that lacks the arm: it has no weight, and is counted.

    Returns
    -------
    ProportionComparison
        The difference (treated minus control), the ratios (treated over control), their intervals and tests.

    Raises
    ------
    ValueError
        If one is a Proportion and the other a sequence, if the sequences are empty or differ in length, or if the shares
        do not count missing outcomes alike.

    Notes
    -----
    Fisher's P value is that of R's ``fisher.test``, the tests in strata are ``mantelhaen.test(correct = FALSE)``; SAS
    PROC FREQ calls the intervals of the difference MN, SCORE (Newcombe) and WALD, the common one MH (Sato).

    References
    ----------
    Boschloo RD. Stat Neerl 1970;24:1-35. Mantel N, Haenszel W. J Natl Cancer Inst 1959;22:719-748.

    Examples
    --------
    >>> comparison = compare_proportions(Proportion(4, 4), Proportion(0, 4))
    >>> comparison.difference, round(comparison.p_value, 4), comparison.risk_ratio
    (1.0, 0.0286, None)
    >>> comparison.absent["risk_ratio"]
    'nobody in the control arm responded'
    """
    if isinstance(treated, Proportion) and isinstance(control, Proportion):
        _check_alike([treated, control])
        return ProportionComparison(treated, control)
    if isinstance(treated, Proportion) or isinstance(control, Proportion):
        raise ValueError("'treated' and 'control' must both be a Proportion, or both a sequence of them, one a stratum.")
    if not treated or len(treated) != len(control):
        raise ValueError(
            f"'treated' and 'control' must have one share for each stratum (got {len(treated)} and {len(control)})."
        )
    _check_alike([*treated, *control])
    return ProportionComparison(_total(treated), _total(control), tuple(zip(treated, control, strict=True)))


def compare_response(
    responded: Values, arm: Values, control: Hashable, strata: Values | pd.DataFrame | None = None
) -> ProportionComparison:
    """Compare the shares who responded in two arms, from one row a patient.

    Parameters
    ----------
    responded : array_like of bool
        True or 1 for a patient who responded, False or 0 for one who did not. None may be missing: whether a missing
        outcome counts against the treatment or is left out is decided before, by ``fillna(False)`` or ``dropna()``.
    arm : array_like
        One label a patient, of exactly two arms; none may be missing.
    control : hashable
        The label of the control arm.
    strata : array_like or DataFrame, optional
        One label a patient, or a frame of several columns whose combinations are the strata; none may be missing.

    Returns
    -------
    ProportionComparison
        The comparison, treated minus (or over) control.

    Raises
    ------
    ValueError
        If a value is missing or neither true nor false, there are not exactly two arms, `control` is neither, or indexes
        or lengths differ.

    Examples
    --------
    >>> arm = ["IVIG", "IVIG", "IVIG", "placebo", "placebo", "placebo"]
    >>> comparison = compare_response([True, True, False, False, True, False], arm, "placebo")
    >>> comparison.treated.count, comparison.control.count, round(comparison.difference, 4)
    (2, 1, 0.3333)
    """
    columns = read_columns(allow_bool=True, responded=responded)
    rule = "must be known: a missing outcome is counted as False, or left out, beforehand"
    columns.refuse("responded", np.isnan(columns["responded"]), rule)
    columns.refuse("responded", ~np.isin(columns["responded"], (0, 1)), "must be true or false")
    arms = read_arms(columns, "arm", arm, "control", control)
    factors = read_factors(columns, strata)
    codes, good = cross(factors, len(columns)), columns["responded"] == 1
    shares = [
        [_count(good[members & (codes == code)]) for code in range(int(codes.max()) + 1)]
        for members in (arms.is_treated, ~arms.is_treated)
    ]
    treated, control_shares = shares
    return compare_proportions(treated, control_shares) if factors else compare_proportions(treated[0], control_shares[0])


def _count(responded: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Proportion:
    return Proportion(int(responded.sum()), len(responded))


def _total(shares: Sequence[Proportion]) -> Proportion:
    count, n, n_missing = (sum(getattr(each, name) for each in shares) for name in ("count", "n", "n_missing"))
    return Proportion(count, n, n_missing, shares[0].missing)


def _check_alike(shares: Sequence[Proportion]) -> None:
    for each in shares:
        if not isinstance(each, Proportion):
            raise ValueError(refusal("a share must be a Proportion", type(each).__name__))
        if each.missing != shares[0].missing:
            found = f"{spell(shares[0].missing)} and {spell(each.missing)}"
            raise ValueError(f"shares that are compared must count missing outcomes alike (got {found}).")


def _as_table(treated: Proportion, control: Proportion) -> Table:
    return treated.count, treated.n, control.count, control.n


def _reach(rate: float, limits: ConfidenceInterval) -> tuple[float, float]:
    """Say how far an interval reaches below and above a rate; one without limits reaches all the way."""
    low, high = limits
    return rate - (low or 0.0), (1.0 if high is None else high) - rate


def _around(ratio: float | None, log_se: float | None, z: float) -> ConfidenceInterval:
    """Reach from a ratio as far to each side as its logarithm's standard error says."""
    if not ratio or not log_se:
        return _NONE
    return ConfidenceInterval(ratio * math.exp(-z * log_se), ratio * math.exp(z * log_se))
