"""Treatments by the names they are recorded under, and the units of their doses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

__all__ = ["GRAMS_PER_KG", "SPELLINGS", "STEROIDS", "named_treatment", "spellings_of"]

STEROIDS: Mapping[str, float] = MappingProxyType(
    {
        # Spelled apart, they would be taken for prednisolone.
        "methyl prednisolone": 1.25,
        "methyl-prednisolone": 1.25,
        "methylprednisolone": 1.25,
        "mPSL": 1.25,
        "MPS": 1.25,
        "prednisolone": 1.0,
        "PSL": 1.0,
        "prednisone": 1.0,
        "hydrocortisone": 0.25,
        "dexamethasone": 20 / 3,
        "betamethasone": 20 / 3,
        "triamcinolone": 1.25,
        "deflazacort": 5 / 6,
        "corticosteroid": 1.0,
        "corticosteroids": 1.0,
        "steroid": 1.0,
        "steroids": 1.0,
    }
)
"""Steroids by name, with the mg of prednisolone that 1 mg stands for (British National Formulary, equivalent
anti-inflammatory doses); a dose of an unnamed steroid is taken as prednisolone."""

GRAMS_PER_KG: Mapping[str, float] = MappingProxyType({"g/kg/day": 1.0, "mg/kg/day": 0.001})
"""The units of a daily dose per kg of body weight, in g."""

SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "IVIG": (
            "GB-0998",
            "intravenous immunoglobulin",
            "intravenous immune globulin",
            "human immunoglobulin",
            "immunoglobulin",
        ),
        "cyclosporin": ("ciclosporin", "cyclosporine", "ciclosporine", "CYA", "CsA", "Neoral", "Sandimmun", "Sandimmune"),
        "tacrolimus": ("FK506", "FK-506", "Prograf"),
        "azathioprine": ("AZP", "AZA", "Imuran"),
        "mercaptopurine": ("6-MP",),
        "methotrexate": ("MTX", "amethopterin"),
        "cyclophosphamide": ("CPA", "CYC"),
        "chlorambucil": (),
        "mycophenolate": ("mycophenolic acid", "MMF"),
        "mizoribine": ("MZR", "MZB", "Bredinin"),
        "leflunomide": (),
        "sirolimus": ("rapamycin",),
        "everolimus": (),
        "antithymocyte globulin": ("anti-thymocyte globulin", "ATG"),
        "rituximab": ("RTX",),
        "infliximab": (),
        "etanercept": (),
        "adalimumab": (),
        "abatacept": (),
        "tocilizumab": (),
        "tofacitinib": (),
        "baricitinib": (),
        "plasma exchange": ("plasma-exchange", "plasmapheresis", "PLEX", "immunoadsorption"),
        "steroid pulse": ("pulse", "pulses", "pulsed"),
    }
)
"""Further spellings of treatments by their usual names."""


def spellings_of(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Give each name the further spellings that are known of it."""
    known = {name.casefold(): spellings for name, spellings in SPELLINGS.items()}
    return {name: known.get(name.casefold(), ()) for name in names}


def named_treatment(name: str, treatments: Mapping[str, Iterable[str]]) -> str | None:
    """Find the first of several treatments of which a spelling stands in a recorded name as whole words; case is nothing.

    >>> named_treatment("Ciclosporin A 100 mg", spellings_of(["tacrolimus", "cyclosporin"]))
    'cyclosporin'
    """
    for treatment, spellings in treatments.items():
        for spelling in (treatment, *spellings):
            if re.search(rf"(?<!\w){re.escape(spelling.casefold())}(?!\w)", name.casefold()):
                return treatment
    return None
