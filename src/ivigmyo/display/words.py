"""How numbers, intervals, shares and counts become words and cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

if TYPE_CHECKING:
    from ivigmyo.estimates import ConfidenceInterval, Proportion

__all__ = [
    "ABSENT",
    "CAPPED",
    "LISTED",
    "NOT_ESTIMABLE",
    "capital",
    "capped",
    "counted",
    "days",
    "interval",
    "listed",
    "lone",
    "number",
    "other_share",
    "p_statement",
    "p_value",
    "percent",
    "printable",
    "records",
    "share",
    "share_cells",
    "spread",
]

_GREATEST = 1e16

_Item = TypeVar("_Item")

ABSENT = "-"
"""What a cell shows where there is no value."""

NOT_ESTIMABLE = "not estimable"
"""What stands for an interval that has neither limit."""

LISTED = 100
"""Up to how many patients a table lists them one by one."""

CAPPED = 20
"""How many findings or remarks a list shows before it counts the rest."""


def number(value: float | None, digits: int = 0) -> str:
    """Round a number for display, halves away from zero as printed tables do.

    Parameters
    ----------
    value : float or None
        The number; None and NaN have no value to show.
    digits : int, default 0
        Digits after the point.

    Returns
    -------
    str
        The rounded number, or ``"-"``.

    Notes
    -----
    Python's ``round`` and ``format`` round the binary value and halves to even: 1186.25 gives 1186.2 there, and 1186.3
    here and in Table 2. Noise beyond the twelfth significant digit is taken off first. From 10^16 on, where a float has
    no digits after the point, six significant digits are shown.

    Examples
    --------
    >>> number(1186.25, 1), number(0.625, 2), number(None), f"{1186.25:.1f}"
    ('1186.3', '0.63', '-', '1186.2')
    """
    if value is None or value != value:
        return ABSENT
    if abs(value) >= _GREATEST:
        return f"{value:.6g}"
    rounded = Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def percent(share: float | None, digits: int = 1) -> str:
    """Show a share as a percentage.

    Parameters
    ----------
    share : float or None
        A number from 0 to 1.
    digits : int, default 1
        Digits after the point.

    Returns
    -------
    str
        The percentage with its sign, or ``"-"``.

    Examples
    --------
    >>> percent(14 / 15), percent(None)
    ('93.3 %', '-')
    """
    return ABSENT if share is None or share != share else f"{number(100 * share, digits)} %"


def spread(mean: float | None, sd: float | None, digits: int = 1) -> str:
    """Show a mean and its standard deviation, or an estimate and its standard error.

    Parameters
    ----------
    mean, sd : float or None
        The two numbers.
    digits : int, default 1
        Digits after the point.

    Returns
    -------
    str
        Such as ``"57.4 ± 13.5"``; the mean alone where there is no deviation.

    Examples
    --------
    >>> spread(57.4, 13.4791)
    '57.4 ± 13.5'
    """
    return number(mean, digits) if sd is None or sd != sd else f"{number(mean, digits)} ± {number(sd, digits)}"


def p_value(p: float | None) -> str:
    """Show a P value to four digits.

    Parameters
    ----------
    p : float or None
        The P value.

    Returns
    -------
    str
        Such as ``"0.0122"`` or ``"<0.0001"``.

    Examples
    --------
    >>> p_value(0.01216), p_value(8.7e-6)
    ('0.0122', '<0.0001')
    """
    return "<0.0001" if p is not None and p < 0.0001 else number(p, 4)


def p_statement(p: float | None) -> str:
    """Say in running text what a P value is.

    Parameters
    ----------
    p : float or None
        The P value.

    Returns
    -------
    str
        Such as ``"P = 0.0122"`` or ``"P < 0.0001"``.

    Examples
    --------
    >>> p_statement(0.01216), p_statement(8.7e-6)
    ('P = 0.0122', 'P < 0.0001')
    """
    shown = p_value(p)
    return f"P < {shown[1:]}" if shown.startswith("<") else f"P = {shown}"


def days(value: float | None) -> str:
    """Show a number of days, with a half day where there is one.

    Parameters
    ----------
    value : float or None
        Days; None where the time was not reached.

    Returns
    -------
    str
        Such as ``"371"``, ``"334.5"`` or ``"not reached"``.

    Examples
    --------
    >>> days(371.0), days(334.5), days(None)
    ('371', '334.5', 'not reached')
    """
    return "not reached" if value is None else number(value, 0 if value == int(value) else 1)


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a frame as named tuples.

    Parameters
    ----------
    frame : pandas.DataFrame
        A frame.

    Returns
    -------
    list of namedtuple
        The rows; ``Index`` is the index.

    Examples
    --------
    >>> [row.day for row in records(pd.DataFrame({"day": [3, 5]}))]
    [3, 5]
    """
    return list(frame.itertuples())


