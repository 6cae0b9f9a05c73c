"""Figures leave matplotlib, the warnings and the other threads alone, and fit whatever names and fonts there are."""

import hashlib
import os
import pickle
import stat
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import attrs
import matplotlib
import matplotlib.style
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from sampling import some

from ivigmyo import kaplan_meier, report_page, trial_report
from ivigmyo.figures import (
    draw_flow,
    draw_forest,
    draw_patient,
    draw_patients,
    draw_survival,
    draw_swimmer,
    draw_waterfall,
    figure_svg,
    save_figure,
)
from ivigmyo.figures.gallery import report_pictures
from ivigmyo.figures.letters import drawable, shortened, text_width, wrapped

JAPANESE = "皮膚筋炎の患者"
LONG = "IVIG 2 g/kg every four weeks + corticosteroid"


@pytest.fixture(scope="module")
def curves():
    return kaplan_meier([3, 5, 8, 9], [1, 1, 0, 1]), kaplan_meier([2, 5, 7, 11], [1, 0, 0, 1])


def run(code, **environment):
    """Run a program of its own; what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# matplotlib's settings


def test_threads_draw_equal_pages_while_no_setting_ever_changes(report):
    small = attrs.evolve(report, measures=report.measures[:1], log_ck=None, duration=None)
    page = report_page(small)
    settings, filters = dict(matplotlib.rcParams), list(warnings.filters)
    changed, done = [], threading.Event()

    def watch():
        while not done.wait(0.001):
            changed.extend(name for name, value in dict(matplotlib.rcParams).items() if value != settings[name])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: report_page(small), some(range(16))))
    finally:
        done.set()
        watcher.join()
    assert set(pages) == {page}
    assert changed == []
    assert dict(matplotlib.rcParams) == settings
    assert warnings.filters == filters


def test_threads_save_equal_files(report, tmp_path):
    def save(k):
        paths = [tmp_path / f"{k}.{kind}" for kind in ("svg", "png", "pdf")]
        for path in paths:
            save_figure(draw_survival(report.duration), path)
        return tuple(path.read_bytes() for path in paths)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(save, some(range(8), 2)))) == 1


STYLES = ["dark_background", "ggplot", "fivethirtyeight", "grayscale", "Solarize_Light2", "bmh"]


@pytest.mark.parametrize("style", some(STYLES))
def test_a_style_changes_nothing_but_the_font(report, style):
    rows = report.duration.episodes
    kinds = {
        "survival": lambda: draw_survival(report.duration),
        "swimmer": lambda: draw_swimmer(rows),
        "waterfall": lambda: draw_waterfall(report.measures[1]),
        "patient": lambda: draw_patient(report.study, "15"),
    }
    plain = {name: figure_svg(draw()) for name, draw in kinds.items()}
    font = {name: value for name, value in matplotlib.rcParams.items() if name.startswith("font.") and name != "font.size"}
    with matplotlib.style.context(style), matplotlib.rc_context(font):
        assert {name: figure_svg(draw()) for name, draw in kinds.items()} == plain


def test_the_font_of_the_settings_is_used(curves):
    with matplotlib.rc_context({"font.family": "DejaVu Serif"}):
        svg = figure_svg(draw_survival(curves[0]))
    assert "'DejaVu Serif'" in svg
    assert "'DejaVu Sans'" not in svg
    assert "'DejaVu Sans'" in figure_svg(draw_survival(curves[0]))


def test_matplotlib_is_imported_when_something_is_drawn_and_pyplot_never():
    code = """
import sys
import attrs
import ivigmyo
from ivigmyo import figures
from ivigmyo.figures.gallery import report_pictures
report = ivigmyo.trial_report(ivigmyo.saito2008.load_study())
assert "matplotlib" not in sys.modules
ivigmyo.report_page(attrs.evolve(report, measures=report.measures[:1], log_ck=None, duration=None))
assert "matplotlib" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
    run(code)


def test_no_backend_is_needed_and_the_environment_stays():
    code = """
import os
import ivigmyo
figures = ivigmyo.figures
ax = figures.draw_survival(ivigmyo.kaplan_meier([1, 2], [1, 1]))
print(os.environ["MPLBACKEND"], "<svg" in figures.figure_svg(ax))
"""
    assert run(code, MPLBACKEND="nonsense").split() == ["nonsense", "True"]


def test_an_svg_is_the_same_in_another_process_whatever_the_hash_seed(study):
    code = """
import hashlib
import ivigmyo
svg = ivigmyo.figures.figure_svg(ivigmyo.figures.draw_patients(ivigmyo.saito2008.load_study()))
print(hashlib.sha256(svg.encode()).hexdigest())
"""
    here = hashlib.sha256(figure_svg(draw_patients(study)).encode()).hexdigest()
    for seed in some(("1", "2")):
        assert run(code, PYTHONHASHSEED=seed) == f"{here}\n"


# Notebooks


def test_a_notebook_shows_the_axes_and_the_figure(report):
    ax = draw_survival(report.duration)
    assert ax._repr_svg_() == ax.figure._repr_svg_() == figure_svg(ax)
    own = Figure().add_subplot()
    assert draw_survival(report.duration, own) is own


