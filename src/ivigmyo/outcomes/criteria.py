"""Further outcomes: improvement by the core set, normalization of CK, its duration, adverse reactions."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import check_choice
from ivigmyo.core_set import CATEGORIES
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.outcomes.improvement import study_improvement
from ivigmyo.outcomes.observations import Durations, Responses
from ivigmyo.outcomes.reactions import incidence
from ivigmyo.study import Study
from ivigmyo.study.plan import Missing

__all__ = ["Improvement", "NormalDuration", "Normalization", "Reactions"]


@attrs.frozen
class Improvement:
    """At least a minimal, moderate or major improvement by the ACR/EULAR 2016 Total Improvement Score: an outcome.

    Parameters
    ----------
    category : {"minimal", "moderate", "major"}
        The least category that counts as a response.
    missing : {"excluded", "non-response"}, optional
        How a patient without a score counts. None: excluded where a study has no arms, non-response where it has.

    Examples
    --------
    >>> Improvement("moderate").name
    'TIS.moderate'
    """

    category: Literal["minimal", "moderate", "major"] = "minimal"
    missing: Missing | None = None

    def __attrs_post_init__(self) -> None:
        check_choice("category", self.category, ("minimal", "moderate", "major"))
        if self.missing is not None:
            check_choice("missing", self.missing, ("excluded", "non-response"))

    @property
    def name(self) -> str:
        """``"TIS.minimal"``."""
        return f"TIS.{self.category}"

    def observe(self, study: Study) -> Responses:
        """Score each patient from baseline to the final value."""
        scores = study_improvement(study).scores
        reached = (scores["category"] >= self.category).astype("boolean")
        responded = reached.mask(scores["missing"] != "").reindex(study.ids).rename(None)
        why = (
            scores["missing"]
            .map(lambda names: f"without {names}" if names else "")
            .reindex(study.ids, fill_value="no value")
        )
        missing: Missing = self.missing or ("non-response" if study.arms else "excluded")
        grades = scores["category"].reindex(study.ids).astype(CATEGORIES)
        return Responses(responded, grades, why, missing)


@attrs.frozen
class NormalDuration:
    """How long CK stayed within normal limits, in those in whom it normalized: an outcome that arms are not compared in."""

    name: Literal["duration"] = "duration"

    def observe(self, study: Study) -> Durations:
        """Find the duration from normalization to re-elevation."""
        episodes = study_episodes(study).set_index("patient").reindex(study.ids)
        status = episodes["status"].fillna("not followed")
        return Durations(episodes["duration"].astype(float), episodes["event"].astype(float), status, compared=False)


@attrs.frozen
class Normalization:
    """The time from the first infusion to normal CK, in all whose CK was above its limit at baseline: an outcome."""

    name: Literal["CK.normalization"] = "CK.normalization"

    def observe(self, study: Study) -> Durations:
        """Find the day of normalization, or until when CK was watched without it."""
        episodes = study_episodes(study).set_index("patient").reindex(study.ids)
        normalized = episodes["normalized_on"].notna()
        followed = normalized | (episodes["status"] == "not normalized")
        days = episodes["normalized_on"].where(normalized, episodes["observed_until"]).where(followed)
        event = pd.Series(np.where(followed, normalized.astype(float), np.nan), index=study.ids)
        return Durations(days.astype(float), event, episodes["status"].fillna("not followed"))


@attrs.frozen
class Reactions:
    """Whether a patient of the safety set had an adverse reaction: an outcome, known of everyone."""

    name: Literal["reactions"] = "reactions"

    def observe(self, study: Study) -> Responses:
        """Tell who had an adverse event that was not judged unrelated."""
        ids = study.safety_set.ids
        responded = pd.Series(ids.isin(list(incidence(study).ids)), index=ids).astype("boolean")
        return Responses(responded, None, pd.Series("", index=ids), "excluded")
