"""How a patient responded: grades of muscle strength, activities of daily living and CK, and the rate of response."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias, overload

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from ivigmyo.arguments import Column, Columns, FloatArray, Values, check_choice, read_columns
from ivigmyo.decimals import at_least, at_most
from ivigmyo.errors import is_finite, refusal, spell
from ivigmyo.estimates import Proportion
from ivigmyo.instruments import ADL15, CK, MMT18, Instrument

__all__ = [
    "CKThresholds",
    "CK_THRESHOLDS",
    "GRADERS",
    "GRADE_DTYPE",
    "Grade",
    "RULES",
    "SCORE_THRESHOLDS",
    "ScoreThresholds",
    "grade_adl",
    "grade_ck",
    "grade_mmt",
    "grade_patients",
    "grade_scores",
    "ordered_grades",
    "response_rate",
]

Codes: TypeAlias = npt.NDArray[np.int8]

_MISSING = -1
_UNCHANGED = 1
_BLOCK = 1 << 16  # rows graded at a time, so that the values in between stay in the processor's cache


class Grade(IntEnum):
    """The response of one patient, from worst to best.

    Examples
    --------
    >>> Grade.MARKEDLY_IMPROVED.label, Grade.MARKEDLY_IMPROVED.is_response
    ('markedly improved', True)
    >>> max(Grade.UNCHANGED, Grade.WORSENED).label
    'unchanged'
    """

    WORSENED = -1
    UNCHANGED = 0
    IMPROVED = 1
    MARKEDLY_IMPROVED = 2

    @property
    def label(self) -> str:
        """The grade in words, as columns of grades hold it."""
        return self.name.lower().replace("_", " ")

    @property
    def is_response(self) -> bool:
        """Whether the grade counts as a response: improved or markedly improved."""
        return self >= Grade.IMPROVED


GRADE_DTYPE = pd.CategoricalDtype([grade.label for grade in Grade], ordered=True)
"""The type of every column of grades: the four labels, ordered from worst to best."""

_CODES: dict[object, int] = {key: code for code, grade in enumerate(Grade) for key in (grade, grade.label)}


def _plain(value: Any) -> Any:
    """Keep a decimal, a fraction or a number of numpy's as a float; anything else is left for the check to refuse."""
    return float(value) if is_finite(value) and not isinstance(value, int) else value


def _check_numbers(thresholds: ScoreThresholds | CKThresholds) -> None:
    for name, value in attrs.asdict(thresholds).items():
        if not is_finite(value) and not isinstance(value, float):
            raise ValueError(refusal(f"{name!r} must be a number", value))


class Pair(Protocol):
    """What a rule grades: a measure, and a frame with a row a patient (see `ivigmyo.study.Pair`)."""

    @property
    def instrument(self) -> Instrument:
        """The measure."""
        ...

    @property
    def rows(self) -> pd.DataFrame:
        """Columns ``baseline``, ``final``, ``baseline_uln``, ``final_uln``."""
        ...


@attrs.frozen
class ScoreThresholds:
    """The changes of a score, in points for the better or the worse, from which each grade holds.

    Parameters
    ----------
    marked : float, default 10
        Least gain of a marked improvement.
    improved : float, default 5
        Least gain of an improvement; greater than 0 and less than `marked`.
    worsened : float, default 5
        Least loss of a worsening, greater than 0.

    Examples
    --------
    >>> grade_mmt(60, 68, thresholds=ScoreThresholds(marked=8, improved=4, worsened=4)).label
    'markedly improved'
    """

    marked: float = attrs.field(default=10, converter=_plain)
    improved: float = attrs.field(default=5, converter=_plain)
    worsened: float = attrs.field(default=5, converter=_plain)

    def __attrs_post_init__(self) -> None:
        _check_numbers(self)
        if not 0 < self.improved < self.marked:
            rule = f"'improved' must be greater than 0 and less than marked = {spell(self.marked)}"
            raise ValueError(refusal(rule, self.improved))
        if not self.worsened > 0:
            raise ValueError(refusal("'worsened' must be greater than 0", self.worsened))

    def grade(self, pair: Pair) -> pd.Series[Any]:
        """Grade the values of a pair as a score; its instrument says whether a rise or a fall is an improvement."""
        return grade_scores(pair.rows["baseline"], pair.rows["final"], pair.instrument, self)


