"""What a text takes up, and which of its signs the fonts in use can draw."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from bisect import bisect_right
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ivigmyo.display import printable

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

__all__ = ["SIZE", "drawable", "load_matplotlib", "shortened", "text_width", "unknown_signs", "wrapped"]

SIZE = 8.0
"""The size of every text, in points."""

_MOST = 200
_NO_WIDTH = ("Mn", "Me", "Cf")
_WIDEST = 1.15
_STAND_INS = "□?"
_WORD = re.compile(r"\(n = [^()]*\)|\S+")  # a count is not broken


def load_matplotlib() -> None:
    """Import matplotlib, which refuses to load where ``MPLBACKEND`` names no backend, though none is needed here."""
    if "matplotlib" in sys.modules:
        return
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with suppress(ValueError):
            matplotlib.rcParams["backend"] = backend  # as matplotlib itself does


def drawable(text: str, font: FontProperties) -> str:
    """Put a box for each sign that the font cannot draw: matplotlib would, too, but with a warning for the whole process."""
    if text.isascii() and text.isprintable():
        return text
    text = printable(text)
    known = _signs(font)
    box = next((sign for sign in _STAND_INS if ord(sign) in known), "")
    return "".join(sign if ord(sign) in known else "" if unicodedata.category(sign) in _NO_WIDTH else box for sign in text)


def unknown_signs(texts: Any) -> str:
    """Collect the signs of matplotlib's texts that their fonts cannot draw, each once, in order of appearance."""
    missing: dict[str, None] = {}
    for text in texts:
        words = text.get_text()
        if not words.isascii():
            known = _signs(text.get_fontproperties())
            missing |= dict.fromkeys(sign for sign in words if sign.isprintable() and ord(sign) not in known)
    return "".join(missing)


def text_width(text: str) -> float:
    """Measure how wide a text is, in points."""
    load_matplotlib()
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(size=SIZE)
    shown = drawable(text, font)
    known = (
        "".join(sign for sign, drawn in zip(text, shown, strict=True) if sign == drawn) if len(text) == len(shown) else shown
    )
    # another program's stand-in for a sign may be wider than a box
    width = TextToPath().get_text_width_height_descent(known, font, False)[0]
    return float(width) + _WIDEST * SIZE * (len(shown) - len(known))


def shortened(text: str, width: float) -> str:
    """Leave out the middle of a text that is wider than so many points: groups differ at either end."""
    text = _cut(printable(text))
    if text_width(text) <= width:
        return text
    keep = bisect_right(range(len(text)), width, key=lambda n: text_width(_without_middle(text, n)))
    return _without_middle(text, max(0, keep - 1))


def wrapped(text: str, width: float, lines: int = 3) -> str:
    """Break a text into a few lines of so many points; what would need more lines loses its middle."""
    text = _cut(printable(text))
    while len(broken := _broken(text, width)) > lines:
        text = _without_middle(text, min(len(text.replace("…", "")) - 2, len("".join(broken[:lines]))))
    return "\n".join(broken)


def _cut(text: str) -> str:
    """Let a text have no more signs than any figure has room for."""
    return text if len(text) <= _MOST else _without_middle(text, _MOST)


def _without_middle(text: str, keep: int) -> str:
    bare = text.replace("…", "")
    return f"{bare[: keep - keep // 2]}…{bare[len(bare) - keep // 2 :]}"


def _broken(text: str, width: float) -> list[str]:
    lines, line = [], ""
    for word in _WORD.findall(text):
        longer = f"{line} {word}".strip()
        if text_width(longer) <= width:
            line = longer
            continue
        lines += [line] if line else []
        line = word
        while len(line) > 1 and text_width(line) > width:
            whole = line
            fits = max(1, bisect_right(range(len(line)), width, key=lambda n: text_width(whole[:n])) - 1)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line]


def _signs(font: FontProperties) -> frozenset[int]:
    """Find the code points that one of the font's families has."""
    from matplotlib.font_manager import findfont

    found: frozenset[int] = frozenset()
    for family in font.get_family():
        one = font.copy()
        one.set_family(family)
        try:
            found |= _code_points(findfont(one, fallback_to_default=False))
        except ValueError:  # no font of that name
            continue
    return found or _code_points(findfont(font))


@lru_cache(maxsize=64)
def _code_points(path: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(path).get_charmap())
