"""Terms of adverse events: spellings that mean the same, and the classes that immunoglobulin is known for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from ivigmyo.errors import refusal

__all__ = ["SYNONYMS", "TERMS_OF_INTEREST", "UNRELATED", "class_of_interest", "comparable", "rules_out"]

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

TERMS_OF_INTEREST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "thromboembolic": (
            "thrombosis",
            "thrombotic",
            "thrombus",
            "thromboembol",
            "thrombophleb",
            "embol",
            "infarct",
            "stroke",
            "cerebrovascular accident",
            "transient ischaemic attack",
            "dvt",
        ),
        "haemolytic": ("haemoly", "haemoglobinuria", "coombs positive", "antiglobulin positive"),
        "renal": (
            "renal failure",
            "renal impairment",
            "renal insufficiency",
            "renal dysfunction",
            "renal injury",
            "renal function abnormal",
            "kidney failure",
            "kidney injury",
            "tubular necrosis",
            "nephropathy",
            "nephrosis",
            "oliguria",
            "anuria",
            "uraemia",
            "azotaemia",
            "creatinine elevat",
            "creatinine increas",
            "creatinine raised",
            "creatinine clearance decreas",
        ),
    }
)
"""The classes of events that immunoglobulin is known for, each with the beginnings of words that a term of it has, in any
order; 'ae' and 'e' are the same."""


_MISLEADING = re.compile(r"heat stroke|creatinine (phospho)?kinase")
"""What looks like a term of interest and is none: the second is how creatine kinase is often misspelled."""


def comparable(text: object) -> str:
    """Make spellings comparable; what is missing is an empty text."""
    return " ".join(text.split()).casefold() if isinstance(text, str) else ""


def rules_out(relation: object, unrelated: Collection[str] = UNRELATED) -> bool:
    """Tell whether a judgement of relation says that an event is no reaction.

    Examples
    --------
    >>> rules_out("Not  related"), rules_out("possible"), rules_out(None)
    (True, False, False)
    """
    return comparable(relation) in map(comparable, unrelated)


def _words(text: str) -> list[str]:
    folded = comparable(text).replace("-", "").replace("ae", "e").replace("oe", "e")
    return re.findall(r"\w+", _MISLEADING.sub(" ", folded))


def class_of_interest(term: str) -> str | None:
    """Name the class of known reactions to immunoglobulin that a term belongs to.

    Parameters
    ----------
    term : str
        The term, in any case, British or American.

    Returns
    -------
    str or None
        ``"thromboembolic"``, ``"haemolytic"`` or ``"renal"``, the first in this order of which the term has all words of an
        entry of `TERMS_OF_INTEREST`; None where it has none.

    Raises
    ------
    ValueError
        If the term is no text.

    Notes
    -----
    It reads words, not medicine: a coded term (MedDRA) is better grouped by a standardised query.

    Examples
    --------
    >>> class_of_interest("Pulmonary embolism"), class_of_interest("Elevated serum creatinine")
    ('thromboembolic', 'renal')
    >>> class_of_interest("Elevated creatine kinase") is None
    True
    """
    if not isinstance(term, str):
        raise ValueError(refusal("'term' must be a text", term))
    words = _words(term)
    for name, entries in TERMS_OF_INTEREST.items():
        for entry in entries:
            if all(any(word.startswith(start) for word in words) for start in _words(entry)):
                return name
    return None
