"""Today's criteria on the six core set measures: the ACR/EULAR 2016 score and the IMACS definition of improvement."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from functools import reduce
from numbers import Real
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Columns, FloatArray, Values, check_choice, read_columns
from ivigmyo.errors import refusal, spell
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import CK, Instrument

__all__ = [
    "ALDOLASE",
    "ALT",
    "AST",
    "CATEGORIES",
    "CORE_SET_INSTRUMENTS",
    "CUTS",
    "ENZYMES",
    "EXTRAMUSCULAR",
    "HAQ",
    "LDH",
    "MEASURES",
    "MMT8",
    "MMT8_ONE_SIDE",
    "MMT_ALL_GROUPS",
    "PATIENT_GLOBAL",
    "PHYSICIAN_GLOBAL",
    "POINTS",
    "RANGE_MULTIPLES",
    "THRESHOLDS",
    "CategoryResponse",
    "definition_of_improvement",
    "follow_enzyme",
    "most_abnormal_enzyme",
    "response_by_category",
    "total_improvement_score",
]

_Flags: TypeAlias = npt.NDArray[np.bool_]

PHYSICIAN_GLOBAL = Instrument(
    "PHGLOBAL", "Physician global activity", "cm", maximum=10, higher_is_better=False, units=(("mm", 0.1),)
)
"""Physician global activity on a visual analogue scale of 10 cm."""

PATIENT_GLOBAL = attrs.evolve(PHYSICIAN_GLOBAL, code="PTGLOBAL", name="Patient or parent global activity")
"""Patient (or parent) global activity on a visual analogue scale of 10 cm."""

EXTRAMUSCULAR = attrs.evolve(PHYSICIAN_GLOBAL, code="EXTRAMUS", name="Extramuscular global activity")
"""Extramuscular global activity on a visual analogue scale of 10 cm."""

MMT8 = Instrument("MMT8", "Manual muscle test, 8 muscle groups on both sides", "points", maximum=150)
"""Manual muscle test of 8 muscle groups on both sides, 150 points in all."""

MMT8_ONE_SIDE = attrs.evolve(MMT8, code="MMT8SIDE", name="Manual muscle test, 8 muscle groups on one side", maximum=80)
"""Manual muscle test of 8 muscle groups on one side, 80 points in all."""

MMT_ALL_GROUPS = attrs.evolve(MMT8, code="MMTALL", name="Manual muscle test, all muscle groups", maximum=260)
"""Manual muscle test of all muscle groups, 260 points in all."""

HAQ = Instrument("HAQ", "Health Assessment Questionnaire", "points", maximum=3, higher_is_better=False)
"""Health Assessment Questionnaire (or its childhood form, CHAQ), 0 to 3."""

ALDOLASE = attrs.evolve(CK, code="ALDOLASE", name="Serum aldolase")
"""Serum aldolase in IU/L."""

AST = attrs.evolve(CK, code="AST", name="Serum aspartate aminotransferase")
"""Serum aspartate aminotransferase in IU/L."""

ALT = attrs.evolve(CK, code="ALT", name="Serum alanine aminotransferase")
"""Serum alanine aminotransferase in IU/L."""

LDH = attrs.evolve(CK, code="LDH", name="Serum lactate dehydrogenase")
"""Serum lactate dehydrogenase in IU/L."""

ENZYMES = (CK, ALDOLASE, AST, ALT, LDH)
"""The muscle enzymes of which one is followed; of equally abnormal ones, the first in this order."""

_SCALES = (PHYSICIAN_GLOBAL, PATIENT_GLOBAL, EXTRAMUSCULAR)
CORE_SET_INSTRUMENTS = (*_SCALES, MMT8, MMT8_ONE_SIDE, MMT_ALL_GROUPS, HAQ, ALDOLASE, AST, ALT, LDH)
"""The instruments of the core set that a study may hold beside `STUDY_INSTRUMENTS`, which has CK already."""

_ENZYME_CODES = [enzyme.code for enzyme in ENZYMES]
_ENZYME_DTYPE = pd.CategoricalDtype(_ENZYME_CODES)

RANGE_MULTIPLES: Mapping[str, float] = MappingProxyType({"CK": 15, "ALDOLASE": 6, "AST": 3, "ALT": 3, "LDH": 3})
"""The range of each enzyme as a multiple of its upper limit of normal; see `most_abnormal_enzyme` on its source."""

MEASURES = ("physician_global", "patient_global", "mmt", "haq", "enzyme", "extramuscular")
"""The six core set measures, as the columns of a frame name them."""

_OTHER_CUTS = (5.0, 15.0, 25.0, 40.0)
CUTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {measure: (2.0, 10.0, 20.0, 30.0) if measure == "mmt" else _OTHER_CUTS for measure in MEASURES}
)
"""The absolute percent changes that part the five bins of each measure; a change on a cut belongs to the bin below."""

POINTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "physician_global": (0, 7.5, 15, 17.5, 20),
        "patient_global": (0, 2.5, 5, 7.5, 10),
        "mmt": (0, 10, 20, 27.5, 32.5),
        "haq": (0, 5, 7.5, 7.5, 10),
        "enzyme": (0, 2.5, 5, 7.5, 7.5),
        "extramuscular": (0, 7.5, 12.5, 15, 20),
    }
)
"""The points that each measure adds to the score, bin by bin; 100 in all at most."""

THRESHOLDS: Mapping[str, tuple[float, float, float]] = MappingProxyType({"adult": (20, 40, 60), "juvenile": (30, 45, 70)})
"""The lowest scores of minimal, moderate and major improvement, by population."""

CATEGORIES = pd.CategoricalDtype(["none", "minimal", "moderate", "major"], ordered=True)
"""The categories of improvement, from none to major."""

# A percentage is rounded to this many decimals before it is compared, which sets a value that lies on a cut as written
# in decimals on the cut as computed (2.2 -> 0.7 of 10 is 15.000000000000004 in binary), and moves no value across one:
# - Binary noise: baseline, final and their difference are each off by at most 1.1e-16 of themselves, so the percentage
#   is off by less than 5e-10 (half the last decimal) while the values are below 10,000 times what they are divided by.
# - Absolute change: let the range have up to six significant digits, and the values up to two decimals more than it.
#   A cut is a whole percentage, so 100 * (baseline - final) - cut * range is a multiple of the range's last digit: if
#   it is not 0, it is at least 1e-6 of the range, which is 1e-6 in the percentage: a thousand roundings away. Scales
#   of 10, HAQ (3) and MMT (80, 150, 260) have shorter ranges and take up to seven decimals.
# - Relative change: the edges are the ratios 4/5, 6/5, 5/4 and 3/4. For values of up to six significant digits the
#   nearest other ratio is 1/(6 * 10^6) away in proportion, which is 1e-5 in the percentage.
_DECIMALS = 9

# Two multiples of the ULN are each off by at most 3.4e-16 of themselves. Two different ones, of values and limits with
# up to six significant digits each, are at least 1e-12 apart in proportion.
_TIE = 1e-13


def total_improvement_score(
    baseline: pd.DataFrame,
    final: pd.DataFrame,
    *,
    mmt_maximum: float,
    enzyme_range: Values,
    scale_maximum: float = 10,
    population: Literal["adult", "juvenile"] = "adult",
    missing: Literal["missing", "partial"] = "missing",
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
        The highest possible MMT: 80 for MMT8 on one side, 150 on both, 260 for all muscle groups.
    enzyme_range : float or array_like
        The range of the enzyme, greater than 0: one number, or one a patient (a Series with the same index, such as
        `most_abnormal_enzyme` gives). It may be missing only where the enzyme is.
    scale_maximum : {10, 100}, default 10
        The length of the three visual analogue scales: 10 cm or 100 mm.
    population : {"adult", "juvenile"}, default "adult"
        Whose thresholds apply: adult dermatomyositis and polymyositis, or juvenile dermatomyositis.
    missing : {"missing", "partial"}, default "missing"
        What becomes of a patient in whom a measure is missing. ``"missing"`` gives no score. ``"partial"`` adds up the
        points of the other measures, a sum that the whole score cannot fall short of; the category is then the highest
        one already reached, and is missing where none is.

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
        those offered, or an enzyme was measured without its range.

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
    score. The paediatric alternatives to the six measures (such as CMAS in place of MMT) are not covered.

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
    instruments = _measured_with(mmt_maximum, scale_maximum)
    before, after = _read_pair(baseline, final, instruments)
    ranges: dict[str, Any] = {measure: instrument.maximum for measure, instrument in instruments.items()}
    ranges["enzyme"] = _read_enzyme_range(enzyme_range, before, after)
    changes = {measure: _percent(_gain(measure, before, after), ranges[measure]) for measure in MEASURES}
    points = {measure: _points(measure, changes[measure]) for measure in MEASURES}
    absent = {measure: np.isnan(changes[measure]) for measure in MEASURES}
    score = _total(points, absent, partial=missing == "partial")
    columns: dict[str, Any] = {}
    for measure in MEASURES:
        columns |= {f"{measure}_change": changes[measure], f"{measure}_points": points[measure]}
    columns |= {"score": score, "category": _categorize(score, absent, population), "missing": _names(absent)}
    return pd.DataFrame(columns, index=baseline.index, copy=False)


def definition_of_improvement(
    baseline: pd.DataFrame, final: pd.DataFrame, *, mmt_maximum: float = 260, scale_maximum: float = 10
) -> pd.DataFrame:
    """Tell whether each patient meets the IMACS definition of improvement.

    It is met where at least three of the six core set measures improved by 20 % or more, no more than two worsened by
    25 % or more, and MMT is not one of those that worsened.

    Parameters
    ----------
    baseline, final : pandas.DataFrame
        As in `total_improvement_score`.
    mmt_maximum : float, default 260
        The highest possible MMT. The definition itself does not need it: it serves to refuse an impossible value.
    scale_maximum : {10, 100}, default 10
        The length of the three visual analogue scales, for the same purpose.

    Returns
    -------
    pandas.DataFrame
        The index of `baseline`; for each measure ``..._relative_change`` (percent of the baseline value, an improvement
        positive); `n_improved` and `n_worsened`; the names of these measures in `improved` and `worsened`, of the
        missing ones in `missing` (``""`` where none); and `met`, a nullable boolean.

    Raises
    ------
    ValueError
        If a column is unknown or absent, the indexes differ, or a value is outside its range.

    Notes
    -----
    The relative percent change is 100 (improvement) / baseline; a change of exactly 20 or 25 % counts. From a baseline
    of 0, no change is 0 %, and any change exceeds every percentage (it is infinite): a worsening counts as worsened,
    and an MMT that rises from 0 as improved.

    `met` is decided by the known measures where they decide it whichever way the missing ones went, and is missing
    otherwise. It is False where too few measures are left that may have improved, three have worsened, or MMT has. It
    is True only where MMT is known and no more than two measures have worsened or are missing.

    Edges are decided as the values are written in decimals, of up to six significant digits.

    References
    ----------
    Rider LG, et al. Arthritis Rheum 2004;50:2281.

    Examples
    --------
    >>> columns = ["physician_global", "patient_global", "extramuscular", "mmt", "haq", "enzyme"]
    >>> baseline = pd.DataFrame([[5.5, 2, 5.5, 146, 0, 66]], ["P01"], columns)
    >>> final = pd.DataFrame([[0.5, 1, 0, 150, 0, 84]], ["P01"], columns)
    >>> result = definition_of_improvement(baseline, final, mmt_maximum=150)
    >>> result.at["P01", "improved"]
    'physician_global, patient_global, extramuscular'
    >>> result[["n_improved", "n_worsened", "worsened", "met"]]
         n_improved  n_worsened worsened   met
    P01           3           1   enzyme  True
    """
    before, after = _read_pair(baseline, final, _measured_with(mmt_maximum, scale_maximum))
    changes = {measure: _percent(_gain(measure, before, after), before[measure]) for measure in MEASURES}
    improved = {measure: changes[measure] >= 20 for measure in MEASURES}
    worsened = {measure: changes[measure] <= -25 for measure in MEASURES}
    absent = {measure: np.isnan(changes[measure]) for measure in MEASURES}
    n_improved, n_worsened, n_absent = (sum(flags.values()) for flags in (improved, worsened, absent))
    possible = (n_improved + n_absent >= 3) & (n_worsened <= 2) & ~worsened["mmt"]
    certain = possible & (n_improved >= 3) & (n_worsened + n_absent <= 2) & ~absent["mmt"]
    columns: dict[str, Any] = {f"{measure}_relative_change": changes[measure] for measure in MEASURES}
    columns |= {"n_improved": n_improved, "n_worsened": n_worsened}
    columns |= {"improved": _names(improved), "worsened": _names(worsened), "missing": _names(absent)}
    columns["met"] = pd.arrays.BooleanArray(certain, possible & ~certain)
    return pd.DataFrame(columns, index=baseline.index, copy=False)


def most_abnormal_enzyme(
    values: pd.DataFrame,
    ulns: pd.DataFrame | Mapping[str, float],
    *,
    range_multiples: Mapping[str, float] = RANGE_MULTIPLES,
) -> pd.DataFrame:
    """Choose the muscle enzyme that is followed in each patient: the most abnormal one at baseline.

    Parameters
    ----------
    values : pandas.DataFrame
        The enzymes at baseline, one row a patient; columns among ``"CK"``, ``"ALDOLASE"``, ``"AST"``, ``"ALT"`` and
        ``"LDH"``, each value greater than 0. An enzyme that was not measured is NaN.
    ulns : pandas.DataFrame or mapping of str to float
        The upper limits of normal in the same units: one a value (a frame with the same index), or one an enzyme.
    range_multiples : mapping of str to float, default `RANGE_MULTIPLES`
        The range of each enzyme as a multiple of its upper limit of normal.

    Returns
    -------
    pandas.DataFrame
        The index of `values`; `enzyme` (its code), `value`, `uln`, `multiple` (value / uln) and `range` (uln times the
        multiple of `range_multiples`), all missing where no enzyme was measured.

    Raises
    ------
    ValueError
        If a column is unknown, the indexes differ, a value or limit is not greater than 0, or a value has no limit.

    See Also
    --------
    follow_enzyme : The later values of the enzyme chosen.

    Notes
    -----
    Enzymes are compared by multiples of their limits, never by raw values. Of equal multiples, the first in the order
    CK, aldolase, AST, ALT, LDH is taken; this order is a choice made here. Multiples are equal as the values are
    written in decimals, of up to six significant digits.

    The criteria say which enzyme is followed, but the multiples that make its range were seen in third-party code only
    (CK 15; AST, ALT and LDH 3), and that of aldolase (6) is unverified.

    References
    ----------
    Aggarwal R, et al. Ann Rheum Dis 2017;76:792.

    Examples
    --------
    An LDH of 700 is higher than a CK of 600, and less abnormal:

    >>> values = pd.DataFrame({"CK": [600, 90], "LDH": [700, 480]}, ["P01", "P02"])
    >>> most_abnormal_enzyme(values, {"CK": 200, "LDH": 240})
        enzyme  value    uln  multiple   range
    P01     CK  600.0  200.0       3.0  3000.0
    P02    LDH  480.0  240.0       2.0   720.0
    """
    measured = _read_enzymes("values", values)
    codes = [code for code in _ENZYME_CODES if code in measured.arrays]
    limits = _read_limits(ulns, values, codes)
    for code in codes:
        limits.refuse(code, np.isnan(limits[code]) & ~np.isnan(measured[code]), "must have an upper limit of normal")
    factors = _read_factors(range_multiples, codes)
    multiples = _stack(measured, codes) / _stack(limits, codes)
    ranked = np.where(np.isnan(multiples), -np.inf, multiples)
    best = ranked.max(axis=1)
    chosen = (ranked >= best[:, None] * (1 - _TIE)).argmax(axis=1)
    none = np.isneginf(best)
    at = np.arange(len(chosen)), chosen
    uln = np.where(none, np.nan, _stack(limits, codes)[at])
    named = np.array([_ENZYME_CODES.index(code) for code in codes])
    enzyme = pd.Categorical.from_codes(np.where(none, -1, named[chosen]), dtype=_ENZYME_DTYPE)
    value = _stack(measured, codes)[at]
    columns = {"enzyme": enzyme, "value": value, "uln": uln, "multiple": multiples[at], "range": uln * factors[chosen]}
    return pd.DataFrame(columns, index=values.index)


def follow_enzyme(values: pd.DataFrame, enzyme: pd.Series[Any]) -> pd.Series[float]:
    """Take each patient's own enzyme from a frame of all enzymes.

    Parameters
    ----------
    values : pandas.DataFrame
        The enzymes at one visit, as in `most_abnormal_enzyme`.
    enzyme : pandas.Series
        The code of the enzyme that is followed in each patient, with the same index; missing where there is none.

    Returns
    -------
    pandas.Series
        The values, named ``"enzyme"``; NaN where the enzyme was not measured or none is followed.

    Raises
    ------
    ValueError
        If a column is unknown, the indexes differ, a value is not greater than 0, or an enzyme that is followed has no
        column.

    Examples
    --------
    >>> baseline = pd.DataFrame({"CK": [600, 90], "LDH": [700, 480]}, ["P01", "P02"])
    >>> final = pd.DataFrame({"CK": [150, 80], "LDH": [300, 230]}, ["P01", "P02"])
    >>> chosen = most_abnormal_enzyme(baseline, {"CK": 200, "LDH": 240})
    >>> follow_enzyme(final, chosen["enzyme"]).to_dict()
    {'P01': 150.0, 'P02': 230.0}
    """
    if not isinstance(enzyme, pd.Series):
        raise ValueError(refusal("'enzyme' must be a Series", type(enzyme).__name__))
    measured = _read_enzymes("values", values)
    absent = read_columns(allow_bool=True, values=values.iloc[:, 0], enzyme=enzyme.isna())["enzyme"] == 1
    codes = list(measured.arrays)
    position = pd.Index(codes).get_indexer(pd.Index(enzyme.astype(object)))
    unknown = (position < 0) & ~absent
    if unknown.any():
        first = int(unknown.argmax())
        raise ValueError(refusal("'enzyme' must be a column of 'values'", enzyme.iloc[first], measured.record(first)))
    followed = np.where(absent, np.nan, _stack(measured, codes)[np.arange(len(position)), position])
    return pd.Series(followed, index=values.index, name="enzyme")


@attrs.frozen
class CategoryResponse:
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
    _check_frame("scores", scores)
    if absent := [column for column in ("category", "missing") if column not in scores.columns]:
        raise ValueError(f"'scores' must have the column {absent[0]!r}.")
    if scores["category"].dtype != CATEGORIES:
        raise ValueError(refusal("'category' must hold the ordered categories", str(scores["category"].dtype)))
    incomplete = (scores["missing"] != "").to_numpy()
    counted = ~incomplete if missing == "excluded" else np.ones_like(incomplete)
    reached = scores["category"].cat.codes.to_numpy()[counted]
    n, n_missing = int(counted.sum()), int(incomplete.sum())
    return CategoryResponse(*(Proportion(int((reached >= code).sum()), n, n_missing, missing) for code in (1, 2, 3)))


def _measured_with(mmt_maximum: float, scale_maximum: float) -> dict[str, Instrument]:
    """Name the instrument of each measure, with the range that the caller says it has."""
    if not _is_number(mmt_maximum) or not 0 < mmt_maximum < math.inf:
        raise ValueError(refusal("'mmt_maximum' must be a number greater than 0", mmt_maximum))
    if not _is_number(scale_maximum) or scale_maximum not in (10, 100):
        raise ValueError(refusal("'scale_maximum' must be 10 (cm) or 100 (mm)", scale_maximum))
    scale = attrs.evolve(PHYSICIAN_GLOBAL, maximum=scale_maximum)
    strength = attrs.evolve(MMT8, maximum=mmt_maximum)
    return dict(zip(MEASURES, (scale, scale, strength, HAQ, CK, scale), strict=True))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _read_pair(
    baseline: pd.DataFrame, final: pd.DataFrame, instruments: Mapping[str, Instrument]
) -> tuple[Columns, Columns]:
    frames = {"baseline": baseline, "final": final}
    for name, frame in frames.items():
        _check_columns(name, frame, MEASURES)
        if absent := [measure for measure in MEASURES if measure not in frame.columns]:
            raise ValueError(f"{name!r} must have the column {absent[0]!r} (of NaN where it was not measured).")
    read_columns(baseline=baseline["mmt"], final=final["mmt"])  # refuses unequal indexes
    before, after = (_read_frame(name, frame, MEASURES) for name, frame in frames.items())
    for columns in (before, after):
        for measure, instrument in instruments.items():
            _check_range(columns, measure, instrument)
    return before, after


def _read_frame(name: str, frame: pd.DataFrame, columns: Collection[str]) -> Columns:
    values: dict[str, Any] = {column: frame[column] for column in columns}
    return read_columns(name_record=lambda row: f"for patient {spell(frame.index[row])}, {name}", **values)


def _check_frame(name: str, frame: object) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(refusal(f"{name!r} must be a DataFrame", type(frame).__name__))


def _check_columns(name: str, frame: pd.DataFrame, known: Collection[str]) -> None:
    _check_frame(name, frame)
    for column in frame.columns:
        if column not in known:
            raise ValueError(refusal(f"{name!r} must have columns among {', '.join(map(spell, known))}", column))
    if not frame.columns.is_unique:
        raise ValueError(f"{name!r} must not have the column {frame.columns[frame.columns.duplicated()][0]!r} twice.")


def _check_range(columns: Columns, name: str, instrument: Instrument) -> None:
    impossible = ~instrument.admits(columns[name]) & ~np.isnan(columns[name])
    columns.refuse(name, impossible, f"must be {instrument.range}")


def _read_enzyme_range(enzyme_range: Values, before: Columns, after: Columns) -> FloatArray:
    measured = pd.Series(~np.isnan(before["enzyme"] - after["enzyme"]), index=before.index)
    columns = read_columns(scalars=True, allow_bool=True, baseline=measured, enzyme_range=enzyme_range)
    given = read_columns(scalars=True, enzyme_range=enzyme_range)  # one number is refused as one, not patient by patient
    given.refuse("enzyme_range", given["enzyme_range"] <= 0, "must be greater than 0")
    unknown = (columns["baseline"] == 1) & np.isnan(columns["enzyme_range"])
    columns.refuse("enzyme_range", unknown, "must be given where 'enzyme' was measured")
    return columns["enzyme_range"]


def _gain(measure: str, before: Columns, after: Columns) -> FloatArray:
    """How much a measure improved: MMT rises, the other measures fall."""
    return after[measure] - before[measure] if measure == "mmt" else before[measure] - after[measure]


def _percent(gain: FloatArray, reference: Any) -> FloatArray:
    """100 x gain / reference, free of binary noise; no gain on a reference of 0 is 0 %, any other is infinite."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        percent: FloatArray = np.round(100.0 * gain / reference, _DECIMALS)
    percent[(gain == 0) & (reference == 0)] = 0.0
    return percent


