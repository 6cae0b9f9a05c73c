"""The adverse reactions of a study."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any

import attrs
import pandas as pd

from ivigmyo import safety
from ivigmyo.errors import DataError, Problem, refusal
from ivigmyo.safety import SYNONYMS, UNRELATED, Incidence
from ivigmyo.study import Study
from ivigmyo.study.patients import AdverseEvent

__all__ = ["adverse_events", "incidence"]

_NOT_RECORDED = "'adverse_events' must be recorded, as an empty table where none occurred"


def adverse_events(study: Study) -> pd.DataFrame:
    """Return the adverse events of the safety set, as `incidence` takes them.

    Parameters
    ----------
    study : Study
        A study.

    Returns
    -------
    pandas.DataFrame
        ``patient, term, group, day, relation, serious, severity, outcome, action`` as recorded, one row an event, in
        the order of patients.

    Raises
    ------
    DataError
        If adverse events were not recorded, or the safety set is empty.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> adverse_events(saito2008.load_study())[["patient", "term", "day"]].tail(1)
       patient              term  day
    24      16  Bronchial asthma  1.0
    """
    rows: list[tuple[Any, ...]] = []
    for patient in study.safety_set.patients:
        if patient.adverse_events is None:  # of one, and so of all
            raise DataError([Problem(_NOT_RECORDED, None)])
        rows += [(patient.id, *attrs.astuple(event)) for event in patient.adverse_events]
    names = [each.name for each in attrs.fields(AdverseEvent)]
    frame = pd.DataFrame(rows, columns=["patient", *names], dtype=object)
    return frame.astype({"day": float})


def incidence(
    events: Study | pd.DataFrame,
    treated: int | Collection[Hashable] | None = None,
    *,
    synonyms: Mapping[str, str] = SYNONYMS,
    unrelated: Collection[str] = UNRELATED,
    since: float | None = 0,
) -> Incidence:
    """Count the patients with adverse reactions: in all, by term and by group.

    Parameters
    ----------
    events : Study or pandas.DataFrame
        A study, or a table with one row an event, as `ivigmyo.safety.incidence` takes it.
    treated : int or collection, optional
        How many patients were treated, or who: with a table, not with a study, of which it is the safety set.
    synonyms, unrelated, since : optional
        As in `ivigmyo.safety.incidence`, which does the counting.

    Returns
    -------
    Incidence
        The share of patients; ``by_term()`` and ``by_group()`` list the reactions.

    Raises
    ------
    DataError
        If a study did not record adverse events.
    ValueError
        If `treated` does not go with `events`, or `ivigmyo.safety.incidence` refuses the table.

    References
    ----------
    Saito et al. 2008, 'Safety' and Table 5: 7 of 16 patients.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> result = incidence(saito2008.load_study())
    >>> result.count, result.n, result.rate, result.ids
    (7, 16, 0.4375, ('3', '8', '9', '10', '11', '12', '16'))
    >>> low, high = result.confidence_interval()
    >>> round(low, 3), round(high, 3)
    (0.198, 0.701)
    """
    options: dict[str, Any] = {"synonyms": synonyms, "unrelated": unrelated, "since": since}
    if isinstance(events, Study):
        if treated is not None:
            raise ValueError("'treated' must not be given with a study, of which it is the safety set.")
        return safety.incidence(adverse_events(events), events.safety_set.ids.tolist(), **options)
    if treated is None:
        raise ValueError(refusal("'treated' must be a number of patients or the patients", None))
    return safety.incidence(events, treated, **options)
