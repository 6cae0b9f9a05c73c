"""How many patients had adverse reactions, by term and by group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import check_frame, read_columns
from ivigmyo.display import Table, records, share_cells
from ivigmyo.errors import is_finite, refusal, spell
from ivigmyo.estimates import Proportion
from ivigmyo.safety.terms import SYNONYMS, TERMS_OF_INTEREST, UNRELATED, class_of_interest, comparable, rules_out

__all__ = ["DETAILS", "Incidence", "incidence"]

DETAILS = ("serious", "severity", "outcome", "action")
"""What may be recorded of an event beside its term, and is kept with the reactions."""

_SOURCE = {"recorded": "term"}

_SERIOUS = {
    "yes": True,
    "y": True,
    "true": True,
    "serious": True,
    "no": False,
    "n": False,
    "false": False,
    "not serious": False,
}


def _cells(frame: pd.DataFrame) -> tuple[tuple[Any, ...], ...]:
    return tuple(frame.itertuples(index=False, name=None))


@attrs.frozen(repr=False)
class Incidence(Proportion):
    """How many of the treated patients had an adverse reaction.

    It is a `Proportion`, with its `rate` and its `confidence_interval`.

    Parameters
    ----------
    count : int
        Patients with at least one adverse reaction.
    n : int
        Patients treated.
    n_missing : int
        As in `Proportion`; whether events were recorded is a matter of the study, so none is missing.
    missing : str
        As in `Proportion`.
    ids : tuple
        The patients with a reaction.
    n_events : int
        Their reactions, each term once a patient.
    n_unrelated, n_before : int
        Events left out: judged unrelated, and seen before the first infusion.
    reactions : pandas.DataFrame
        The reactions: ``patient, term, group, recorded``, each term once a patient, in the order of patients and terms;
        `term` is the one that a synonym stands for, ``recorded`` the words of the record. Then those of ``serious,
        severity, outcome, action`` that the events had: serious is True where any of them was, and texts that differ are
        joined by semicolons.

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

    def _shown(self) -> Table:
        rows = [[str(row.term), *share_cells(Proportion(int(row.patients), self.n))] for row in records(self.by_term())]
        return Table("Adverse reactions", ["term", "patients", "rate", "95 % exact"], rows, [["any", *share_cells(self)]])

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

    def by_class_of_interest(self, level: float = 0.95, method: Literal["exact", "wilson"] = "exact") -> pd.DataFrame:
        """Count the patients with thromboembolic, haemolytic and renal reactions, which immunoglobulin is known for.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level, strictly between 0 and 1.
        method : {"exact", "wilson"}, default "exact"
            As in `Proportion.confidence_interval`.

        Returns
        -------
        pandas.DataFrame
            ``interest, patients, n, rate, conf_low, conf_high, ids``, one row a class of `class_of_interest`, also where no
            patient has such a reaction.

        Examples
        --------
        >>> events = pd.DataFrame({"patient": ["A", "B"], "term": ["Deep vein thrombosis", "rash"]})
        >>> incidence(events, treated=4).by_class_of_interest()[["interest", "patients", "ids"]]
                 interest  patients   ids
        0  thromboembolic         1  (A,)
        1      haemolytic         0    ()
        2           renal         0    ()
        """
        found: dict[Any, dict[Hashable, None]] = {name: {} for name in TERMS_OF_INTEREST}
        for patient, term, recorded in self.reactions[["patient", "term", "recorded"]].itertuples(index=False, name=None):
            for name in {class_of_interest(each) for each in (term, *recorded.split("; "))} - {None}:
                found[name][patient] = None
        return self._rows("interest", found.items(), level, method)

    def _by(self, column: str, level: float, method: Literal["exact", "wilson"]) -> pd.DataFrame:
        found: dict[Any, dict[Hashable, None]] = {}
        for patient, label in zip(self.reactions["patient"], self.reactions[column], strict=True):
            found.setdefault(label, {})[patient] = None
        order = sorted(found.items(), key=lambda item: (item[0] is None, -len(item[1]), comparable(item[0] or "")))
        return self._rows(column, order, level, method)

    def _rows(
        self,
        column: str,
        found: Iterable[tuple[Any, Collection[Hashable]]],
        level: float,
        method: Literal["exact", "wilson"],
    ) -> pd.DataFrame:
        rows = []
        for label, patients in found:
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
        first infusion), ``relation``, ``serious`` (truth values, or yes and no), ``severity``, ``outcome`` and ``action``.
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
    judged_unrelated = frame["relation"].map(lambda relation: rules_out(relation, unrelated)).astype(bool)
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