@attrs.frozen
class CKThresholds:
    """The ratios final / baseline up to which, or from which, each grade of CK holds.

    Parameters
    ----------
    marked : float, default 0.5
        Greatest ratio of a marked improvement (a fall by 50 % or more); greater than 0 and less than `improved`.
    improved : float, default 0.7
        Greatest ratio of an improvement (a fall by 30 % or more), less than 1.
    worsened : float, default 1.3
        Least ratio of a worsening (a rise by 30 % or more), greater than 1.

    Examples
    --------
    >>> grade_ck(1000, 1400).label, grade_ck(1000, 1400, thresholds=CKThresholds(worsened=1.5)).label
    ('worsened', 'unchanged')
    """

    marked: float = attrs.field(default=0.5, converter=_plain)
    improved: float = attrs.field(default=0.7, converter=_plain)
    worsened: float = attrs.field(default=1.3, converter=_plain)

    def __attrs_post_init__(self) -> None:
        _check_numbers(self)
        if not 0 < self.marked < self.improved:
            rule = f"'marked' must be greater than 0 and less than improved = {spell(self.improved)}"
            raise ValueError(refusal(rule, self.marked))
        if not self.improved < 1:
            raise ValueError(refusal("'improved' must be less than 1", self.improved))
        if not self.worsened > 1:
            raise ValueError(refusal("'worsened' must be greater than 1", self.worsened))

    def grade(self, pair: Pair) -> pd.Series[Any]:
        """Grade the values of a pair by their ratio, and by their limits of normal where the instrument has such."""
        columns = [pair.rows[name] for name in ("baseline", "final", "final_uln", "baseline_uln")]
        return pd.Series(_grade_ratios(pair.instrument, self, *columns[: 4 if pair.instrument.has_uln else 2]))


SCORE_THRESHOLDS = ScoreThresholds()
"""The thresholds of Saito et al. 2008 for MMT and ADL scores."""

CK_THRESHOLDS = CKThresholds()
"""The thresholds of Saito et al. 2008 for serum CK."""


@overload
def grade_scores(
    baseline: float | None, final: float | None, instrument: Instrument, thresholds: ScoreThresholds = ...
) -> Grade | None: ...
@overload
def grade_scores(
    baseline: Column, final: Column, instrument: Instrument, thresholds: ScoreThresholds = ...
) -> pd.Series[Any]: ...
def grade_scores(
    baseline: Values, final: Values, instrument: Instrument, thresholds: ScoreThresholds = SCORE_THRESHOLDS
) -> Grade | pd.Series[Any] | None:
    """Grade the change of a score.

    Parameters
    ----------
    baseline : float or array_like of float
        Score before treatment, in the range of `instrument`. None and NaN are missing.
    final : float or array_like of float
        Score at the end, likewise. Series must have equal indexes; lists and arrays go by position.
    instrument : Instrument
        What was measured: its range, and whether a rise or a fall is an improvement.
    thresholds : ScoreThresholds, optional
        The changes from which each grade holds; those of Saito et al. 2008 unless given.

    Returns
    -------
    Grade, None or pandas.Series
        For two numbers a `Grade`, None where one is missing. For columns a Series of `GRADE_DTYPE` with their index,
        missing where either value is.

    Raises
    ------
    ValueError
        If a score is outside the range of the instrument, or indexes or lengths differ.

    Notes
    -----
    gain = final - baseline where a rise is an improvement, else baseline - final. Markedly improved: gain >= marked;
    improved: gain >= improved; worsened: gain <= -worsened; else unchanged. A gain within 1e-9 of a threshold,
    relative to it, lies on it, so that scores are graded as their decimals are written: from 3.2 to 8.2 is exactly 5,
    though in binary it is less.

    Examples
    --------
    >>> from ivigmyo.instruments import Instrument
    >>> vas = Instrument("VAS", "Global assessment", "mm", maximum=100, higher_is_better=False)
    >>> grade_scores([62, 40, 35], [31, 44, None], vas, ScoreThresholds(marked=30, improved=15, worsened=15)).tolist()
    ['markedly improved', 'unchanged', nan]
    """
    return _grade_scores(baseline, final, instrument, thresholds)


