"""The mean changes of two arms, compared at equal baselines."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, Literal, NamedTuple

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import FloatArray, Values, check_choice, read_columns
from ivigmyo.contrasts.arms import Codes, read_arms, read_factors
from ivigmyo.display import OneRow, Scalar
from ivigmyo.errors import spell
from ivigmyo.estimates import ConfidenceInterval, check_level

__all__ = ["MeanComparison", "compare_means"]

_NONE = ConfidenceInterval(None, None)
_EXACT = 1e-12  # relative to the largest value: residuals as small as this are rounding
_RANK = 1e-10  # relative to the largest singular value: columns nearer than this to a sum of others are one


@attrs.frozen(repr=False)
class MeanComparison(OneRow):
    """The mean change in the treated arm against that in the control arm, at equal baselines.

    Parameters
    ----------
    difference, se : float or None
        The adjusted difference, treated minus control, and its standard error; on the ln scale of ln values.
    t, df, p_value : float, int, float or None
        difference / se, its degrees of freedom (n - rank of the model) and two-sided P value; None where there is no test.
    n : int
        Patients with both values.
    n_excluded : int
        Patients left out, since one of their values is missing.
    n_treated, n_control : int
        Patients with both values in each arm.
    treated, control : hashable
        The labels of the arms.
    treated_mean, control_mean : float or None
        The adjusted mean change of each arm; see `adjusted_means`.
    treated_se, control_se : float or None
        Their standard errors.
    scale : {"raw", "ln"}
        The scale of the values.
    reason : str or None
        Why there is no difference or no test; None where there are both.
    method : str
        The name of the model.

    Examples
    --------
    >>> arm = ["IVIG", "IVIG", "placebo", "placebo"]
    >>> comparison = compare_means([50, 55, 61, 64], [66, 70, 75, 81], arm, "placebo")
    >>> round(comparison.difference, 3), comparison.df
    (1.176, 1)
    """

    difference: float | None
    se: float | None
    t: float | None
    df: int | None
    p_value: float | None
    n: int
    n_excluded: int
    n_treated: int
    n_control: int
    treated: Hashable
    control: Hashable
    treated_mean: float | None
    control_mean: float | None
    treated_se: float | None
    control_se: float | None
    scale: Literal["raw", "ln"]
    reason: str | None = None
    method: str = "analysis of covariance of the change on baseline"

    @property
    def ratio(self) -> float | None:
        """On the ln scale exp(difference): final / baseline of the treated over that of the control arm; None on raw."""
        return math.exp(self.difference) if self.scale == "ln" and self.difference is not None else None

    @property
    def adjusted_means(self) -> dict[Any, float | None]:
        """The mean change of each arm (treated first) at the mean baseline of all analysed, strata equally weighted."""
        return {self.treated: self.treated_mean, self.control: self.control_mean}

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of the difference.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        ConfidenceInterval
            The limits by Student's t; both None where there is no test.

        Examples
        --------
        >>> comparison = compare_means([50, 55, 61, 64, 58], [66, 71, 75, 81, 70], list("AAPPP"), "P")
        >>> low, high = comparison.confidence_interval()
        >>> round(low, 2), round(high, 2)
        (-6.67, 18.37)
        """
        return self._interval(self.difference, self.se, level)

    def ratio_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of `ratio`: exp of each limit; both None on the raw scale or without a test."""
        low, high = self.confidence_interval(level)
        if self.scale == "raw" or low is None or high is None:
            return _NONE
        return ConfidenceInterval(math.exp(low), math.exp(high))

    def adjusted_interval(self, arm: Hashable, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of the adjusted mean of `arm`, a label; both None where there is none."""
        if arm not in (self.treated, self.control):
            raise ValueError(f"'arm' must be one of {spell(self.treated)}, {spell(self.control)} (got {spell(arm)}).")
        if arm == self.treated:
            return self._interval(self.treated_mean, self.treated_se, level)
        return self._interval(self.control_mean, self.control_se, level)

    def to_dict(self, level: float = 0.95) -> dict[str, Scalar]:
        """Give the numbers by name, with the limits at `level`; what does not exist is None.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the limits.

        Returns
        -------
        dict
            One entry a number; `to_frame` lays out the same as one row.
        """
        limits, ratio = self.confidence_interval(level), self.ratio_interval(level)
        row: dict[str, Scalar] = {"difference": self.difference, "conf_low": limits.low, "conf_high": limits.high}
        row |= {name: getattr(self, name) for name in ("se", "t", "df", "p_value")}
        row |= {"ratio": self.ratio, "ratio_low": ratio.low, "ratio_high": ratio.high}
        names = ("treated_mean", "treated_se", "control_mean", "control_se", "n", "n_excluded", "n_treated", "n_control")
        row |= {name: getattr(self, name) for name in names}
        return row | {"level": level, "scale": self.scale, "reason": self.reason, "method": self.method}

    def _interval(self, estimate: float | None, se: float | None, level: float) -> ConfidenceInterval:
        check_level(level)
        if estimate is None or se is None or not self.df:
            return _NONE
        from scipy.special import stdtrit

        margin = -float(stdtrit(self.df, (1 - float(level)) / 2)) * se
        return ConfidenceInterval(estimate - margin, estimate + margin)


