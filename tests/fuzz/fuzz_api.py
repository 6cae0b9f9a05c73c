"""Call the public functions with odd arguments: ``python tests/fuzz/fuzz_api.py [CALLS [SEED]]`` (20,000 calls unless told).

Each call takes a sound example and makes one or two of its arguments odd: a wrong kind, an extreme value, a missing one, or
the same values in another form of storage. A call may return a result without infinite numbers, or refuse with a ValueError
or TypeError whose text is sentences; it may not warn, change an argument, or change numpy's, pandas', Python's or
matplotlib's state. It prints counts, and the first call of each kind that fell short; exit status 1 if any did.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import functools
import math
import pickle
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pandas as pd

import ivigmyo as iv
from ivigmyo import adam, core_set
from ivigmyo.change import change_from_baseline, fit_steroid_line, percent_change
from ivigmyo.normalization import duration_bounds, episodes_from_follow_up, normalization_intervals
from ivigmyo.response import CKThresholds, ScoreThresholds
from ivigmyo.survival import concordance, interval_censored_curve

Make = Callable[[random.Random], Any]


class Odd:
    """A value of no known kind."""


def odd_values() -> list[Any]:
    """List single values that are no ordinary number."""
    return [
        None,
        math.nan,
        math.inf,
        -math.inf,
        0,
        -1,
        -0.0,
        1e300,
        1.7e308,
        -1e160,
        1e-200,
        5e-324,
        10**400,
        10**5000,
        True,
        np.True_,
        "5",
        "",
        "\ud800",
        "=1+1",
        "\x1b[2J",
        b"5",
        1j,
        Decimal("1.5"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("1e400"),
        Fraction(3, 2),
        Fraction(10**400, 3),
        np.int8(5),
        np.uint64(2**64 - 1),
        np.float16(2.5),
        np.float32(0.1),
        np.longdouble("1e4000"),
        np.longdouble(2),
        np.timedelta64(20, "D"),
        np.timedelta64(20, "ns"),
        np.timedelta64("NaT", "D"),
        np.datetime64("2020-01-01"),
        datetime.timedelta(20),
        datetime.date(2020, 1, 1),
        pd.Timedelta(20, "D"),
        pd.Timestamp("2020-01-01"),
        pd.NaT,
        pd.NA,
        np.ma.masked,
        np.array(5.0),
        np.array([5.0]),
        [],
        [1, [2]],
        {},
        {"a": 1},
        set(),
        (),
        range(3),
        Odd(),
        len,
        pd.DataFrame(),
        pd.Series([1.0, 2.0]),
        iv.Grade.IMPROVED,
    ]


def arrow(values: list[Any], dictionary: bool) -> Any:
    """Store values as Arrow does, with or without a dictionary."""
    import pyarrow as pa

    array = pa.array([None if isinstance(v, float) and math.isnan(v) else v for v in values])
    kept = array.dictionary_encode() if dictionary else array
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([kept])))


def forms() -> list[Callable[[list[Any]], Any]]:
    """List the forms in which a column may come."""
    return [
        list,
        tuple,
        np.array,
        lambda v: np.array(v, dtype=">f8"),
        lambda v: np.array(v, dtype=np.float16),
        lambda v: np.array(v, dtype=np.int8),
        lambda v: np.array(v, dtype=np.longdouble),
        lambda v: np.array(v, dtype=object),
        lambda v: np.array(v, dtype=bool),
        lambda v: np.array([str(each) for each in v]),
        lambda v: np.array(v, dtype=complex),
        lambda v: np.array([v, v]),
        lambda v: np.array(v)[::-1],
        lambda v: read_only(np.array(v, dtype=float)),
        lambda v: np.ma.array(v, mask=[i == 1 for i in range(len(v))]),
        lambda v: np.ma.array(v, mask=[i == 1 for i in range(len(v))], dtype=object),
        lambda v: np.ma.array(v, mask=[i == 1 for i in range(len(v))], dtype=bool),
        lambda v: np.array(v).astype("timedelta64[ns]"),
        lambda v: np.array(v).astype("int64").astype("timedelta64[D]"),
        lambda v: np.array(v).astype("int64").astype("datetime64[D]"),
        lambda v: list(np.array(v).astype("int64").astype("timedelta64[D]")),
        lambda v: np.array([*v[:-1], "NaT"], dtype="timedelta64[D]"),
        lambda v: pd.Series(pd.to_timedelta(v, unit="D")),
        lambda v: pd.Index(pd.to_timedelta(v, unit="D")),
        lambda v: pd.Series(pd.to_datetime(v, unit="D")),
        pd.Series,
        lambda v: pd.Series(v, index=pd.Index([f"P{i}" for i in range(len(v))], name="patient")),
        lambda v: pd.Series(v, index=[0] * len(v)),
        lambda v: pd.Series(v, dtype=object),
        lambda v: pd.Series(v, dtype="Float64"),
        lambda v: pd.Series([*v[:-1], None], dtype="Float64"),
        lambda v: pd.Series(v, dtype="category"),
        lambda v: pd.Series(pd.arrays.SparseArray(v)),
        lambda v: pd.Series([str(each) for each in v], dtype="string"),
        lambda v: pd.Series([bool(each) for each in v], dtype="boolean"),
        lambda v: arrow(v, dictionary=False),
        lambda v: arrow(v, dictionary=True),
        pd.Index,
        pd.array,
        lambda v: pd.DataFrame({"x": v}),
        lambda v: dict(enumerate(v)),
        lambda v: [Decimal(str(each)) for each in v],
        lambda v: [Fraction(str(each)) for each in v],
        lambda v: [np.float32(each) for each in v],
        lambda v: (each for each in v),
        lambda v: v[:0],
        lambda v: v * 2,
        lambda v: [each * 1e160 for each in v],
        lambda v: [each * 1e-200 for each in v],
        lambda v: [each * 1e300 for each in v],
        lambda v: [-each for each in v],
        lambda v: [None for _ in v],
    ]


def read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Make an array unwritable."""
    array.setflags(write=False)
    return array


