"""How long CK stayed normal: Kaplan-Meier curves with the numbers at risk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ivigmyo.arguments import FloatArray
from ivigmyo.display import days, number
from ivigmyo.errors import refusal
from ivigmyo.figures.canvas import COLOURS, LINES, POINT, legend_above, new_axes, write
from ivigmyo.figures.letters import SIZE, shortened, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ivigmyo.analysis import DurationResult
    from ivigmyo.survival import SurvivalCurve

__all__ = ["draw_survival"]

_CENSORED: dict[str, Any] = {
    "color": COLOURS["black"],
    "linestyle": "none",
    "marker": "|",
    "markersize": 7,
    "markeredgewidth": 1,
}
_BESIDE = 15 * POINT


def draw_survival(
    result: SurvivalCurve | DurationResult | Mapping[str, SurvivalCurve],
    ax: Axes | None = None,
    level: float = 0.95,
    transform: Literal["log-log", "log", "plain"] = "log-log",
) -> Axes:
    """Draw a Kaplan-Meier curve, or the curves of several groups.

    Parameters
    ----------
    result : SurvivalCurve, DurationResult, or mapping of str to SurvivalCurve
        A curve; the result of a report, whose curve is drawn; or up to five curves by group, such as its
        `curves_by_diagnosis`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, one journal column wide.
    level : float, default 0.95
        Confidence level of the band.
    transform : {"log-log", "log", "plain"}, default "log-log"
        The scale on which the band is symmetric.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    ValueError
        If there is no curve to draw, or there are more than five; a group's name is no text; or `level` or `transform` is
        not among what is allowed.

    Notes
    -----
    A short upright line is a patient censored there. Dashes lead to the median. Below the axis stand the patients still
    at risk. One curve has its pointwise band; of several, bands would hide each other. Names of groups are broken into
    lines, or lose their middle, where they would not fit.

    References
    ----------
    Saito et al. 2008, Fig. 3.

    Examples
    --------
    >>> from ivigmyo import saito2008, trial_report
    >>> duration = trial_report(saito2008.load_study()).duration
    >>> ax = draw_survival(duration)
    >>> [text.get_text() for text in ax.texts][:3]
    ['median 371 days', 'at risk', '13']
    """
    curves, in_days = _curves(result)
    beside = all(text_width(_at_risk(label)) <= _BESIDE for label in curves)
    with new_axes(ax, height=64 + (8 if beside else 12) * len(curves)) as ax:
        entries: dict[str, Any] = {}
        for (label, curve), sign in zip(curves.items(), LINES, strict=False):
            x, y = _steps(curve.time, curve.estimate)
            name = f"{label} (n = {curve.n}, median {days(curve.median)})" if label else "Kaplan-Meier estimate"
            entries |= {name: ax.plot(x, y, drawstyle="steps-post", linewidth=1.5, **sign)[0]}
            if len(curves) == 1:
                entries |= _band(ax, curve, level, transform)
            _median(ax, curve, unit=" days" if in_days else "", written=len(curves) == 1)
            censored = curve.n_censor > 0
            ax.plot(curve.time[censored], curve.estimate[censored], **_CENSORED | {"color": sign["color"]})
        entries["censored"] = ax.plot([], [], **_CENSORED)[0]
        ax.set_xlim(0, max(curve.last_observed_time for curve in curves.values()) * 1.03 or 1)
        ax.set_ylim(0, 1.03)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        ax.set_xlabel("days since CK came within normal limits" if in_days else "time")
        ax.set_ylabel("patients with normal CK" if in_days else "patients without the event")
        _numbers_at_risk(ax, curves, beside)
        legend_above(ax, entries, columns=2 if len(curves) == 1 else 1)
    return ax


def _curves(result: SurvivalCurve | DurationResult | Mapping[str, SurvivalCurve]) -> tuple[dict[str, SurvivalCurve], bool]:
    """Name the curves, and tell whether their times are days of normal CK."""
    from ivigmyo.analysis import DurationResult

    in_days = isinstance(result, DurationResult)
    curve = result.curve if isinstance(result, DurationResult) else result
    curves = dict(curve) if isinstance(curve, Mapping) else {} if curve is None else {"": curve}
    if not 1 <= len(curves) <= len(LINES):
        raise ValueError(refusal(f"'result' must hold between 1 and {len(LINES)} curves", len(curves)))
    for name in curves:
        if not isinstance(name, str):
            raise ValueError(refusal("the names of the curves in 'result' must be texts", name))
    return curves, in_days


def _steps(time: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Let a step function begin with 1 at time 0."""
    return np.append(0.0, time), np.append(1.0, values)


def _band(ax: Axes, curve: SurvivalCurve, level: float, transform: Literal["log-log", "log", "plain"]) -> dict[str, Any]:
    frame = curve.to_frame(level, transform)
    (x, low), (_, high) = (_steps(curve.time, frame[limit].to_numpy()) for limit in ("conf_low", "conf_high"))
    label = f"{number(100 * level, 1).removesuffix('.0')} % interval ({transform})"
    return {label: ax.fill_between(x, low, high, step="post", color=COLOURS["sky"], alpha=0.3, linewidth=0)}


def _median(ax: Axes, curve: SurvivalCurve, *, unit: str, written: bool) -> None:
    middle = curve.median
    if middle is None:
        return
    ax.plot([0, middle, middle], [0.5, 0.5, 0], linestyle=(0, (4, 3)), color=COLOURS["grey"], linewidth=0.8, zorder=1)
    if written:
        # a falling curve leaves free what lies right of and above its median, and left of and below it
        early = middle < 0.6 * curve.last_observed_time
        offset, ha, va = ((4, 3), "left", "bottom") if early else ((-4, -3), "right", "top")
        write(ax, f"median {days(middle)}{unit}", (middle, 0.5), offset, ha=ha, va=va)


def _at_risk(label: str) -> str:
    return f"{label} at risk".strip()


def _numbers_at_risk(ax: Axes, curves: Mapping[str, SurvivalCurve], beside: bool) -> None:
    """Set the numbers at risk below the axis and its label, a row a curve; long names have a row of their own."""
    ticks = [float(tick) for tick in ax.get_xticks() if 0 <= tick <= ax.get_xlim()[1]]
    ax.set_xticks(ticks)
    down, below = -4 * SIZE, {"xycoords": ("data", "axes fraction"), "va": "top"}
    for label, curve in curves.items():
        left = -(0.8 + 0.35 * len(str(curve.n))) * SIZE
        if beside:
            write(ax, _at_risk(label), (0, 0), (left, down), ha="right", **below)
        else:
            write(ax, shortened(_at_risk(label), 62 * POINT), (0, 0), (left, down), ha="left", **below)
            down -= 1.25 * SIZE
        for tick in ticks:
            # n_risk has a value for each observed time; at a time in between, that of the next one
            i = int(np.searchsorted(curve.time, tick, side="left"))
            n = curve.n_risk[i] if i < len(curve.time) else 0
            write(ax, f"{n}", (tick, 0), (0, down), ha="center", **below)
        down -= 1.25 * SIZE