def compare_means(
    baseline: Values,
    final: Values,
    arm: Values,
    control: Hashable,
    strata: Values | pd.DataFrame | None = None,
    scale: Literal["raw", "ln"] = "raw",
) -> MeanComparison:
    """Compare the mean changes of two arms by analysis of covariance.

    Parameters
    ----------
    baseline, final : array_like of float
        One value a patient before and after; on the ln scale greater than 0. A patient who lacks one is left out and
        counted. Series must have equal indexes; lists and arrays go by position.
    arm : array_like
        One label a patient, of exactly two arms; none may be missing.
    control : hashable
        The label of the control arm.
    strata : array_like or DataFrame, optional
        One label a patient, or a frame of several factors; none may be missing.
    scale : {"raw", "ln"}, default "raw"
        Whether the values or their natural logarithms are analysed.

    Returns
    -------
    MeanComparison
        The difference of the adjusted means, treated minus control, with its test.

    Raises
    ------
    ValueError
        If there are not exactly two arms, `control` is neither, the strata tell the arms apart so that no stratum has
        both, a value is not a finite number (or on the ln scale not greater than 0), or indexes or lengths differ.

    Notes
    -----
    The change is fitted by least squares to the baseline, the arm and each factor of the strata as main effects: R's
    ``lm(final - baseline ~ baseline + arm + strata)``, whose difference is also that of the final values. df = n - rank.
    The adjusted means are those of R's emmeans and of LSMEANS in SAS PROC GLM; where factors are aliased with each other
    they do not exist. There is no test without a degree of freedom, or where the model fits every patient exactly.

    References
    ----------
    Senn S. Stat Med 2006;25:4334-4344. ICH E9, section 5.7.

    Examples
    --------
    >>> baseline, final = [59, 53, 62, 60, 57, 66], [90, 73, 79, 66, 61, 74]
    >>> comparison = compare_means(baseline, final, ["IVIG"] * 3 + ["placebo"] * 3, "placebo")
    >>> {arm: round(mean, 2) for arm, mean in comparison.adjusted_means.items()}
    {'IVIG': 22.97, 'placebo': 5.7}
    """
    check_choice("scale", scale, ("raw", "ln"))
    columns = read_columns(baseline=baseline, final=final)
    arms = read_arms(columns, "arm", arm, "control", control)
    factors = read_factors(columns, strata)
    if scale == "ln":
        for name in ("baseline", "final"):
            columns.refuse(name, columns[name] <= 0, "must be greater than 0 on the ln scale")
    known = ~(np.isnan(columns["baseline"]) | np.isnan(columns["final"]))
    before, after = (columns[name][known] for name in ("baseline", "final"))
    before, after = (np.log(before), np.log(after)) if scale == "ln" else (before, after)
    treated = arms.is_treated[known]
    model = _fit(before, after - before, treated, [each[known] for each in factors], (arms.treated, arms.control))
    n, n_treated = len(before), int(treated.sum())
    difference, treated_mean, control_mean = model.estimates
    t = p_value = None
    if difference.estimate is not None and difference.se is not None and model.df:
        from scipy.special import stdtr

        t = difference.estimate / difference.se
        p_value = 2 * float(stdtr(model.df, -abs(t)))
    return MeanComparison(
        difference.estimate,
        difference.se,
        t,
        model.df,
        p_value,
        n,
        len(columns) - n,
        n_treated,
        n - n_treated,
        arms.treated,
        arms.control,
        treated_mean.estimate,
        control_mean.estimate,
        treated_mean.se,
        control_mean.se,
        scale,
        model.reason,
    )