def odd_column(rng: random.Random, values: list[Any]) -> Any:
    """Put an odd cell into a column, or store it in another form."""
    values = list(values)
    if rng.random() < 0.4:
        values[rng.randrange(len(values))] = rng.choice(odd_values())
        if rng.random() < 0.5:
            return values
    for _ in range(20):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return rng.choice(forms())(values)
        except Exception:
            continue
    return values


def column(*values: Any) -> tuple[Any, Make]:
    """Describe a column of numbers: the sound one, and how to make an odd one."""
    return list(values), lambda rng: rng.choice(odd_values()) if rng.random() < 0.1 else odd_column(rng, list(values))


def single(value: Any) -> tuple[Any, Make]:
    """Describe one number or option."""
    return value, lambda rng: rng.choice(odd_values())


def table(**columns: Any) -> tuple[Any, Make]:
    """Describe a DataFrame, of which a column or a cell becomes odd, is lost or comes twice."""
    frame = pd.DataFrame(columns)

    def make(rng: random.Random) -> Any:
        kind = rng.random()
        if kind < 0.1:
            return rng.choice(odd_values())
        name = rng.choice(list(frame.columns))
        if kind < 0.2:
            return frame.drop(columns=name)
        if kind < 0.25:
            return pd.concat([frame, frame[[name]]], axis=1)
        if kind < 0.3:
            return frame.iloc[:0]
        for _ in range(20):
            made = frame.copy()
            try:
                odd = odd_column(rng, frame[name].tolist())
                made[name] = odd.to_numpy() if isinstance(odd, pd.Series) and rng.random() < 0.3 else odd
                made[name].tolist()  # pandas may take what it cannot give back
            except Exception:
                continue
            return made
        return frame.copy()

    return frame, make