def _grade_scores(
    baseline: Values, final: Values, instrument: Instrument, thresholds: ScoreThresholds
) -> Grade | pd.Series[Any] | None:
    """Grade the change of a score, of numbers or of columns."""
    _check_kind("instrument", instrument, Instrument)
    _check_kind("thresholds", thresholds, ScoreThresholds)
    direction = 1 if instrument.higher_is_better else -1

    def rule(values: dict[str, FloatArray], codes: Codes) -> None:
        gain = direction * (values["final"] - values["baseline"])
        codes += at_least(gain, thresholds.improved)
        codes += at_least(gain, thresholds.marked)
        codes -= at_most(gain, -thresholds.worsened)

    return _grade(instrument, rule, baseline=baseline, final=final)


@overload
def grade_mmt(baseline: float | None, final: float | None, thresholds: ScoreThresholds = ...) -> Grade | None: ...
@overload
def grade_mmt(baseline: Column, final: Column, thresholds: ScoreThresholds = ...) -> pd.Series[Any]: ...
def grade_mmt(
    baseline: Values, final: Values, thresholds: ScoreThresholds = SCORE_THRESHOLDS
) -> Grade | pd.Series[Any] | None:
    """Grade the change of the manual muscle test of 18 muscles.

    Parameters
    ----------
    baseline : float or array_like of float
        Score at the start of treatment, 0 to 90 points. None and NaN are missing.
    final : float or array_like of float
        Score at week 12 or at discontinuation, likewise. Series must have equal indexes; lists and arrays go by
        position.
    thresholds : ScoreThresholds, optional
        The changes from which each grade holds; those of the paper unless given.

    Returns
    -------
    Grade, None or pandas.Series
        For two numbers a `Grade`, None where one is missing. For columns a Series of `GRADE_DTYPE` with their index,
        missing where either value is.

    Raises
    ------
    ValueError
        If a score is not between 0 and 90, or indexes or lengths differ.

    Notes
    -----
    change = final - baseline. Markedly improved: change >= 10; improved: change >= 5; worsened: change <= -5; else
    unchanged. The ties are those of `grade_scores`.

    References
    ----------
    Saito et al. 2008, 'Efficacy assessment'.

    Examples
    --------
    Patients 2, 8 and 15 of the paper; the last stopped at week 5:

    >>> grade_mmt([53, 41, 60], [73, 48, 54]).tolist()
    ['markedly improved', 'improved', 'worsened']
    >>> grade_mmt(60, 54)
    <Grade.WORSENED: -1>
    """
    return _grade_scores(baseline, final, MMT18, thresholds)


@overload
def grade_adl(baseline: float | None, final: float | None, thresholds: ScoreThresholds = ...) -> Grade | None: ...
@overload
def grade_adl(baseline: Column, final: Column, thresholds: ScoreThresholds = ...) -> pd.Series[Any]: ...
def grade_adl(
    baseline: Values, final: Values, thresholds: ScoreThresholds = SCORE_THRESHOLDS
) -> Grade | pd.Series[Any] | None:
    """Grade the change of the score of 15 activities of daily living.

    Parameters
    ----------
    baseline : float or array_like of float
        Score at the start of treatment, 0 to 45 points. None and NaN are missing.
    final : float or array_like of float
        Score at week 12 or at discontinuation, likewise. Series must have equal indexes; lists and arrays go by
        position.
    thresholds : ScoreThresholds, optional
        The changes from which each grade holds; those of the paper unless given.

    Returns
    -------
    Grade, None or pandas.Series
        For two numbers a `Grade`, None where one is missing. For columns a Series of `GRADE_DTYPE` with their index,
        missing where either value is.

    Raises
    ------
    ValueError
        If a score is not between 0 and 45, or indexes or lengths differ.

    Notes
    -----
    The rule is that of `grade_mmt`: 10 and 5 points up, 5 points down. The ties are those of `grade_scores`.

    References
    ----------
    Saito et al. 2008, 'Efficacy assessment'.

    Examples
    --------
    Patients 2, 3 and 15 of the paper:

    >>> grade_adl([14, 31, 14], [28, 35, 5]).tolist()
    ['markedly improved', 'unchanged', 'worsened']
    """
    return _grade_scores(baseline, final, ADL15, thresholds)


