"""How a value goes with a duration, pair by pair."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from ivigmyo.arguments import FloatArray, Values, read_columns
from ivigmyo.display import OneRow
from ivigmyo.survival.curve import kaplan_meier

__all__ = ["Concordance", "concordance"]


@attrs.frozen(repr=False)
class Concordance(OneRow):
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
    shorter, is turned round by its sign. Pairs are counted in integers, in a time that grows as n log n.

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
    n, missing = int(known.sum()), int((~known).sum())
    n_pairs, concordant, tied = _count_pairs(value, duration, event == 1)
    if not n_pairs:
        return Concordance(None, n, missing, 0, 0, 0, 0)
    index = (2 * concordant + tied) / (2 * n_pairs)
    return Concordance(index, n, missing, n_pairs, concordant, n_pairs - concordant - tied, tied)


def _count_pairs(values: FloatArray, durations: FloatArray, event: npt.NDArray[np.bool_]) -> tuple[int, int, int]:
    """Count the pairs of which it is known whose duration is longer, and those where it has the higher or the same value."""
    if not event.any():
        return 0, 0, 0
    # The longest first, and of equal durations the censored ones, which are the longer.
    order = np.lexsort((event, -durations))
    place = 2 * np.unique(-durations[order], return_inverse=True)[1] + event[order]
    longer = np.searchsorted(place, place)  # how many are known to be longer
    ranks = np.unique(values[order], return_inverse=True)[1] + 1
    ends, bounds = longer[event[order]], ranks[event[order]]
    higher = _count_above(ranks, ends, bounds)
    return int(ends.sum()), higher, _count_above(ranks, ends, bounds - 1) - higher


def _count_above(ranks: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]) -> int:
    """Add up how many of the ranks before each end are above its bound.

    Bit by bit from the highest: the ranks whose bit is 0 are moved before those whose bit is 1, each in their order, and
    each question follows the half in which its bound lies; where the bound's bit is 0, all of the other half are above it.
    """
    total, starts = 0, np.zeros_like(ends)
    for bit in range(int(ranks.max()).bit_length() - 1, -1, -1):
        is_one = (ranks >> bit) & 1 == 1
        ones_before = np.concatenate(([0], is_one.cumsum()))
        n_zeros = len(ranks) - int(ones_before[-1])
        first, last = ones_before[starts], ones_before[ends]
        follows_ones = (bounds >> bit) & 1 == 1
        total += int((last - first)[~follows_ones].sum())
        starts = np.where(follows_ones, n_zeros + first, starts - first)
        ends = np.where(follows_ones, n_zeros + last, ends - last)
        ranks = np.concatenate((ranks[~is_one], ranks[is_one]))
    return total
