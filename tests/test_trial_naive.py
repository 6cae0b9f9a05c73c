"""`trial_report` of random studies under random protocols, against one plain loop over dictionaries and lists.

The reference knows nothing of the package but how its studies are made: it counts with Python's own numbers, from the rows
that were written down.
"""

import math
from random import Random

import attrs
import pytest

from ivigmyo import Assessment, Endpoint, Instrument, Patient, Protocol, Study, Visit, trial_report
from ivigmyo.response import ScoreThresholds
from ivigmyo.study import Conduct
from ivigmyo.study.patients import Treatment

SCORE = Instrument("SCORE", "A score", "points", maximum=100_000)
STRATEGIES = ("while on treatment", "composite", "treatment policy")


def random_protocol(random):
    """What a trial may plan, as a plain dictionary."""
    weeks = sorted({0, *random.sample([-8, -4, 2, 4, 6, 8, 12, 24], random.randint(2, 5))})
    after = [week for week in weeks if week > 0] or [4]
    weeks = sorted({*weeks, *after})
    events = {event: random.choice(STRATEGIES) for event in ("discontinuation", "rescue") if random.random() < 0.7}
    return {
        "weeks": weeks,
        "endpoint": random.choice([None, random.choice(after)]),
        "window": random.choice([0, 3, 10]),
        "off_schedule": random.choice(["keep", "next"]),
        "strategies": events,
        "missing": random.choice(["excluded", "non-response", "locf"]),
        "comparison": random.choice([None, (random.choice([-8, -4]), random.choice(after))]),
    }


def random_patients(random):
    """Patients as dictionaries: their rows (week, day, value), when they left, and when they were rescued."""
    patients = []
    for number in range(random.randint(1, 6)):
        rows, days, weeks = [], set(), set()
        for _ in range(random.randint(0, 9)):
            week = random.choice([None, -8, -4, 0, 0, 2, 4, 5, 6, 8, 12, 13, 24])
            about = random.randint(-8, 24) if week is None else week
            day = random.choice([None, 7 * about + random.randint(-7, 7), random.randint(-60, 180)])
            if week is not None and day is not None and abs(day - 7 * week) > 7:
                day = None
            if (week is None and day is None) or day in days or week in weeks:
                continue
            days |= {day} - {None}
            weeks |= {week} - {None}
            rows.append((week, day, random.randint(0, 60)))
        left = random.choice([None, None, random.randint(-5, 180)])
        rescued = random.choice([None, None, random.randint(-5, 180)])
        patients.append({"id": f"P{number}", "rows": rows, "left": left, "rescued": rescued})
    return patients


def last_value(rows, endpoint, until, carried):
    """The value of the endpoint week, else the last one before it where that is carried."""
    best = end = None
    for row in rows:
        if row["day"] <= 0 or (until is not None and row["day"] > until):
            continue
        if row["week"] == endpoint:
            rank = (not row["recorded"], abs(row["day"] - 7 * endpoint), row["day"])
            if end is None or rank < end[0]:
                end = (rank, row)
        elif (row["day"] < 7 * endpoint) if row["week"] is None else (row["week"] < endpoint):
            rank = (row["day"], math.inf if row["week"] is None else row["week"])
            if best is None or rank > best[0]:
                best = (rank, row)
    if end is not None:
        return end[1]["value"]
    return best[1]["value"] if carried and best is not None else None


def reference(patients, protocol):
    """Go through the patients one by one, by the rules as they are written."""
    weeks, window = protocol["weeks"], protocol["window"]
    endpoint = protocol["endpoint"] or weeks[-1]
    found = {name: {} for name in ("values", "baseline", "final", "columns", "grade", "responded")}
    for patient in patients:
        name, left = patient["id"], patient["left"]
        rescued = patient["rescued"] if (patient["rescued"] or 0) > 0 else None
        rows = []
        for week, day, value in patient["rows"]:
            when = 7 * week if day is None else day
            own = week
            if week is None:
                own = nearest = None
                for planned in weeks:
                    if nearest is None or abs(when - 7 * planned) < abs(when - 7 * nearest):
                        nearest = planned
                if nearest is not None and abs(when - 7 * nearest) <= window and not (nearest == 0 and when > 0):
                    own = nearest
            rows.append({"week": own, "recorded": week is not None, "dated": day is not None, "day": when, "value": value})
        # the value that stands for each week
        standing = {}
        for row in rows:
            if row["week"] is None or (row["week"] == 0 and row["dated"] and row["day"] > 0):
                continue
            rank = (not row["recorded"], abs(row["day"] - 7 * row["week"]), row["day"])
            if row["week"] not in standing or rank < standing[row["week"]][0]:
                standing[row["week"]] = (rank, row["value"])
        values = {week: value for week, (_, value) in standing.items()}
        found["columns"][name] = dict(values)
        if protocol["off_schedule"] == "next":
            for week in sorted(values, reverse=True):
                later = [planned for planned in weeks if planned >= week]
                if later and later[0] != week and later[0] not in values:
                    values[later[0]] = values.pop(week)
        found["values"][name] = {week: value for week, value in values.items() if week in weeks}
        # baseline: the last at or before day 0, else the nominal week 0
        start = None
        for row in rows:
            counts = row["day"] <= 0 if row["dated"] else row["week"] == 0
            if counts and (start is None or (row["day"], row["dated"]) > (start["day"], start["dated"])):
                start = row
        found["baseline"][name] = start

        found["final"][name] = last_value(rows, endpoint, left, left is not None)
        days = {"discontinuation": left, "rescue": rescued}
        until, failed = None, False
        for event, strategy in protocol["strategies"].items():
            day = days[event]
            if day is None:
                continue
            if strategy == "while on treatment":
                until = day if until is None else min(until, day)
            if strategy == "composite" and day <= 7 * endpoint:
                failed = True
        value = last_value(rows, endpoint, until, until is not None or protocol["missing"] == "locf")
        grade = None
        if start is not None and value is not None:
            change = value - start["value"]
            grade = "worsened" if change <= -5 else "unchanged"
            grade = "markedly improved" if change >= 10 else "improved" if change >= 5 else grade
        found["grade"][name] = grade
        responded = None if grade is None else grade in ("improved", "markedly improved")
        found["responded"][name] = False if failed else responded
    return found