@overload
def grade_ck(
    baseline: float | None,
    final: float | None,
    uln: float | None = ...,
    thresholds: CKThresholds = ...,
    *,
    baseline_uln: float | None = ...,
) -> Grade | None: ...
@overload
def grade_ck(
    baseline: Column, final: Column, uln: Values = ..., thresholds: CKThresholds = ..., *, baseline_uln: Values = ...
) -> pd.Series[Any]: ...
def grade_ck(
    baseline: Values,
    final: Values,
    uln: Values = None,
    thresholds: CKThresholds = CK_THRESHOLDS,
    *,
    baseline_uln: Values = None,
) -> Grade | pd.Series[Any] | None:
    """Grade the change of serum creatine kinase.

    Parameters
    ----------
    baseline : float or array_like of float
        CK at the start of treatment, greater than 0, in IU/L (or any unit, the same for all). None and NaN are missing.
    final : float or array_like of float
        CK at week 12 or at discontinuation, likewise. Series must have equal indexes; lists and arrays go by position.
    uln : float or array_like of float, optional
        Upper limit of normal in the same unit, greater than 0: one for all, or one a patient. Where it is missing,
        normalization is undecided and the grade rests on the ratio.
    thresholds : CKThresholds, optional
        The ratios at which each grade holds; those of the paper unless given.
    baseline_uln : float or array_like of float, optional
        Upper limit of normal of the baseline value, where it was measured against another one than the final value;
        `uln` unless given.

    Returns
    -------
    Grade, None or pandas.Series
        For numbers a `Grade`, None where `baseline` or `final` is missing. For columns a Series of `GRADE_DTYPE` with
        their index, missing where either value is.

    Raises
    ------
    ValueError
        If a CK or an upper limit is not greater than 0 and finite, or indexes or lengths differ.

    Notes
    -----
    In this order. Worsened: final >= 1.3 x baseline. Markedly improved: final <= 0.5 x baseline. Improved:
    final <= 0.7 x baseline, or normalized (baseline > ULN and final <= ULN). Else unchanged.

    A value within 1e-9 of a threshold, relative to it, lies on the threshold. So every pair of up to six significant
    digits is graded as its decimals are written: 1.43 is 1.3 x 1.1 and worsened, though in binary it is less. The
    nearest ratio that is not on a threshold is 7e-8 away. The comparison with the upper limit of normal is plain, for
    neither side is computed.

    References
    ----------
    Saito et al. 2008, 'Efficacy assessment'.

    Examples
    --------
    >>> grade_ck([1000, 1000, 1000, 1000], [500, 700, 1299, 1300]).tolist()
    ['markedly improved', 'improved', 'unchanged', 'worsened']

    A fall by a fifth is an improvement where it ends within normal limits:

    >>> grade_ck(200, 160, uln=170).label, grade_ck(200, 160).label
    ('improved', 'unchanged')
    """
    _check_kind("thresholds", thresholds, CKThresholds)
    return _grade_ratios(CK, thresholds, baseline, final, uln, baseline_uln)


def _grade_ratios(
    instrument: Instrument,
    thresholds: CKThresholds,
    baseline: Values,
    final: Values,
    uln: Values = None,
    baseline_uln: Values = None,
) -> Grade | pd.Series[Any] | None:
    """Grade by the ratio of final to baseline; where a rise is better, by that of baseline to final."""

    def rule(values: dict[str, FloatArray], codes: Codes) -> None:
        first, last, limit = values["baseline"], values["final"], values.get("uln")
        before, after = (last, first) if instrument.higher_is_better else (first, last)
        better = at_most(after, before * thresholds.improved)
        if limit is not None:
            better |= (first > values.get("baseline_uln", limit)) & (last <= limit)
        codes += better
        codes += at_most(after, before * thresholds.marked)
        codes -= at_least(after, before * thresholds.worsened)

    limits = {"uln": uln, "baseline_uln": baseline_uln}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return _grade(instrument, rule, baseline=baseline, final=final, **given)