def test_two_figures_on_one_page_share_no_reference(report):
    one, other = (figure_svg(draw_survival(each)) for each in (report.duration, report.duration.curves_by_diagnosis))
    ids = [
        {part.get("id") for part in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")}
        for svg in (one, other)
    ]
    marks = [{name for name in found if name and "-" in name} for found in ids]
    assert marks[0]
    assert not marks[0] & marks[1]


def test_a_figure_survives_pickling_and_saving_by_matplotlib_itself(report, tmp_path):
    ax = draw_swimmer(report.duration.episodes)
    again = pickle.loads(pickle.dumps(ax))
    assert figure_svg(again) == figure_svg(ax)
    for kind in ("svg", "pdf", "png"):
        ax.figure.savefig(tmp_path / f"x.{kind}")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == figure_svg(ax)
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")


# Files


def test_a_file_is_replaced_whole_or_not_at_all(report, tmp_path, monkeypatch):
    path = tmp_path / "figure.svg"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    link = tmp_path / "link.svg"
    link.symlink_to(path.name)
    ax = draw_survival(report.duration)

    def full(*_):
        raise OSError(28, "disk full")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", full)
        with pytest.raises(OSError, match="full") as error:
            save_figure(ax, path)
    assert error.value.filename == str(path)
    assert path.read_text(encoding="utf-8") == "old"
    save_figure(ax, link)
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == figure_svg(ax)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["figure.svg", "link.svg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_written_through(report, tmp_path):
    pipe = tmp_path / "pipe.svg"
    os.mkfifo(pipe)
    ax = draw_survival(report.duration)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True, encoding="utf-8") as reader:
        save_figure(ax, pipe)
        assert reader.communicate(timeout=30)[0] == figure_svg(ax)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


# Names and fonts


NAMES = [
    ("polymyositis", "dermatomyositis"),
    (LONG, "placebo + corticosteroid"),
    ("x" * 5000, "w " * 400),
    (JAPANESE * 10, f"{LONG}; {LONG}; {LONG}; {LONG}"),
    ("A", "B" * 45),
]


@pytest.mark.parametrize("names", NAMES)
def test_names_of_groups_fit_the_figure(curves, names):
    ax = draw_survival(dict(zip(names, curves, strict=True)))
    figure = ax.figure
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a canvas that is not this package's
        FigureCanvasAgg(figure).draw()
    assert ax.get_position().width > 0.5
    assert ax.get_position().height > 0.2
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text():
            box = text.get_window_extent()
            assert 0 <= box.x0 < box.x1 <= figure.bbox.width, text
            assert 0 <= box.y0 < box.y1 <= figure.bbox.height, text


@pytest.mark.parametrize("name", [0, None, 1.5, ("PM",)])
def test_names_that_are_no_texts_are_refused(curves, name):
    with pytest.raises(ValueError, match="the names of the curves in 'result' must be texts"):
        draw_survival({name: curves[0], "PM": curves[1]})


def test_names_that_no_font_here_can_write_are_text_without_a_warning(report, tmp_path):
    known = matplotlib.rc_context({"font.family": ["DejaVu Sans"]})
    filters = list(warnings.filters)
    with known, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        renamed = [attrs.evolve(each, id=f"{JAPANESE}{each.id}") for each in report.study.patients]
        named_so = trial_report(attrs.evolve(report.study, patients=renamed))
        pictures = report_pictures(attrs.evolve(named_so, measures=named_so.measures[1:]))
        for k, picture in enumerate(pictures):
            for kind in ("svg", "png", "pdf"):
                save_figure(picture.axes, tmp_path / f"{k}.{kind}")
        draw_patients(attrs.evolve(report.study, patients=renamed)).figure.draw_without_rendering()
    assert [str(each.message) for each in said] == []
    assert warnings.filters == filters
    named = [picture for picture in pictures if "patient by patient" in picture.title]
    for picture in pictures:
        assert ("No font that matplotlib was given here has the signs 皮, 膚, 筋, 炎" in picture.caption) == (
            picture in named
        )
    assert len(named) == 2
    assert all(f"{JAPANESE}13" in figure_svg(picture.axes) for picture in named)


def test_a_box_stands_for_a_sign_that_is_missing():
    from matplotlib.font_manager import FontProperties

    font = FontProperties(family=["no such font", "DejaVu Sans"])
    assert drawable("患者 P1 µ±é\n", font) == "□□ P1 µ±é"
    assert drawable("P1", font) == "P1"
    assert drawable("e\u0301患\u20dd", font) == "e\u0301□"


@pytest.mark.parametrize("text", [LONG, "x" * 300, "", "a", JAPANESE * 30, "a (n = 4, median not reached)"])
@pytest.mark.parametrize("width", [20.0, 60.0, 166.0])
def test_texts_are_broken_and_shortened_to_what_they_may_take(text, width):
    lines = wrapped(text, width, 2).split("\n")
    assert len(lines) <= 2
    whole = [line for line in lines if "(n =" not in line]
    assert all(text_width(line) <= width or len(line) == 1 for line in whole)
    short = shortened(text, width)
    assert text_width(short) <= width
    assert short == text or short.split("…")[0] == text[: len(short.split("…")[0])]
    if text_width(text) <= width:
        assert wrapped(text, width, 2) == short == text


def test_a_count_stays_on_one_line():
    assert wrapped("placebo and more (n = 4, median 11)", 90).split("\n")[-1] == "(n = 4, median 11)"


def test_every_drawing_function_takes_names_in_any_script():
    forest = pd.DataFrame({"label": [JAPANESE], "estimate": [1.0], "conf_low": [0.5], "conf_high": [2.0], "n": [3]})
    flow = pd.DataFrame({"step": [JAPANESE], "reason": [None], "patients": [3]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for ax in (draw_forest(forest), draw_flow(flow)):
            assert JAPANESE in figure_svg(ax)