def _points(measure: str, change: FloatArray) -> FloatArray:
    """Look up the points of each change: a bin holds its upper cut, and NaN sorts behind infinity."""
    bins = np.searchsorted([*CUTS[measure], math.inf], change, side="left")
    return np.array([*POINTS[measure], math.nan])[bins]


def _total(points: Mapping[str, FloatArray], absent: Mapping[str, _Flags], *, partial: bool) -> FloatArray:
    if partial:
        none_known = reduce(np.logical_and, absent.values())
        points = {measure: np.where(absent[measure] & ~none_known, 0.0, points[measure]) for measure in MEASURES}
    total: FloatArray = reduce(np.add, points.values())
    return total


def _categorize(score: FloatArray, absent: Mapping[str, _Flags], population: str) -> pd.Categorical:
    codes = np.searchsorted(THRESHOLDS[population], score, side="right").astype(np.int8)
    incomplete = reduce(np.logical_or, absent.values())
    codes[np.isnan(score) | (incomplete & (codes == 0))] = -1
    return pd.Categorical.from_codes(codes, dtype=CATEGORIES)


def _names(flags: Mapping[str, _Flags]) -> npt.NDArray[np.object_]:
    """Join the names of the measures that are flagged, row by row."""
    pattern = reduce(np.add, (flags[measure].astype(np.uint8) << i for i, measure in enumerate(MEASURES)))
    names = [", ".join(m for i, m in enumerate(MEASURES) if code >> i & 1) for code in range(2 ** len(MEASURES))]
    joined: npt.NDArray[np.object_] = np.array(names, dtype=object)[pattern]
    return joined