RULES: Mapping[str, ScoreThresholds | CKThresholds] = MappingProxyType(
    {MMT18.code: SCORE_THRESHOLDS, ADL15.code: SCORE_THRESHOLDS, CK.code: CK_THRESHOLDS}
)
"""The rules that are known, by the code of the measure: those of Saito et al. 2008."""

GRADERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {MMT18.code: grade_mmt, ADL15.code: grade_adl, CK.code: grade_ck}
)
"""The grading function of each instrument, by its code."""


def grade_patients(baselines: pd.DataFrame, finals: pd.DataFrame, uln: Values = None) -> pd.DataFrame:
    """Grade several measures, patient by patient.

    Parameters
    ----------
    baselines : pandas.DataFrame
        Values at the start of treatment: one row a patient, one column an instrument, named by its code (``"MMT"``,
        ``"ADL"``, ``"CK"``). NaN is missing.
    finals : pandas.DataFrame
        Values at week 12 or at discontinuation, with the same rows and columns.
    uln : float or array_like of float, optional
        Upper limit of normal of CK, as in `grade_ck`.

    Returns
    -------
    pandas.DataFrame
        The grades, with the rows and columns of `baselines`; every column is of `GRADE_DTYPE`.

    Raises
    ------
    ValueError
        If the columns differ, a column is not the code of a graded instrument, the indexes differ, or a value is out
        of range.

    Examples
    --------
    >>> patients = pd.Index(["3", "15"], name="patient")
    >>> baselines = pd.DataFrame({"MMT": [62, 60], "ADL": [31, 14], "CK": [366, 143]}, index=patients)
    >>> finals = pd.DataFrame({"MMT": [79, 54], "ADL": [35, 5], "CK": [42, 39]}, index=patients)
    >>> grade_patients(baselines, finals)
                           MMT        ADL                 CK
    patient
    3        markedly improved  unchanged  markedly improved
    15                worsened   worsened  markedly improved
    """
    codes, others = list(baselines.columns), list(finals.columns)
    if codes != others or len(set(codes)) < len(codes):
        raise ValueError(f"'baselines' and 'finals' must have equal columns, each once (got {codes} and {others}).")
    for code in codes:
        check_choice("instrument", code, GRADERS)
    limits = {CK.code: {"uln": uln}}
    grades = {code: GRADERS[code](baselines[code], finals[code], **limits.get(code, {})) for code in codes}
    return pd.DataFrame(grades, index=baselines.index)


def response_rate(grades: Values, missing: Literal["excluded", "non-response"] = "excluded") -> Proportion:
    """Count the patients who responded: those graded improved or markedly improved.

    Parameters
    ----------
    grades : array_like
        One grade a patient: a column that the grading functions returned, or a list of `Grade`, of their numbers or of
        their labels. None and NaN are missing.
    missing : {"excluded", "non-response"}, default "excluded"
        Whether patients without a grade are left out of the denominator, or in it and counted against.

    Returns
    -------
    Proportion
        Responders, denominator and missing grades; its ``confidence_interval()`` is exact or Wilson's.

    Raises
    ------
    ValueError
        If a grade is none of the four, or `missing` is not one of the two rules.

    References
    ----------
    Saito et al. 2008, 'Changes in muscle strength, ADL scores and serum CK levels': 14/15, 12/15 and 15/15.

    Examples
    --------
    >>> grades = grade_mmt([59, 53, 62, 60], [90, 73, None, 54])
    >>> response_rate(grades)
    Proportion(count=2, n=3, n_missing=1, missing='excluded')
    >>> response_rate(grades, missing="non-response").rate
    0.5
    >>> response_rate([Grade.IMPROVED, None, "unchanged"]).rate
    0.5
    """
    check_choice("missing", missing, ("excluded", "non-response"))
    codes = _read_grades(grades)
    n_missing = int(np.count_nonzero(codes == _MISSING))
    count = int(np.count_nonzero(codes >= _CODES[Grade.IMPROVED]))
    n = len(codes) - (n_missing if missing == "excluded" else 0)
    return Proportion(count, n, n_missing, missing)


