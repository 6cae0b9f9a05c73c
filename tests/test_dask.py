"""A registry cut into pieces gives the frames of one process, whatever the cut."""

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

import ivigmyo
from ivigmyo.planning.simulation import simulate_trial


@pytest.fixture(scope="module")
def registry():
    """CK rows of 300 patients in any order, some values missing, patients spread over all files."""
    rows = simulate_trial(300, seed=2008).assessments
    ck = rows[rows["measure"] == "CK"].rename(columns={"value": "ck"})[["patient", "day", "ck", "uln"]]
    rng = np.random.default_rng(1)
    ck = ck.iloc[rng.permutation(len(ck))].reset_index(drop=True)
    return ck.assign(ck=ck["ck"].where(rng.random(len(ck)) > 0.05))


def write(rows, folder, n_files):
    for number in range(n_files):
        rows.iloc[number::n_files].to_parquet(folder / f"part-{number}.parquet", index=False)


def find_in_pieces(folder, scheduler, **conventions):
    with dask.config.set({"dataframe.convert-string": False}):
        pieces = dd.read_parquet(folder).shuffle("patient")
        empty = ivigmyo.find_normalizations(pieces.head(1, npartitions=-1), **conventions).iloc[:0]

        def find(rows):
            return ivigmyo.find_normalizations(rows, **conventions) if len(rows) else empty

        found = pieces.map_partitions(find, meta=empty).compute(scheduler=scheduler)
    return found.sort_values("patient", ignore_index=True)


@pytest.mark.parametrize("as_id", [str, int])
@pytest.mark.parametrize("conventions", [{}, {"confirm": 2, "origin": "treatment", "abnormal_baseline": False}])
def test_episodes_found_in_pieces_are_those_of_one_process(registry, tmp_path, as_id, conventions):
    rows = registry.assign(patient=registry["patient"].map(as_id))
    write(rows, tmp_path, 5)
    whole = ivigmyo.find_normalizations(rows, **conventions)
    assert whole["status"].nunique() > 2
    pd.testing.assert_frame_equal(find_in_pieces(tmp_path, "threads", **conventions), whole)


def test_a_fault_is_named_from_whichever_piece_it_comes(registry, tmp_path):
    rows = registry.copy()
    rows.loc[7, ["patient", "day", "ck", "uln"]] = ["P9", 3, 120.0, np.nan]
    write(rows, tmp_path, 3)
    with pytest.raises(ValueError) as error:  # noqa: PT011
        find_in_pieces(tmp_path, "synchronous")
    assert str(error.value) == "'uln' must not be missing where 'ck' is given (got nan) for patient 'P9', day 3."


@pytest.mark.parametrize("n_pieces", [1, 4])
def test_grades_of_pieces_are_those_of_one_process(registry, n_pieces):
    wide = registry.pivot(index="patient", columns="day", values="ck")
    table = pd.DataFrame({"baseline": wide[0], "final": wide[84], "uln": registry.groupby("patient")["uln"].first()})

    def grade(rows):
        return rows.assign(grade=ivigmyo.grade_ck(rows["baseline"], rows["final"], rows["uln"]))

    whole = grade(table)
    with dask.config.set({"dataframe.convert-string": False}):
        pieces = dd.from_pandas(table, npartitions=n_pieces).map_partitions(grade, meta=whole.iloc[:0])
        pd.testing.assert_frame_equal(pieces.compute(scheduler="threads"), whole)
    assert whole["grade"].notna().sum() > 200
