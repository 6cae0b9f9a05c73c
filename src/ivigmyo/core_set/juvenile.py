"""The measures that may stand in for three of the six in children."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from ivigmyo.errors import refusal
from ivigmyo.instruments import Instrument

__all__ = ["CMAS", "DAS", "JUVENILE_INSTRUMENTS", "STAND_INS", "chq_phs", "stand_in"]

CMAS = Instrument("CMAS", "Childhood Myositis Assessment Scale", "points", maximum=52)
"""Childhood Myositis Assessment Scale, 14 manoeuvres, 0 to 52: may stand in for MMT."""

DAS = Instrument("DAS", "Disease Activity Score for juvenile dermatomyositis", "points", maximum=20, higher_is_better=False)
"""Disease Activity Score of skin and muscle, 0 to 20: may stand in for extramuscular activity."""

JUVENILE_INSTRUMENTS = (CMAS, DAS)
"""The instruments for children that have a range of their own; `chq_phs` makes the third."""

STAND_INS: Mapping[str, str] = MappingProxyType({"mmt": "CMAS", "enzyme": "CHQPHS", "extramuscular": "DAS"})
"""The core set measures that have an alternative in children, each with the code of it."""


def chq_phs(minimum: float, maximum: float) -> Instrument:
    """Describe the physical summary score of the Child Health Questionnaire, which may stand in for the muscle enzyme.

    Parameters
    ----------
    minimum, maximum : float
        The range over which its change is a percentage. It is a T score (mean 50, standard deviation 10 in the reference
        population), to which no bounds belong, and no published range for the response criteria was found: state the one
        of your protocol.

    Returns
    -------
    Instrument
        The instrument, of code ``"CHQPHS"``; a rise is an improvement.

    Raises
    ------
    DataError
        If `minimum` is not below `maximum`.

    References
    ----------
    Rider LG, et al. Arthritis Rheumatol 2017;69:911, Table 3.

    Examples
    --------
    >>> chq_phs(0, 60).range
    'between 0 and 60'
    """
    return Instrument(
        "CHQPHS", "Child Health Questionnaire, physical summary score", "T score", minimum=minimum, maximum=maximum
    )


def stand_in(instruments: Collection[Instrument]) -> dict[str, Instrument]:
    """Say for which measure each instrument stands."""
    found: dict[str, Instrument] = {}
    for instrument in instruments:
        code = getattr(instrument, "code", instrument)
        measures = [measure for measure, other in STAND_INS.items() if other == code]
        if not measures or getattr(instrument, "maximum", None) is None:
            raise ValueError(refusal("'stand_ins' must be among CMAS, DAS and what chq_phs(minimum, maximum) gives", code))
        if measures[0] in found:
            raise ValueError(f"'stand_ins' must name {code!r} once.")
        found[measures[0]] = instrument
    return found