def _check_kind(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise ValueError(refusal(f"{name!r} must be {'an' if kind is Instrument else 'a'} {kind.__name__}", value))


def _grade(
    instrument: Instrument, rule: Callable[[dict[str, FloatArray], Codes], None], **values: Any
) -> Grade | pd.Series[Any] | None:
    """Let a rule raise and lower the codes of 'unchanged', block by block."""
    called = {"baseline": instrument.code, "final": instrument.code}
    columns = read_columns(scalars=True, called=called, **values)
    codes = np.full(len(columns), _UNCHANGED, dtype=np.int8)
    with np.errstate(all="ignore"):
        for start in range(0, len(columns), _BLOCK):
            rows = slice(start, start + _BLOCK)
            block = {name: array[rows] for name, array in columns.arrays.items()}
            rule(block, codes[rows])
            _mark_missing(codes[rows], block, instrument, columns)
    if columns.scalar:
        return None if codes[0] == _MISSING else list(Grade)[codes[0]]
    return pd.Series(pd.Categorical.from_codes(codes, dtype=GRADE_DTYPE), index=columns.index)


def _mark_missing(codes: Codes, block: dict[str, FloatArray], instrument: Instrument, columns: Columns) -> None:
    """Mark the rows of a block without a grade; refuse a value that is out of range, naming it in its whole column."""
    for name, values in block.items():
        admitted = instrument.admits(values)
        if admitted.all():
            continue
        missing = np.isnan(values)
        if not (admitted | missing).all():
            column = columns[name]
            columns.refuse(name, ~(instrument.admits(column) | np.isnan(column)), f"must be {instrument.range}")
        if name in ("baseline", "final"):
            codes[missing] = _MISSING


def ordered_grades(grades: Any, index: pd.Index[Any]) -> pd.Series[Any]:
    """Read one grade a row as the four ordered labels; a Series goes by its index, a list or array by position."""
    codes = _read_grades(grades)
    if isinstance(grades, pd.Series) and not grades.index.equals(index):
        raise ValueError(refusal("'grades' must have the index of the rows that were graded", list(grades.index[:5])))
    if len(codes) != len(index):
        raise ValueError(refusal(f"'grades' must be {len(index)}, one a row", len(codes)))
    return pd.Series(pd.Categorical.from_codes(codes, dtype=GRADE_DTYPE), index=index)


def _read_grades(grades: Any) -> Codes:
    if getattr(grades, "dtype", None) == GRADE_DTYPE:
        return np.asarray(pd.Series(grades).cat.codes)
    if isinstance(grades, (list, tuple)):
        grades = [None if grade is np.ma.masked else grade for grade in grades]
    if isinstance(grades, (str, bytes, Mapping)) or _dimensions(grades) != 1:
        raise ValueError(refusal("'grades' must be a column of grades", grades))
    index = grades.index if isinstance(grades, pd.Series) else None
    codes = [_code(grade) for grade in grades]
    for position, (grade, code) in enumerate(zip(grades, codes, strict=True)):
        if code is None:
            labels = ", ".join(repr(each.label) for each in Grade)
            record = Columns({}, index).record(position)
            raise ValueError(refusal(f"'grades' must be among {labels}", grade, record))
    return np.array(codes, dtype=np.int8)


def _dimensions(grades: Any) -> int | None:
    try:
        return np.ndim(grades)
    except ValueError:  # rows of unequal lengths
        return None


def _code(grade: object) -> int | None:
    """Find the code of a grade, its number or its label; None where it is none."""
    if grade is None or grade is pd.NA or grade is np.ma.masked or (isinstance(grade, float) and math.isnan(grade)):
        return _MISSING
    return _CODES.get(grade) if isinstance(grade, str) or is_finite(grade) else None
