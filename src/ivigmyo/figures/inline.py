"""An SVG document becomes part of a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

__all__ = ["inline_svg"]

_REFERENCE = re.compile(r"(?<=url\(#)")


def inline_svg(svg: str, name: str, title: str, description: str) -> str:
    r"""Make an SVG document an element of an HTML page, with words for those who do not see it.

    Parameters
    ----------
    svg : str
        The document, as `figure_svg` gives it.
    name : str
        What tells the figure from the others on the page: the beginning of all its ids.
    title, description : str
        What the figure is called, and what it shows.

    Returns
    -------
    str
        One ``<svg>`` element, an image to assistive technology. It has no namespaces, which HTML does not need, no style
        sheet, which would hold for the whole page, and no metadata.

    Examples
    --------
    >>> svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path id="a"/><use href="#a"/></svg>'
    >>> print(inline_svg(svg, "f1", "P < 0.05", "A line.").replace("><", ">\n<"))
    <svg viewBox="0 0 9 9" role="img" aria-labelledby="f1-title f1-desc">
    <title id="f1-title">P &lt; 0.05</title>
    <desc id="f1-desc">A line.</desc>
    <path id="f1-a" />
    <use href="#f1-a" />
    </svg>
    """
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {_local(key): _named(_local(key), value, name) for key, value in element.attrib.items()}
        if element.tag != "text":
            element.text = (element.text or "").strip()
        element.tail = ""
    _drop(root, {"metadata", "style"})
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    for place, (tag, words) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
        element.text = words
        root.insert(place, element)
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _named(key: str, value: str, name: str) -> str:
    """Begin an id, or each reference to one, with the figure's name; a colour begins with # too."""
    if key == "id":
        return f"{name}-{value}"
    return f"#{name}-{value[1:]}" if key == "href" else _REFERENCE.sub(f"{name}-", value)


def _drop(root: ElementTree.Element, tags: set[str]) -> None:
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in tags]:
            parent.remove(child)