DURATIONS = column(5, 8.5, 12, 12, 20, 31), column(1, 0, 1, 1, 0, 1)
SCORES = column(60.0, 55, 40, 71), column(70.0, 54, 46, 71)
CKS = column(900.0, 250, 4000, 180.5), column(400.0, 260, 150, 90), column(300.0, 270, 100, 80)
SERIAL = {"patient": ["A"] * 4 + ["B"] * 3, "day": [-1, 10, 40, 60, 0, 14, 30], "ck": [900, 150, 140, 300, 500, 400, 90]}
PEOPLE = table(patient=["A", "B"], diagnosis=["PM", "DM"], sex=["F", "M"], age=[40, 50])
ROWS = table(patient=["A", "A", "B", "B"], week=[0, 12, 0, 12], measure=["MMT", "MMT", "CK", "CK"], value=[60, 70, 900, 300])
FOLLOW = table(patient=["A", "B"], normalized_on=[20, None], re_elevated_on=[40.5, None], observed_until=[90, 100])
SEED, RESAMPLES, LEVEL = single(3), single(20), single(0.9)
CONFIRM, ORIGIN, ABNORMAL, SAME_DAY = single(1), single("treatment"), single(True), single("highest")
CONVENTIONS = {"confirm": CONFIRM, "abnormal_baseline": ABNORMAL, "same_day": SAME_DAY}
BOOT = {"seed": SEED, "n_resamples": RESAMPLES, "level": LEVEL, "method": single("BCa")}
CORE = {
    "physician_global": [5.0, 4],
    "patient_global": [5.0, 4],
    "mmt": [100.0, 120],
    "haq": [1.0, 2],
    "enzyme": [900.0, 400],
    "extramuscular": [3.0, 2],
}


@functools.cache
def curve() -> Any:
    """Return a curve to be asked."""
    return iv.kaplan_meier([5, 8.5, 12, 12, 20, 31], [1, 0, 1, 1, 0, 1])


@functools.cache
def intervals() -> Any:
    """Return an interval-censored curve to be asked."""
    return interval_censored_curve([0, 0, 10], [10, 10, 20])


@functools.cache
def comparison() -> Any:
    """Return a comparison of changes to be asked."""
    return iv.compare_log_changes([900, 250, 400], [400, 260, 150], [300, 270, 100])


@functools.cache
def bundled() -> Any:
    """Return the bundled study."""
    return iv.saito2008.load_study()


def asked(call: Callable[..., Any]) -> Callable[..., Any]:
    """Follow a result to what it answers itself."""

    def through(**arguments: Any) -> Any:
        result = call(**arguments)
        return [
            result,
            *(
                getattr(result, name)
                for name in ("median", "rate", "signed_rank", "permutation_p_value")
                if hasattr(result, name)
            ),
        ]

    return through


def with_interval(call: Callable[..., Any]) -> Callable[..., Any]:
    """Ask a result for its interval too."""

    def through(**arguments: Any) -> Any:
        result = call(**arguments)
        return [result, result.confidence_interval()]

    return through


