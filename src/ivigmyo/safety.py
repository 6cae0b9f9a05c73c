"""How many patients had adverse reactions, by term and by group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import check_frame, read_columns
from ivigmyo.errors import refusal, spell
from ivigmyo.estimates import Proportion

__all__ = ["SYNONYMS", "UNRELATED", "Incidence", "incidence"]

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "elevated Al-p": "elevated ALP",
        "elevated Aldorase": "elevated aldolase",
        "elevated gamma-GTP": "elevated γ-GTP",
        "elevated GGT": "elevated γ-GTP",
        "elevated GOT": "elevated AST",
        "elevated GPT": "elevated ALT",
        "elevation of blood pressure": "hypertension",
        "elevated blood pressure": "hypertension",
    }
)
"""Spellings of adverse events, each with the term it stands for: those of Table 5 of Saito et al. 2008, and some others of
the same tests. Case does not matter."""

UNRELATED = ("not related", "unrelated", "definitely not related", "none")
"""Judgements of relation that rule a reaction out. Case does not matter."""


def _cells(frame: pd.DataFrame) -> tuple[tuple[Any, ...], ...]:
    return tuple(frame.itertuples(index=False, name=None))


@attrs.frozen
class Incidence(Proportion):
    """How many of the treated patients had an adverse reaction.

    It is a `Proportion`, with its `rate` and its `confidence_interval`.

    Parameters
    ----------
    count : int
        Patients with at least one adverse reaction.
    n : int
        Patients treated.
    n_missing, missing
        As in `Proportion`; whether events were recorded is a matter of the study, so none is missing.
    ids : tuple
        The patients with a reaction.
    n_events : int
        Their reactions, each term once a patient.
    n_unrelated, n_before : int
        Events left out: judged unrelated, and seen before the first infusion.
    reactions : pandas.DataFrame
        The reactions: ``patient, term, group``, each term once a patient, in the order of patients and terms.

    Examples
    --------
    >>> from ivigmyo import incidence, saito2008
    >>> result = incidence(saito2008.load_study())
    >>> result.by_group().loc[[0], ["group", "patients", "n", "rate", "ids"]]
                group  patients   n  rate            ids
    0  liver function         4  16  0.25  (3, 8, 9, 12)
    """

    ids: tuple[Hashable, ...] = attrs.field(kw_only=True)
    n_events: int = attrs.field(kw_only=True)
    n_unrelated: int = attrs.field(kw_only=True)
    n_before: int = attrs.field(kw_only=True)
    reactions: pd.DataFrame = attrs.field(kw_only=True, repr=False, eq=_cells)

    @property
    def proportion(self) -> Proportion:
        """The share of patients alone."""
        return Proportion(self.count, self.n)

    def by_term(self, level: float = 0.95, method: Literal["exact", "wilson"] = "exact") -> pd.DataFrame:
        """Count the patients with each term.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        method : {"exact", "wilson"}, default "exact"
            As in `Proportion.confidence_interval`.

        Returns
        -------
        pandas.DataFrame
            ``term, patients, n, rate, conf_low, conf_high, ids``, the most frequent term first, then in the order of the
            alphabet. A patient counts once for each term.

        References
        ----------
        Saito et al. 2008, Table 5.

        Examples
        --------
        >>> from ivigmyo import incidence, saito2008
        >>> terms = incidence(saito2008.load_study()).by_term()
        >>> terms.loc[1:4, ["term", "patients", "ids"]]
                   term  patients      ids
        1  elevated ALP         2   (3, 9)
        2  elevated ALT         2   (3, 8)
        3  elevated AST         2   (3, 8)
        4  hypertension         2  (8, 12)
        """
        return self._by("term", level, method)

    def by_group(self, level: float = 0.95, method: Literal["exact", "wilson"] = "exact") -> pd.DataFrame:
        """Count the patients with each group of terms.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        method : {"exact", "wilson"}, default "exact"
            As in `Proportion.confidence_interval`.

        Returns
        -------
        pandas.DataFrame
            ``group, patients, n, rate, conf_low, conf_high, ids``, ordered as in `by_term`; reactions without a group stand
            last, their group None.

        References
        ----------
        Saito et al. 2008, Discussion: four patients with abnormal liver function.

        Examples
        --------
        >>> events = pd.DataFrame({"patient": ["A", "A", "B"], "term": ["rash", "itch", "fever"],
        ...                        "group": ["skin", "skin", None]})
        >>> incidence(events, treated=4).by_group()[["group", "patients", "rate"]]
          group  patients  rate
        0  skin         1  0.25
        1  None         1  0.25
        """
        return self._by("group", level, method)

    def _by(self, column: str, level: float, method: Literal["exact", "wilson"]) -> pd.DataFrame:
        found: dict[Any, dict[Hashable, None]] = {}
        for patient, label in zip(self.reactions["patient"], self.reactions[column], strict=True):
            found.setdefault(label, {})[patient] = None
        rows = []
        for label, patients in sorted(found.items(), key=lambda item: (item[0] is None, -len(item[1]), _key(item[0] or ""))):
            share = Proportion(len(patients), self.n)
            rows.append(
                (label, share.count, share.n, share.rate, *share.confidence_interval(level, method), tuple(patients))
            )
        columns = [column, "patients", "n", "rate", "conf_low", "conf_high", "ids"]
        frame = pd.DataFrame(rows, columns=columns, dtype=object)
        return frame.astype({"patients": int, "n": int, "rate": float, "conf_low": float, "conf_high": float})


def incidence(
    events: pd.DataFrame,
    treated: int | Collection[Hashable],
    *,
    synonyms: Mapping[str, str] = SYNONYMS,
    unrelated: Collection[str] = UNRELATED,
    since: float | None = 0,
) -> Incidence:
    """Count the patients with adverse reactions: in all, by term and by group.

    Parameters
    ----------
    events : pandas.DataFrame
        One row an event: ``patient`` and ``term``, neither missing, and optionally ``group``, ``day`` (counted from the
        first infusion) and ``relation``.
    treated : int or collection
        How many patients were treated, or who.
    synonyms : mapping of str to str, optional
        Spellings, each with the term it stands for; `SYNONYMS` unless given.
    unrelated : collection of str, optional
        Judgements of relation that rule a reaction out: such events are not counted. `UNRELATED` unless given; an empty
        collection counts every event. An event whose relation was not recorded counts.
    since : float or None, default 0
        The first day on which an event can be a reaction; None counts every day. An event whose day is not known counts.

    Returns
    -------
    Incidence
        The share of patients; ``by_term()`` and ``by_group()`` list the reactions.

    Raises
    ------
    ValueError
        If the table lacks a column or a value, an event is of a patient who was not treated, or a
        synonym stands for a term that is itself a synonym of another.

    Notes
    -----
    A patient counts once, and once for each term and group, however many events there were. Terms are compared without
    regard to case and to runs of blanks, after synonyms are replaced; of several spellings of a term without a synonym
    the first in the order of characters is shown. A term recorded in two groups counts in both.

    References
    ----------
    Saito et al. 2008, 'Safety' and Table 5: 7 of 16 patients.

    Examples
    --------
    >>> events = pd.DataFrame({"patient": ["P2", "P2", "P5"], "term": ["Headache", "headache", "fever"],
    ...                        "relation": ["possible", "possible", "unrelated"]})
    >>> incidence(events, treated=20).rate
    0.05
    """
    frame = _read_events(events)
    n, patients = _read_treated(treated, frame["patient"])
    judged_unrelated = frame["relation"].map(_key).isin([_key(each) for each in unrelated])
    before = read_columns(day=frame["day"])["day"] < (-math.inf if since is None else since)
    counted = frame[~judged_unrelated & ~before]
    reactions = _standardize(counted, synonyms, patients)
    ids = tuple(dict.fromkeys(reactions["patient"]))
    return Incidence(
        len(ids),
        n,
        ids=ids,
        n_events=len(reactions[["patient", "term"]].drop_duplicates()),
        n_unrelated=int(judged_unrelated.sum()),
        n_before=int((before & ~judged_unrelated).sum()),
        reactions=reactions,
    )


def _key(text: object) -> str:
    """Make spellings comparable; what is missing is an empty text."""
    return " ".join(text.split()).casefold() if isinstance(text, str) else ""


def _read_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that count, those that were not given empty."""
    check_frame("events", events, ("patient", "term"))
    frame = events.reindex(columns=["patient", "term", "group", "day", "relation"]).reset_index(drop=True)
    for column in ("patient", "term"):
        missing = frame[column].isna()
        if missing.any():
            raise ValueError(f"{column!r} must not be missing at position {int(missing.to_numpy().argmax())}.")
    for column in ("term", "group", "relation"):
        wrong = frame[column].notna() & ~frame[column].map(lambda cell: isinstance(cell, str) and bool(cell.strip()))
        if wrong.any():
            position = int(wrong.to_numpy().argmax())
            raise ValueError(refusal(f"{column!r} must be a text", frame[column][position], f"at position {position}"))
    return frame


