"""The diagnoses and sexes of patients, and the words that mean them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

__all__ = ["Diagnosis", "Sex"]


class Sex(StrEnum):
    """Sex, as the files write it."""

    FEMALE = "F"
    MALE = "M"

    @classmethod
    def of(cls, text: str) -> Sex | None:
        """Find the sex that a cell means, in any case and in words; None where it means none."""
        return _meant(text, {each.value: each for each in cls} | _SEX_WORDS)


class Diagnosis(StrEnum):
    """An idiopathic inflammatory myopathy, as the files write it."""

    PM = "PM"
    """Polymyositis."""
    DM = "DM"
    """Dermatomyositis."""
    IMNM = "IMNM"
    """Immune-mediated necrotizing myopathy."""
    ASYS = "ASYS"
    """Antisynthetase syndrome."""
    IBM = "IBM"
    """Inclusion body myositis."""
    JDM = "JDM"
    """Juvenile dermatomyositis."""
    CADM = "CADM"
    """Clinically amyopathic dermatomyositis."""
    OM = "OM"
    """Overlap myositis."""
    OTHER = "OTHER"
    """Any other."""

    @classmethod
    def of(cls, text: str) -> Diagnosis | None:
        """Find the diagnosis that a cell means, in any case and in words; None where it means none."""
        return _meant(text, {each.value: each for each in cls} | _DIAGNOSIS_WORDS)


_SEX_WORDS = {"female": Sex.FEMALE, "woman": Sex.FEMALE, "male": Sex.MALE, "man": Sex.MALE}


_DIAGNOSIS_WORDS = {
    "polymyositis": Diagnosis.PM,
    "dermatomyositis": Diagnosis.DM,
    "immune-mediated necrotizing myopathy": Diagnosis.IMNM,
    "immune mediated necrotizing myopathy": Diagnosis.IMNM,
    "immune-mediated necrotising myopathy": Diagnosis.IMNM,
    "immune mediated necrotising myopathy": Diagnosis.IMNM,
    "necrotizing myopathy": Diagnosis.IMNM,
    "necrotising myopathy": Diagnosis.IMNM,
    "antisynthetase syndrome": Diagnosis.ASYS,
    "anti-synthetase syndrome": Diagnosis.ASYS,
    "antisynthetase": Diagnosis.ASYS,
    "ASyS": Diagnosis.ASYS,
    "ASS": Diagnosis.ASYS,
    "inclusion body myositis": Diagnosis.IBM,
    "inclusion-body myositis": Diagnosis.IBM,
    "sIBM": Diagnosis.IBM,
    "sporadic inclusion body myositis": Diagnosis.IBM,
    "juvenile dermatomyositis": Diagnosis.JDM,
    "clinically amyopathic dermatomyositis": Diagnosis.CADM,
    "amyopathic dermatomyositis": Diagnosis.CADM,
    "overlap myositis": Diagnosis.OM,
    "overlap": Diagnosis.OM,
    "overlap syndrome": Diagnosis.OM,
}


_Member = TypeVar("_Member")


def _meant(text: str, words: Mapping[str, _Member]) -> _Member | None:
    """Find the member that a text names, whatever its case and its runs of blanks."""
    known = {word.casefold(): member for word, member in words.items()}
    return known.get(" ".join(text.split()).casefold())
