"""What compares two arms, in words and as rows: treated minus control, or treated over control."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ivigmyo.analysis import SubgroupResult, headline
from ivigmyo.contrasts import DurationComparison, MeanComparison, ProportionComparison
from ivigmyo.display import Table, capital, days, interval, listed, number, p_statement, p_value, records, share_cells
from ivigmyo.estimates import ConfidenceInterval
from ivigmyo.outcomes.observations import Comparison

__all__ = ["contrast_tables", "contrast_words", "estimate_cell", "short_names", "subgroup_table"]

_Rows = list[tuple[str, Any]]


def contrast_words(contrast: Comparison, tested: bool) -> tuple[str, str]:
    """Say an estimate, and its interval and, where the outcome is the primary one, its P value."""
    found = headline(contrast)
    share = isinstance(contrast, ProportionComparison)
    digits, factor = _shown(found.scale, share)
    value = number(None if found.estimate is None else factor * found.estimate, digits)
    said = f"{value} percentage points" if share else f"{found.scale} {value}"
    around = [interval(found.limits, digits, factor), *([] if share else [f"n {found.n_treated + found.n_control}"])]
    return said, "; ".join([*around, *([p_statement(found.p_value)] if tested else [])])


def _shown(scale: str, share: bool = False) -> tuple[int, float]:
    """Say with how many digits, and how many times, an estimate is shown: a difference of shares in percentage points."""
    return (1, 100.0) if share else (1, 1.0) if scale == "difference" else (2, 1.0)


def estimate_cell(estimate: float | None, limits: ConfidenceInterval, digits: int, factor: float = 1.0) -> str:
    """Show an estimate with its interval: ``34.9 (15.6 to 51.8)``."""
    if estimate is None or estimate != estimate:
        return "-"
    return f"{number(factor * estimate, digits)} ({interval(limits, digits, factor)})"


def contrast_tables(
    contrasts: Mapping[str, Mapping[str, Comparison]],
    control: str,
    better: Mapping[str, str],
    about: str = "",
    tested: bool = True,
) -> Iterator[Table]:
    """Show every contrast with the control arm, tables for each arm and kind of outcome; P values where there are tests."""
    more = f" ({about})" if about else ""
    for arm, named in contrasts.items():
        against = f"{arm} against {control}{more}"
        of = {kind: [(n, each) for n, each in named.items() if isinstance(each, kind)] for kind in _KINDS}
        if rows := of[ProportionComparison]:
            yield _shares(rows, arm, control, f"Shares: {against}", better, tested)
            yield _ratios(rows, arm, f"Ratios of shares: {against}", better)
        if rows := of[MeanComparison]:
            yield _means(rows, arm, control, f"Means: {against}", better, tested)
        if rows := of[DurationComparison]:
            yield _curves(rows, f"Time to an event: {against}")
            yield _hazards(rows, arm, f"Hazards and restricted means: {against}", better, tested)


_KINDS = (ProportionComparison, MeanComparison, DurationComparison)


def _without_p(header: list[str], rows: list[list[str]], tested: bool) -> tuple[list[str], list[list[str]]]:
    kept = [place for place, name in enumerate(header) if tested or name != "P"]
    return [header[place] for place in kept], [[row[place] for place in kept] for row in rows]


_LONG = 12  # signs of a name that the columns of a table of 80 have no room for


def short_names(arm: str, control: str) -> tuple[str, str]:
    """Head the columns of two arms: by their names, or by what they are where a name is long; the title has the names."""
    return (arm, control) if max(len(arm), len(control)) <= _LONG else ("treated", "control")


def _headed(arm: str, control: str) -> list[str]:
    return [name for each in short_names(arm, control) for name in (each, "rate")]


def _side(rows: _Rows, arm: str, better: Mapping[str, str], above: str) -> list[str]:
    """Say which side of no difference favours the arm, by what its outcomes are."""
    names = {way: [name for name, _ in rows if better.get(name) == way] for way in ("higher", "lower")}
    unknown = [name for name, _ in rows if name not in better]
    if not names["lower"] and not unknown:
        return [f"Above {above} favours {arm}."]
    if not names["higher"] and not unknown:
        return [f"Below {above} favours {arm}."]
    said = [
        f"in {listed(own)} {side} {above}" for side, own in (("above", names["higher"]), ("below", names["lower"])) if own
    ]
    known = [f"Favours {arm}: {'; '.join(said)}."] if said else []
    return known + ([f"Which way is better was not stated of {listed(unknown)}."] if unknown else [])


def _shares(rows: _Rows, arm: str, control: str, title: str, better: Mapping[str, str], tested: bool) -> Table:
    cells = []
    for name, each in rows:
        found = headline(each)
        shares = [cell for part in (each.treated, each.control) for cell in share_cells(part)[:2]]
        cells.append([name, *shares, estimate_cell(found.estimate, found.limits, 1, 100), p_value(found.p_value)])
    header, cells = _without_p(["outcome", *_headed(arm, control), "difference, 95 %", "P"], cells, tested)
    strata = any(each.strata for _, each in rows)
    how = (
        "over the strata, by Mantel and Haenszel's weights, Sato's intervals"
        if strata
        else "Miettinen and Nurminen's intervals"
    )
    test = f" P: {'Cochran, Mantel and Haenszel' if strata else 'Fisher, exact'}." if tested else ""
    notes = [f"Differences in percentage points, {arm} minus {control}, {how}.{test}", *_side(rows, arm, better, "0")]
    alone = [f"{name}: {_without_weight(each)}" for name, each in rows if each.strata and each.n_strata_without_weight]
    return Table(title, header, cells, notes=[*notes, *alone])


def _without_weight(each: ProportionComparison) -> str:
    return f"{each.n_strata_without_weight} of {each.n_strata} strata lack an arm and have no weight."


def _ratios(rows: _Rows, arm: str, title: str, better: Mapping[str, str]) -> Table:
    cells, absent = [], []
    for name, each in rows:
        odds, limits = each.odds_ratio, each.odds_ratio_interval()
        if each.strata:
            odds, limits = each.common_odds_ratio, each.common_odds_ratio_interval()
        ratio = estimate_cell(each.risk_ratio, each.risk_ratio_interval(), 2)
        cells.append([name, ratio, estimate_cell(odds, limits, 2)])
        absent += [f"{name}: no risk ratio, since {each.absent['risk_ratio']}."] if "risk_ratio" in each.absent else []
    strata = any(each.strata for _, each in rows)
    notes = [
        f"Risk ratio of all patients; odds ratio {'over the strata (Mantel and Haenszel)' if strata else 'of the sample'}."
    ]
    return Table(
        title,
        ["outcome", "risk ratio, 95 %", "odds ratio, 95 %"],
        cells,
        notes=[*notes, *_side(rows, arm, better, "1"), *absent],
    )


def _means(rows: _Rows, arm: str, control: str, title: str, better: Mapping[str, str], tested: bool) -> Table:
    cells, absent = [], []
    for name, each in rows:
        found = headline(each)
        digits, _ = _shown(found.scale)
        adjusted = [_adjusted(value, each.scale) for value in (each.treated_mean, each.control_mean)]
        estimate = estimate_cell(found.estimate, found.limits, digits)
        cells.append(
            [_called(name, each), number(each.n), number(each.n_excluded), *adjusted, estimate, p_value(each.p_value)]
        )
        absent += [f"{name}: no test, since {each.reason}."] if each.reason is not None else []
    header, cells = _without_p(
        ["outcome", "n", "left out", *short_names(arm, control), "estimate, 95 %", "P"], cells, tested
    )
    methods = listed(list(dict.fromkeys(each.method for _, each in rows)))
    ratios = any(each.scale == "ln" for _, each in rows)
    both = capital(" and ".join(short_names(arm, control)))
    notes = [
        f"{capital(methods)}. {both}: adjusted means, at the mean baseline of all"
        f"{'; of a ratio, final over baseline (analysed as ln)' if ratios else ''}. Left out: a value is not known.",
        *_sides_of_means(rows, arm, better),
    ]
    return Table(title, header, cells, notes=[*notes, *absent])


def _sides_of_means(rows: _Rows, arm: str, better: Mapping[str, str]) -> Iterator[str]:
    for scale, middle in (("raw", "0"), ("ln", "1")):
        own = [(name, each) for name, each in rows if each.scale == scale]
        if own:
            said = _side(own, arm, better, middle)
            both = len({each.scale for _, each in rows}) > 1
            yield from (
                (f"{'Differences' if scale == 'raw' else 'Ratios'}: {each[0].lower()}{each[1:]}" for each in said)
                if both
                else said
            )


def _called(name: str, each: MeanComparison) -> str:
    return f"{name} (ratio)" if each.scale == "ln" else name


def _adjusted(mean: float | None, scale: str) -> str:
    return number(math.exp(mean), 2) if scale == "ln" and mean is not None else number(mean, 1)


def _curves(rows: _Rows, title: str) -> Table:
    cells = []
    for name, each in rows:
        for arm, curve in each.curves.items():
            limits = interval(curve.median_interval(), 0, absent="not reached")
            cells.append([name, str(arm), number(curve.n), number(curve.n_events), days(curve.median), limits])
    notes = ["Kaplan-Meier, in days from the first infusion; log-log intervals."]
    return Table(title, ["outcome", "arm", "n", "events", "median", "95 % interval"], cells, notes=notes, left=(0, 1))


def _hazards(rows: _Rows, arm: str, title: str, better: Mapping[str, str], tested: bool) -> Table:
    cells, absent = [], []
    for name, each in rows:
        ratio, mean = each.hazard_ratio, each.restricted_mean
        varies = mean is not None and mean.se > 0
        limits = mean.confidence_interval() if mean is not None and varies else ConfidenceInterval(None, None)
        means = "-" if mean is None else estimate_cell(mean.difference, limits, 1)
        hazard = estimate_cell(ratio.ratio, ratio.confidence_interval(), 2)
        cells.append([name, hazard, p_value(each.p_value), means])
        absent += [f"{name}: restricted means up to day {number(mean.until)}."] if mean is not None else []
        absent += [f"{name}: one patient alone in {few}." for few in map(str, each.log_rank.lone_groups)]
        absent += [f"{name}: no hazard ratio, since there is {ratio.reason}."] if ratio.reason is not None else []
    header, cells = _without_p(["outcome", "hazard ratio, 95 %", "P", "restricted means, 95 %"], cells, tested)
    strata = any(each.log_rank.n_strata for _, each in rows)
    how = "Cox's model" + (", stratified" if strata else "") + (f"; P: {rows[0][1].log_rank.method} test" if tested else "")
    notes = [f"{how}. Restricted means: their difference in days, {arm} minus the control.", *_sooner(rows, arm, better)]
    return Table(title, header, cells, notes=[*notes, *absent])


def _sooner(rows: _Rows, arm: str, better: Mapping[str, str]) -> list[str]:
    """Say which side favours an arm where events are good, and where they are not."""
    ways = {"higher": "above 1 and a difference below 0", "lower": "below 1 and a difference above 0"}
    known = [(name, ways[better[name]]) for name, _ in rows if name in better]
    unknown = [name for name, _ in rows if name not in better]
    said = [f"{name}: a hazard ratio {way} favours {arm}." for name, way in known]
    return said + [f"{name}: which way is better was not stated." for name in unknown]


def subgroup_table(found: SubgroupResult, share: bool, better: str | None) -> Table:
    """Show one outcome by diagnosis, sex and strata: estimates and intervals, and one test of interaction a factor."""
    digits, factor = _shown(found.scale, share)
    rows, said = [], set[str]()
    for row in records(found.rows):
        if row.factor and row.factor not in said:
            said.add(row.factor)
            test = found.interactions.get(row.factor)
            rows.append([row.factor, "", "", "", "-" if test is None else p_value(test.p_value)])
        limits = ConfidenceInterval(*(None if limit != limit else limit for limit in (row.conf_low, row.conf_high)))
        label = f"- {row.level}" if row.factor else row.level
        estimate = estimate_cell(row.estimate, limits, digits, factor)
        rows.append([label, number(row.n_treated), number(row.n_control), estimate, ""])
    name = "difference (points), 95 %" if share else f"{found.scale}, 95 %"
    header = ["", *(f"n {arm}" for arm in short_names(found.treated, found.control)), name, "interaction P"]
    methods = listed(sorted({test.method for test in found.interactions.values()}))
    notes = ["A level has an interval and no P value of its own; it is contrasted on its patients alone, without strata."]
    notes += [f"Interaction: {methods}, one a factor."] if methods else []
    if better is not None:
        middle = "0" if found.scale == "difference" else "1"
        notes.append(f"{'Above' if better == 'higher' else 'Below'} {middle} favours {found.treated}.")
    return Table(f"{found.outcome} in subgroups: {found.treated} against {found.control}", header, rows, notes=notes)