def targets() -> dict[str, tuple[Callable[..., Any], dict[str, tuple[Any, Make]]]]:
    """List what is called, with sound and odd arguments by name."""
    durations, events = DURATIONS
    baseline, final = SCORES
    before, start, after = CKS
    times = {"durations": durations, "events": events}
    groups = {**times, "groups": column("a", "b", "a", "b", "b", "a")}
    pair = {"baseline": start, "values": after}
    serial = table(**SERIAL, uln=180)
    core = table(**CORE)
    thresholds = single(ScoreThresholds())
    return {
        "describe": (iv.describe, {"values": start}),
        "change_from_baseline": (with_interval(change_from_baseline), pair),
        "percent_change": (percent_change, pair),
        "compare_changes": (asked(iv.compare_changes), {"before": before, "baseline": start, "after": after}),
        "compare_log_changes": (
            with_interval(iv.compare_log_changes),
            {"before": before, "baseline": start, "after": after},
        ),
        "fit_steroid_line": (fit_steroid_line, {"before": before, "baseline": start, "week_before": single(-4)}),
        "ratio_interval": (lambda level: comparison().ratio_interval(level), {"level": LEVEL}),
        "grade_mmt": (iv.grade_mmt, {"baseline": baseline, "final": final, "thresholds": thresholds}),
        "grade_mmt one": (iv.grade_mmt, {"baseline": single(60), "final": single(70)}),
        "grade_adl": (iv.grade_adl, {"baseline": column(20, 30), "final": column(25, 30), "thresholds": thresholds}),
        "grade_ck": (
            iv.grade_ck,
            {"baseline": start, "final": after, "uln": single(180), "thresholds": single(CKThresholds())},
        ),
        "ScoreThresholds": (
            lambda **a: ScoreThresholds(**a) and None,
            {"marked": single(10), "improved": single(5), "worsened": single(5)},
        ),
        "CKThresholds": (
            lambda **a: CKThresholds(**a) and None,
            {"marked": single(0.5), "improved": single(0.7), "worsened": single(1.3)},
        ),
        "response_rate": (
            with_interval(iv.response_rate),
            {"grades": column(2, 1, 0, -1, None), "missing": single("non-response")},
        ),
        "Proportion": (with_interval(iv.Proportion), {"count": single(3), "n": single(7), "n_missing": single(1)}),
        "kaplan_meier": (asked(iv.kaplan_meier), times),
        "reverse_kaplan_meier": (asked(iv.reverse_kaplan_meier), times),
        "restricted_mean": (
            lambda durations, events, until, small: with_interval(iv.kaplan_meier(durations, events).restricted_mean)(
                until=until, small_sample=small
            ),
            {**times, "until": single(10), "small": single(True)},
        ),
        "quantile": (lambda q: curve().quantile(q), {"q": single(0.5)}),
        "quantile_interval": (
            lambda q, level, transform: curve().quantile_interval(q, level, transform),
            {"q": single(0.5), "level": LEVEL, "transform": single("log")},
        ),
        "survival_at": (lambda t: curve().survival_at(t), {"t": column(0, 5, 9)}),
        "interval_at": (lambda t, level: curve().interval_at(t, level), {"t": column(0, 5, 9), "level": LEVEL}),
        "interval_censored_curve": (
            lambda left, right: interval_censored_curve(left, right).to_frame()["mass"],
            {"left": column(0, 0, 28, 28), "right": column(28, 56, 56, 84)},
        ),
        "IntervalCurve": (
            lambda t, u: [intervals().survival_at(t), intervals().survival_bounds(u)],
            {"t": column(0, 5, 9), "u": single(5)},
        ),
        "compare_survival": (iv.compare_survival, groups),
        "compare_restricted_means": (
            lambda **a: iv.compare_restricted_means(**a, reference="a"),
            {**groups, "until": single(15)},
        ),
        "concordance": (
            concordance,
            {"durations": durations, "events": events, "values": column(3, 1, 2, 4, 4, 6)},
        ),
        "bootstrap_median": (with_interval(iv.bootstrap_median), {**times, **BOOT}),
        "bootstrap_restricted_mean": (
            with_interval(iv.bootstrap_restricted_mean),
            {**times, "until": single(10), **BOOT},
        ),
        "bootstrap_response_rate": (with_interval(iv.bootstrap_response_rate), {"grades": column(2, 1, 0, -1), **BOOT}),
        "bootstrap_mean_change": (with_interval(iv.bootstrap_mean_change), {**pair, **BOOT}),
        "bootstrap_geometric_ratio": (with_interval(iv.bootstrap_geometric_ratio), {**pair, **BOOT}),
        "find_normalization": (
            iv.find_normalization,
            {
                "days": column(*SERIAL["day"][:4]),
                "ck": column(*SERIAL["ck"][:4]),
                "uln": column(180, 180, 180, 180),
                "observed_until": single(80),
                "origin": ORIGIN,
                **CONVENTIONS,
            },
        ),
        "find_normalizations": (
            iv.find_normalizations,
            {
                "frame": serial,
                "origin": ORIGIN,
                **CONVENTIONS,
                "observed_until": single({"A": 90, "B": 90}),
                "recurrent": single(True),
            },
        ),
        "normalization_intervals": (lambda **a: normalization_intervals(**a)["left"], {"serial": serial, **CONVENTIONS}),
        "duration_bounds": (lambda **a: duration_bounds(**a)["shortest"], {"serial": serial, **CONVENTIONS}),
        "episodes_from_follow_up": (episodes_from_follow_up, {"follow_up": FOLLOW, "origin": ORIGIN}),
        "at_risk": (iv.at_risk, {"episodes": table(patient=["A"], duration=[3.0])}),
        "to_adtte": (
            lambda follow_up, add_one: adam.to_adtte(episodes_from_follow_up(follow_up), add_one=add_one),
            {"follow_up": FOLLOW, "add_one": single(True)},
        ),
        "Patient": (
            iv.Patient,
            {"id": single("A"), "diagnosis": single("PM"), "sex": single("F"), "age": single(40), "weight": single(60)},
        ),
        "FollowUp": (
            iv.FollowUp,
            {"observed_until": single(90), "normalized_on": single(20), "re_elevated_on": single(40)},
        ),
        "Assessment": (iv.Assessment, {"instrument": single(iv.CK), "value": single(300), "uln": single(180)}),
        "Treatment": (
            iv.Treatment,
            {"name": single("IVIG"), "start_day": single(0), "end_day": single(4), "dose": single(20), "unit": single("g")},
        ),
        "AdverseEvent": (iv.AdverseEvent, {"term": single("fever"), "day": single(4), "relation": single(None)}),
        "Visit": (iv.Visit, {"week": single(4), "day": single(28), "assessments": single(())}),
        "Instrument": (
            iv.Instrument,
            {"code": single("X"), "name": single("x"), "unit": single("cm"), "minimum": single(0), "maximum": single(10)},
        ),
        "study_from_frames": (
            iv.study_from_frames,
            {"patients": PEOPLE, "assessments": ROWS, "ck_follow_up": FOLLOW},
        ),
        "trial_report": (iv.trial_report, {"study": single(None), "by": single("sex")}),
        "total_improvement_score": (
            lambda **a: core_set.total_improvement_score(**a, mmt_maximum=150),
            {"baseline": core, "final": core, "enzyme_range": single(3000)},
        ),
        "definition_of_improvement": (
            lambda **a: core_set.definition_of_improvement(**a)["met"],
            {"baseline": core, "final": core},
        ),
        "power_curve": (
            lambda n, seed, trials, alpha: iv.power_curve(n, seed=seed, n_trials=trials, alpha=alpha),
            {"n": column(4, 5), "seed": SEED, "trials": single(5), "alpha": single(0.05)},
        ),
        "simulate_trial": (
            lambda n, seed, trials: iv.simulate_trial(n, seed=seed, n_trials=trials).assessments["value"],
            {"n": single(3), "seed": SEED, "trials": single(1)},
        ),
        "draw_survival": (
            lambda level, transform: iv.figures.draw_survival(curve(), level=level, transform=transform) and None,
            {"level": LEVEL, "transform": single("log")},
        ),
    }


