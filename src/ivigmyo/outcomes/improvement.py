"""A study's Total Improvement Score and definition of improvement, from the core set measures it holds."""

from __future__ import annotations

from typing import Any, Literal

import attrs
import pandas as pd

from ivigmyo.core_set import (
    ENZYMES,
    EXTRAMUSCULAR,
    HAQ,
    MMT8,
    MMT8_ONE_SIDE,
    MMT_ALL_GROUPS,
    PATIENT_GLOBAL,
    PHYSICIAN_GLOBAL,
    CategoryResponse,
    definition_of_improvement,
    follow_enzyme,
    most_abnormal_enzyme,
    response_by_category,
    total_improvement_score,
)
from ivigmyo.errors import DataError, Problem, spell
from ivigmyo.instruments import Instrument
from ivigmyo.study import Study

__all__ = ["ImprovementResult", "study_improvement"]

_MUSCLE_TESTS = (MMT_ALL_GROUPS, MMT8, MMT8_ONE_SIDE)
_SCALES = {
    "physician_global": PHYSICIAN_GLOBAL,
    "patient_global": PATIENT_GLOBAL,
    "haq": HAQ,
    "extramuscular": EXTRAMUSCULAR,
}


@attrs.frozen(eq=False)
class ImprovementResult:
    """Today's criteria, applied to a study.

    Parameters
    ----------
    scores : pandas.DataFrame
        `core_set.total_improvement_score`, one row a patient.
    definition : pandas.DataFrame
        `core_set.definition_of_improvement`, one row a patient.
    response : CategoryResponse
        The patients with at least minimal, moderate and major improvement.
    enzymes : pandas.DataFrame
        `core_set.most_abnormal_enzyme`: which enzyme was followed, with its limit and range.
    muscle_test : Instrument
        The muscle test that was used, which gives the maximum.
    """

    scores: pd.DataFrame
    definition: pd.DataFrame
    response: CategoryResponse
    enzymes: pd.DataFrame
    muscle_test: Instrument


def study_improvement(study: Study, missing: Literal["excluded", "non-response"] = "excluded") -> ImprovementResult:
    """Score a study by the criteria of 2016 and by the definition of 2004.

    Parameters
    ----------
    study : Study
        A study read with `core_set.CORE_SET_INSTRUMENTS` among its instruments.
    missing : {"excluded", "non-response"}, default "excluded"
        How patients without a score count in the response.

    Returns
    -------
    ImprovementResult
        The scores from baseline to the final value.

    Raises
    ------
    DataError
        If a core set measure was not measured in any patient, or an enzyme has no upper limit of normal; it names them.

    Notes
    -----
    Scales are in cm. Of several muscle tests the one with the most muscle groups is used; the 18-muscle test of Saito
    et al. is none of the core set's. The enzyme is chosen at baseline and then followed; its limit is that of the
    baseline value.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> study_improvement(saito2008.load_study())
    Traceback (most recent call last):
        ...
    ivigmyo.errors.DataError: not measured.
    """
    measures = {name: each.code for name, each in _SCALES.items()}
    tests = [test for test in _MUSCLE_TESTS if _measured(study, test)]
    enzymes = [enzyme for enzyme in ENZYMES if _measured(study, enzyme)]
    absent = [instrument.code for instrument in _SCALES.values() if not _measured(study, instrument)]
    if len(absent) == len(_SCALES) and not tests:
        raise DataError(["not measured."])
    absent += [] if tests else ["a muscle test of the core set"]
    absent += [] if enzymes else ["a muscle enzyme"]
    if absent:
        raise DataError([f"not measured: {', '.join(absent)}."])
    chosen = _most_abnormal(study, [enzyme.code for enzyme in enzymes])
    frames = [_frame(study, measures, tests[0], chosen, final) for final in (False, True)]
    maximum = float(tests[0].maximum or 0)
    population = study.protocol.population
    scores = total_improvement_score(*frames, mmt_maximum=maximum, enzyme_range=chosen["range"], population=population)
    return ImprovementResult(
        scores=scores,
        definition=definition_of_improvement(*frames, mmt_maximum=maximum),
        response=response_by_category(scores, missing=missing),
        enzymes=chosen,
        muscle_test=tests[0],
    )


def _measured(study: Study, instrument: Instrument) -> bool:
    return bool(study.baseline(instrument).notna().any())


def _values(study: Study, code: str, final: bool) -> pd.Series[float]:
    return study.final_values(code) if final else study.baseline(code)


def _most_abnormal(study: Study, codes: list[str]) -> pd.DataFrame:
    values = pd.DataFrame({code: study.baseline(code) for code in codes})
    limits = pd.DataFrame({code: study.baseline_uln(code) for code in codes})
    unlimited = values.notna() & limits.isna()
    for code in codes:
        without = list(values.index[unlimited[code]])
        if without:
            others = f", and {len(without) - 1} more" if len(without) > 1 else ""
            record = f"for patient {spell(without[0])}, baseline{others}"
            raise DataError([Problem(f"{code!r} needs its upper limit of normal", record=record)])
    return most_abnormal_enzyme(values, limits)


def _frame(study: Study, measures: dict[str, str], test: Instrument, chosen: pd.DataFrame, final: bool) -> pd.DataFrame:
    columns: dict[str, Any] = {name: _values(study, code, final) for name, code in measures.items()}
    columns["mmt"] = _values(study, test.code, final)
    followed = pd.DataFrame({each.code: _values(study, each.code, final) for each in ENZYMES if _measured(study, each)})
    columns["enzyme"] = follow_enzyme(followed, chosen["enzyme"])
    return pd.DataFrame(columns)
