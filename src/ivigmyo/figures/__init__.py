"""Figures drawn from the results of a report.

Nothing is computed here. Every function takes axes to draw on, or makes a figure of its own, and returns the axes, which a
notebook shows without a magic command. None touches pyplot, needs a backend, or changes matplotlib's settings, of which
only the font is used. matplotlib is imported when something is drawn.
"""

from __future__ import annotations

from ivigmyo.figures.by_patient import draw_improvement_scores, draw_swimmer, draw_waterfall
from ivigmyo.figures.by_visit import draw_log_ck, draw_visits
from ivigmyo.figures.courses import draw_patient, draw_patients
from ivigmyo.figures.flow import draw_flow
from ivigmyo.figures.forest import draw_forest
from ivigmyo.figures.keep import figure_svg, save_figure
from ivigmyo.figures.over_time import draw_scores
from ivigmyo.figures.survival import draw_survival

__all__ = [
    "draw_flow",
    "draw_forest",
    "draw_improvement_scores",
    "draw_log_ck",
    "draw_patient",
    "draw_patients",
    "draw_scores",
    "draw_survival",
    "draw_swimmer",
    "draw_visits",
    "draw_waterfall",
    "figure_svg",
    "save_figure",
]