def interval(limits: ConfidenceInterval, digits: int = 1, scale: float = 1.0, absent: str = ABSENT) -> str:
    """Show the two limits of an interval.

    Parameters
    ----------
    limits : ConfidenceInterval
        The interval.
    digits : int, default 1
        Digits after the point.
    scale : float, default 1
        What the limits are multiplied by (100 for percentages).
    absent : str, default "-"
        What stands for a limit that does not exist.

    Returns
    -------
    str
        Such as ``"99 to not reached"``; ``"not estimable"`` where there is neither limit.

    Examples
    --------
    >>> from ivigmyo import ConfidenceInterval
    >>> interval(ConfidenceInterval(99.0, None), 0, absent="not reached"), interval(ConfidenceInterval(None, None))
    ('99 to not reached', 'not estimable')
    """
    if limits.low is None and limits.high is None:
        return NOT_ESTIMABLE
    low, high = (absent if limit is None else number(scale * limit, digits) for limit in limits)
    return f"{low} to {high}"


def printable(text: str) -> str:
    r"""Keep a text on one line and free of control characters.

    Parameters
    ----------
    text : str
        A text.

    Returns
    -------
    str
        The text, each run of blanks and of signs that do not print made one blank.

    Examples
    --------
    >>> printable(" P\x0007\n")
    'P 07'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Say how many there are of something.

    Parameters
    ----------
    n : int
        How many.
    noun : str
        One of them.
    plural : str, optional
        Several of them; by default the noun with an s.

    Returns
    -------
    str
        Such as ``"1 patient"`` or ``"2 patients"``.

    Examples
    --------
    >>> counted(1, "patient"), counted(0, "patient"), counted(2, "diagnosis", "diagnoses")
    ('1 patient', '0 patients', '2 diagnoses')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {plural or noun + 's'}"


def lone(labels: Iterable[object]) -> str:
    """Say of which groups there is one patient alone, in brackets after a result; empty where of none.

    Examples
    --------
    >>> f"P = 0.03{lone(['IMNM'])}", lone([])
    ('P = 0.03 (of IMNM one patient alone)', '')
    """
    names = listed([str(label) for label in labels])
    return f" (of {names} one patient alone)" if names else ""


def capital(text: str) -> str:
    """Begin a sentence with a capital, and leave its other letters as they are.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    str
        The sentence.

    Examples
    --------
    >>> capital("one-sample t-test of CK")
    'One-sample t-test of CK'
    """
    return text[:1].upper() + text[1:]


def listed(words: Sequence[str]) -> str:
    """Name several things in running text.

    Parameters
    ----------
    words : sequence of str
        The names.

    Returns
    -------
    str
        Such as ``"MMT, ADL and CK"``.

    Examples
    --------
    >>> listed(["MMT", "ADL", "CK"]), listed(["MMT"]), listed([])
    ('MMT, ADL and CK', 'MMT', '')
    """
    *first, last = words or [""]
    return f"{', '.join(first)} and {last}" if first else last


def capped(items: Iterable[_Item], most: int = CAPPED) -> tuple[list[_Item], int]:
    """Keep the first items of a list, and count the rest.

    Parameters
    ----------
    items : iterable
        What is to be listed.
    most : int, default 20
        How many are kept.

    Returns
    -------
    list, int
        Those kept, and how many are not.

    Examples
    --------
    >>> capped("abcd", 3)
    (['a', 'b', 'c'], 1)
    """
    everything = list(items)
    return everything[:most], max(len(everything) - most, 0)


def share_cells(proportion: Proportion) -> list[str]:
    """Show a share in three cells: the count, the percentage, and its exact 95 % interval in percent.

    Parameters
    ----------
    proportion : Proportion
        The share.

    Returns
    -------
    list of str
        The cells.

    Examples
    --------
    >>> from ivigmyo import Proportion
    >>> share_cells(Proportion(14, 15)), share_cells(Proportion(0, 0))
    (['14/15', '93.3 %', '68.1 to 99.8'], ['0/0', '-', 'not estimable'])
    """
    limits = interval(proportion.confidence_interval(), 1, 100)
    return [f"{proportion.count}/{proportion.n}", percent(proportion.rate), limits]


def share(proportion: Proportion) -> tuple[str, str]:
    """Say a share: the count of how many, and what it is in percent with its exact 95 % interval.

    Parameters
    ----------
    proportion : Proportion
        The share.

    Returns
    -------
    str, str
        The count, and the rest.

    Examples
    --------
    >>> from ivigmyo import Proportion
    >>> share(Proportion(14, 15))
    ('14/15', '93.3 %; 68.1 to 99.8')
    """
    count, rate, limits = share_cells(proportion)
    return count, f"{rate}; {limits}"


def other_share(proportion: Proportion) -> str:
    """Say what a share is by the other rule for missing patients: counted against where they were left out, and back.

    Parameters
    ----------
    proportion : Proportion
        The share.

    Returns
    -------
    str
        The count and its denominator; empty where no patient is missing, or where they were carried forward.

    Examples
    --------
    >>> from ivigmyo import Proportion
    >>> other_share(Proportion(31, 37, 3)), other_share(Proportion(31, 40, 3, "non-response"))
    ('31/40 with the 3 missing as non-response', '31/37 without the 3 missing')
    """
    count, n, gone = proportion.count, proportion.n, proportion.n_missing
    if not gone or proportion.missing not in ("excluded", "non-response"):
        return ""
    if proportion.missing == "excluded":
        return f"{count}/{n + gone} with the {gone} missing as non-response"
    return f"{count}/{n - gone} without the {gone} missing"
