"""Text made safe for Markdown."""

from __future__ import annotations

import re

__all__ = ["escape_markdown", "paragraph_markdown"]


def escape_markdown(text: str) -> str:
    r"""Escape the signs of a text that Markdown or HTML would read as marks.

    Parameters
    ----------
    text : str
        A text of one line.

    Returns
    -------
    str
        Markdown that shows the text as it is.

    Examples
    --------
    >>> escape_markdown("<b> of MMT_8")
    '&lt;b&gt; of MMT\\_8'
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{sign}" if sign in "\\`*_[]|#~$" else sign for sign in text)


def paragraph_markdown(text: str) -> str:
    r"""Write a text that begins a line of Markdown, where signs that elsewhere mean nothing would begin a list or a rule.

    Parameters
    ----------
    text : str
        A text of one line.

    Returns
    -------
    str
        Markdown that shows the text as it is.

    Examples
    --------
    >>> print(paragraph_markdown("- no list"), paragraph_markdown("1. nor this"), sep="\n")
    \- no list
    1\. nor this
    """
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", escape_markdown(text))
