"""How a value goes with a duration, pair by pair."""

from __future__ import annotations

import attrs
import numpy as np

from ivigmyo.arguments import FloatArray, Values, read_columns
from ivigmyo.survival.curve import kaplan_meier

__all__ = ["Concordance", "concordance"]


@attrs.frozen
class Concordance:
    """How a value goes with a duration, pair by pair.

    Parameters
    ----------
    index : float or None
        (`concordant` + `tied` / 2) / `n_pairs`, from 0 to 1; None without a comparable pair.
    n : int
        Patients with a value.
    n_missing : int
        Patients left out because their value is missing.
    n_pairs : int
        Comparable pairs.
    concordant, discordant, tied : int
        Pairs in which the patient with the longer duration has the higher, the lower, or the same value.
    method : str, default "Harrell's C"
        The name of the index.

    Examples
    --------
    >>> concordance([1, 2, 3], [10, 30, 20], [1, 1, 0])
    Concordance(index=1.0, n=3, n_missing=0, n_pairs=2, concordant=2, discordant=0, tied=0, method="Harrell's C")
    """

    index: float | None
    n: int
    n_missing: int
    n_pairs: int
    concordant: int
    discordant: int
    tied: int
    method: str = "Harrell's C"


def concordance(values: Values, durations: Values, events: Values) -> Concordance:
    """Describe how a value goes with a duration, by the concordance index.

    Parameters
    ----------
    values : array_like of float
        One value a patient. A patient whose value is missing is left out and counted.
    durations : array_like of float
        One duration a patient, at least 0; none may be missing.
    events : array_like of int or bool
        1 or True for the event, 0 or False for a censoring; none may be missing.

    Returns
    -------
    Concordance
        The index and the pairs it rests on. **Above 0.5, higher values go with longer durations; below 0.5, with
        shorter ones**; 0.5 is no association.

    Raises
    ------
    ValueError
        As for `kaplan_meier`, or if a value is infinite or not a number.

    Notes
    -----
    A pair is comparable if it is known whose duration is longer: the shorter one ended with the event, or both are
    equal and exactly one did (the censored one is the longer). Equal values count one half. The index describes; it is
    not a test, and a value measured after the durations began may itself be their consequence. R's
    ``concordance(Surv(duration, event) ~ value)`` has the same direction and pairs; a risk score, of which higher means
    shorter, is turned round by its sign. The index is lifelines'.

    References
    ----------
    Harrell FE, Lee KL, Mark DB. Stat Med 1996;15:361-387.

    Examples
    --------
    >>> result = concordance([10, 20, 20, None], [3, 5, 9, 11], [1, 1, 0, 1])
    >>> round(result.index, 4), result.n, result.n_missing
    (0.8333, 3, 1)
    >>> result.n_pairs, result.concordant, result.discordant, result.tied
    (3, 2, 0, 1)
    """
    kaplan_meier(durations, events)  # refuses what are no durations and events
    columns = read_columns(allow_bool=True, values=values, durations=durations, events=events)
    known = ~np.isnan(columns["values"])
    value, duration, event = (columns[name][known] for name in ("values", "durations", "events"))
    n, n_pairs = int(known.sum()), _comparable_pairs(duration, event)
    _, inverse, sizes = np.unique(value, return_inverse=True, return_counts=True)
    tied = sum(_comparable_pairs(duration[inverse == k], event[inverse == k]) for k in np.flatnonzero(sizes > 1))
    if not n_pairs:
        return Concordance(None, n, len(columns) - n, 0, 0, 0, 0)
    with np.errstate(all="ignore"):
        from lifelines.utils import concordance_index

        index = float(concordance_index(duration, value, event))
    concordant = round(index * n_pairs - tied / 2)
    return Concordance(index, n, len(columns) - n, n_pairs, concordant, n_pairs - concordant - tied, tied)


def _comparable_pairs(durations: FloatArray, events: FloatArray) -> int:
    """Count the pairs of which it is known whose duration is longer."""
    if not len(durations):
        return 0
    curve = kaplan_meier(durations, events)
    return int((curve.n_event * (curve.n_risk - curve.n_event)).sum())