def _read_enzymes(name: str, frame: pd.DataFrame) -> Columns:
    _check_columns(name, frame, _ENZYME_CODES)
    if frame.columns.empty:
        raise ValueError(f"{name!r} must have a column for at least one enzyme.")
    columns = _read_frame(name, frame, frame.columns)
    for code in columns.arrays:
        _check_range(columns, code, CK)
    return columns


def _read_limits(ulns: pd.DataFrame | Mapping[str, float], values: pd.DataFrame, codes: list[str]) -> Columns:
    """Read the limits of the enzymes that were measured, one a value."""
    if absent := [code for code in codes if code not in ulns]:
        raise ValueError(f"'ulns' must have the limit of {absent[0]!r}.")
    if not isinstance(ulns, pd.DataFrame):
        ulns = pd.DataFrame({code: ulns[code] for code in codes}, values.index)
    read_columns(values=values[codes[0]], ulns=ulns[codes[0]])  # refuses unequal indexes
    return _read_enzymes("ulns", ulns)


def _read_factors(range_multiples: Mapping[str, float], codes: list[str]) -> FloatArray:
    for code in codes:
        factor: Any = range_multiples.get(code)
        if not _is_number(factor) or not 0 < factor < math.inf:
            raise ValueError(refusal(f"'range_multiples' must have a number greater than 0 for {code!r}", factor))
    return np.array([range_multiples[code] for code in codes], dtype=np.float64)


def _stack(columns: Columns, codes: list[str]) -> FloatArray:
    return np.column_stack([columns[code] for code in codes])
