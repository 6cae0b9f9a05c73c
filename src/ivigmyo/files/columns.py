"""The tables a study is kept in: the columns of each, and names that are known ones misspelt."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from ivigmyo.files.cells import Column

__all__ = ["COLUMNS", "find_misspelt", "nearest"]

COLUMNS: dict[str, tuple[Column, ...]] = {
    "patients": (
        Column("patient", "text", "cell"),
        Column("diagnosis", "text", "cell"),
        Column("sex", "text", "cell"),
        Column("age", "number", "cell"),
        Column("arm", "any"),
        Column("arm_received", "any"),
        Column("disease_duration", "number"),
        Column("previous_treatment", "text"),
        Column("weight", "number"),
        Column("highest_previous_dose", "number"),
        Column("steroid_dose_start", "number"),
        Column("steroid_dose_last", "number"),
        Column("efficacy_set", "flag"),
        Column("safety_set", "flag"),
        Column("exclusion_reason", "text"),
        Column("exclusion_conditions", "list"),
        Column("consented_on", "whole"),
        Column("discontinued_on", "whole"),
        Column("discontinuation_reason", "text"),
    ),
    "assessments": (
        Column("patient", "text", "cell"),
        Column("week", "whole"),
        Column("day", "whole"),
        Column("measure", "text", "cell"),
        Column("item", "text"),
        Column("value", "value", "cell"),
        Column("unit", "text"),
        Column("uln", "number"),
    ),
    "ck_follow_up": (
        Column("patient", "text", "cell"),
        Column("normalized_on", "number", "column"),
        Column("re_elevated_on", "number", "column"),
        Column("observed_until", "number", "cell"),
    ),
    "adverse_events": (
        Column("patient", "text", "cell"),
        Column("term", "text", "cell"),
        Column("group", "text"),
        Column("day", "whole"),
        Column("relation", "text"),
        Column("serious", "flag"),
        Column("severity", "any"),
        Column("outcome", "text"),
        Column("action", "text"),
    ),
    "treatments": (
        Column("patient", "text", "cell"),
        Column("treatment", "text", "cell"),
        Column("start_day", "whole"),
        Column("end_day", "whole"),
        Column("dose", "number"),
        Column("unit", "text"),
    ),
    "study": (Column("key", "text", "cell"), Column("value", "any", "column")),
    "disposition": (
        Column("step", "text", "cell"),
        Column("reason", "text"),
        Column("patients", "whole", "cell"),
    ),
    "measures": (
        Column("measure", "text", "cell"),
        Column("name", "text"),
        Column("unit", "text"),
        Column("minimum", "number"),
        Column("maximum", "number"),
        Column("minimum_possible", "flag"),
        Column("better", "text"),
        Column("has_uln", "flag"),
        Column("units", "list"),
        Column("planned", "flag"),
        Column("rule", "text"),
        Column("marked", "number"),
        Column("improved", "number"),
        Column("worsened", "number"),
    ),
}
"""The columns of each table, by the name of its file without ``.csv``, or of its sheet."""

_CLOSE, _SHORT = 0.75, 0.66
"""How alike two names must be for one to be the other misspelt; of three letters two must be right."""


def find_misspelt(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Find names that are known ones misspelt: but for case, blanks and signs, or a letter or two.

    Parameters
    ----------
    names : iterable of str
        Names that are not known.
    known : iterable of str
        Names that are known and were not found.

    Returns
    -------
    dict of str to str
        The known name that each misspelt one must mean.

    Examples
    --------
    >>> find_misspelt(["Efficacy set", "ulm", "ward"], ["efficacy_set", "uln"])
    {'Efficacy set': 'efficacy_set', 'ulm': 'uln'}
    """
    left = list(known)
    found: dict[str, str] = {}
    for name in names:
        own = _letters(name)
        # Who slips on the first letter leaves it out or puts one before: else a height would be taken for a weight.
        spelled = {right: _letters(right) for right in left}
        alike = [right for right, it in spelled.items() if own[:1] == it[:1] or own == it[1:] or own[1:] == it]
        right = nearest(name, alike, _SHORT if len(own) < 4 else _CLOSE)
        if right is not None:
            found[name] = right
    return found


def nearest(name: str, known: Iterable[str], cutoff: float = 0.0) -> str | None:
    """Find the known name that a name is most alike, by the ratio of `difflib`; None where none reaches the cutoff.

    Examples
    --------
    >>> nearest("endpoint weak", ["endpoint_week", "week_window"])
    'endpoint_week'
    """
    letters = {_letters(right): right for right in known}
    found = get_close_matches(_letters(name), letters, n=1, cutoff=cutoff)
    return letters[found[0]] if found else None


def _letters(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())
