"""What compares two arms, in words and as rows: treated minus control, or treated over control."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ivigmyo.display import Table, capital, counted, interval, number, p_statement, p_value, share_cells
from ivigmyo.errors import spell

__all__ = ["contrast_tables", "contrast_words"]

# What compares is told by what it has: shares have a risk ratio, means an adjusted mean, anything else a frame.


def contrast_words(contrast: Any, tested: bool) -> tuple[str, str]:
    """Say an estimate, and its interval and, where the outcome is the primary one, its P value."""
    p = [p_statement(_p(contrast))] if tested else []
    if hasattr(contrast, "risk_ratio"):
        estimate, around = _difference(contrast)
        value = f"{number(None if estimate is None else 100 * estimate, 1)} percentage points"
        return value, "; ".join([interval(around, 1, 100), *p])
    if hasattr(contrast, "adjusted_means"):
        scale, found, limits = _mean(contrast)
        return f"{scale} {found}", "; ".join([limits, f"n {contrast.n}", *p])
    cells = next(contrast.to_frame().itertuples(index=False))
    named = [f"{name} {_cell(cell)}" for name, cell in zip(cells._fields, cells, strict=True) if not isinstance(cell, str)]
    return named[0], "; ".join(named[1:6])


def _mean(contrast: Any) -> tuple[str, str, str]:
    """Return the scale, the estimate and its interval: a ratio where ln values were compared."""
    if getattr(contrast, "ratio", None) is not None:
        return "ratio", number(contrast.ratio, 2), interval(contrast.ratio_interval(), 2)
    return "difference", number(contrast.difference, 1), interval(contrast.confidence_interval(), 1)


def _difference(contrast: Any) -> tuple[float | None, Any]:
    """Return the difference of two shares: over the strata, where there are any."""
    if getattr(contrast, "common_difference", None) is not None:
        return contrast.common_difference, contrast.common_difference_interval()
    return contrast.difference, contrast.difference_interval()


def _p(contrast: Any) -> float | None:
    stratified = getattr(contrast, "cmh_p_value", None)
    found: float | None = stratified if stratified is not None else getattr(contrast, "p_value", None)
    return found


def contrast_tables(contrasts: Mapping[str, Mapping[str, Any]], control: str, about: str = "") -> Iterator[Table]:
    """Show every contrast with the control arm, one table for each kind of outcome."""
    every = [(arm, name, each) for arm, named in contrasts.items() for name, each in named.items() if each is not None]
    kinds: dict[str, list[tuple[str, str, Any]]] = {"shares": [], "means": [], "durations": []}
    for arm, name, each in every:
        kind = "shares" if hasattr(each, "risk_ratio") else "means" if hasattr(each, "adjusted_means") else "durations"
        kinds[kind].append((arm, name, each))
    more = f" ({about})" if about else ""
    n = sum(_p(each) is not None for *_, each in every)
    tests = f"{counted(n, 'test')} in all{f' ({about})' if about else ''}; P values are not adjusted for their number."
    if kinds["shares"]:
        yield _shares(kinds["shares"], control, f"Shares, against {control}{more}", tests)
    if kinds["means"]:
        yield _means(kinds["means"], control, f"Mean changes, against {control}{more}", tests)
    for arm, name, each in kinds["durations"]:
        yield _frame(each.to_frame(), capital(f"{name}: {arm} against {control}{more}"))


def _shares(rows: Iterable[tuple[str, str, Any]], control: str, title: str, tests: str) -> Table:
    cells = []
    for arm, name, each in rows:
        estimate, limits = _difference(each)
        difference = number(None if estimate is None else 100 * estimate, 1)
        shares = [cell for part in (each.treated, each.control) for cell in share_cells(part)[:2]]
        ratios = [number(each.risk_ratio, 2), interval(each.risk_ratio_interval(), 2)]
        ratios += [number(each.odds_ratio, 2), interval(each.odds_ratio_interval(), 2)]
        cells.append([name, arm, *shares, difference, interval(limits, 1, 100), p_value(_p(each)), *ratios])
    header = ["outcome", "arm", "n", "rate", control, "rate", "difference", "95 %", "P"]
    header += ["risk ratio", "95 %", "odds ratio", "95 %"]
    notes = [
        "Differences in percentage points, arm minus control; Miettinen and Nurminen's intervals and Fisher's exact P, or, "
        "with strata, the Mantel-Haenszel difference and the Cochran-Mantel-Haenszel P. Ratios are arm over control.",
        tests,
    ]
    return Table(title, header, cells, notes=notes, left=(0, 1))


def _means(rows: Iterable[tuple[str, str, Any]], control: str, title: str, tests: str) -> Table:
    cells = []
    for arm, name, each in rows:
        scale, *estimate = _mean(each)
        adjusted = [_adjusted(each.adjusted_means, label, 3 if scale == "ratio" else 1) for label in (arm, control)]
        tested = [number(each.t, 2), number(each.df), p_value(each.p_value)]
        cells.append([name, arm, number(each.n), number(each.n_excluded), *adjusted, scale, *estimate, *tested])
    header = ["outcome", "arm", "n", "excluded", "adjusted", control, "scale", "estimate", "95 %", "t", "df", "P"]
    notes = [
        "Analysis of covariance of the change on the baseline, on ln values where the estimate is a ratio. adjusted: mean "
        "change of the arm and of the control at the mean baseline. Patients without both values are excluded.",
        tests,
    ]
    return Table(title, header, cells, notes=notes, left=(0, 1, 6))


def _adjusted(means: Any, label: str, digits: int) -> str:
    found = {str(name): value for name, value in means.items()}
    return number(found.get(label), digits)


def _frame(frame: Any, title: str) -> Table:
    """Show a result's own frame as it is."""
    words = [i for i, name in enumerate(frame.columns) if not all(isinstance(cell, (int, float)) for cell in frame[name])]
    rows = [[_cell(cell) for cell in row] for row in frame.itertuples(index=False)]
    return Table(title, [str(name).replace("_", " ") for name in frame.columns], rows, left=words)


def _cell(cell: Any) -> str:
    if cell is None or cell != cell:
        return "-"
    if isinstance(cell, str):
        return cell
    return spell(cell) if float(cell).is_integer() else number(float(cell), 4 if abs(cell) < 10 else 1)
