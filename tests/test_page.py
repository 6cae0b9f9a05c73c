"""The page is valid, safe, complete, readable without sight, and the same on every run."""

import functools
import hashlib
import itertools
import os
import platform
import re
import subprocess
import sys
import warnings
from importlib.metadata import version
from xml.etree import ElementTree

import attrs
import html5lib
import matplotlib
import numpy as np
import pandas as pd
import pytest

from ivigmyo import AdverseEvent, __version__, report_page, saito2008, trial_report
from ivigmyo.core_set import MMT8, definition_of_improvement, response_by_category, total_improvement_score
from ivigmyo.outcomes.improvement import ImprovementResult
from ivigmyo.report.conventions import report_conventions
from ivigmyo.report.text import report_tables

HTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def hostile():
    """A study of which every text that came with the data is an attack."""
    study = saito2008.load_study()
    patients = [
        attrs.evolve(
            each,
            id=f"{SCRIPT}{each.id}",
            previous_treatment=IMAGE,
            exclusion_reason=f"{IMAGE}reason",
            adverse_events=[AdverseEvent(f"{SCRIPT}term", group=f"{IMAGE}group")],
        )
        for each in study.patients
    ]
    evil = attrs.evolve(study, patients=patients, title=f"{IMAGE}title", source=f"</title></style>{SCRIPT}\x07")
    report = trial_report(evil, by="sex")
    groups = {label: attrs.evolve(group, measures=group.measures[:1], log_ck=None) for label, group in report.groups.items()}
    return report_page(attrs.evolve(report, groups=groups))


