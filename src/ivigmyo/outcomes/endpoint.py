"""A measure graded by a rule, from baseline to a week, under named strategies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd

from ivigmyo.arguments import check_choice
from ivigmyo.errors import number_problem, refuse
from ivigmyo.instruments import Instrument
from ivigmyo.outcomes.observations import Changes, Responses
from ivigmyo.response import Grade, ordered_grades
from ivigmyo.study import Pair, Rule, Study
from ivigmyo.study.frozen import FrozenMapping
from ivigmyo.study.pair import check_strategies
from ivigmyo.study.plan import Missing

__all__ = ["Change", "Endpoint", "code_of"]

_WHILE_ON_TREATMENT = FrozenMapping({"discontinuation": "while on treatment"})


def code_of(measure: Instrument | str) -> str:
    """Return the code of a measure, or the code itself."""
    return measure.code if isinstance(measure, Instrument) else measure


def _strategies(intercurrent: Mapping[str, str]) -> FrozenMapping[str, str]:
    check_strategies(intercurrent)
    return FrozenMapping(intercurrent)


@attrs.frozen
class Endpoint:
    """The response in a measure: an outcome that is graded by a rule.

    Parameters
    ----------
    measure : Instrument or str
        The measure, or its code, by which it is known.
    rule : Rule
        What grades it: `ScoreThresholds`, `CKThresholds`, or any object with a method ``grade`` that takes a
        `ivigmyo.study.Pair` and returns one grade a patient.
    week : int, optional
        The week of the final value; None: the endpoint week of the protocol.
    intercurrent : mapping of str to str
        The strategy (ICH E9(R1)) for ``"discontinuation"`` and ``"rescue"``: ``"while on treatment"``, ``"composite"`` or
        ``"treatment policy"``, as in `ivigmyo.Study.pair`. ``"hypothetical"`` is refused as not implemented. An event that
        is not named counts by treatment policy: who names ``"rescue"`` names ``"discontinuation"`` as well.
    missing : {"excluded", "non-response", "locf"}, optional
        How a patient without a grade counts. None: excluded where a study has no arms, non-response where it has.

    References
    ----------
    Saito et al. 2008, 'Efficacy assessment'. ICH E9(R1), 2019.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> from ivigmyo.response import ScoreThresholds
    >>> study = saito2008.load_study().efficacy_set
    >>> Endpoint("MMT", ScoreThresholds()).observe(study).summary()
    Proportion(count=14, n=15, n_missing=0, missing='excluded')
    >>> Endpoint("MMT", ScoreThresholds(), week=8).name
    'MMT.response.8'
    """

    measure: Instrument | str = attrs.field(eq=code_of)
    rule: Rule
    week: int | None = None
    intercurrent: FrozenMapping[str, str] = attrs.field(default=_WHILE_ON_TREATMENT, converter=_strategies)
    missing: Missing | None = None

    def __attrs_post_init__(self) -> None:
        refuse([number_problem("week", self.week, 0, above=True, whole=True)])
        if self.missing is not None:
            check_choice("missing", self.missing, ("excluded", "non-response", "locf"))
        if not callable(getattr(self.rule, "grade", None)):
            raise ValueError("a rule must have a method 'grade'.")

    @property
    def code(self) -> str:
        """The code of the measure."""
        return code_of(self.measure)

    @property
    def name(self) -> str:
        """``"MMT.response"``, with the week behind it where it is not the protocol's."""
        return f"{self.code}.response" if self.week is None else f"{self.code}.response.{self.week}"

    @property
    def better(self) -> Literal["higher"]:
        """More responders are better."""
        return "higher"

    def observe(self, study: Study) -> Responses:
        """Grade each patient.

        Parameters
        ----------
        study : Study
            A study.

        Returns
        -------
        Responses
            The grades, and who responded: those graded improved or markedly improved.

        Raises
        ------
        DataError
            If the endpoint week is not known.
        """
        missing: Missing = self.missing or ("non-response" if study.arms else "excluded")
        pair = study.pair(self.code, self.week, self.intercurrent, missing)
        grades = self._grade(pair)
        undecided = grades.isna() & pair.rows[["baseline", "final"]].notna().all(axis=1)
        why = pair.rows["why"].mask(undecided, "a value is a bound that does not tell the grade")
        responded = (grades >= Grade.IMPROVED.label).astype("boolean").mask(grades.isna())
        return Responses(responded.mask(pair.rows["failed"], False), grades, why, missing)

    def _grade(self, pair: Pair) -> pd.Series[Any]:
        """Grade a pair; where a value is a bound, only if all that it may stand for has the same grade."""
        grades = self._apply(pair)
        for other in _at_the_extremes(pair):
            grades = grades.mask(grades.astype(object) != self._apply(other).astype(object))
        return grades

    def _apply(self, pair: Pair) -> pd.Series[Any]:
        return ordered_grades(self.rule.grade(pair), pair.rows.index)


_NOTHING = 1e-9  # of a bound: as good as the least that it may stand for, where 0 itself is not possible


def _at_the_extremes(pair: Pair) -> Iterator[Pair]:
    """Yield the pair with bounds replaced by the most extreme values they may stand for: grades change in one direction."""
    columns = [
        name for name in ("baseline", "final") if f"{name}_bound" in pair.rows and pair.rows[f"{name}_bound"].ne("").any()
    ]
    for chosen in (columns[:1], columns[1:], columns if len(columns) > 1 else []):
        if chosen:
            values = {name: _extreme(pair, name) for name in chosen}
            yield attrs.evolve(pair, rows=pair.rows.assign(**values))


def _extreme(pair: Pair, name: str) -> pd.Series[float]:
    instrument, values, bound = pair.instrument, pair.rows[name], pair.rows[f"{name}_bound"]
    least = values * _NOTHING if not instrument.minimum_possible else values * 0 + instrument.minimum
    most = values / _NOTHING if instrument.maximum is None else values * 0 + instrument.maximum
    return values.mask(bound == "<", least).mask(bound == ">", most)


@attrs.frozen
class Change:
    """The change of a measure from baseline to the endpoint week: an outcome.

    Parameters
    ----------
    measure : Instrument or str
        The measure, or its code.
    week : int, optional
        The week of the final value; None: the endpoint week of the protocol.
    scale : {"raw", "ln"}, default "raw"
        The scale on which arms are compared.

    Examples
    --------
    >>> from ivigmyo import saito2008
    >>> Change("MMT").observe(saito2008.load_study().efficacy_set).summary().n
    15
    """

    measure: Instrument | str = attrs.field(eq=code_of)
    week: int | None = None
    scale: Literal["raw", "ln"] = "raw"

    def __attrs_post_init__(self) -> None:
        check_choice("scale", self.scale, ("raw", "ln"))

    @property
    def code(self) -> str:
        """The code of the measure."""
        return code_of(self.measure)

    @property
    def name(self) -> str:
        """``"MMT.change"``, with the week behind it where it is not the protocol's."""
        return f"{self.code}.change" if self.week is None else f"{self.code}.change.{self.week}"

    def observe(self, study: Study) -> Changes:
        """Find each patient's baseline and final value."""
        pair = study.pair(self.code, self.week)
        rows = pair.rows.replace({"baseline": {0: np.nan}, "final": {0: np.nan}}) if self.scale == "ln" else pair.rows
        return Changes(rows["baseline"], rows["final"], rows["why"], self.scale)
