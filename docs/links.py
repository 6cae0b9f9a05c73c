"""Follow every link of the built documentation within itself: ``python docs/links.py FOLDER``.

A link to a page, picture or place that is not there is printed, and the exit status is 1. Links to other sites are not
followed, but have to be written in full, with https.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page and the places on it that links may lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Note what a tag leads to, and what leads to it."""
        found = dict(attrs)
        self.links += [target for name in ("href", "src") if (target := found.get(name))]
        self.places |= {place for name in ("id", "name") if (place := found.get(name))}


def broken(folder: Path) -> list[str]:
    """Return a line for each link that leads nowhere."""
    pages = {path.resolve(): Page(path) for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts}
    return [
        f"{path.relative_to(folder.resolve())}: {link}"
        for path, page in pages.items()
        for link in page.links
        if not leads_somewhere(path, link, pages)
    ]


def leads_somewhere(path: Path, link: str, pages: dict[Path, Page]) -> bool:
    """Judge one link of a page."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return parts.scheme in ("https", "data", "mailto")
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target not in pages:
        return target.exists()
    return unquote(parts.fragment) in pages[target].places


def main() -> int:
    """Print what is broken."""
    folder = Path(sys.argv[1])
    lines = broken(folder)
    print("\n".join(lines) or "every link leads somewhere")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
