"""A report as one page for a browser: the summary, the figures, the tables, and what they rest on."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from html import escape
from importlib.metadata import version
from importlib.resources import files

from ivigmyo import __version__
from ivigmyo.analysis import PatientSummary, TrialReport
from ivigmyo.display import Table, days, interval, p_statement, percent, printable
from ivigmyo.estimates import Proportion
from ivigmyo.figures.canvas import figure_svg
from ivigmyo.figures.gallery import Picture, report_pictures
from ivigmyo.figures.inline import inline_svg
from ivigmyo.report.conventions import report_conventions
from ivigmyo.report.text import report_tables

__all__ = ["report_page"]

_ROWS = 500
"""Up to how many rows of a table the page shows."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the browser may do with the page: use its own styles and its empty icon, run and load nothing."""

_COLUMN = 4.5
"""Up to which width, in inches, two figures stand side by side."""

_LIBRARIES = ("numpy", "scipy", "pandas", "lifelines", "matplotlib", "attrs")


def report_page(report: TrialReport) -> str:
    """Show a report as one self-contained HTML page.

    Parameters
    ----------
    report : TrialReport
        The report.

    Returns
    -------
    str
        The page. It needs no network and no scripts: styles and figures are inside it. The same report gives the same
        page on every run with the same releases of the libraries, which it names.

    Notes
    -----
    Everything that came with the data is shown as text, whatever signs it holds, and the page forbids the browser to run
    or load anything. Of a table of more than 500 rows the page shows the first 500.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> page = report_page(trial_report(saito2008.load_study()))
    >>> page.startswith("<!DOCTYPE html>"), page.count("<svg"), "://" in page
    (True, 8, False)
    """
    return "\n".join(_page(report)) + "\n"


def _page(report: TrialReport) -> Iterator[str]:
    title = _text(report.title or "Trial report")
    style = (files("ivigmyo.report") / "page.css").read_text(encoding="utf-8")
    yield from (
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<link rel="icon" href="data:,">',
        f"<title>{title}</title>",
        f"<style>\n{style}</style>",
        "</head>",
        "<body>",
        '<a class="skip" href="#main">Skip to the results</a>',
        f"<header><h1>{title}</h1>",
    )
    if report.source:
        yield f'<p class="source">{_text(report.source)}</p>'
    yield f'<p class="lead">{_text(_who(report))}</p></header>'
    yield from _contents(report)
    yield '<main id="main">'
    yield from _results(report, "all", 2)
    for place, (label, group) in enumerate(report.groups.items()):
        name = f"group{place + 1}"
        yield f'<section aria-labelledby="{name}"><h2 id="{name}">{_text(_part(label))}</h2>'
        yield f'<p class="lead">{_text(_who(group))}</p>'
        yield from _results(group, name, 3)
        yield "</section>"
    yield from _foundations(report)
    yield f"</main>\n<footer><p>Made by ivigmyo {__version__}.</p></footer>\n</body>\n</html>"


def _text(text: str) -> str:
    """Write a text of the data into the page: one line, nothing in it read as markup."""
    return escape(printable(text))


def _who(report: TrialReport) -> str:
    """Say in a sentence who was treated and who is analysed."""
    treated, n = report.treated, 0 if report.efficacy is None else report.efficacy.n
    patients = "1 patient was" if treated.n == 1 else f"{treated.n} patients were"
    return f"{patients} treated ({_kinds(treated)}); {n} of them in the efficacy set."


def _part(label: str) -> str:
    """Name a part of the study."""
    return f"Patients: {label}"


def _kinds(summary: PatientSummary) -> str:
    return "; ".join(
        ", ".join(f"{count} {label}" for label, count in kinds.items()) for kinds in (summary.diagnoses, summary.sexes)
    )


def _contents(report: TrialReport) -> Iterator[str]:
    links = [("all-summary", "Summary"), ("all-figures", "Figures"), ("all-tables", "Tables")]
    links += [(f"group{place + 1}", _part(label)) for place, label in enumerate(report.groups)]
    links += [("conventions", "Conventions"), ("versions", "Versions")]
    yield '<nav aria-label="Contents"><ul>'
    yield from (f'<li><a href="#{target}">{_text(label)}</a></li>' for target, label in links)
    yield "</ul></nav>"


def _results(report: TrialReport, name: str, level: int) -> Iterator[str]:
    """Show the summary, the figures and the tables of a report, under headings of a level."""
    summary, *tables = report_tables(report)
    figures = [
        line for i, picture in enumerate(report_pictures(report)) for line in _figure(picture, f"{name}-figure{i + 1}")
    ]
    parts = {
        "Summary": [*_key_results(report), *_terms(report), *_table(summary, f"{name}-table0"), *_gaps(report)],
        "Figures": ['<div class="figures">', *figures, "</div>"] if figures else ["<p>None.</p>"],
        "Tables": [line for i, table in enumerate(tables) for line in _table(table, f"{name}-table{i + 1}")],
    }
    for heading, lines in parts.items():
        place = f"{name}-{heading.lower()}"
        yield f'<section aria-labelledby="{place}"><h{level} id="{place}">{heading}</h{level}>'
        yield from lines
        yield "</section>"


