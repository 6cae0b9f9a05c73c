"""How much the values changed: summaries by visit, change from baseline, and the changes before and after compared."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, overload

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import Column, FloatArray, Values, check_frame, read_columns
from ivigmyo.change.signs import SignedRankTest, as_written, make_level, sign_flip_p_value, signed_rank_test
from ivigmyo.change.student import mean_sd, t_quantile, t_test
from ivigmyo.display import OneRow
from ivigmyo.errors import is_finite, refusal
from ivigmyo.estimates import ConfidenceInterval, Rebuilt, check_level, plain, read_only, same_content

__all__ = [
    "ChangeComparison",
    "ChangeSummary",
    "Description",
    "MeanChange",
    "SteroidLine",
    "change_from_baseline",
    "changes_by_visit",
    "compare_changes",
    "compare_log_changes",
    "describe",
    "describe_by_visit",
    "fit_steroid_line",
    "percent_change",
]

_LARGEST_EXPONENT = 709.0
_LONGEST = 1e6  # weeks


@attrs.frozen(repr=False)
class Description(OneRow):
    """What a column of values looks like.

    Parameters
    ----------
    n : int
        Values present.
    n_missing : int
        Values missing.
    mean, sd, median, minimum, maximum : float or None
        Mean, standard deviation (divided by n - 1), median and extremes; None where they do not exist.

    Examples
    --------
    >>> describe([3, None, 5])
    Description(n=2, n_missing=1, mean=4.0, sd=1.414..., median=4.0, minimum=3.0, maximum=5.0)
    """

    n: int
    n_missing: int
    mean: float | None
    sd: float | None
    median: float | None
    minimum: float | None
    maximum: float | None


@attrs.frozen(repr=False)
class MeanChange(OneRow):
    """The mean change of one group of patients, tested against no change.

    Parameters
    ----------
    n : int
        Patients with both values.
    mean, sd : float or None
        Mean and standard deviation (divided by n - 1) of the changes; None where they do not exist.
    t : float or None
        mean / (sd / sqrt(n)); None where there is no test.
    df : int or None
        Degrees of freedom, n - 1.
    p_value : float or None
        Two-sided P value of t.
    n_excluded : int
        Patients left out, since one of their values is missing.
    reason : str or None
        Why there is no test; None where there is one.
    method : str
        Name of the test.

    Examples
    --------
    >>> change = change_from_baseline([10, 20, 30], [12, 22, 32])
    >>> change.mean, change.sd, change.t, change.reason
    (2.0, 0.0, None, 'all changes are equal')
    """

    n: int
    mean: float | None
    sd: float | None
    t: float | None
    df: int | None
    p_value: float | None
    n_excluded: int
    reason: str | None = None
    method: str = "one-sample t-test, two-sided"

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of the mean change.

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
        >>> low, high = change_from_baseline([59, 53, 62], [90, 73, 79]).confidence_interval()
        >>> round(low, 2), round(high, 2)
        (4.36, 40.98)
        """
        check_level(level)
        if self.mean is None or not self.sd:
            return ConfidenceInterval(None, None)
        half = t_quantile(float(level), self.n - 1) * self.sd / math.sqrt(self.n)
        return ConfidenceInterval(self.mean - half, self.mean + half)


@attrs.frozen(repr=False)
class ChangeSummary(OneRow):
    """Mean and spread of one of the changes that are compared.

    Parameters
    ----------
    mean, sd : float or None
        Mean and standard deviation (divided by n - 1); None where they do not exist.
    ratio : float or None
        On the ln scale exp(-mean): the geometric mean of final / initial value. None on the raw scale.

    Examples
    --------
    >>> post = compare_log_changes([4000, 3000], [2000, 1500], [500, 375]).post
    >>> round(post.mean, 3), post.sd, round(post.ratio, 3)
    (1.386, 0.0, 0.25)
    """

    mean: float | None
    sd: float | None
    ratio: float | None = None


