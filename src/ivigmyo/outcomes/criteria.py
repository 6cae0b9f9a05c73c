"""Further outcomes: improvement by the core set, normalization of CK, its duration, adverse reactions."""

from __future__ import annotations

from typing import Literal

import attrs
import pandas as pd

from ivigmyo.arguments import check_choice
from ivigmyo.errors import DataError, number_problem, refuse, spell
from ivigmyo.instruments import CK
from ivigmyo.outcomes.episodes import study_episodes
from ivigmyo.outcomes.improvement import study_improvement
from ivigmyo.outcomes.observations import Amounts, Durations, Responses
from ivigmyo.outcomes.reactions import incidence
from ivigmyo.study import Study
from ivigmyo.study.plan import Missing

__all__ = ["Improvement", "NormalDays", "NormalDuration", "Normalization", "Reactions"]


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

    @property
    def better(self) -> Literal["higher"]:
        """More responders are better."""
        return "higher"

    def observe(self, study: Study) -> Responses:
        """Score each patient from baseline to the final value."""
        scores = study_improvement(study).scores
        reached = (scores["category"] >= self.category).astype("boolean")
        responded = reached.mask(scores["missing"] != "").rename(None)
        why = scores["missing"].map(lambda names: f"without {names}" if names else "")
        missing: Missing = self.missing or ("non-response" if study.arms else "excluded")
        return Responses(responded, scores["category"], why, missing)


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

    @property
    def better(self) -> Literal["higher"]:
        """The sooner, and so the higher the hazard, the better."""
        return "higher"

    def observe(self, study: Study) -> Durations:
        """Find the day of normalization, or until when CK was watched without it."""
        episodes = study_episodes(study).set_index("patient").reindex(study.ids)
        normalized = episodes["normalized_on"].notna()
        followed = normalized | (episodes["status"] == "not normalized")
        days = episodes["normalized_on"].where(normalized, episodes["observed_until"]).where(followed)
        event = normalized.astype(float).where(followed)
        return Durations(days.astype(float), event, episodes["status"].fillna("not followed"))


@attrs.frozen
class NormalDays:
    """On how many days CK was within normal limits up to a horizon, in all whose CK was above its limit at baseline.

    Parameters
    ----------
    until : float, optional
        The horizon: a day after the first infusion. None: the first day of the endpoint week of CK.

    Notes
    -----
    The days from normalization to re-elevation, or to the horizon, whichever comes first; 0 where CK never was normal. A
    patient whose CK was last seen more than the protocol's `week_window` before the horizon, without being raised again,
    is left out: what came after is not known.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> days = NormalDays(until=240).observe(saito2008.load_study().efficacy_set)
    >>> days.summary().n, days.summary().mean
    (14, 154.0)
    """

    until: float | None = None

    def __attrs_post_init__(self) -> None:
        refuse([number_problem("until", self.until, 0, above=True)])

    @property
    def name(self) -> str:
        """``"CK.normal_days"``, with the horizon behind it where it is not the protocol's."""
        return "CK.normal_days" if self.until is None else f"CK.normal_days.{spell(self.until)}"

    @property
    def better(self) -> Literal["higher"]:
        """More of it is better."""
        return "higher"

    def observe(self, study: Study) -> Amounts:
        """Count the days up to the horizon; a DataError where there is none."""
        week = study.protocol.endpoint_of(CK.code)
        if self.until is None and week is None:
            raise DataError(["'endpoint_week' must be stated."])
        until = float(7 * week if self.until is None and week is not None else self.until or 0)
        episodes = study_episodes(study).set_index("patient").reindex(study.ids)
        status = episodes["status"].fillna("not followed")
        selected = status.isin(["re-elevated", "censored", "not normalized"])
        seen = (episodes["observed_until"] >= until - study.protocol.week_window) | episodes["re_elevated_on"].notna()
        start, stop = episodes["normalized_on"].clip(upper=until), episodes["re_elevated_on"].fillna(until).clip(upper=until)
        amount = (stop - start).where(start.notna(), 0.0).where(selected & seen)
        why = status.where(~selected, "followed too short").where(~(selected & seen), "")
        return Amounts(amount, why, "days")


@attrs.frozen
class Reactions:
    """Whether a patient of the safety set had an adverse reaction: an outcome, known of everyone."""

    name: Literal["reactions"] = "reactions"

    @property
    def better(self) -> Literal["lower"]:
        """The fewer the better."""
        return "lower"

    def observe(self, study: Study) -> Responses:
        """Tell who had an adverse event that was not judged unrelated."""
        ids = study.safety_set.ids
        responded = pd.Series(ids.isin(list(incidence(study).ids)), index=ids).astype("boolean")
        return Responses(responded, None, pd.Series("", index=ids), "excluded")
