"""The ACR/EULAR 2016 Total Improvement Score, and the share of patients in each category of it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from functools import reduce
from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import Columns, FloatArray, Values, check_choice, read_columns
from ivigmyo.core_set.frames import Flags, gain, measured_with, names, percent, read_pair
from ivigmyo.core_set.measures import CATEGORIES, CUTS, MEASURES, POINTS, THRESHOLDS
from ivigmyo.display import Named
from ivigmyo.errors import refusal
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import CK, Instrument

__all__ = [
    "CategoryResponse",
    "response_by_category",
    "total_improvement_score",
]


def total_improvement_score(
    baseline: pd.DataFrame,
    final: pd.DataFrame,
    *,
    mmt_maximum: float | None,
    enzyme_range: Values,
    scale_maximum: float = 10,
    population: Literal["adult", "juvenile"] = "adult",
    missing: Literal["missing", "partial"] = "missing",
    stand_ins: Collection[Instrument] = (),
) -> pd.DataFrame:
    """Compute the ACR/EULAR 2016 Total Improvement Score of each patient.

    Parameters
    ----------
    baseline, final : pandas.DataFrame
        One row a patient, with equal indexes, and the columns `physician_global`, `patient_global`, `mmt`, `haq`,
        `enzyme` and `extramuscular` in any order. The three scales run from 0 to `scale_maximum`, MMT from 0 to
        `mmt_maximum`, HAQ from 0 to 3; an enzyme is greater than 0, in the unit of `enzyme_range`. A missing value is
        NaN; a measure that was not taken is a column of NaN.
    mmt_maximum : float
        The highest possible MMT: 80 for MMT8 on one side, 150 on both, 260 for all muscle groups. None
        where CMAS stands in for MMT, and only there.
    enzyme_range : float or array_like
        The range of the enzyme, greater than 0: one number, or one a patient (a Series with the same index, such as
        `most_abnormal_enzyme` gives). It may be missing only where the enzyme is, and is None where CHQ-PhS stands
        in for the enzyme.
    scale_maximum : {10, 100}, default 10
        The length of the three visual analogue scales: 10 cm or 100 mm.
    population : {"adult", "juvenile"}, default "adult"
        Whose thresholds apply: adult dermatomyositis and polymyositis, or juvenile dermatomyositis.
    missing : {"missing", "partial"}, default "missing"
        What becomes of a patient in whom a measure is missing. ``"missing"`` gives no score. ``"partial"`` adds up the
        points of the other measures, a sum that the whole score cannot fall short of; the category is then the highest
        one already reached, and is missing where none is.
    stand_ins : collection of Instrument, optional
        In children, the measures that stand in for others: `CMAS` for MMT, `chq_phs` for the enzyme, `DAS` for
        extramuscular activity. Their values stand in the columns ``mmt``, ``enzyme`` and ``extramuscular``, and their
        changes are percentages of their own ranges.

    Returns
    -------
    pandas.DataFrame
        The index of `baseline`; for each measure ``..._change`` (absolute percent change, an improvement positive) and
        ``..._points``; then `score` (0 to 100), `category` (``"none"``, ``"minimal"``, ``"moderate"``, ``"major"``,
        ordered; missing where it is not decided) and `missing`, the names of the missing measures (``""`` where none).

    Raises
    ------
    ValueError
        If a column is unknown or absent, the indexes differ, a value is outside its range, an option is not one of
        those offered, an enzyme was measured without its range, or a measure of children stands in for another in adults.

    See Also
    --------
    response_by_category : The share of patients in whom each category was reached.
    most_abnormal_enzyme : Which enzyme is followed, and its range.

    Notes
    -----
    The absolute percent change is 100 (improvement) / (range of the measure). Each measure has five bins, open below
    and closed above: a change of exactly 15 % is in the bin from 5 to 15 %. No change and any worsening score 0. The
    cuts and the points are `CUTS` and `POINTS`; a score on a threshold reaches it.

    Edges are decided as the values are written in decimals: percentages are rounded to nine decimals, which is exact
    for a range of up to six significant digits and values with up to two decimals more than it.

    The range of an enzyme was seen in third-party code only, and what the official calculators do with a missing
    measure was not found: both are parameters for that reason. No SAS procedure or R function is known to compute this
    score. What stands in for a measure in children takes its cuts and its points.

    References
    ----------
    Aggarwal R, et al. Ann Rheum Dis 2017;76:792 and Arthritis Rheumatol 2017;69:898 (adults); Rider LG, et al.
    Arthritis Rheumatol 2017;69:911, Table 3 (juvenile dermatomyositis).

    Examples
    --------
    One patient is a frame of one row. Strength rose from 146 to 150 of 150; CK rose too, which scores 0.

    >>> columns = ["physician_global", "patient_global", "extramuscular", "mmt", "haq", "enzyme"]
    >>> baseline = pd.DataFrame([[5.5, 2, 5.5, 146, 0, 66]], ["P01"], columns)
    >>> final = pd.DataFrame([[0.5, 1, 0, 150, 0, 84]], ["P01"], columns)
    >>> result = total_improvement_score(baseline, final, mmt_maximum=150, enzyme_range=15 * 200)
    >>> result[["score", "category"]]
         score  category
    P01   52.5  moderate
    >>> result.filter(like="_points").loc["P01"].to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'physician_global_points': 20.0, 'patient_global_points': 2.5, 'mmt_points': 10.0,
     'haq_points': 0.0, 'enzyme_points': 0.0, 'extramuscular_points': 20.0}

    Without HAQ there is no score, but what the others add up to has already reached a moderate improvement:

    >>> final.loc["P01", "haq"] = None
    >>> options = {"mmt_maximum": 150, "enzyme_range": 15 * 200}
    >>> total_improvement_score(baseline, final, **options)[["score", "category", "missing"]]
         score category missing
    P01    NaN      NaN     haq
    >>> total_improvement_score(baseline, final, missing="partial", **options)[["score", "category", "missing"]]
         score  category missing
    P01   52.5  moderate     haq
    """
    check_choice("population", population, THRESHOLDS)
    check_choice("missing", missing, ("missing", "partial"))
    if stand_ins and population != "juvenile":
        raise ValueError(refusal("'stand_ins' must be left out unless 'population' is 'juvenile'", population))
    instruments = measured_with(mmt_maximum, scale_maximum, stand_ins)
    before, after = read_pair(baseline, final, instruments)
    ranges: dict[str, Any] = {each: (one.maximum or 0) - one.minimum for each, one in instruments.items()}
    if instruments["enzyme"] is CK:
        ranges["enzyme"] = _read_enzyme_range(enzyme_range, before, after)
    elif enzyme_range is not None:
        raise ValueError("'enzyme_range' must be None where CHQ-PhS stands in for the enzyme.")
    gains = {measure: gain(instruments[measure], before[measure], after[measure]) for measure in MEASURES}
    changes = {measure: percent(gains[measure], ranges[measure]) for measure in MEASURES}
    points = {measure: _points(measure, changes[measure]) for measure in MEASURES}
    absent = {measure: np.isnan(changes[measure]) for measure in MEASURES}
    score = _total(points, absent, partial=missing == "partial")
    columns: dict[str, Any] = {}
    for measure in MEASURES:
        columns |= {f"{measure}_change": changes[measure], f"{measure}_points": points[measure]}
    columns |= {"score": score, "category": _categorize(score, absent, population), "missing": names(absent)}
    return pd.DataFrame(columns, index=baseline.index, copy=False)


@attrs.frozen(repr=False)
class CategoryResponse(Named):
    """The share of patients in whom at least a minimal, moderate or major improvement was reached.

    Parameters
    ----------
    minimal, moderate, major : Proportion
        Patients in this category or a higher one.

    Examples
    --------
    >>> response = CategoryResponse(Proportion(8, 10), Proportion(5, 10), Proportion(1, 10))
    >>> response.moderate.rate
    0.5
    """

    minimal: Proportion
    moderate: Proportion
    major: Proportion

    def to_frame(self, level: float = 0.95, method: Literal["exact", "wilson"] = "exact") -> pd.DataFrame:
        """Lay the three shares out as a frame.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        method : {"exact", "wilson"}, default "exact"
            The interval, as in `Proportion.confidence_interval`.

        Returns
        -------
        pandas.DataFrame
            Indexed by `category`; `count`, `n`, `n_missing`, `estimate`, `conf_low` and `conf_high`.

        Examples
        --------
        >>> response = CategoryResponse(Proportion(8, 10), Proportion(5, 10), Proportion(1, 10))
        >>> response.to_frame().round(3)  # doctest: +NORMALIZE_WHITESPACE
                  count   n  n_missing  estimate  conf_low  conf_high
        category
        minimal       8  10          0       0.8     0.444      0.975
        moderate      5  10          0       0.5     0.187      0.813
        major         1  10          0       0.1     0.003      0.445
        """
        rows = []
        for name in CATEGORIES.categories[1:]:
            share: Proportion = getattr(self, name)
            low, high = share.confidence_interval(level, method)
            rows.append((name, share.count, share.n, share.n_missing, share.rate, low, high))
        names = ["category", "count", "n", "n_missing", "estimate", "conf_low", "conf_high"]
        frame = pd.DataFrame(rows, columns=names).set_index("category")
        return frame.astype({"estimate": float, "conf_low": float, "conf_high": float})


def response_by_category(
    scores: pd.DataFrame, missing: Literal["excluded", "non-response"] = "excluded"
) -> CategoryResponse:
    """Count the patients in whom each category of improvement was reached.

    Parameters
    ----------
    scores : pandas.DataFrame
        The result of `total_improvement_score`; its columns `category` and `missing` are used.
    missing : {"excluded", "non-response"}, default "excluded"
        Whether patients in whom a measure is missing are left out of n, or counted against unless the measures that
        they have already reach the category (which takes scores made with ``missing="partial"``).

    Returns
    -------
    CategoryResponse
        For each category the patients in it or in a higher one, with the number in whom a measure is missing.

    Raises
    ------
    ValueError
        If `scores` lacks these columns, or `category` does not hold the ordered categories.

    Notes
    -----
    ``"excluded"`` leaves out every patient in whom a measure is missing, also one whose partial score reaches the
    category: to keep those who reached it and drop those who did not would raise the rate.

    Examples
    --------
    >>> columns = ["physician_global", "patient_global", "extramuscular", "mmt", "haq", "enzyme"]
    >>> baseline = pd.DataFrame([[5.5, 2, 5.5, 146, 0, 66], [6, 5, 4, 120, 1.5, 900]], ["P01", "P02"], columns)
    >>> final = pd.DataFrame([[0.5, 1, 0, 150, 0, 84], [5, 5, 3, 123, 1.5, 450]], ["P01", "P02"], columns)
    >>> scores = total_improvement_score(baseline, final, mmt_maximum=150, enzyme_range=15 * 200)
    >>> scores["score"].to_dict()
    {'P01': 52.5, 'P02': 17.5}
    >>> response_by_category(scores).moderate
    Proportion(count=1, n=2, n_missing=0, missing='excluded')
    """
    check_choice("missing", missing, ("excluded", "non-response"))
    if not isinstance(scores, pd.DataFrame):
        raise ValueError(refusal("'scores' must be a DataFrame", type(scores).__name__))
    if absent := [column for column in ("category", "missing") if column not in scores.columns]:
        raise ValueError(f"'scores' must have the column {absent[0]!r}.")
    if scores["category"].dtype != CATEGORIES:
        raise ValueError(refusal("'category' must hold the ordered categories", str(scores["category"].dtype)))
    incomplete = (scores["missing"] != "").to_numpy()
    counted = ~incomplete if missing == "excluded" else np.ones_like(incomplete)
    reached = scores["category"].cat.codes.to_numpy()[counted]
    n, n_missing = int(counted.sum()), int(incomplete.sum())
    return CategoryResponse(*(Proportion(int((reached >= code).sum()), n, n_missing, missing) for code in (1, 2, 3)))


def _read_enzyme_range(enzyme_range: Values, before: Columns, after: Columns) -> FloatArray:
    measured = pd.Series(~np.isnan(before["enzyme"] - after["enzyme"]), index=before.index)
    columns = read_columns(scalars=True, allow_bool=True, baseline=measured, enzyme_range=enzyme_range)
    given = read_columns(scalars=True, enzyme_range=enzyme_range)  # one number is refused as one, not patient by patient
    given.refuse("enzyme_range", given["enzyme_range"] <= 0, "must be greater than 0")
    unknown = (columns["baseline"] == 1) & np.isnan(columns["enzyme_range"])
    columns.refuse("enzyme_range", unknown, "must be given where 'enzyme' was measured")
    return columns["enzyme_range"]


def _points(measure: str, change: FloatArray) -> FloatArray:
    """Look up the points of each change: a bin holds its upper cut, and NaN sorts behind infinity."""
    bins = np.searchsorted([*CUTS[measure], math.inf], change, side="left")
    return np.array([*POINTS[measure], math.nan])[bins]


def _total(points: Mapping[str, FloatArray], absent: Mapping[str, Flags], *, partial: bool) -> FloatArray:
    if partial:
        none_known = reduce(np.logical_and, absent.values())
        points = {measure: np.where(absent[measure] & ~none_known, 0.0, points[measure]) for measure in MEASURES}
    total: FloatArray = reduce(np.add, points.values())
    return total


def _categorize(score: FloatArray, absent: Mapping[str, Flags], population: str) -> pd.Categorical:
    codes = np.searchsorted(THRESHOLDS[population], score, side="right").astype(np.int8)
    incomplete = reduce(np.logical_or, absent.values())
    codes[np.isnan(score) | (incomplete & (codes == 0))] = -1
    return pd.Categorical.from_codes(codes, dtype=CATEGORIES)
