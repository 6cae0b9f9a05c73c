"""One number of a report: its name, its value, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ivigmyo.survival import SurvivalCurve

__all__ = ["Quantity", "curve_of", "under"]


class Quantity(NamedTuple):
    """One number: its name, its value, and what it rests on."""

    quantity: str
    value: float | None
    unit: str = ""
    n: float | None = None
    method: str = ""
    conventions: str = ""


def under(prefix: str, rows: Iterator[Quantity]) -> Iterator[Quantity]:
    """Begin the names of numbers with a prefix."""
    return (row._replace(quantity=f"{prefix}.{row.quantity}") for row in rows)


def curve_of(curve: SurvivalCurve) -> Iterator[Quantity]:
    """Yield the numbers of a Kaplan-Meier curve."""
    low, high = curve.median_interval()
    for name, value in (("median", curve.median), ("median.conf_low", low), ("median.conf_high", high)):
        yield Quantity(name, value, "days", curve.n, curve.method, "log-log, 95 %" if "." in name else "")
    yield Quantity("n", curve.n, "patients", curve.n)
    yield Quantity("n_events", curve.n_events, "patients", curve.n)