@attrs.frozen(repr=False)
class ChangeComparison(Rebuilt, OneRow):
    """The change after the start of treatment against the change before it, within patients.

    Parameters
    ----------
    n : int
        Patients with all three values.
    n_excluded : int
        Patients left out, since one of their values is missing.
    pre, post, difference : ChangeSummary
        The change before, the change after, and after minus before.
    t, df, p_value : float, int, float or None
        Student's t of the difference, its degrees of freedom and its two-sided P value; None where there is no test.
    reason : str or None
        Why there is no test; None where there is one.
    scale : {"raw", "ln"}
        Scale of the changes: a rise is positive on the raw scale, a fall on the ln scale.
    differences : numpy.ndarray
        The difference of each patient with all three values, in their order.
    method : str
        Name of the test of `p_value`.

    Examples
    --------
    >>> comparison = compare_log_changes([3613, 4162, 598], [4565, 554, 366], [1570, 82, 83])
    >>> round(comparison.pre.ratio, 2), round(comparison.post.ratio, 2)
    (0.47, 0.23)
    """

    n: int
    n_excluded: int
    pre: ChangeSummary
    post: ChangeSummary
    difference: ChangeSummary
    t: float | None
    df: int | None
    p_value: float | None
    reason: str | None
    scale: Literal["raw", "ln"]
    differences: FloatArray = attrs.field(converter=read_only, eq=same_content, hash=False, repr=False)
    method: str = "paired t-test, two-sided"

    def confidence_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of the mean difference.

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
        >>> low, high = compare_changes([65, 58, 72], [59, 53, 62], [85, 65, 74]).confidence_interval()
        >>> round(low, 2), round(high, 2)
        (4.69, 42.64)
        """
        return _test(self.differences, self.n_excluded).confidence_interval(level)

    def ratio_interval(self, level: float = 0.95) -> ConfidenceInterval:
        """Compute the confidence interval of ``difference.ratio``.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.

        Returns
        -------
        ConfidenceInterval
            exp(-limit) for each limit of `confidence_interval`; both None on the raw scale and where there is no test, the
            upper one where it is beyond 1e308.

        Examples
        --------
        >>> comparison = compare_log_changes([3613, 4162, 598], [4565, 554, 366], [1570, 82, 83])
        >>> low, high = comparison.ratio_interval(level=0.5)
        >>> round(low, 2), round(high, 2)
        (0.34, 0.68)
        """
        low, high = self.confidence_interval(level)
        if self.scale == "raw" or low is None or high is None:
            return ConfidenceInterval(None, None)
        return ConfidenceInterval(math.exp(-high), math.exp(-low) if -low < _LARGEST_EXPONENT else None)

    @property
    def signed_rank(self) -> SignedRankTest:
        """Wilcoxon's signed-rank test of the differences."""
        return signed_rank_test(self.differences)

    @property
    def signed_rank_p_value(self) -> float | None:
        """Two-sided P value of Wilcoxon's signed-rank test; None where no difference is other than 0."""
        return self.signed_rank.p_value

    @property
    def permutation_p_value(self) -> float | None:
        """Two-sided P value of the exact sign-flip test of the mean; None with no patient, or with more than 40."""
        return sign_flip_p_value(self.differences)


@attrs.frozen(repr=False)
class SteroidLine(OneRow):
    """What ln CK would have been, had steroid treatment alone gone on: a straight line in the week.

    Parameters
    ----------
    slope : float or None
        Change of ln CK (IU/L) in a week; None where there is no patient.
    intercept : float or None
        ln CK (IU/L) at week 0; None where there is no patient.
    n : int or None
        Patients the line rests on; None for a line that was read.
    n_excluded : int
        Patients left out, since one of their values is missing.
    method : str
        Where the line comes from.

    Examples
    --------
    >>> SteroidLine(slope=-0.25, intercept=6.5)
    SteroidLine(slope=-0.25, intercept=6.5, n=None, n_excluded=0, method='published')
    """

    slope: float | None
    intercept: float | None
    n: int | None = None
    n_excluded: int = 0
    method: str = "published"

    @overload
    def at(self, weeks: float) -> float | None: ...
    @overload
    def at(self, weeks: Column) -> FloatArray: ...
    def at(self, weeks: float | Column) -> float | FloatArray | None:
        """Read the line.

        Parameters
        ----------
        weeks : float or array_like of float
            Weeks since the first infusion, negative before it.

        Returns
        -------
        float, None or numpy.ndarray
            ln CK (IU/L): a number for a number, an array for a column; None or NaN where it does not exist.

        Examples
        --------
        >>> line = SteroidLine(slope=-0.25, intercept=6.5)
        >>> line.at(4), line.at([-4, 0]).tolist()
        (5.5, [7.5, 6.5])
        """
        columns = read_columns(scalars=True, weeks=weeks)
        slope, intercept = (math.nan if each is None else each for each in (self.slope, self.intercept))
        line = intercept + slope * columns["weeks"]
        return plain(line[0]) if columns.scalar else line


