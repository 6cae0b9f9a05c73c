"""The ledger's rows that are plain quantities of the report, and what their explanations quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ivigmyo.analysis import trial_report
from ivigmyo.display import number, spread
from ivigmyo.manuscript.held import Quantity
from ivigmyo.saito2008.material import Found, Material
from ivigmyo.saito2008.published import Printed

__all__ = ["find_quantity"]


def find_quantity(material: Material, printed: Printed) -> Found:
    """Find the quantity of the report that a row names, in the form printed."""
    quantity = material.quantity(printed.quantity)
    name, arguments = printed.computation
    facts = _FACTS[name](material, *arguments) if printed.explanation and name in _FACTS else {}
    n = "" if quantity.n is None else f"n = {quantity.n}"
    conventions = "; ".join(part for part in (n, quantity.method, quantity.conventions) if part)
    return Found(_as_printed(quantity, printed), trial_report, conventions, facts=facts)


def _as_printed(quantity: Quantity, printed: Printed) -> float | str | None:
    """Print a share in hundredths, and a count with its number of patients where the paper does."""
    if quantity.value is None:
        return None
    if "/" in printed.printed:
        return f"{number(quantity.value)}/{quantity.n}"
    return 100 * quantity.value if quantity.is_share else quantity.value


def _visit(material: Material, _group: str, code: str, week: str, _statistic: str) -> dict[str, str]:
    mean, sd = (material.quantity(f"{code}.final.{statistic}").value for statistic in ("mean", "sd"))
    return {"n": number(material.quantity(f"{code}.visits.{week}.n").value), "carried": spread(mean, sd, 1)}


def _enrolled(material: Material, label: str) -> dict[str, str]:
    names = {"set": "efficacy.n", "all": "treated.n", "part": f"efficacy.diagnosis.{label}"}
    return {fact: number(material.quantity(name).value) for fact, name in names.items()}


def _line(material: Material, part: str) -> dict[str, str]:
    return {"n": str(material.quantity(f"log_ck.line.{part}").n)}


_FACTS: Mapping[str, Callable[..., dict[str, str]]] = MappingProxyType(
    {"enrolled": _enrolled, "line": _line, "visit": _visit}
)
"""What the explanations of some rows quote besides, by the name that published.csv uses."""
