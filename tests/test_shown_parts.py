"""Parts of reports and figures by themselves, where whole ones would take long."""

import builtins
import os
import sys
from types import SimpleNamespace

import matplotlib
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ivigmyo import MMT18, Assessment, Patient, Study, Visit
from ivigmyo.figures import draw_flow, draw_forest, draw_patients, draw_scores
from ivigmyo.figures.canvas import PAGE, missing_signs, plain
from ivigmyo.figures.flow import _width
from ivigmyo.figures.letters import _without_middle, load_matplotlib
from ivigmyo.report.document import _contrast_conventions
from ivigmyo.report.tables.conduct import _schedule


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_scores_are_drawn_on_the_axes_given(ax):
    visits = pd.DataFrame({"n": [2, 2], "mean": [10.0, 20.0], "sd": [1.0, 2.0]}, index=[4, 8])
    assert draw_scores(visits, ax) is ax


@pytest.mark.parametrize(
    ("text", "keep", "shown"), [("abcdefgh", 4, "ab…gh"), ("abcdefgh", 5, "abc…gh"), ("abc…fgh", 2, "a…h")]
)
def test_of_a_text_without_its_middle_the_beginning_has_the_odd_sign(text, keep, shown):
    assert _without_middle(text, keep) == shown


@pytest.mark.parametrize("n", [1, 10, 11])
def test_ten_signs_that_no_font_has_are_listed(ax, n):
    signs = "".join(chr(0x13000 + k) for k in range(n))  # hieroglyphs
    ax.set_title(signs)
    said = missing_signs(ax)
    assert sum(sign in said for sign in signs) == min(n, 10)
    assert (", ..." in said) is (n > 10)
    assert ("signs" in said) is (n > 1)


def test_more_arms_than_a_page_holds_are_refused():
    steps = pd.DataFrame({"step": "randomized", "reason": None, "arm": list("abcde"), "patients": 1})
    with pytest.raises(ValueError, match="must have at most four arms") as caught:
        draw_flow(steps)
    assert str(caught.value) == "'steps' must have at most four arms (got 5)."


def test_a_forest_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one") as caught:
        draw_forest(pd.DataFrame(columns=["label", "estimate", "conf_low", "conf_high", "n"]))
    assert str(caught.value) == "'rows' must hold at least one estimate (got 'none')."


def test_the_backend_that_the_environment_names_is_set_once_matplotlib_is_loaded(monkeypatch):
    loaded = SimpleNamespace(rcParams={})

    def load(name, *arguments):
        if name != "matplotlib":
            return ordinary(name, *arguments)
        assert "MPLBACKEND" not in os.environ
        return loaded

    ordinary = builtins.__import__
    monkeypatch.setenv("MPLBACKEND", "svg")
    monkeypatch.delitem(sys.modules, "matplotlib")
    monkeypatch.setattr(builtins, "__import__", load)
    load_matplotlib()
    assert (loaded.rcParams, os.environ["MPLBACKEND"]) == ({"backend": "svg"}, "svg")


def test_no_grid_of_matplotlibs_settings_is_drawn():
    with matplotlib.rc_context({"axes.grid": True, "axes.grid.which": "both"}):
        ax = Figure().add_subplot()
    plain(ax)
    ax.set_yscale("log")
    ax.set_ylim(1, 100)
    ticks = [*ax.yaxis.get_major_ticks(), *ax.yaxis.get_minor_ticks()]
    assert len(ax.yaxis.get_minor_ticks()) > 3
    assert not any(tick.gridline.get_visible() for tick in ticks)


@pytest.mark.parametrize(
    ("strata", "said"),
    [
        ((), "exact test. Means:"),
        (("site",), "exact test; over the strata of site Mantel and Haenszel's, Sato's, and the CMH test. Means:"),
    ],
)
def test_the_conventions_of_contrasts_name_the_strata_where_there_are_any(strata, said):
    protocol = SimpleNamespace(control="placebo", strata=strata)
    report = SimpleNamespace(contrasts={"IVIG": {}}, study=SimpleNamespace(protocol=protocol))
    assert (
        f"Miettinen and Nurminen's interval and Fisher's {said} analysis of covariance."
        in list(_contrast_conventions(report))[1]
    )


def test_more_courses_than_a_page_holds_are_refused():
    visits = [Visit(0, assessments=[Assessment(MMT18, 50)])]
    study = Study([Patient(f"P{k}", "PM", "F", 40, visits=visits) for k in range(101)])
    with pytest.raises(ValueError, match="at most 100") as caught:
        draw_patients(study)
    assert str(caught.value) == "the courses of at most 100 patients can be drawn (got 101)."


def test_visits_out_of_schedule_stand_in_the_order_of_the_patients():
    rows = [("P2", 4, "MMT"), ("P2", 4, "CK"), ("P10", 8, "MMT"), ("P1", 4, "MMT"), (None, 12, "CK")]
    schedule = pd.DataFrame(rows, columns=["patient", "week", "measure"]).assign(finding="missing")
    assert list(_schedule(schedule)) == [
        ["P2", "missing: MMT and CK week 4"],
        ["P10", "missing: MMT week 8"],
        ["P1", "missing: MMT week 4"],
        ["all", "missing: CK week 12"],
    ]


def test_columns_of_a_word_table_are_as_wide_as_their_longest_cell_and_words_give_way():
    pytest.importorskip("docx")
    from ivigmyo.report.word import _widths

    def inches(*signs):
        return [round(width.inches, 3) for width in _widths([["x" * n for n in signs], ["x"] * len(signs)])]

    assert inches(10, 4) == [1.03, 0.58]  # 0.075 a sign and 0.28
    assert inches(20, 10) == [1.78, 1.03]  # room for all
    # 100 signs of words beside 10: what is left of 6.7
    assert inches(100, 10) == [round(6.7 - 1.03, 3), 1.03]


@pytest.mark.parametrize("arms", [3, 4])
def test_boxes_of_many_arms_share_the_width_of_a_page(arms):
    assert arms * (_width(arms) + 4) == pytest.approx(PAGE - 6)