@functools.cache
def parse(page):
    """Parse strictly: any error of the markup is raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return html5lib.HTMLParser(strict=True).parse(page)


def said(element):
    return " ".join("".join(element.itertext()).split())


def attributes(root):
    return [(element, key, value) for element in root.iter() for key, value in element.attrib.items()]


def test_the_page_is_valid_html(page):
    root = parse(page)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    assert root.get("lang") == "en"
    assert root.find(f"{HTML}head/{HTML}title").text == "GB-0998 study"
    names = [element.get("name") for element in root.iter(f"{HTML}meta")]
    assert "viewport" in names
    assert page.endswith("</html>\n")


def test_every_part_of_a_report_by_groups_is_valid_too(hostile):
    assert parse(hostile).tag == f"{HTML}html"


def test_the_page_refers_to_nothing_outside_and_runs_nothing(page, hostile):
    for each in (page, hostile):
        root = parse(each)
        assert "://" not in each
        assert not any(element.tag in (f"{HTML}script", f"{HTML}img", f"{HTML}iframe") for element in root.iter())
        for element, key, value in attributes(root):
            assert not key.lower().startswith("on"), (element.tag, key)
            assert key not in ("src", "srcset", "action", "data"), (element.tag, key)
            if key.endswith("href"):
                assert value.startswith("#") or value == "data:,"
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in each


def test_the_page_is_small(page, hostile):
    assert len(page.encode()) <= 250_000
    assert len(hostile.encode()) < 1_500_000


def test_ids_are_unique_and_every_reference_is_met(page, hostile):
    for each in (page, hostile):
        root = parse(each)
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        targets = re.findall(r'(?:url\(#|href="#)([^")]+)', each)
        for element in root.iter():
            targets += element.get("aria-labelledby", "").split()
        assert len(targets) > 100
        assert set(targets) <= set(ids)


@pytest.mark.parametrize(
    "text",
    [
        f"{SCRIPT}3",
        IMAGE,
        f"{IMAGE}title",
        f"</title></style>{SCRIPT}",
        f"{SCRIPT}term",
        f"{IMAGE}group",
        f"not in the efficacy set: {IMAGE}reason",
    ],
)
def test_what_came_with_the_data_is_shown_as_text(hostile, text):
    shown = [said(element) for element in parse(hostile).iter() if element.tag.rpartition("}")[2] in ("td", "th", "h1", "p")]
    assert any(text in each for each in shown)
    assert "<script" not in hostile
    assert "<img" not in hostile


def test_names_within_figures_are_text_too(hostile):
    words = [element.text for element in parse(hostile).iter(f"{SVG}text")]
    assert "…rt(1)</script>3" in words
    descriptions = " ".join(element.text for element in parse(hostile).iter(f"{SVG}desc"))
    assert f"patient {SCRIPT}3: re-elevated" in descriptions


def test_headings_follow_each_other_in_order(page, hostile):
    for each, groups in ((page, 0), (hostile, 2)):
        headings = [element for element in parse(each).iter() if re.fullmatch(f"{HTML}h[1-6]", element.tag)]
        levels = [int(element.tag[-1]) for element in headings]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
        assert [said(heading) for heading in headings if heading.tag[-1] == "2"][-2:] == ["Conventions", "Versions"]
        parts = [said(heading) for heading in headings if said(heading).startswith("Patients: ")]
        assert parts == ["Patients: F", "Patients: M"][:groups]
        assert [said(heading) for heading in headings].count("Response rates") == 1 + groups


def test_every_table_and_figure_is_reached_by_a_link(page):
    root = parse(page)
    (nav,) = root.iter(f"{HTML}nav")
    links = {element.get("href")[1:]: said(element) for element in nav.iter(f"{HTML}a")}
    places = {element.get("id"): element for element in root.iter() if element.get("id")}
    tables = [element for element in root.iter(f"{HTML}div") if element.get("class") == "table"]
    for table in tables:
        heading = table[0]
        assert links[heading.get("id")] == said(heading)
    for figure in root.iter(f"{HTML}figure"):
        assert links[figure.get("id")] in said(figure)
    assert set(links) <= set(places)


def test_every_figure_is_an_image_with_words(page):
    figures = list(parse(page).iter(f"{HTML}figure"))
    assert len(figures) == 8
    for figure in figures:
        (svg,) = figure.iter(f"{SVG}svg")
        title, desc = list(svg)[:2]
        assert svg.get("role") == "img"
        assert svg.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
        assert said(figure.find(f"{HTML}figcaption")).startswith(title.text)
        assert len(desc.text) > 60
    widths = {figure.get("class") for figure in figures}
    assert widths == {None}


def test_a_wide_figure_stands_alone(report):
    changes = pd.Series(np.linspace(-90.0, 40.0, 40), index=[f"P{k}" for k in range(40)])
    measure = attrs.evolve(report.measures[2], final_percent_change=changes, grades=None, response=None)
    page = report_page(attrs.evolve(report, duration=None, log_ck=None, incidence=None, measures=(measure,)))
    figures = list(parse(page).iter(f"{HTML}figure"))
    assert [figure.get("class") for figure in figures] == [None, "wide"]
    # it scrolls by itself where the window is narrow
    assert [figure[0].get("class") for figure in figures] == [None, "scroll"]


def test_every_table_of_the_report_is_there_cell_by_cell(page, report):
    found = list(parse(page).iter(f"{HTML}table"))
    parents = {child: parent for parent in parse(page).iter() for child in parent}
    _, *tables = report_tables(report)  # the first has the key results, which stand as such
    assert len(found) == len(tables)
    for element, table in zip(found, tables, strict=True):
        assert said(parents[parents[element]][0]) == table.title
        rows = [[said(cell) for cell in row] for row in element.iter(f"{HTML}tr")]
        assert rows == [list(row) for row in (table.header, *table.rows, *table.footer)]
        scopes = [[cell.get("scope") for cell in row] for row in element.iter(f"{HTML}tr")]
        assert scopes[0] == ["col" if name else None for name in table.header]
        assert all(row == ["row", *[None] * (len(row) - 1)] for row in scopes[1:])
        kinds = [cell.get("class") for cell in next(element.iter(f"{HTML}tr"))]
        assert kinds == ["word" if column in table.left else None for column in range(len(kinds))]
    notes = [said(element) for element in parse(page).iter(f"{HTML}p") if element.get("class") == "note"]
    assert notes == [" ".join(note.split()) for table in tables for note in table.notes]


def test_tables_scroll_by_themselves_and_by_keyboard(page):
    root = parse(page)
    parents = {child: parent for parent in root.iter() for child in parent}
    for table in root.iter(f"{HTML}table"):
        holder = parents[table]
        assert (holder.get("class"), holder.get("tabindex"), holder.get("role")) == ("scroll", "0", "region")
        assert holder.get("aria-label") == said(parents[holder][0])
    assert ".scroll { overflow-x: auto; }" in page


def test_the_styles_cover_print_phones_and_darkness(page):
    for rule in ("@media print", "@media (max-width: 40rem)", "@media (prefers-color-scheme: dark)"):
        assert rule in page


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_stands_out_from_its_ground_by_4_5_to_1(page, scheme):
    block = re.findall(r":root \{(.*?)\}", page, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--(\w+): #([0-9a-f]{6})", block))

    def luminance(code):
        parts = [int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for ink in ("ink", "soft", "accent"):
        for ground in ("paper", "panel"):
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_a_keyboard_reaches_the_results_at_once(page):
    body = parse(page).find(f"{HTML}body")
    first = next(iter(body))
    assert (first.tag, first.get("href"), first.get("class")) == (f"{HTML}a", "#main", "skip")
    (main,) = body.iter(f"{HTML}main")
    assert main.get("id") == "main"


def test_the_key_results_stand_first(page, report):
    root = parse(page)
    (lead,) = [said(each) for each in root.iter(f"{HTML}p") if each.get("class") == "lead"]
    assert lead == "16 patients were treated (8 PM, 8 DM; 13 F, 3 M); 15 of them in the efficacy set."
    (source,) = [said(each) for each in root.iter(f"{HTML}p") if each.get("class") == "source"]
    assert source == report.source
    (key,) = root.iter(f"{HTML}dl")
    assert [said(each) for each in key] == [
        "MMT, week 0 → 1257.4 ± 13.5 → 78.6 ± 12.9 points n 15 → 14",
        "ADL, week 0 → 1218.9 ± 9.6 → 34.4 ± 8.4 points n 15 → 14",
        "CK, week 0 → 121259.8 ± 1280.2 → 219.3 ± 455.0 IU/L n 15 → 14",
        "MMT response14/15 93.3 %; 68.1 to 99.8",
        "ADL response12/15 80.0 %; 51.9 to 95.7",
        "CK response15/15 100.0 %; 78.2 to 100.0",
        "CK fall, after vs before81 % vs 65 % n 15; ln CK 0.601 ± 0.809; P = 0.0122",
        "Median days of normal CK371 99 to not reached; 8 of 13 rose again",
        "Adverse reactions7/16 43.8 %; 19.8 to 70.1",
    ]
    items = [said(each) for each in root.iter(f"{HTML}li")]
    for words in (
        "MMT: Manual muscle test, 18 muscles (points, between 0 and 90; higher is better)",
        "ADL: Activities of daily living, 15 activities (points, between 0 and 45; higher is better)",
        "CK: Serum creatine kinase (IU/L, greater than 0 and at most 10000000; lower is better)",
    ):
        assert words in items


def test_the_page_names_what_it_was_made_with(page):
    programs = {"ivigmyo": __version__, "Python": platform.python_version()} | {
        name: version(name) for name in ("numpy", "scipy", "pandas", "lifelines", "matplotlib", "attrs")
    }
    words = ", ".join(f"{name} {release}" for name, release in programs.items())
    assert f'<h2 id="versions">Versions</h2>\n<p class="text">{words}.</p>' in page
    assert f"<footer><p>Made by ivigmyo {__version__}.</p></footer>" in page


def test_the_conventions_stand_on_the_page(page, report):
    items = [said(each) for each in parse(page).iter(f"{HTML}li")]
    assert items[-len(report_conventions(report)) :] == report_conventions(report)


@pytest.fixture(scope="module")
def sparse():
    """A study with nothing but a single MMT."""
    study = saito2008.load_study()
    first = study.patients[0]
    visits = [
        attrs.evolve(visit, assessments=[each for each in visit.assessments if each.instrument.code == "MMT"])
        for visit in first.visits
    ]
    patient = attrs.evolve(first, visits=visits, follow_up=None, adverse_events=None)
    return trial_report(attrs.evolve(study, patients=[patient], disposition=(), title="", source=""))


def test_what_the_data_do_not_allow_is_said_with_the_reason(sparse):
    page = report_page(sparse)
    root = parse(page)
    (table,) = [
        each
        for each in root.iter(f"{HTML}div")
        if each.get("class") == "table" and said(each[0]) == "What the data do not allow"
    ]
    rows = [[said(cell) for cell in row] for row in table.iter(f"{HTML}tr")]
    assert rows[1:] == [list(row) for row in sparse.absent.items()]
    # what was planned and cannot be analysed, not what nobody planned
    assert set(sparse.absent) == {"ln CK", "adverse reactions"}
    assert len(list(root.iter(f"{HTML}figure"))) == 1
    (key,) = root.iter(f"{HTML}dl")
    assert [said(each) for each in key][1:] == ["MMT response1/1 100.0 %; 2.5 to 100.0"]
    assert root.find(f"{HTML}head/{HTML}title").text == "Trial report"
    assert "1 patient was treated (1 PM; 1 F); 1 of them in the efficacy set." in page
    assert 'class="source"' not in page


def test_a_study_without_an_efficacy_set_has_a_page_too():
    study = saito2008.load_study()
    page = report_page(trial_report(attrs.evolve(study, patients=[study.patients[15]], disposition=())))
    root = parse(page)
    assert "1 patient was treated (1 DM; 1 F); 0 of them in the efficacy set." in page
    assert not list(root.iter(f"{HTML}figure"))
    assert not [each for each in root.iter() if each.text in ("Figures", "Measures")]
    assert [each.get("class") for each in root.iter(f"{HTML}dl")] == ["key"]


def test_a_median_that_is_not_reached_has_no_unit(report):
    curve = report.duration.curves_by_diagnosis["PM"]
    low = attrs.evolve(curve, n_event=curve.n_event * 0, estimate=curve.estimate * 0 + 1)
    duration = attrs.evolve(report.duration, curve=low, curves_by_diagnosis={}, episodes=report.duration.episodes.iloc[:0])
    page = report_page(attrs.evolve(report, duration=duration, measures=(), log_ck=None))
    assert "<strong>not reached</strong> not estimable; " in page


def test_todays_criteria_are_among_the_key_results(sparse):
    columns = ["physician_global", "patient_global", "extramuscular", "mmt", "haq", "enzyme"]
    frames = [pd.DataFrame([row], ["1"], columns) for row in ([5.5, 2, 5.5, 146, 0, 66], [0.5, 1, 0, 150, 0, 84])]
    scores = total_improvement_score(*frames, mmt_maximum=150, enzyme_range=3000)
    definition = definition_of_improvement(*frames)
    result = ImprovementResult(scores, definition, response_by_category(scores), pd.DataFrame(), MMT8)
    page = report_page(attrs.evolve(sparse, measures=(), improvement=result, absent={}))
    assert "What the data do not allow" not in page
    (key,) = parse(page).iter(f"{HTML}dl")
    assert [said(each) for each in key] == ["TIS at least moderate1/1 100.0 %; 2.5 to 100.0"]
    (figure,) = parse(page).iter(f"{HTML}figure")
    assert said(figure).endswith("Dashes: the least scores of a minimal, a moderate and a major improvement.")


def test_of_a_long_table_the_first_500_rows_are_shown(sparse):
    for n in (500, 501):
        absent = {f"analysis {k}": "not measured." for k in range(n)}
        root = parse(report_page(attrs.evolve(sparse, measures=(), absent=absent, remarks=())))
        *_, table = root.iter(f"{HTML}table")
        assert len(list(table.iter(f"{HTML}tr"))) == 501
        notes = [said(each) for each in root.iter(f"{HTML}p") if each.get("class") == "note"]
        assert [note for note in notes if note.startswith("The first")] == ["The first 500 of 501 rows."] * (n == 501)


def test_of_many_remarks_the_first_20_are_shown_and_the_rest_counted(sparse):
    for n, others in ((20, []), (21, ["And 1 other."]), (55, ["And 35 others."])):
        root = parse(report_page(attrs.evolve(sparse, remarks=tuple(f"remark {k}" for k in range(n)))))
        items = [said(each) for each in root.iter(f"{HTML}li") if said(each).startswith("remark ")]
        assert items == [f"remark {k}" for k in range(min(n, 20))]
        notes = [said(each) for each in root.iter(f"{HTML}p") if each.get("class") == "note"]
        assert [note for note in notes if note.startswith("And ")] == others


def test_the_page_leaves_the_callers_settings_as_they_were(sparse):
    first = report_page(sparse)  # imports scipy, which adds filters of its own
    settings, filters = dict(matplotlib.rcParams), list(warnings.filters)
    assert report_page(sparse) == first
    assert dict(matplotlib.rcParams) == settings
    assert warnings.filters == filters


PROGRAM = """
import sys
import ivigmyo, ivigmyo.figures, ivigmyo.report.page
heavy = {"matplotlib", "lifelines", "scipy.stats"} & set(sys.modules)
assert not heavy, heavy
from hashlib import sha256
page = ivigmyo.report_page(ivigmyo.trial_report(ivigmyo.saito2008.load_study()))
assert "matplotlib.pyplot" not in sys.modules
print(sha256(page.encode()).hexdigest())
"""


def test_another_run_with_another_hash_seed_gives_the_same_bytes(page):
    environment = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONWARNINGS": "error,ignore::DeprecationWarning"}
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout.strip() == hashlib.sha256(page.encode()).hexdigest()
    assert run.stderr == ""


def test_the_svg_of_the_page_is_well_formed_by_itself(page):
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert ElementTree.fromstring(svg).get("viewBox").startswith("0 0 240.94")
