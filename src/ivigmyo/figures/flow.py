"""Who entered, who left and why, and who was analysed: the flow of patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pandas as pd

from ivigmyo.arguments import check_frame
from ivigmyo.display import number, printable, records
from ivigmyo.errors import refusal
from ivigmyo.figures.canvas import COLOURS, COLUMN, PAGE, POINT, WORDS, new_axes
from ivigmyo.figures.letters import SIZE, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_flow"]

_BOX, _GAP, _RIM = 52.0, 7.0, 1.6  # mm: the width of a box, what is between two, what is around its words
_Path = list[tuple[float, float]]
_LINE = 1.25 * SIZE / POINT


@attrs.frozen
class _Box:
    """Words in a place: the middle of its top, in mm from the left and from above."""

    x: float
    top: float
    words: str
    left: bool = False

    @property
    def bottom(self) -> float:
        return self.top + _LINE * (1 + self.words.count("\n")) + 2 * _RIM


def draw_flow(steps: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the flow of patients through a trial, as CONSORT asks for it.

    Parameters
    ----------
    steps : pandas.DataFrame
        One row a count, in the order of the trial, with the columns `step` (text), `reason` (text, missing where the row
        counts the whole step), `patients`, and optionally `arm` (text, missing before patients were allocated).
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure as large as the boxes need.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on, in mm. Before the arms, a step of which only reasons are counted (those who left) stands
        beside the flow with its sum; each arm has a column in which every step stands.

    Raises
    ------
    ValueError
        If `steps` lacks a column, holds no row, or has more than four arms.

    Examples
    --------
    >>> steps = pd.DataFrame(
    ...     [("screened", None, 120), ("excluded", "declined", 15), ("excluded", "not eligible", 10), ("treated", None, 95)],
    ...     columns=["step", "reason", "patients"],
    ... )
    >>> ax = draw_flow(steps)
    >>> print(ax.texts[1].get_text())
    excluded (n = 25)
    declined (n = 15)
    not eligible (n = 10)
    """
    check_frame("steps", steps, ("step", "reason", "patients"))
    if steps.empty:
        raise ValueError(refusal("'steps' must hold at least one count", "none"))
    rows = steps.assign(arm=steps.get("arm"))
    arms = list(rows["arm"].dropna().unique())
    if len(arms) > 4:
        raise ValueError(refusal("'steps' must have at most four arms", len(arms)))
    boxes, arrows, below = _placed(rows, arms)
    width = max(PAGE if len(arms) > 2 else 2 * _BOX + 3 * _GAP, COLUMN)
    with new_axes(ax, height=below + 4, width=width) as ax:
        ax.set_axis_off()
        ax.set_xlim(0, width - 3)
        ax.set_ylim(below + 0.4, -0.4)
        for box in boxes:
            _draw(ax, box, _width(len(arms)))
        for path in arrows:
            _arrow(ax, path)
    return ax


def _width(arms: int) -> float:
    return _BOX if arms <= 2 else (PAGE - 6) / arms - 4


def _centres(arms: int) -> list[float]:
    """Where the columns of the arms are; a flow without arms has its exclusions at the right."""
    if arms <= 2:
        return [1 + _BOX / 2 + k * (_BOX + 2 * _GAP) for k in range(max(1, arms))]
    return [(PAGE - 3) / arms * (k + 0.5) for k in range(arms)]


def _placed(rows: pd.DataFrame, arms: list[Any]) -> tuple[list[_Box], list[_Path], float]:
    """Place the boxes of each step below those of the one before, and lead arrows from one to the next.

    The flow before the arms goes down at the left, so that those who left find room at the right.
    """
    columns, width = dict(zip(arms, _centres(len(arms)), strict=False)), _width(len(arms))
    boxes: list[_Box] = []
    arrows: list[_Path] = []
    last: dict[Any, _Box] = {}
    below = 0.0
    for step, of_step in rows.groupby("step", sort=False):
        common, by_arm = of_step[of_step["arm"].isna()], of_step.dropna(subset="arm")
        if len(common):
            box, path = _in_trunk(str(step), common, (_centres(len(arms))[0], below, width), last.get(None))
            boxes.append(box)
            arrows += path
            last = last if box.left else {None: box}
            below = box.bottom + _GAP
        if len(by_arm):
            first = not set(last) - {None}
            placed = {
                arm: _Box(columns[arm], below, _words(str(step), of_arm, width, str(arm) if first else None))
                for arm, of_arm in by_arm.groupby("arm", sort=False)
            }
            arrows += [_down(last.get(arm, last.get(None)), box) for arm, box in placed.items() if last]
            boxes += placed.values()
            last |= placed
            below = max(box.bottom for box in placed.values()) + _GAP
    return boxes, arrows, below - _GAP


def _in_trunk(
    step: str, rows: pd.DataFrame, place: tuple[float, float, float], above: _Box | None
) -> tuple[_Box, list[_Path]]:
    """Place a step before the arms: below the one above, or, if it counts those who left, beside the way down from it."""
    x, top, width = place
    words = _words(step, rows, width)
    if above is None:
        return _Box(x, top, words), []
    if rows["reason"].isna().any():
        box = _Box(x, top, words)
        return box, [_down(above, box)]
    box = _Box(x + width + 2 * _GAP, top, words, left=True)
    middle = (box.top + box.bottom) / 2
    return box, [[(x, above.bottom), (x, middle), (box.x - width / 2, middle)]]


def _down(above: _Box | None, box: _Box) -> _Path:
    if above is None or above.x == box.x:
        return [(box.x, box.top if above is None else above.bottom), (box.x, box.top)]
    turn = box.top - _GAP / 2
    return [(above.x, above.bottom), (above.x, turn), (box.x, turn), (box.x, box.top)]


def _words(step: str, rows: pd.DataFrame, width: float, arm: Any = None) -> str:
    whole = rows.loc[rows["reason"].isna(), "patients"]
    n = whole.sum() if len(whole) else rows["patients"].sum()
    lines = [*([str(arm)] if arm is not None else []), f"{step} (n = {number(float(n))})"]
    lines += [f"{row.reason} (n = {number(float(row.patients))})" for row in records(rows.dropna(subset="reason"))]
    return "\n".join(wrapped(line, (width - 2 * _RIM - 1) * POINT) for line in map(printable, lines))


def _draw(ax: Axes, box: _Box, width: float) -> None:
    from matplotlib.patches import Rectangle

    edge: dict[str, Any] = {"facecolor": "white", "edgecolor": COLOURS["black"], "linewidth": 0.8, "zorder": 2}
    ax.add_patch(Rectangle((box.x - width / 2, box.top), width, box.bottom - box.top, **edge))
    left = box.left or "\n" in box.words
    x = box.x - width / 2 + _RIM if left else box.x
    middle = (box.top + box.bottom) / 2
    sign: dict[str, Any] = {"ha": "left" if left else "center", "va": "center", "linespacing": 1.2, "zorder": 3}
    ax.text(x, middle, box.words, parse_math=False, **WORDS | sign)


def _arrow(ax: Axes, path: _Path) -> None:
    line: dict[str, Any] = {"color": COLOURS["black"], "linewidth": 0.8}
    ax.plot(*zip(*path[:-1], strict=True), linestyle="-", solid_capstyle="projecting", zorder=1, **line)
    look = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8, **line}
    ax.annotate("", path[-1], xytext=path[-2], arrowprops=look, zorder=1)