def before_and_after(patients, protocol, found):
    """Count the patients of the comparison before and after, and those left out; None where it is not made."""
    if protocol["comparison"] is None:
        return None
    before, after = protocol["comparison"]
    columns = found["columns"]
    if any(not any(week in own for own in columns.values()) for week in (before, after)):
        return None
    n = 0
    for patient in patients:
        start, own = found["baseline"][patient["id"]], columns[patient["id"]]
        n += start is not None and start["week"] != before and before in own and after in own
    return n, len(patients) - n


def make(patients, protocol):
    """The same as a study of the package."""
    made = []
    for patient in patients:
        visits = [Visit(week, day, [Assessment(SCORE, value)]) for week, day, value in patient["rows"]]
        given = [] if patient["rescued"] is None else [Treatment("MTX 10 mg", patient["rescued"])]
        made.append(Patient(patient["id"], "PM", "F", 40, visits=visits, discontinued_on=patient["left"], treatments=given))
    endpoint = Endpoint(SCORE, ScoreThresholds(), intercurrent=protocol["strategies"], missing=protocol["missing"])
    return Study(
        made,
        protocol=Protocol(
            protocol["weeks"],
            protocol["endpoint"],
            protocol["comparison"],
            week_window=protocol["window"],
            measures=[SCORE],
            outcomes=[endpoint],
            off_schedule=protocol["off_schedule"],
            conduct=Conduct(prohibited_treatments=["methotrexate"]),
        ),
    )


def plain(column):
    return {name: None if value != value else value for name, value in column.items()}


@pytest.mark.parametrize("seed", range(20))
def test_a_report_is_what_a_plain_loop_over_the_rows_finds(seed, rounds):
    random = Random(seed)
    for _ in rounds(25):
        protocol, patients = random_protocol(random), random_patients(random)
        found = reference(patients, protocol)
        report = trial_report(make(patients, protocol))
        responses = report.outcomes["SCORE.response"]
        assert plain(responses.grades) == found["grade"], (protocol, patients)
        got = {name: bool(value) for name, value in responses.responded.dropna().items()}
        got = {patient["id"]: got.get(patient["id"]) for patient in patients}
        assert got == found["responded"], (protocol, patients)
        known = [each for each in got.values() if each is not None]
        n = len(patients) if protocol["missing"] == "non-response" else len(known)
        if not report.measures:
            assert not any(patient["rows"] for patient in patients)
            assert report.absent["SCORE"] == "not measured."
            continue
        (measure,) = report.measures
        assert (measure.response.count, measure.response.n, measure.response.n_missing) == (
            sum(known),
            n,
            len(patients) - len(known),
        )
        assert {name: plain(row.dropna()) for name, row in measure.values.iterrows()} == found["values"], (
            protocol,
            patients,
        )
        seen = {}
        for own in found["values"].values():
            for week, value in own.items():
                seen.setdefault(week, []).append(value)
        assert measure.visits["n"].to_dict() == {week: len(seen[week]) for week in sorted(seen)}
        for week, values in seen.items():
            assert measure.visits.loc[week, "mean"] == pytest.approx(sum(values) / len(values), rel=1e-12)
            assert (measure.visits.loc[week, "minimum"], measure.visits.loc[week, "maximum"]) == (min(values), max(values))
        assert plain(report.study.baseline("SCORE")) == {
            name: row and row["value"] for name, row in found["baseline"].items()
        }, (protocol, patients)
        assert plain(measure.final_values) == found["final"], (protocol, patients)
        both = [
            found["final"][name] - row["value"]
            for name, row in found["baseline"].items()
            if row is not None and found["final"][name] is not None
        ]
        assert measure.final_change.n == len(both)
        if both:
            assert measure.final_change.mean == pytest.approx(sum(both) / len(both), rel=1e-12, abs=1e-12)
        counted = before_and_after(patients, protocol, found)
        if counted is None:
            assert measure.comparison is None
            assert ("SCORE before and after" in report.absent) == (protocol["comparison"] is not None)
        else:
            assert (measure.comparison.n, measure.comparison.n_excluded) == counted, (protocol, patients)


def test_the_reference_is_right_on_a_patient_read_by_eye():
    patients = [
        {"id": "A", "rows": [(0, None, 50), (None, 30, 56), (12, 90, 40), (None, 5, 99)], "left": 60, "rescued": 20},
        {"id": "B", "rows": [(None, -3, 20), (12, None, 31)], "left": None, "rescued": None},
    ]
    protocol = {
        "weeks": [0, 4, 12],
        "endpoint": None,
        "window": 3,
        "off_schedule": "keep",
        "strategies": {"discontinuation": "while on treatment", "rescue": "composite"},
        "missing": "excluded",
        "comparison": (-4, 4),
    }
    found = reference(patients, protocol)
    assert found["values"] == {"A": {0: 50, 4: 56, 12: 40}, "B": {0: 20, 12: 31}}
    assert found["final"] == {"A": 56, "B": 31}
    assert found["grade"] == {"A": "improved", "B": "markedly improved"}
    assert found["responded"] == {"A": False, "B": True}
    assert before_and_after(patients, protocol, found) is None
    assert attrs.asdict(trial_report(make(patients, protocol)).measures[0].response)["count"] == 1
