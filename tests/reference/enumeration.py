"""The truth about signed ranks and sign flips, ties included: every assignment of signs, counted in integers.

Nothing here is taken from the package, and no float decides: differences are fractions of the decimals as written, and on
the ln scale the fractions whose logarithms they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm, prod

import numpy as np

FEW = 14  # differences up to which the signs are assigned one way after the other
WHOLE = 100_000  # sum of sizes up to which the ways to each sum are counted, for up to 60 differences


def raw_differences(before: Iterable[float], baseline: Iterable[float], after: Iterable[float]) -> list[Fraction]:
    """Give each patient's change after baseline less the one before, as a fraction."""
    rows = zip(before, baseline, after, strict=True)
    return [Fraction(str(a)) - 2 * Fraction(str(o)) + Fraction(str(b)) for b, o, a in rows]


def ratios(before: Iterable[float], baseline: Iterable[float], after: Iterable[float]) -> list[Fraction]:
    """Give the fraction whose logarithm is each patient's ln difference: (baseline / after) / (before / baseline)."""
    rows = zip(before, baseline, after, strict=True)
    return [Fraction(str(o)) ** 2 / (Fraction(str(a)) * Fraction(str(b))) for b, o, a in rows]


def has_ties(sizes: Sequence[Fraction], none: int) -> bool:
    """Tell whether differences share a size, or have none: where R's exact signed-rank test does not apply."""
    return none in sizes or len(set(sizes)) < len(sizes)


def signed_rank(differences: Iterable[Fraction]) -> float | None:
    """Compute the signed-rank P value of raw differences; None where all are 0."""
    moved = [each for each in differences if each]
    return _signed_rank([abs(each) for each in moved], [each > 0 for each in moved])


def signed_rank_of_ratios(fractions: Iterable[Fraction]) -> float | None:
    """Compute the signed-rank P value of ln differences: as far from 0 is as far from 1, up or down."""
    moved = [each for each in fractions if each != 1]
    return _signed_rank([max(each, 1 / each) for each in moved], [each > 1 for each in moved])


def sign_flip(differences: Sequence[Fraction]) -> float | None:
    """Compute the sign-flip P value of raw differences; None where neither way of counting is within reach."""
    unit = lcm(*(each.denominator for each in differences))
    whole = [int(each * unit) for each in differences]
    step = gcd(*whole) or 1
    sizes, rises = [abs(each) // step for each in whole], [each > 0 for each in whole]
    if len(sizes) > FEW and sum(sizes) > WHOLE:
        return None
    return _share(sizes, rises)


def sign_flip_of_ratios(fractions: Sequence[Fraction]) -> float | None:
    """Compute the sign-flip P value of ln differences; None for more than `FEW`.

    A sum of logarithms is the logarithm of a product, and turning a sign turns a fraction upside down. The two sides of
    the product, multiplied, are the same for all signs, so that the larger side says how far the product lies from 1.
    """
    if len(fractions) > FEW:
        return None
    sides = [1]
    for each in fractions:
        sides = [side * factor for side in sides for factor in (each.numerator, each.denominator)]
    both = prod(each.numerator * each.denominator for each in fractions)
    seen = prod(each.numerator for each in fractions)
    extreme = max(seen, both // seen)
    return sum(max(side, both // side) >= extreme for side in sides) / 2 ** len(fractions)


def _signed_rank(sizes: list[Fraction], rises: list[bool]) -> float | None:
    ordered = sorted(sizes)
    first = {size: position for position, size in reversed(list(enumerate(ordered)))}
    last = {size: position for position, size in enumerate(ordered)}
    ranks = [first[size] + last[size] + 2 for size in sizes]  # doubled, so that mean ranks are whole numbers
    return _share(ranks, rises) if ranks else None


def _share(sizes: Sequence[int], rises: Sequence[bool]) -> float:
    """Give the share of assignments whose sum of rising sizes is at least as far from its middle as the one seen."""
    total = sum(sizes)
    seen = abs(2 * sum(size for size, rise in zip(sizes, rises, strict=True) if rise) - total)
    ways = count_ways(sizes) if total <= WHOLE else assign(sizes)
    return sum(n for rising, n in ways if abs(2 * rising - total) >= seen) / 2 ** len(sizes)


def assign(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """List the sum of rising sizes of each of the 2^n assignments, one way each."""
    sums = [0]
    for size in sizes:
        sums = [*sums, *(each + size for each in sums)]
    return [(each, 1) for each in sums]


def count_ways(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """List every sum of rising sizes with the number of ways to it.

    They are the coefficients of the product of 1 + x^size. With x = 2^64 the product is one integer that holds each of
    them, up to 2^60 for 60 differences, in 64 bits of its own.
    """
    product = 1
    for size in sizes:
        product += product << (64 * size)
    ways = np.frombuffer(product.to_bytes(8 * (sum(sizes) + 1), "little"), dtype="<u8").tolist()
    return [(total, n) for total, n in enumerate(ways) if n]