# What could ask for so much that the call does not end; the size is not what is tried here.
ENDLESS = {"n_resamples", "trials", "n"}


def state() -> Any:
    """Take what no call may change."""
    settings = dict(sys.modules["matplotlib"].rcParams) if "matplotlib" in sys.modules else None
    return (
        np.geterr(),
        pickle.dumps(np.random.get_state()),  # noqa: NPY002 - the global state is what is looked at
        random.getstate(),
        (decimal.getcontext().prec, decimal.getcontext().rounding, str(decimal.getcontext().traps)),
        pd.options.display.max_rows,
        settings,
    )


def keep(argument: Any) -> str | None:
    """Write an argument's content, where it can be read without using it up."""
    if isinstance(argument, Iterator):
        return None
    try:
        if isinstance(argument, pd.DataFrame):
            return repr([(name, column.dtype, list(column), argument.index.tolist()) for name, column in argument.items()])
        if isinstance(argument, pd.Series):
            return repr((argument.dtype, list(argument), argument.index.tolist(), argument.attrs))
        if hasattr(argument, "dtype"):
            return repr((argument.dtype, list(argument)))
        return repr(argument)
    except Exception:
        return None


def numbers(result: Any) -> Iterator[float]:
    """Yield the numbers of a result."""
    if isinstance(result, (float, np.floating)):
        yield float(result)
    elif isinstance(result, (list, tuple)):
        for each in result:
            yield from numbers(each)
    elif attrs.has(type(result)):
        for field in attrs.fields(type(result)):
            if field.name == "group":  # a label
                continue
            yield from numbers(getattr(result, field.name))
    elif isinstance(result, pd.DataFrame):
        for name in result.columns.difference(["patient"]):
            yield from numbers(result[name])
    elif isinstance(result, (np.ndarray, pd.Series)) and result.dtype.kind == "f":
        yield from np.asarray(result, dtype=float).ravel().tolist()


