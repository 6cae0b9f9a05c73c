"""Signs of the skin: present or not, before and after."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ivigmyo.core_set import GOTTRON, HELIOTROPE, RAYNAUD
from ivigmyo.errors import Problem, refuse
from ivigmyo.instruments import Instrument
from ivigmyo.outcomes.endpoint import code_of
from ivigmyo.outcomes.observations import Responses
from ivigmyo.safety import FindingsComparison, compare_findings
from ivigmyo.study import Study

__all__ = ["SKIN_SIGNS", "SkinSign", "compare_skin_signs"]

SKIN_SIGNS = (HELIOTROPE, GOTTRON, RAYNAUD)
"""The signs that are negative, false-positive or positive."""


@attrs.frozen
class SkinSign:
    """Whether a sign of the skin that was there at baseline is gone at the end: an outcome of those who had it.

    Parameters
    ----------
    measure : Instrument or str
        The sign, or its code: 0 negative, 1 false-positive, 2 positive; false-positive counts as present.

    References
    ----------
    Saito et al. 2008, Discussion.

    Examples
    --------
    >>> SkinSign("HELIO").name
    'HELIO.resolved'
    """

    measure: Instrument | str = attrs.field(eq=code_of)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.measure, Instrument | str):
            refuse([Problem("'measure' must be an Instrument or its code", self.measure)])

    @property
    def code(self) -> str:
        """The code of the sign."""
        return code_of(self.measure)

    @property
    def name(self) -> str:
        """``"HELIO.resolved"``."""
        return f"{self.code}.resolved"

    @property
    def paramcd(self) -> str:
        """The code of the outcome in a data set."""
        return f"{self.code[:5]}RES"

    def observe(self, study: Study) -> Responses:
        """Tell of the patients who had the sign whether it is gone."""
        rows = study.pair(self.code).rows
        rows = rows[rows["baseline"] > 0]
        return Responses((rows["final"] == 0).astype("boolean").mask(rows["final"].isna()), None, rows["why"], "excluded")

    def compare(self, study: Study) -> FindingsComparison:
        """Compare in how many patients the sign is there at baseline and at the end.

        Parameters
        ----------
        study : Study
            A study.

        Returns
        -------
        FindingsComparison
            Who lost it and who gained it; pairs that lack a side are left out and counted.
        """
        rows = study.pair(self.code).rows
        return compare_findings(rows["baseline"], rows["final"])


def compare_skin_signs(study: Study) -> Mapping[str, FindingsComparison]:
    """Compare before and after each sign of the skin that a study holds, by its code."""
    return {each.code: SkinSign(each).compare(study) for each in SKIN_SIGNS if len(study.rows(each.code))}