def describe(values: Values) -> Description:
    """Summarize a column of values.

    Parameters
    ----------
    values : array_like of float
        The values, in any unit. None and NaN are missing: left out and counted.

    Returns
    -------
    Description
        Count, mean, standard deviation, median and extremes.

    Raises
    ------
    ValueError
        If `values` is not a column of finite numbers.

    Notes
    -----
    The standard deviation divides by n - 1 (R's ``sd``). The median of an even number of values is the mean of the two
    in the middle.

    References
    ----------
    Saito et al. 2008, Table 2, footers.

    Examples
    --------
    CK of the 15 patients of the paper at the start of treatment:

    >>> ck = describe([4565, 554, 366, 973, 2871, 275, 1107, 487, 282, 183, 2482, 581, 2023, 2005, 143])
    >>> ck.n, ck.mean, round(ck.sd, 1), ck.median
    (15, 1259.8, 1280.2, 581.0)
    """
    columns = read_columns(values=values)
    columns.require_sizes()
    column = columns["values"]
    present = column[~np.isnan(column)]
    n_missing = len(column) - len(present)
    if len(present) == 0:
        return Description(0, n_missing, None, None, None, None, None)
    extremes = float(present.min()), float(present.max())
    return Description(len(present), n_missing, *mean_sd(present), float(np.median(present)), *extremes)


def describe_by_visit(frame: pd.DataFrame) -> pd.DataFrame:
    """Summarize each visit: the footers of Table 2.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a patient, one column a week. NaN is missing: left out of that week and counted.

    Returns
    -------
    pandas.DataFrame
        One row a week (index ``week``), columns ``n, n_missing, mean, sd, median, minimum, maximum`` as in `describe`.

    Raises
    ------
    ValueError
        If `frame` is not a DataFrame of finite numbers.

    References
    ----------
    Saito et al. 2008, Table 2, footers.

    Examples
    --------
    >>> mmt = pd.DataFrame({0: [59, 53, 60], 12: [90, 73, None]}, index=pd.Index(["1", "2", "15"], name="patient"))
    >>> describe_by_visit(mmt)[["n", "mean", "sd", "median"]].round(1)
          n  mean    sd  median
    week
    0     3  57.3   3.8    59.0
    12    2  81.5  12.0    81.5
    """
    return _by_visit(frame, lambda column: attrs.asdict(describe(column)), [each.name for each in attrs.fields(Description)])


def change_from_baseline(baseline: Values, values: Values) -> MeanChange:
    """Test the mean change from baseline against 0.

    Parameters
    ----------
    baseline : array_like of float
        One value a patient at the start of treatment. None and NaN are missing.
    values : array_like of float
        One value a patient later (or earlier), in the same unit. Series must have equal indexes; lists and arrays go
        by position.

    Returns
    -------
    MeanChange
        Mean and standard deviation of values - baseline, with the test; patients without both values are left out and
        counted.

    Raises
    ------
    ValueError
        If indexes or lengths differ, or a value is not a finite number.

    Notes
    -----
    t = mean / (sd / sqrt(n)) with n - 1 degrees of freedom, two-sided: R's ``t.test(change)``, PROC TTEST of SAS. With
    fewer than two patients, or where all changes are equal, there is no test, and `MeanChange.reason` says so. Changes
    that are equal as decimals count as equal, though in binary they may differ in the last digits.

    References
    ----------
    Saito et al. 2008, 'Statistical analysis' and Fig. 1.

    Examples
    --------
    MMT had fallen in the four weeks before treatment (the 15 patients of the paper, week 0 against week -4):

    >>> before = [65, 58, 72, 70, 78, 57, 72, 38, 72, 58, 77, 73, 58, 45, 70]
    >>> baseline = [59, 53, 62, 74, 76, 61, 69, 41, 64, 46, 59, 68, 42, 27, 60]
    >>> change = change_from_baseline(before, baseline)
    >>> round(change.mean, 1), round(change.p_value, 4)
    (-6.8, 0.003)
    """
    n_excluded, (first, later) = _read_paired("raw", baseline=baseline, values=values)
    return _test(as_written(later - first, first, later), n_excluded)