def is_sentences(text: str) -> bool:
    """Tell whether an error says what is wrong: each line ends like a sentence."""
    return bool(text) and text.rstrip().endswith(".") and "Traceback" not in text


def shown(arguments: dict[str, Any]) -> str:
    """Write a call's arguments, shortly."""
    parts = []
    for name, value in arguments.items():
        try:
            text = " ".join(repr(value).encode("ascii", "backslashreplace").decode().split())
        except Exception:
            text = f"a {type(value).__name__} beyond repr"
        kind = f" [{value.dtype}]" if hasattr(value, "dtype") else ""
        parts.append(f"{name}={text[:150]}{kind}")
    return ", ".join(parts)


def fuzz(calls: int, seed: int) -> tuple[collections.Counter[str], dict[tuple[str, str], str]]:
    """Make the calls; return how they ended, and the first of each kind that fell short."""
    rng = random.Random(seed)
    known, counts, failures = targets(), collections.Counter[str](), dict[tuple[str, str], str]()
    names = list(known)
    state()  # loads what is loaded lazily
    for name, (call, parameters) in known.items():
        if name not in ("trial_report",):
            call(**{key: sound for key, (sound, _) in parameters.items()})
    number = 0
    while sum(counts.values()) - counts["fell short"] < calls:
        number += 1
        name = names[number % len(names)]
        call, parameters = known[name]
        odd = set(rng.sample(sorted(parameters), min(len(parameters), rng.choice((0, 1, 1, 1, 2)))))
        arguments = {key: make(rng) if key in odd else sound for key, (sound, make) in parameters.items()}
        if any(_endless(arguments[key]) for key in odd & ENDLESS):
            continue
        ended, why = _one(call, arguments)
        counts[ended] += 1
        if why:
            counts["fell short"] += 1
            failures.setdefault((name, why.split(":")[0]), f"{name}({shown(arguments)})\n    {why}")
    return counts, failures


def _endless(value: Any) -> bool:
    if value is np.ma.masked:
        return False
    try:
        return max(float(each) for each in np.ravel(np.asarray(value, dtype=object))) > 50
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return isinstance(value, (int, list, np.ndarray, pd.Series))


def _one(call: Callable[..., Any], arguments: dict[str, Any]) -> tuple[str, str | None]:
    before, kept = state(), {name: keep(value) for name, value in arguments.items()}
    result, error = None, None
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        try:
            result = call(**arguments)
        except Exception as raised:
            error = raised
        changed_filters = filters != list(warnings.filters)
    ended = "returned" if error is None else f"refused by {type(error).__name__}"
    if isinstance(error, (ValueError, TypeError)):
        if not is_sentences(str(error)):
            return ended, f"no sentence in {type(error).__name__}: {str(error)[:300]}"
    elif error is not None:
        return ended, f"escaped {type(error).__name__}: {str(error)[:300]}"
    if heard:
        return ended, f"warned {heard[0].category.__name__}: {str(heard[0].message)[:200]}"
    if changed_filters or not _equal(state(), before):
        return ended, "changed the state"
    for name, value in arguments.items():
        if kept[name] is not None and keep(value) != kept[name]:
            return ended, f"changed an argument: {name}"
    if any(math.isinf(each) for each in numbers(result)):
        return ended, f"infinite: {str(result)[:300]}"
    return ended, None


def _equal(mine: Any, theirs: Any) -> bool:
    return bool(mine == theirs)


def main() -> int:
    """Run from the command line."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 2008
    counts, failures = fuzz(calls, seed)
    print(f"{sum(counts[key] for key in counts if key != 'fell short')} calls of {len(targets())} functions, seed {seed}")
    for key, count in sorted(counts.items()):
        print(f"{count:8d} {key}")
    for text in failures.values():
        print(f"\n{text}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
