"""Whether what two arms show would tip, had the patients whose outcome is missing responded or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import attrs
import pandas as pd

from ivigmyo.contrasts.two_by_two import fisher_p_value, fisher_p_values
from ivigmyo.display import Shown
from ivigmyo.errors import number_problem, refusal, refuse
from ivigmyo.estimates import Proportion

__all__ = ["Assignment", "TippingPoints", "tipping_points"]

_FEW = 64
"""Up to how many assignments each is tested by itself; of more, the tests of one total are made together."""

_MOST = 2000
"""Patients of both arms, and assignments in hundreds, up to which everything is counted out."""


class Assignment(NamedTuple):
    """One way in which the missing may have turned out."""

    treated: int
    """How many of the treated with a missing outcome responded."""
    control: int
    """How many of the controls did."""
    p_value: float
    """Fisher's exact test."""
    tips: bool
    """Whether the conclusion is another than that of the analysis."""


@attrs.frozen(repr=False)
class TippingPoints(Shown):
    """What two arms show under every assignment of the patients whose outcome is missing.

    Parameters
    ----------
    tips : bool
        Whether any assignment leads to another conclusion than the analysis.
    p_low, p_high : float
        The least and the greatest P value of all assignments.
    p_value : float
        That of the analysis, in which the missing count as the two shares say.
    assignments : tuple of Assignment
        Every assignment: how many of the missing of each arm responded, its P value, and whether it tips.
    n_treated, n_control : int
        Patients of each arm, those with a missing outcome among them.
    missing_treated, missing_control : int
        Patients of each arm whose outcome is missing.
    missing : {"excluded", "non-response"}
        How they count in the analysis.
    alpha : float
        Below which P value the arms are said to differ.
    method : str
        The test.

    Examples
    --------
    >>> found = tipping_points(Proportion(37, 45, 2), Proportion(21, 46, 2))
    >>> len(found.assignments), found.tips, round(found.p_low, 6), round(found.p_high, 6)
    (9, False, 0.000104, 0.002731)
    """

    tips: bool
    p_low: float
    p_high: float
    p_value: float
    assignments: tuple[Assignment, ...] = attrs.field(repr=False)
    n_treated: int
    n_control: int
    missing_treated: int
    missing_control: int
    missing: str
    alpha: float
    method: str = "Fisher's exact test"

    def to_frame(self) -> pd.DataFrame:
        """Lay the assignments out as rows.

        Returns
        -------
        pandas.DataFrame
            ``treated, control`` (responders among the missing of each arm), ``p_value, tips``.

        Examples
        --------
        >>> tipping_points(Proportion(3, 3, 1), Proportion(0, 4)).to_frame().round(4)
           treated  control  p_value   tips
        0        0        0   0.1429   True
        1        1        0   0.0286  False
        """
        return pd.DataFrame(list(self.assignments), columns=list(Assignment._fields))


def tipping_points(treated: Proportion, control: Proportion, alpha: float = 0.05) -> TippingPoints:
    """Test two shares under every assignment of the patients whose outcome is missing.

    Parameters
    ----------
    treated, control : Proportion
        The responders of each arm; `n_missing` of its patients have a missing outcome, outside `n` (``"excluded"``) or in
        it (``"non-response"``).
    alpha : float, default 0.05
        Below which P value the arms are said to differ.

    Returns
    -------
    TippingPoints
        The P value of each assignment, and whether the conclusion tips.

    Raises
    ------
    ValueError
        If the shares do not count the missing alike, have more missing than patients, an arm has no patient, or there are
        more than 2,000 patients or 200,000 assignments.

    Notes
    -----
    With a missing outcome in each arm there are (a + 1)(b + 1) assignments, of a and b missing: no fewer are different,
    since patients of an arm are exchangeable. The conclusion is that the treated respond more often, that they respond
    less often (P below `alpha`), or neither; an assignment tips where its conclusion is not that of the analysis.

    References
    ----------
    Yan X, Lee S, Li N. J Biopharm Stat 2009;19:1085: enhanced tipping-point displays.

    Examples
    --------
    >>> tipping_points(Proportion(37, 47, 2, "non-response"), Proportion(21, 48, 2, "non-response")).tips
    False
    """
    refuse([number_problem("alpha", alpha, 0, 1, above=True, required=True)])
    _check(treated, control)
    a, b = treated.n_missing, control.n_missing
    n, m = _patients(treated), _patients(control)
    tested = (treated.count, treated.n, control.count, control.n)
    p_value = fisher_p_value(tested) if treated.n and control.n else 1.0
    concluded = _conclusion(p_value, *tested, alpha)
    found = [
        Assignment(i, j, p, _conclusion(p, treated.count + i, n, control.count + j, m, alpha) != concluded)
        for i, j, p in _p_values(treated.count, n, a, control.count, m, b)
    ]
    return TippingPoints(
        tips=any(each.tips for each in found),
        p_low=min(each.p_value for each in found),
        p_high=max(each.p_value for each in found),
        p_value=p_value,
        assignments=tuple(found),
        n_treated=n,
        n_control=m,
        missing_treated=a,
        missing_control=b,
        missing=treated.missing,
        alpha=float(alpha),
    )


def _patients(share: Proportion) -> int:
    return share.n + (share.n_missing if share.missing == "excluded" else 0)


def _check(treated: Proportion, control: Proportion) -> None:
    for name, share in (("treated", treated), ("control", control)):
        if not isinstance(share, Proportion):
            raise ValueError(refusal(f"{name!r} must be a Proportion", type(share).__name__))
        if _patients(share) == 0:
            raise ValueError(f"{name!r} must have patients.")
        if share.count + share.n_missing > _patients(share):
            rule = f"{name!r} must have no more missing than patients who did not respond"
            raise ValueError(refusal(rule, share.n_missing))
    if treated.missing != control.missing:
        rule = "shares that are compared must count missing outcomes alike"
        raise ValueError(f"{rule} (got {treated.missing!r} and {control.missing!r}).")
    size = _patients(treated) + _patients(control)
    many = (treated.n_missing + 1) * (control.n_missing + 1)
    if size > _MOST or many > 100 * _MOST:
        raise ValueError(refusal(f"the arms must have at most {_MOST} patients together", size))


def _p_values(x: int, n: int, a: int, y: int, m: int, b: int) -> Iterator[tuple[int, int, float]]:
    """Yield Fisher's P value of each assignment: i of a more treated responders, j of b more controls."""
    if (a + 1) * (b + 1) <= _FEW:
        for i in range(a + 1):
            for j in range(b + 1):
                yield i, j, fisher_p_value((x + i, n, y + j, m))
        return
    every = fisher_p_values(n, m, range(x + y, x + y + a + b + 1))
    for i in range(a + 1):
        for j in range(b + 1):
            yield i, j, float(every[x + i, y + j])


def _conclusion(p_value: float, x: int, n: int, y: int, m: int, alpha: float) -> int:
    """Say which arm responds more often: 1 the treated, -1 the control, 0 neither."""
    if p_value >= alpha:
        return 0
    return 1 if x * m > y * n else -1