def percent_change(baseline: Values, values: Values) -> pd.Series[float]:
    """Express each patient's change as a percentage of the baseline value.

    Parameters
    ----------
    baseline : array_like of float
        One value a patient at the start of treatment. None and NaN are missing.
    values : array_like of float
        One value a patient later, in the same unit. Series must have equal indexes; lists and arrays go by position.

    Returns
    -------
    pandas.Series
        100 (values - baseline) / baseline, the index kept; NaN where a value is missing or the baseline is 0.

    Raises
    ------
    ValueError
        If indexes or lengths differ, or a value is not a finite number.

    Examples
    --------
    >>> percent_change([4565, 143, 0, None], [1719, 39, 3, 60]).round(1).tolist()
    [-62.3, -72.7, nan, nan]
    """
    columns = read_columns(baseline=baseline, values=values)
    first, later = columns["baseline"], columns["values"]
    columns.require_sizes()
    change = np.full(len(columns), np.nan)
    with np.errstate(over="ignore"):
        np.divide(100 * (later - first), first, out=change, where=first != 0)
    columns.refuse("values", np.isinf(change), "must be a possible multiple of the baseline value")
    return pd.Series(change, columns.index, name="percent_change")


def changes_by_visit(baseline: Values, frame: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Test the mean change from baseline at each visit: Fig. 1.

    Parameters
    ----------
    baseline : array_like of float
        One value a patient at the start of treatment. A Series must have the index of `frame`.
    frame : pandas.DataFrame
        One row a patient, one column a week. NaN is missing.
    level : float, default 0.95
        Confidence level of the intervals, strictly between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row a week (index ``week``), columns ``n, n_excluded, mean, sd, t, df, p_value, conf_low, conf_high`` as in
        `change_from_baseline`; NaN where there is no test.

    Raises
    ------
    ValueError
        If indexes or lengths differ, or a value is not a finite number.

    References
    ----------
    Saito et al. 2008, Fig. 1.

    Examples
    --------
    >>> mmt = pd.DataFrame({0: [59, 53, 62, 60], 4: [85, 65, 74, 63], 12: [90, 73, 79, None]})
    >>> changes_by_visit(mmt[0], mmt[[4, 12]])[["n", "mean", "t", "p_value"]].round(3)
          n    mean      t  p_value
    week
    4     4  13.250  2.789    0.068
    12    3  22.667  5.326    0.033
    """
    check_level(level)

    def row(column: pd.Series[Any]) -> dict[str, Any]:
        change = change_from_baseline(baseline, column)
        low, high = change.confidence_interval(level)
        return attrs.asdict(change) | {"conf_low": low, "conf_high": high}

    return _by_visit(frame, row, ["n", "n_excluded", "mean", "sd", "t", "df", "p_value", "conf_low", "conf_high"])


def compare_changes(before: Values, baseline: Values, after: Values) -> ChangeComparison:
    """Compare the change after the start of treatment with the change before it, on the raw scale.

    Parameters
    ----------
    before : array_like of float
        One value a patient some weeks before treatment. None and NaN are missing.
    baseline : array_like of float
        One value a patient at the start of treatment, in the same unit.
    after : array_like of float
        One value a patient as many weeks after it. Series must have equal indexes; lists and arrays go by position.

    Returns
    -------
    ChangeComparison
        Both changes and their difference, with the tests; patients without all three values are left out and counted.

    Raises
    ------
    ValueError
        If indexes or lengths differ, or a value is not a finite number.

    Notes
    -----
    pre = baseline - before, post = after - baseline, difference = post - pre: a rise is positive. A low value at
    baseline alone makes the difference large, so a fall before treatment is part of what is tested.

    Three two-sided tests of the differences. Student's t is the paired t-test of post against pre (R's
    ``t.test(post, pre, paired = TRUE)``). Wilcoxon's signed-rank test leaves differences of 0 out and gives ties their
    mean rank; it is exact for up to 200 patients, ties included. The sign-flip test counts, among all 2^n assignments
    of signs to the differences, those whose mean is at least as far from 0, for up to 40 patients. Differences that
    are equal as decimals count as equal, though in binary they may differ in the last digits.

    References
    ----------
    Saito et al. 2008, 'Discussion', for MMT and ADL. Hollander M, Wolfe DA, Chicken E. Nonparametric Statistical
    Methods, 3rd ed., 3.1. Fisher RA. The Design of Experiments, 1935, section 21.

    Examples
    --------
    MMT of the 15 patients of the paper at weeks -4, 0 and 4:

    >>> before = [65, 58, 72, 70, 78, 57, 72, 38, 72, 58, 77, 73, 58, 45, 70]
    >>> baseline = [59, 53, 62, 74, 76, 61, 69, 41, 64, 46, 59, 68, 42, 27, 60]
    >>> after = [85, 65, 74, 89, 81, 73, 88, 45, 83, 67, 67, 75, 68, 33, 63]
    >>> comparison = compare_changes(before, baseline, after)
    >>> round(comparison.pre.mean, 1), round(comparison.post.mean, 1), f"{comparison.p_value:.2e}"
    (-6.8, 13.0, '8.65e-06')
    """
    return _compare("raw", before, baseline, after)


def compare_log_changes(before: Values, baseline: Values, after: Values) -> ChangeComparison:
    """Compare the fall after the start of treatment with the fall before it, on the ln scale.

    Parameters
    ----------
    before : array_like of float
        One value a patient some weeks before treatment, greater than 0. None and NaN are missing.
    baseline : array_like of float
        One value a patient at the start of treatment, likewise, in the same unit.
    after : array_like of float
        One value a patient as many weeks after it. Series must have equal indexes; lists and arrays go by position.

    Returns
    -------
    ChangeComparison
        Both falls and their difference, with the tests; patients without all three values are left out and counted.

    Raises
    ------
    ValueError
        If a value is not greater than 0 and finite, or indexes or lengths differ.

    Notes
    -----
    pre = ln(before) - ln(baseline), post = ln(baseline) - ln(after), difference = post - pre: a fall is positive. The
    ratio exp(-mean) is what remains of the value: a ratio of 0.35 is a fall by 65 %. The tests are those of
    `compare_changes`.

    References
    ----------
    Saito et al. 2008, Table 3.

    Examples
    --------
    CK of the 15 patients of the paper at weeks -4, 0 and 4; Table 3 prints 0.601, t = 2.877 and P = 0.0122:

    >>> before = [3613, 4162, 598, 1789, 4557, 941, 3629, 755, 1862, 525, 3455, 3068, 7180, 5922, 1400]
    >>> baseline = [4565, 554, 366, 973, 2871, 275, 1107, 487, 282, 183, 2482, 581, 2023, 2005, 143]
    >>> after = [1570, 82, 83, 147, 1141, 35, 164, 199, 34, 51, 255, 65, 159, 418, 73]
    >>> comparison = compare_log_changes(before, baseline, after)
    >>> round(comparison.difference.mean, 3), round(comparison.t, 3), round(comparison.p_value, 4)
    (0.601, 2.877, 0.0122)
    >>> round(comparison.pre.ratio, 2), round(comparison.post.ratio, 2)
    (0.35, 0.19)
    >>> round(comparison.signed_rank_p_value, 4), comparison.permutation_p_value == 444 / 32768
    (0.0084, True)
    """
    return _compare("ln", before, baseline, after)


def fit_steroid_line(before: Values, baseline: Values, week_before: float = -4) -> SteroidLine:
    """Fit the line that ln CK followed under steroids alone, from two visits.

    Parameters
    ----------
    before : array_like of float
        CK in IU/L, one value a patient, at `week_before`, greater than 0. None and NaN are missing.
    baseline : array_like of float
        CK in IU/L, one value a patient, at week 0. Series must have equal indexes; lists and arrays go by position.
    week_before : float, default -4
        Week of `before`, less than 0.

    Returns
    -------
    SteroidLine
        The line of least squares through all points of the patients with both values; the others are left out and
        counted.

    Raises
    ------
    ValueError
        If a value is not greater than 0 and finite, indexes or lengths differ, or `week_before` is not finite and less
        than 0.

    Notes
    -----
    With as many points at either week, the line of least squares passes through the two means of ln CK.

    References
    ----------
    Saito et al. 2008, Fig. 2, whose line is `saito2008.PUBLISHED_STEROID_LINE`.

    Examples
    --------
    >>> before = [3613, 4162, 598, 1789, 4557, 941, 3629, 755, 1862, 525, 3455, 3068, 7180, 5922, 1400]
    >>> baseline = [4565, 554, 366, 973, 2871, 275, 1107, 487, 282, 183, 2482, 581, 2023, 2005, 143]
    >>> line = fit_steroid_line(before, baseline)
    >>> round(line.slope, 5), round(line.intercept, 5)
    (-0.2628, 6.63432)
    """
    if not is_finite(week_before) or not -_LONGEST <= float(week_before) <= -1 / _LONGEST:
        raise ValueError(refusal("'week_before' must be finite and less than 0", week_before))
    n_excluded, (first, last) = _read_paired("ln", before=before, baseline=baseline)
    start, intercept = mean_sd(first)[0], mean_sd(last)[0]
    slope = None if start is None or intercept is None else (start - intercept) / float(week_before)
    return SteroidLine(slope, intercept, len(first), n_excluded, "least squares")


def _by_visit(frame: pd.DataFrame, row: Callable[[pd.Series[Any]], dict[str, Any]], names: list[str]) -> pd.DataFrame:
    check_frame("frame", frame, ())
    rows = [row(column) for _, column in frame.items()]
    kinds = {name: np.int64 if name.startswith("n") else np.float64 for name in names}
    columns = {name: np.array([each[name] for each in rows], dtype=kind) for name, kind in kinds.items()}
    return pd.DataFrame(columns, index=frame.columns.rename("week"))


def _read_paired(scale: str, **values: Any) -> tuple[int, list[FloatArray]]:
    """Read columns on the raw or the ln scale; the patients in whom one is missing are left out and counted."""
    columns = read_columns(**values)
    columns.require_sizes()
    if scale == "ln":
        for name, array in columns.arrays.items():
            columns.refuse(name, array <= 0, "must be greater than 0")
    complete = ~np.isnan(list(columns.arrays.values())).any(axis=0)
    arrays = [array[complete] for array in columns.arrays.values()]
    return int((~complete).sum()), [np.log(array) for array in arrays] if scale == "ln" else arrays


def _compare(scale: Literal["raw", "ln"], before: Values, baseline: Values, after: Values) -> ChangeComparison:
    n_excluded, (first, start, last) = _read_paired(scale, before=before, baseline=baseline, after=after)
    pre, post = (first - start, start - last) if scale == "ln" else (start - first, last - start)
    if scale == "ln":
        # the rounding of a value moves its logarithm by as much as if that were 1
        changes = [make_level(each, first, start, last, np.ones_like(each)) for each in (pre, post, post - pre)]
    else:
        changes = [as_written(each, first, start, last) for each in (pre, post, post - pre)]
    before_treatment, after_treatment, difference = (_summary(scale, change) for change in changes)
    test = _test(changes[-1], n_excluded)
    return ChangeComparison(
        n=test.n,
        n_excluded=n_excluded,
        pre=before_treatment,
        post=after_treatment,
        difference=difference,
        t=test.t,
        df=test.df,
        p_value=test.p_value,
        reason=test.reason,
        scale=scale,
        differences=changes[-1],
    )


def _summary(scale: str, change: FloatArray) -> ChangeSummary:
    mean, sd = mean_sd(change)
    return ChangeSummary(mean, sd, None if scale == "raw" or mean is None else _ratio(-mean))


def _ratio(ln_ratio: float) -> float:
    try:
        return math.exp(ln_ratio)
    except OverflowError:
        raise ValueError(refusal("the geometric mean of the ratios must be at most 1e308", f"exp({ln_ratio:.1f})")) from None


def _test(changes: FloatArray, n_excluded: int) -> MeanChange:
    n = len(changes)
    mean, sd = mean_sd(changes)
    if mean is None or sd is None:
        return MeanChange(n, mean, sd, None, None, None, n_excluded, "fewer than two patients")
    if sd == 0:
        return MeanChange(n, mean, sd, None, n - 1, None, n_excluded, "all changes are equal")
    t, p_value = t_test(np.array([mean]), np.array([sd]), np.array([n]))
    return MeanChange(n, mean, sd, float(t[0]), n - 1, float(p_value[0]), n_excluded)