def _read_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that count, those that were not given empty."""
    check_frame("events", events, ("patient", "term"))
    details = [column for column in DETAILS if column in events.columns]
    check_frame("events", events, details)
    frame = events.reindex(columns=["patient", "term", "group", "day", "relation", *details]).reset_index(drop=True)
    for column in ("patient", "term"):
        missing = frame[column].isna()
        if missing.any():
            raise ValueError(f"{column!r} must not be missing at position {int(missing.to_numpy().argmax())}.")
    for column in ("term", "group", "relation"):
        wrong = frame[column].notna() & ~frame[column].map(lambda cell: isinstance(cell, str) and bool(cell.strip()))
        if wrong.any():
            position = int(wrong.to_numpy().argmax())
            raise ValueError(refusal(f"{column!r} must be a text", frame[column][position], f"at position {position}"))
    for column in details:
        read = _read_serious if column == "serious" else _read_detail
        frame[column] = pd.Series([read(column, cell, i) for i, cell in enumerate(frame[column])], frame.index, dtype=object)
    return frame


def _read_serious(column: str, cell: Any, position: int) -> bool | None:
    if isinstance(cell, bool | np.bool_):
        return bool(cell)
    if isinstance(cell, str) and comparable(cell) in _SERIOUS:
        return _SERIOUS[comparable(cell)]
    if pd.api.types.is_scalar(cell) and pd.isna(cell):
        return None
    raise ValueError(refusal(f"{column!r} must be a truth value, or yes or no", cell, f"at position {position}"))


def _read_detail(column: str, cell: Any, position: int) -> str | None:
    """Read a text, or the number of a grade; an empty text is missing."""
    if isinstance(cell, str):
        return " ".join(cell.split()) or None
    if is_finite(cell):
        return spell(cell)
    if pd.api.types.is_scalar(cell) and pd.isna(cell):
        return None
    raise ValueError(refusal(f"{column!r} must be a text or a number", cell, f"at position {position}"))


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
    terms = {comparable(spelling): term for spelling, term in synonyms.items()}
    for spelling, term in synonyms.items():
        if comparable(terms.get(comparable(term), term)) != comparable(term):
            other = terms[comparable(term)]
            raise ValueError(f"'synonyms' must name a term that stands for itself (got {spelling!r}: {term!r}: {other!r}).")
    shown = {comparable(term): term for term in synonyms.values()}
    keys = events["term"].map(lambda term: comparable(terms.get(comparable(term), term)))
    spelled: dict[Any, str] = events["term"].groupby(keys).min().to_dict()
    # As objects: a column of texts would make NaN, which has no order, of an event without a group.
    groups = pd.Series([comparable(group) or None for group in events["group"]], events.index, dtype=object)
    labels: dict[Any, str] = events["group"].groupby(groups).min().to_dict()
    names = sorted(set(events["patient"]), key=lambda name: (len(str(name)), str(name))) if patients is None else patients
    rank = {name: position for position, name in enumerate(names)}
    places = [(rank[patient], key, group or "") for patient, key, group in zip(events["patient"], keys, groups, strict=True)]
    recorded = events.assign(recorded=events["term"])
    return _lay_out(recorded, places, {key: shown.get(key, spelling) for key, spelling in spelled.items()}, labels)


def _lay_out(
    events: pd.DataFrame, places: Sequence[tuple[int, str, str]], terms: Mapping[str, str], groups: Mapping[str, str]
) -> pd.DataFrame:
    """Make one row of the events that have one place: a patient, a term and a group."""
    at: dict[tuple[int, str, str], list[int]] = {}
    for i, place in enumerate(places):
        at.setdefault(place, []).append(i)
    kept = ["recorded", *(column for column in DETAILS if column in events.columns)]
    cells = {column: events[column].tolist() for column in ("patient", *kept)}
    rows = [
        (
            cells["patient"][here[0]],
            terms[key],
            groups.get(group),
            *(_together(column, [cells[column][i] for i in here]) for column in kept),
        )
        for (_, key, group), here in sorted(at.items())
    ]
    return pd.DataFrame(rows, columns=["patient", "term", "group", *kept], dtype=object)


def _together(column: str, cells: list[Any]) -> bool | str | None:
    """Say what several events of one term have: serious if any was; texts each once, in the order of the alphabet."""
    known = [cell for cell in cells if cell is not None]
    if column == "serious":
        return any(known) if known else None
    texts = {comparable(text): text for text in sorted(known, reverse=True)}  # of several spellings the first
    return "; ".join(texts[key] for key in sorted(texts)) or None
