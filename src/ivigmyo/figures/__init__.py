"""Figures drawn from the results of a report.

Nothing is computed here. Every function takes axes to draw on, or makes a figure of its own, and returns the axes; none
touches pyplot or the caller's settings.
"""

from __future__ import annotations

from ivigmyo.figures.by_patient import draw_improvement_scores, draw_swimmer, draw_waterfall
from ivigmyo.figures.by_visit import draw_log_ck, draw_visits
from ivigmyo.figures.canvas import figure_svg, save_figure
from ivigmyo.figures.survival import draw_survival

__all__ = [
    "draw_improvement_scores",
    "draw_log_ck",
    "draw_survival",
    "draw_swimmer",
    "draw_visits",
    "draw_waterfall",
    "figure_svg",
    "save_figure",
]