class _Estimate(NamedTuple):
    estimate: float | None = None
    se: float | None = None


class _Model(NamedTuple):
    """The fit: difference, adjusted mean of the treated, of the controls."""

    estimates: tuple[_Estimate, _Estimate, _Estimate]
    df: int | None
    reason: str | None


_NOTHING = (_Estimate(), _Estimate(), _Estimate())


def _fit(
    baseline: FloatArray, change: FloatArray, treated: np.ndarray[Any, Any], factors: list[Codes], labels: tuple[Any, Any]
) -> _Model:
    """Fit the change by least squares to intercept, arm, factors and baseline, which is centred and scaled."""
    for label, members in zip(labels, (treated, ~treated), strict=True):
        if not members.any():
            return _Model(_NOTHING, None, f"no patient of arm {spell(label)} has both values")
    mean = baseline.mean()
    spread = np.abs(baseline - mean).max()
    covariate = (baseline - mean) / spread if spread > _EXACT * np.abs(baseline).max() else np.zeros(len(baseline))
    dummies, weights = _dummies(factors, len(baseline))
    one = np.ones(len(baseline))
    if not _estimable(np.column_stack([one, treated, dummies]), np.eye(2 + len(weights))[1]):
        raise ValueError("'arm' must not be told by 'strata' (got no stratum, all factors together, that has both arms).")
    design = np.column_stack([one, treated, dummies, covariate])
    rows = np.array([[0, 1, *(0 * weights), 0], [1, 1, *weights, 0], [1, 0, *weights, 0]], dtype=float)
    if not _estimable(design, rows[0]):
        return _Model(_NOTHING, None, "the baselines tell the arms apart")
    u, s, vt = np.linalg.svd(design, full_matrices=False)
    rank = int((s > _RANK * s[0]).sum())
    u, s, vt = u[:, :rank], s[:rank], vt[:rank]
    coefficients = vt.T @ (u.T @ change / s)
    residual = change - design @ coefficients
    df = len(change) - rank
    exact = float(np.abs(residual).max()) <= _EXACT * max(float(np.abs(baseline).max()), float(np.abs(change).max()))
    sigma = math.sqrt(float(residual @ residual) / df) if df and not exact else None
    estimates = tuple(
        _Estimate(
            float(row @ coefficients),
            None if sigma is None else sigma * float(np.linalg.norm(row @ vt.T / s)),
        )
        if _estimable(design, row)
        else _Estimate()
        for row in rows
    )
    reason = "no degree of freedom is left" if not df else "the model fits every patient exactly" if exact else None
    return _Model((estimates[0], estimates[1], estimates[2]), df, reason)


def _dummies(factors: list[Codes], n: int) -> tuple[FloatArray, FloatArray]:
    """Code each factor's levels but the first as columns of 0 and 1, and say how equal weights of the levels weigh them."""
    columns, weights = [np.empty((n, 0))], [np.empty(0)]
    for factor in factors:
        levels = np.unique(factor)
        columns.append((factor[:, None] == levels[1:]).astype(np.float64))
        weights.append(np.full(len(levels) - 1, 1 / len(levels)))
    return np.hstack(columns), np.concatenate(weights)


def _estimable(design: FloatArray, row: FloatArray) -> bool:
    """Tell whether the data determine a sum of coefficients: whether it is a sum of the design's rows."""
    _, s, vt = np.linalg.svd(design, full_matrices=False)
    basis = vt[s > _RANK * s[0]]
    return bool(np.abs(row - row @ basis.T @ basis).max() < 1e-8)