def _read_treated(treated: Any, patients: pd.Series[Any]) -> tuple[int, Sequence[Hashable] | None]:
    """Return how many patients were treated, and who, where that is known."""
    found = list(dict.fromkeys(patients))
    if isinstance(treated, (int, np.integer)) and not isinstance(treated, bool):
        if treated < len(found):
            raise ValueError(refusal(f"'treated' must be at least the {len(found)} patients with events", treated))
        return int(treated), None
    if treated is None or isinstance(treated, (str, bool)) or not isinstance(treated, Iterable):
        raise ValueError(refusal("'treated' must be a number of patients or the patients", treated))
    listed = list(treated)
    for repeated in (each for each, count in Counter(listed).items() if count > 1):
        raise ValueError(f"'treated' must hold each patient once (got {spell(repeated)} twice).")
    for other in (each for each in found if each not in set(listed)):
        raise ValueError(f"'events' must be of treated patients (got {spell(other)}).")
    return len(listed), listed


def _standardize(events: pd.DataFrame, synonyms: Mapping[str, str], patients: Sequence[Hashable] | None) -> pd.DataFrame:
    """Give each event its term; each term and group once a patient, in the order of patients and terms."""
    terms = {_key(spelling): term for spelling, term in synonyms.items()}
    for spelling, term in synonyms.items():
        if _key(terms.get(_key(term), term)) != _key(term):
            other = terms[_key(term)]
            raise ValueError(f"'synonyms' must name a term that stands for itself (got {spelling!r}: {term!r}: {other!r}).")
    shown = {_key(term): term for term in synonyms.values()}
    keys = events["term"].map(lambda term: _key(terms.get(_key(term), term)))
    spelled = events["term"].groupby(keys).min().to_dict()
    groups = events["group"].map(lambda group: _key(group) or None)
    labels = events["group"].groupby(groups).min().to_dict()
    names = sorted(set(events["patient"]), key=lambda name: (len(str(name)), str(name))) if patients is None else patients
    rank = {name: position for position, name in enumerate(names)}
    rows = {
        (rank[patient], key, group or ""): (patient, shown.get(key, spelled[key]), labels.get(group))
        for patient, key, group in zip(events["patient"], keys, groups, strict=True)
    }
    return pd.DataFrame([rows[place] for place in sorted(rows)], columns=["patient", "term", "group"], dtype=object)
