"""Student's t of a mean: the one place where the test is done and its distribution is asked."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray

__all__ = ["mean_sd", "t_quantile", "t_test"]


def mean_sd(values: FloatArray) -> tuple[float | None, float | None]:
    """Compute mean and standard deviation (divided by n - 1); None where they do not exist."""
    if len(values) == 0:
        return None, None
    # a power of two takes no digit from any value, and keeps sums and squares within what a float holds
    exponent = int(np.frexp(np.abs(values).max())[1])
    scaled = np.ldexp(values, -exponent)
    mean = math.ldexp(float(scaled.mean()), exponent)
    if len(values) == 1:
        return mean, None
    # the rounded mean of equal values may differ from them, which would leave them a spread
    return mean, 0.0 if values.min() == values.max() else math.ldexp(float(scaled.std(ddof=1)), exponent)


def t_test(mean: FloatArray, sd: FloatArray, n: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Test means against 0: t = mean / (sd / sqrt(n)), and its two-sided P value with n - 1 degrees of freedom."""
    from scipy.special import stdtr

    with np.errstate(all="ignore"):
        t = mean / (sd / np.sqrt(n))
    return t, 2 * stdtr(np.maximum(n - 1, 1), -np.abs(t))


def t_quantile(level: float, df: int) -> float:
    """Find the t within which a share `level` of Student's distribution lies."""
    from scipy.special import betaincinv

    # t^2 / (df + t^2) and its complement follow beta distributions; `stdtrit` is right to 6 digits in older releases
    inside, outside = float(betaincinv(0.5, df / 2, level)), float(betaincinv(df / 2, 0.5, 1 - level))
    return math.sqrt(df * inside / outside)
