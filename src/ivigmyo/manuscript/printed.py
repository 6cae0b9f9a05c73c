"""Printed numbers, read as papers write them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Literal

import attrs

from ivigmyo.errors import refusal

__all__ = ["Part", "PrintedNumber", "PrintedText", "Relation", "Role", "read_printed"]

Relation = Literal["=", "<", "<=", ">", ">="]
"""How a printed number stands to the one that is meant."""

Role = Literal["estimate", "second", "sd", "se", "limits", "range", "quartiles", "share", "p", "n"]
"""What a part of a printed text says. A ``second`` number stands behind ± or in brackets, unnamed."""


@attrs.frozen
class PrintedNumber:
    """One number as printed.

    Parameters
    ----------
    value : decimal.Decimal
        The number, its sign included; of a percentage, the number before the sign.
    decimals : int
        Digits printed after the point.
    percent : bool, default False
        Whether it is printed as a percentage.
    relation : {"=", "<", "<=", ">", ">="}, default "="
        How it stands to the number that is meant.

    Examples
    --------
    >>> number = read_printed("P < 0.01").parts[0].numbers[0]
    >>> number.value, number.decimals, number.relation
    (Decimal('0.01'), 2, '<')
    """

    value: Decimal
    decimals: int
    percent: bool = False
    relation: Relation = "="


@attrs.frozen
class Part:
    """What one part of a printed text says.

    Parameters
    ----------
    role : str
        ``"estimate"``; ``"second"`` (behind ± or in brackets, unnamed), ``"sd"`` or ``"se"``; ``"limits"``, ``"range"`` or
        ``"quartiles"`` (two numbers); ``"share"`` (a count, and of how many); ``"p"`` or ``"n"``.
    numbers : tuple of PrintedNumber or None
        The numbers; None where the text says 'not reached' or the like.

    Examples
    --------
    >>> [(part.role, len(part.numbers)) for part in read_printed("14/15 (93.3 %)").parts]
    [('share', 2), ('estimate', 1)]
    """

    role: Role
    numbers: tuple[PrintedNumber | None, ...]


@attrs.frozen
class PrintedText:
    """A printed text and its parts.

    Parameters
    ----------
    text : str
        The text as printed.
    parts : tuple of Part
        What it says, in its order.
    level : float or None
        The confidence level it names; None where it names none.

    Examples
    --------
    >>> read_printed("0.35 (95 % CI 0.16 to 0.52)").level
    0.95
    """

    text: str
    parts: tuple[Part, ...]
    level: float | None = None


_MINUS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2212\ufe63\uff0d"), "-")
_DASHES = dict.fromkeys(map(ord, "\u2013\u2014\u2015"), "\u2013")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*[\u00b7\u2027\u2219\u22c5\u30fb]\s*(?=\d)")
_SIGNS = {"\u2264": "<=", "\u2266": "<=", "\u2265": ">=", "\u2267": ">=", "+/-": "\u00b1", "+-": "\u00b1", "\u00d7": "x"}
_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]

_CI = r"(?:CI|C\.I\.|CL|confidence\s+(?:intervals?|limits))(?![a-z])"
_LEVEL = re.compile(rf"(?:(\d+(?:\.\d+)?)\s*%[\s-]*{_CI}|{_CI}\s*,?\s*(\d+(?:\.\d+)?)\s*%)\s*[:,=]?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"\d,\d")
_SPLIT = re.compile(r"[()\[\];]|,\s*(?=[A-Za-z])")

_PLAIN = r"(?:\d{1,3}(?:[ ,]\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_NUMBER = rf"[-+\u2013]?\s?(?:{_PLAIN})(?:(?:e|\s*x\s*10\^?)[-+\u2013]?\d+)?"
_ABSENT = r"\b(?:not\s+(?:yet\s+)?(?:reached|estimable|evaluable|available)|n\.?r\.?|n\.?e\.?|inf(?:inity)?)|\u221e"
_LETTERS = r"a-z\u00b5\u03bc\u00b0"
_UNIT_WORD = rf"(?!(?:to|not|and)\b)[{_LETTERS}][{_LETTERS}0-9/^.]*"
_UNIT = rf"(?:\s*{_UNIT_WORD}(?:\s+{_UNIT_WORD})*)?"
_VALUE = rf"(?:{_NUMBER}|{_ABSENT})"
_RELATION = r"<=|>=|=|<|>"
_LABEL = r"(?P<label>[a-z\u03b1-\u03c9][a-z\u03b1-\u03c9.,:' /-]*?)??"


def _form(body: str) -> re.Pattern[str]:
    """Compile a form of a part: words before it, its numbers, units behind it."""
    return re.compile(rf"\s*{_LABEL}\s*:?\s*(?P<relation>{_RELATION})?\s*{body}{_UNIT}\s*", re.IGNORECASE)


_SHARE = _form(r"(?P<a>\d[\d ,]*)\s*(?:/|\s+of\s+|\s+out\s+of\s+)\s*(?P<b>\d[\d ,]*)")
_SPREAD = _form(rf"(?P<a>{_NUMBER})\s*(?P<percent>%?){_UNIT}\s*\u00b1\s*(?P<b>{_NUMBER})\s*(?P<percent_b>%?)")
_LIMITS = _form(
    rf"(?P<a>{_VALUE})\s*(?P<percent>%?){_UNIT}\s*(?:-|\u2013|,\s|\bto\b|\band\b)\s*(?P<b>{_VALUE})\s*(?P<percent_b>%?)"
)
_SINGLE = _form(rf"(?P<a>{_VALUE})\s*(?P<percent>%?)")
_WORDS_ALONE = re.compile(rf"{_UNIT}\s*", re.IGNORECASE)

_NAMED: dict[str, Role] = {"p": "p", "n": "n", "sd": "sd", "se": "se", "sem": "se"}
_PAIRS: dict[str, Role] = {"range": "range", "iqr": "quartiles", "interquartile range": "quartiles"}


def read_printed(text: str) -> PrintedText:
    """Read a printed number, or several that are printed together.

    Parameters
    ----------
    text : str
        The text, such as ``"93.3 %"``, ``"14/15 (93.3 %)"``, ``"57.4 ± 13.5"``, ``"57.4 (13.5)"``, ``"P < 0.01"``,
        ``"99 to not reached"`` or ``"0.35 [0.16-0.52]"``. Words before a number and units behind it are passed over. Minus
        signs, dashes between limits, middle dots for points, and commas or blanks between thousands are understood; a
        comma for a decimal point is not.

    Returns
    -------
    PrintedText
        What it says, part by part.

    Raises
    ------
    ValueError
        If it holds no number, or a part that is none.

    Examples
    --------
    >>> [part.role for part in read_printed("57.4 ± 13.5").parts]
    ['estimate', 'second']
    >>> low, high = read_printed("99 to not reached").parts[0].numbers
    >>> low.value, high
    (Decimal('99'), None)
    """
    plain, level = _take_level(_normalized(text))
    pieces = [piece.strip(" ,:*\u2020\u2021\u00a7#") for piece in _SPLIT.split(plain)]
    pieces = [piece for piece in pieces if piece]
    parts = [part for position, piece in enumerate(pieces) for part in _read_piece(text, piece, position)]
    if not parts:
        raise _unreadable(text)
    return PrintedText(text, tuple(parts), level)


def _unreadable(text: str) -> ValueError:
    rule = "'printed' must be numbers as papers write them, such as '57.4 \u00b1 13.5'"
    comma = ", with a point for a decimal comma" if _DECIMAL_COMMA.search(text) else ""
    return ValueError(refusal(f"{rule}{comma}", text))


def _normalized(text: str) -> str:
    """Write a text with one minus sign, one dash, one point, one kind of blank, and small numbers in digits."""
    plain = unicodedata.normalize("NFKC", text.translate(_MINUS).translate(_DASHES)).translate(_MINUS)
    plain = _BETWEEN_DIGITS.sub(".", plain)
    for sign, ours in _SIGNS.items():
        plain = plain.replace(sign, ours)
    word = re.match(rf"\s*({'|'.join(_WORDS)})\b", plain, re.IGNORECASE)
    if word is not None:
        plain = f"{_WORDS.index(word[1].lower())}{plain[word.end() :]}"
    return " ".join(plain.split())


def _take_level(text: str) -> tuple[str, float | None]:
    """Take the confidence level out of a text, a mark of what the limits are left in its place."""
    found = _LEVEL.search(text)
    if found is None:
        return text, None
    return f"{text[: found.start()]};CI {text[found.end() :]}", float(Decimal(found[1] or found[2]) / 100)


def _read_piece(text: str, piece: str, position: int) -> list[Part]:
    if position and _WORDS_ALONE.fullmatch(piece) and not _SINGLE.fullmatch(piece):
        return []
    for form, read in ((_SHARE, _share), (_SPREAD, _spread), (_SINGLE, _single), (_LIMITS, _limits)):
        found = form.fullmatch(piece)
        if found is not None:
            return read(found, position)
    raise _unreadable(text)


def _share(found: re.Match[str], _: int) -> list[Part]:
    return [Part("share", (_number(found["a"]), _number(found["b"])))]


def _spread(found: re.Match[str], position: int) -> list[Part]:
    percent = bool(found["percent"] or found["percent_b"])
    first = Part("estimate" if position == 0 else "second", (_number(found["a"], percent),))
    return [first, Part("second", (_number(found["b"], percent),))]


def _limits(found: re.Match[str], _: int) -> list[Part]:
    percent = bool(found["percent"] or found["percent_b"])
    role = _PAIRS.get(_word(found), "limits")
    return [Part(role, (_number(found["a"], percent), _number(found["b"], percent)))]


def _single(found: re.Match[str], position: int) -> list[Part]:
    label = _word(found)
    role: Role = _NAMED.get(label.removesuffix("value").strip(" -"), "estimate" if position == 0 else "second")
    number = _number(found["a"], bool(found["percent"]), found["relation"])
    # A percentage in brackets is the same estimate said otherwise, not how it spreads.
    return [Part("estimate" if role == "second" and number is not None and number.percent else role, (number,))]


def _word(found: re.Match[str]) -> str:
    return (found["label"] or "").strip(" .,:").lower()


def _number(text: str, percent: bool = False, relation: str | None = None) -> PrintedNumber | None:
    plain = re.sub(r"\s*x\s*10\^?", "e", text.strip(), flags=re.IGNORECASE)
    plain = plain.replace("\u2013", "-").replace(" ", "").replace(",", "")
    if not any(sign.isdigit() for sign in plain):
        return None
    value = Decimal(plain)
    exponent = value.as_tuple().exponent
    relations: tuple[Relation, ...] = ("<", "<=", ">", ">=")
    sign: Relation = relations[relations.index(relation)] if relation in relations else "="
    return PrintedNumber(value, max(0, -int(exponent)), percent, sign)
