"""How the published survival figures arise: Table 4 read by the two definitions of the paper, and as it was read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import attrs
import pandas as pd

from ivigmyo.change import SteroidLine
from ivigmyo.display import Shown, Table, days, interval, number
from ivigmyo.errors import refusal
from ivigmyo.normalization import at_risk
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.saito2008 import load_study
from ivigmyo.saito2008.published import PUBLISHED_STEROID_LINE, load_published
from ivigmyo.study import Study
from ivigmyo.survival import RestrictedMean, SurvivalCurve, kaplan_meier

__all__ = ["Reading", "readings", "readings_table", "steroid_lines_table", "take_reading"]

COUNTED_AS_EVENT = ("2",)
"""The patient whom the published figures count as an event, though Table 4 prints 'monitoring discontinued'."""


@attrs.frozen(eq=False, repr=False)
class Reading(Shown):
    """One way to read the days of Table 4, and the survival figures that follow from it.

    Parameters
    ----------
    label : str
        What is counted, in words.
    curve : SurvivalCurve
        The Kaplan-Meier curve, which answers for the median and its interval.
    mean : RestrictedMean or None
        The restricted mean up to the last event, with Greenwood's standard error; None without events.
    mean_small_sample : RestrictedMean or None
        The same with the small-sample factor m / (m - 1).
    origin : {"normalization", "treatment"}
        From when durations are counted.
    counted_as_events : tuple of str
        Patients who were censored, and are counted as events here.

    Examples
    --------
    >>> [reading.curve.median for reading in readings()]
    [371.0, 390.0, 334.5]
    """

    label: str
    curve: SurvivalCurve
    mean: RestrictedMean | None
    mean_small_sample: RestrictedMean | None
    origin: str
    counted_as_events: tuple[str, ...]


def take_reading(
    study: Study,
    origin: Literal["normalization", "treatment"] = "normalization",
    counted_as_events: Iterable[str] = (),
    label: str = "",
) -> Reading:
    """Estimate how long CK stayed normal, by one reading of the days.

    Parameters
    ----------
    study : Study
        A study; its efficacy set is read.
    origin : {"normalization", "treatment"}, default "normalization"
        From when durations are counted: the day CK came within its limit, or the first infusion.
    counted_as_events : iterable of str, default ()
        Patients whose CK normalized, and whose last day observed counts as a re-elevation, whether it was one or not.
    label : str, default ""
        What the reading is called.

    Returns
    -------
    Reading
        The curve and its restricted means.

    Raises
    ------
    ValueError
        If a patient of `counted_as_events` has no duration, or no patient has.

    References
    ----------
    Saito et al. 2008, Table 4 and Fig. 3.

    Examples
    --------
    The published median needs both changes; either of them alone gives another one:

    >>> study = load_study()
    >>> take_reading(study, "treatment").curve.median, take_reading(study, counted_as_events=["2"]).curve.median
    (390.0, 312.5)
    >>> take_reading(study, "treatment", ["2"]).curve.median
    334.5
    """
    return _take(study_episodes(study.efficacy_set, origin), origin, tuple(counted_as_events), label)


def _take(found: pd.DataFrame, origin: str, recoded: tuple[str, ...], label: str) -> Reading:
    episodes = at_risk(found).set_index("patient")
    for patient in recoded:
        if patient not in episodes.index:
            raise ValueError(refusal("'counted_as_events' must name patients whose CK normalized", patient))
    curve = kaplan_meier(episodes["duration"], episodes["event"].mask(episodes.index.isin(recoded), 1.0))
    last = curve.last_event_time
    means = [None if last is None else curve.restricted_mean(last, small_sample=factor) for factor in (False, True)]
    return Reading(label, curve, means[0], means[1], origin, recoded)


def readings(study: Study | None = None) -> tuple[Reading, Reading, Reading]:
    """Read Table 4 by the two definitions of the paper, and as its survival figures need.

    Parameters
    ----------
    study : Study, optional
        The study; the bundled one unless given.

    Returns
    -------
    tuple of Reading
        From normalization, as the Methods and Table 4 count; from the first infusion, as the caption of Fig. 3 does; from
        the first infusion with patient 2 counted as an event on the last day observed, which is how the published figures
        arise.

    Raises
    ------
    ValueError
        If CK of patient "2", or of every patient, did not normalize.

    References
    ----------
    Saito et al. 2008, 'Statistical analysis', Table 4, and Fig. 3, which prints a median of 334.5 and a mean of
    302.3 +- 40.0 days.

    Examples
    --------
    >>> for reading in readings():
    ...     mean = reading.mean
    ...     print(reading.curve.n_events, reading.curve.median, mean.until, round(mean.mean, 2), round(mean.se, 2))
    8 371.0 423.0 292.75 40.37
    8 390.0 438.0 314.39 38.96
    9 334.5 438.0 302.33 37.75
    >>> round(readings()[-1].mean_small_sample.se, 2)
    40.04
    """
    efficacy = (load_study() if study is None else study).efficacy_set
    from_normalization, from_treatment = study_episodes(efficacy), study_episodes(efficacy, "treatment")
    return (
        _take(from_normalization, "normalization", (), "from normalization to re-elevation (Methods, Table 4)"),
        _take(from_treatment, "treatment", (), "from the first infusion to re-elevation (caption of Fig. 3)"),
        _take(
            from_treatment,
            "treatment",
            COUNTED_AS_EVENT,
            "the published convention: from the first infusion, and patient 2, whose monitoring was discontinued, counted "
            "as an event",
        ),
    )


def readings_table(taken: Iterable[Reading] | None = None) -> Table:
    """Lay the readings out, with the printed figures below.

    Parameters
    ----------
    taken : iterable of Reading, optional
        What `readings` returned; that of the bundled study unless given.

    Returns
    -------
    Table
        One row a reading.

    Examples
    --------
    >>> table = readings_table()
    >>> [row[2] for row in table.rows], table.footer[0][2]
    (['371', '390', '334.5'], '334.5')
    """
    printed = load_published()
    median, mean, se = (printed[f"figure3/{name}"].printed for name in ("median", "mean", "se"))
    return Table(
        "How the published survival figures arise (Fig. 3)",
        ["reading", "events", "median", "95 % interval", "mean", "SE", "SE*"],
        [_row(reading) for reading in (readings() if taken is None else taken)],
        [["printed", "", median, "", mean, "", se]],
        notes=[
            "Days with CK within normal limits, Kaplan-Meier. Median with its log-log interval; restricted mean up to the "
            "last event with Greenwood's standard error (SE*: its variance times m / (m - 1), m being the events).",
            "Only the last reading gives the three printed figures; what is printed there as a standard deviation is a "
            "standard error. The first two are the two definitions that the paper states.",
        ],
    )


def steroid_lines_table(refitted: SteroidLine) -> Table:
    """Lay the published course under steroids alone beside the one refitted to the patients' rows."""
    lines = {"printed": PUBLISHED_STEROID_LINE, "least squares": refitted}
    rows = [[name, *(number(each, 5) for each in (line.slope, line.intercept, line.at(4)))] for name, line in lines.items()]
    return Table(
        "The published course of ln CK under steroids alone (Fig. 2)",
        ["line", "slope a week", "at week 0", "at week 4"],
        rows,
        notes=["The printed line does not follow from Table 2: the line of least squares through its 15 patients does."],
    )


def _row(reading: Reading) -> list[str]:
    curve, mean, small = reading.curve, reading.mean, reading.mean_small_sample
    limits = interval(curve.median_interval(), 0, absent="not reached")
    cells = [reading.label, f"{curve.n_events}/{curve.n}", days(curve.median), limits]
    if mean is None or small is None:
        return [*cells, number(None), number(None), number(None)]
    return [*cells, number(mean.mean, 2), number(mean.se, 2), number(small.se, 2)]
