"""What surrounds the program changes no digit of what it says: hash seed, time zone, locale, threads."""

import datetime
import hashlib
import locale
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest
from sampling import some

from ivigmyo import (
    adam,
    bootstrap_geometric_ratio,
    bootstrap_median,
    bootstrap_restricted_mean,
    figures,
    kaplan_meier,
    median_precision,
    power_curve,
    read_study,
    report_page,
    saito2008,
    simulate_trial,
    study_to_frames,
    trial_report,
    write_study,
)
from ivigmyo.__main__ import main


def surroundings(hash_seed, zone, locale_name, threads):
    variables = {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": locale_name, "PYTHONIOENCODING": "utf-8"}
    return os.environ | variables | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}


# A locale that is not installed is asked for all the same: the program must run there too.
SURROUNDINGS = [
    surroundings("2008", "America/St_Johns", "de_DE.UTF-8", "1"),
    surroundings("7", "Asia/Tokyo", "ja_JP.UTF-8", "4"),
]


def digest(content):
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def all_digits(frame):
    return frame.to_csv(index=False, lineterminator="\n")


def numbers(folder):
    """Numbers of every kind in full, some of them through files."""
    study = saito2008.load_study()
    yield "report", repr(trial_report(study).to_dict())
    episodes = saito2008.load_episodes()
    curve = episodes.dropna(subset=["duration"])[["duration", "event"]].to_numpy().T
    options = {"seed": 2008, "n_resamples": 100}
    yield "median", repr(bootstrap_median(*curve, **options).confidence_interval())
    yield "restricted mean", repr(bootstrap_restricted_mean(*curve, until=400, **options).confidence_interval())
    ck = study.baseline("CK"), study.final_values("CK")
    yield "ratio", repr(bootstrap_geometric_ratio(*ck, **options).confidence_interval())
    yield "power", all_digits(power_curve([10], seed=2008, n_trials=30))
    yield "precision", all_digits(median_precision([10], seed=2008, n_trials=30))

    simulated = simulate_trial(12, seed=2008).study()
    write_study(simulated, folder / "study")
    for frames in (study_to_frames(simulated), study_to_frames(read_study(folder / "study"))):
        yield "simulated", digest("".join(map(all_digits, frames.values())))
    starts = {patient.id: datetime.date(2008, 3, 9) for patient in study.patients}  # when clocks were put forward
    adtte = adam.to_adtte(episodes, start_dates=starts)
    adam.write_xpt(adtte, folder / "adtte.xpt")
    adtte.to_csv(folder / "adtte.csv", index=False)
    yield "to ADaM", all_digits(adtte)
    for name in ("adtte.xpt", "adtte.csv"):
        yield f"from {name}", all_digits(adam.read_durations(folder / name))


def pictures(folder):
    """The page and a figure in the formats that the page has not, as bytes."""
    report = trial_report(saito2008.load_study())
    yield "page", digest(report_page(attrs.evolve(report, measures=report.measures[:1], log_ck=None)))
    for name in ("curve.pdf", "curve.png"):
        figures.save_figure(figures.draw_survival(kaplan_meier([2, 5, 7.25, 9], [1, 1, 0, 1])), folder / name)
        yield name, digest((folder / name).read_bytes())


def say_all():
    main([])
    main(["reproduce", "--all"])
    with TemporaryDirectory() as folder:
        for name, result in (*numbers(Path(folder)), *pictures(Path(folder))):
            print(name, result)


def test_nothing_around_the_program_changes_a_digit(capsys):
    command, pipe = [sys.executable, "-W", "error", __file__], subprocess.PIPE
    runs = [subprocess.Popen(command, env=each, stdout=pipe, stderr=pipe) for each in some(SURROUNDINGS)]
    say_all()
    here = capsys.readouterr().out.splitlines()
    assert len(here) > 700
    for run in runs:
        elsewhere, error = run.communicate()
        assert (run.returncode, error) == (0, b"")
        assert elsewhere.decode().splitlines() == here


def test_a_decimal_comma_of_the_callers_program_changes_no_digit(tmp_path):
    before, expected = locale.setlocale(locale.LC_ALL), list(numbers(tmp_path))
    try:
        locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    except locale.Error:
        pytest.skip("the locale de_DE.UTF-8 is not installed")
    try:
        assert locale.localeconv()["decimal_point"] == ","
        assert list(numbers(tmp_path)) == expected
    finally:
        locale.setlocale(locale.LC_ALL, before)


if __name__ == "__main__":
    say_all()
