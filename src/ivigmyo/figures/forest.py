"""Estimates with their intervals, one below another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ivigmyo.arguments import check_choice, check_frame
from ivigmyo.display import number, printable, records
from ivigmyo.errors import refusal
from ivigmyo.figures.canvas import COLOURS, POINT, new_axes, plain_number, write
from ivigmyo.figures.letters import SIZE, shortened, text_width, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_forest"]

_COLUMNS = ("label", "estimate", "conf_low", "conf_high", "n")
_WIDTH, _ROW, _AROUND = 150.0, 6.0, 32.0  # mm


def draw_forest(
    rows: pd.DataFrame,
    ax: Axes | None = None,
    reference: float | None = None,
    favours: tuple[str, str] | None = None,
    scale: Literal["linear", "log"] = "linear",
    title: str = "difference",
    digits: int = 2,
) -> Axes:
    """Draw a forest plot: estimates with their intervals, such as the differences between arms by subgroup.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row an estimate, from top to bottom, with the columns `label` (text), `estimate`, `conf_low`, `conf_high`
        (missing where there is no limit) and `n` (patients).
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, 150 mm wide and as high as the rows need.
    reference : float, optional
        Where neither side is better: a dashed line; by default 0, on a logarithmic scale 1.
    favours : tuple of str, optional
        Which arm is favoured to the left and to the right of that line, written under the axis.
    scale : {"linear", "log"}, default "linear"
        ``"log"`` for ratios.
    title : str, default "difference"
        What is estimated: the name of the axis.
    digits : int, default 2
        Digits after the point of the estimates.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. An interval without a limit ends in an arrow; of a row without an estimate only the label and
        the number of patients are shown.

    Raises
    ------
    ValueError
        If `rows` lacks a column or holds no row, a value is not above 0 on a logarithmic scale, or `scale` is not one of
        those offered.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {
    ...         "label": ["all", "PM", "DM"],
    ...         "estimate": [0.35, 0.30, 0.41],
    ...         "conf_low": [0.17, 0.02, 0.12],
    ...         "conf_high": [0.53, 0.55, None],
    ...         "n": [95, 50, 45],
    ...     }
    ... )
    >>> ax = draw_forest(rows, favours=("placebo", "IVIG"), title="difference in response")
    >>> [text.get_text() for text in ax.texts][2:4]
    ['95', '0.35 (0.17 to 0.53)']
    """
    check_choice("scale", scale, ("linear", "log"))
    check_frame("rows", rows, _COLUMNS)
    if rows.empty:
        raise ValueError(refusal("'rows' must hold at least one estimate", "none"))
    numbers = rows[["estimate", "conf_low", "conf_high"]].astype(float)
    if scale == "log" and (numbers <= 0).any(axis=None):
        raise ValueError(refusal("on a logarithmic scale every value must be above 0", float(numbers.to_numpy().min())))
    middle = float(scale == "log") if reference is None else reference
    low, high = _limits([*numbers.to_numpy().ravel(), middle], scale)
    labels = [wrapped(str(label), 45 * POINT, lines=2) for label in rows["label"]]
    row = _ROW + 2.5 * any("\n" in label for label in labels)
    with new_axes(ax, height=_AROUND + row * len(rows), width=_WIDTH) as ax:
        ax.set_xscale(scale)
        ax.set_xlim(low, high)
        ax.axvline(middle, color=COLOURS["black"], linewidth=0.7, linestyle=(0, (5, 3)), zorder=1)
        counts = ["" if n != n else number(n) for n in rows["n"].astype(float)]
        columns = 3 * POINT + max(map(text_width, [*counts, "n"]))
        sign: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center"}
        write(ax, "n", (1, -0.9), (columns, 0), ha="right", **sign)
        write(ax, "estimate (interval)", (1, -0.9), (columns + 3 * POINT, 0), ha="left", **sign)
        for place, (each, n) in enumerate(zip(records(numbers), counts, strict=True)):
            _interval(ax, place, each, (low, high))
            write(ax, n, (1, place), (columns, 0), ha="right", **sign)
            write(ax, _in_words(each, digits), (1, place), (columns + 3 * POINT, 0), ha="left", **sign)
        _name(ax, labels, title, scale)
        if favours is not None:
            _favours(ax, middle, favours)
    return ax


def _limits(values: list[float], scale: str) -> tuple[float, float]:
    known = [math.log(value) if scale == "log" else value for value in values if math.isfinite(value)]
    rim = 0.08 * (max(known) - min(known)) or 1.0
    ends = min(known) - rim, max(known) + rim
    return (math.exp(ends[0]), math.exp(ends[1])) if scale == "log" else ends


def _interval(ax: Axes, place: int, row: Any, edges: tuple[float, float]) -> None:
    if row.estimate != row.estimate:
        return
    ends = [
        edge if end != end or math.isinf(end) else end
        for end, edge in zip((row.conf_low, row.conf_high), edges, strict=True)
    ]
    ax.plot(ends, [place, place], color=COLOURS["blue"], linewidth=1.4, linestyle="-", solid_capstyle="butt", zorder=2)
    sign: dict[str, Any] = {
        "color": COLOURS["blue"],
        "linestyle": "none",
        "markeredgewidth": 0.5,
        "clip_on": False,
        "zorder": 3,
    }
    for end, edge, arrow in zip(ends, edges, "<>", strict=True):
        if end == edge:
            ax.plot([end], [place], marker=arrow, markersize=5, **sign)
    ax.plot([row.estimate], [place], marker="s", markersize=5, markeredgecolor=COLOURS["black"], **sign)


def _in_words(row: Any, digits: int) -> str:
    if row.estimate != row.estimate:
        return "not estimable"
    low, high = (
        "no limit" if limit != limit or math.isinf(limit) else number(limit, digits)
        for limit in (row.conf_low, row.conf_high)
    )
    return f"{number(row.estimate, digits)} ({low} to {high})".replace("-", "\N{MINUS SIGN}")


def _name(ax: Axes, labels: list[str], title: str, scale: str) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set_yticks(range(len(labels)), labels, parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    if scale == "log":
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(plain_number))
    ax.set_xlabel(printable(title), parse_math=False)


def _favours(ax: Axes, middle: float, favours: tuple[str, str]) -> None:
    """Write under the axis and its name which side is in favour of whom."""
    sign: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "va": "top"}
    down = -3.9 * SIZE
    left, right = (shortened(f"favours {arm}", 40 * POINT) for arm in favours)
    write(ax, f"\N{LEFTWARDS ARROW} {left}", (middle, 0), (-6, down), ha="right", **sign)
    write(ax, f"{right} \N{RIGHTWARDS ARROW}", (middle, 0), (6, down), ha="left", **sign)