def _key_results(report: TrialReport) -> Iterator[str]:
    """Show the results that a reader looks for first."""
    found = list(_key(report))
    if found:
        yield '<dl class="key">'
        for name, value, basis in found:
            yield f"<div><dt>{_text(name)}</dt><dd><strong>{_text(value)}</strong> {_text(basis)}</dd></div>"
        yield "</dl>"


def _key(report: TrialReport) -> Iterator[tuple[str, str, str]]:
    for measure in report.measures:
        if (response := measure.response) is not None:
            yield f"Responders in {measure.instrument.code}", *_share(response)
    if report.log_ck is not None:
        test = report.log_ck.comparison
        before, after = (None if part.ratio is None else 1 - part.ratio for part in (test.pre, test.post))
        yield (
            "Fall of CK in the four weeks after the first infusion",
            percent(after, 0),
            f"against {percent(before, 0)} in the four weeks before; n = {test.n}, {p_statement(test.p_value)}",
        )
    if report.duration is not None and (curve := report.duration.curve) is not None:
        limits = interval(curve.median_interval(), 0, absent="not reached")
        yield (
            "Median time that CK stayed normal",
            days(curve.median) if curve.median is None else f"{days(curve.median)} days",
            f"95 % interval {limits}; {curve.n_events} of {curve.n} patients rose again",
        )
    if report.improvement is not None:
        yield "At least moderate improvement (ACR/EULAR 2016)", *_share(report.improvement.response.moderate)
    if report.incidence is not None:
        yield "Patients with adverse reactions", *_share(report.incidence.proportion)


def _share(share: Proportion) -> tuple[str, str]:
    limits = interval(share.confidence_interval(), 1, 100)
    return percent(share.rate), f"{share.count} of {share.n} patients; 95 % interval {limits} %"


def _terms(report: TrialReport) -> Iterator[str]:
    if report.measures:
        yield '<dl class="terms">'
        for measure in report.measures:
            each = measure.instrument
            better = "higher" if each.higher_is_better else "lower"
            words = f"{each.name} ({each.unit}, {each.range}; {better} is better)"
            yield f"<dt>{_text(each.code)}</dt><dd>{_text(words)}</dd>"
        yield "</dl>"


def _gaps(report: TrialReport) -> Iterator[str]:
    if report.absent:
        yield '<div class="absent"><p>What the data do not allow:</p><ul>'
        yield from (f"<li>{_text(name)}: {_text(reason)}</li>" for name, reason in report.absent.items())
        yield "</ul></div>"


def _figure(picture: Picture, name: str) -> Iterator[str]:
    svg = inline_svg(figure_svg(picture.axes), name, picture.title, picture.description)
    wide = picture.axes.figure.figure.get_figwidth() > _COLUMN
    yield '<figure class="wide">' if wide else "<figure>"
    yield svg
    yield f"<figcaption><strong>{_text(picture.title)}</strong> {_text(picture.caption)}</figcaption></figure>"


def _table(table: Table, name: str) -> Iterator[str]:
    """Write a table into a part of the page that scrolls by itself."""
    yield f'<div class="table"><div class="scroll" tabindex="0" role="region" aria-labelledby="{name}"><table>'
    yield f'<caption id="{name}">{_text(table.title)}</caption>'
    yield f"<thead><tr>{_row(table, table.header, 'col')}</tr></thead>"
    yield "<tbody>"
    yield from (f"<tr>{_row(table, row, 'row')}</tr>" for row in table.rows[:_ROWS])
    yield "</tbody>"
    if table.footer:
        yield "<tfoot>"
        yield from (f"<tr>{_row(table, row, 'row')}</tr>" for row in table.footer)
        yield "</tfoot>"
    yield "</table></div>"
    if len(table.rows) > _ROWS:
        yield f'<p class="note">The first {_ROWS} of {len(table.rows)} rows.</p>'
    yield from (f'<p class="note">{_text(note)}</p>' for note in table.notes)
    yield "</div>"


def _row(table: Table, cells: Iterable[str], scope: str) -> str:
    """Write the cells of a row; those of the header, and the first of any other row, name what stands below or beside."""
    written = []
    for column, cell in enumerate(cells):
        kind = ' class="word"' if column in table.left else ""
        heads = cell != "" and (scope == "col" or column == 0)
        written.append(f'<th scope="{scope}"{kind}>{_text(cell)}</th>' if heads else f"<td{kind}>{_text(cell)}</td>")
    return "".join(written)


def _foundations(report: TrialReport) -> Iterator[str]:
    """Say by which rules the results were found, and with which programs."""
    yield '<section aria-labelledby="conventions"><h2 id="conventions">Conventions</h2><ul>'
    yield from (f"<li>{_text(sentence)}</li>" for sentence in report_conventions(report))
    yield '</ul></section>\n<section aria-labelledby="versions"><h2 id="versions">Versions</h2><dl class="terms">'
    programs = {"ivigmyo": __version__, "Python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}
    yield from (f"<dt>{_text(name)}</dt><dd>{_text(release)}</dd>" for name, release in programs.items())
    yield "</dl></section>"
