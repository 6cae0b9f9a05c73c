import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import ivigmyo
from ivigmyo import report_text, saito2008, trial_report, write_study
from ivigmyo.__main__ import main


def run(*arguments, **options):
    command = [sys.executable, "-W", "error", "-m", "ivigmyo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **options)


def test_bare_it_prints_the_report_and_then_how_the_published_figures_arise():
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    report = report_text(trial_report(saito2008.load_study()))
    assert done.stdout.startswith(report)
    after = done.stdout.removeprefix(report)
    assert all(figure in after for figure in ("334.5", "302.33", "40.04", "371", "292.75", "40.37"))
    assert "the published" in after
    assert "convention" in after
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_console_script_is_the_same_command():
    script = Path(sys.executable).with_name("ivigmyo")
    if not script.exists():
        pytest.skip("the package is not installed with its script beside this Python")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ivigmyo {ivigmyo.__version__}\n"


def test_report_alone_and_of_a_folder_are_the_same(capsys, tmp_path):
    write_study(saito2008.load_study(), tmp_path / "t")
    assert main(["report"]) == 0
    bundled = capsys.readouterr().out
    assert main(["report", str(tmp_path / "t")]) == 0
    assert capsys.readouterr().out == bundled == report_text(trial_report(saito2008.load_study()))


def test_report_writes_files_as_well(capsys, tmp_path):
    paths = [tmp_path / name for name in ("r.html", "r.md", "csv")]
    options = [str(each) for pair in zip(("--html", "--markdown", "--csv"), paths, strict=True) for each in pair]
    assert main(["report", "--by", "diagnosis", *options]) == 0
    assert "Patients: PM" in capsys.readouterr().out
    assert paths[0].read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert paths[1].read_text(encoding="utf-8").startswith("# GB-0998 study\n")
    assert pd.read_csv(paths[2] / "response.csv")["group"].tolist()[:4] == ["all", "all", "all", "PM"]


def test_check_says_what_can_be_analysed(capsys, tmp_path):
    main(["template", str(tmp_path / "t")])
    capsys.readouterr()
    assert main(["check", str(tmp_path / "t")]) == 0
    assert "What can be analysed" in capsys.readouterr().out


def test_faulty_data_are_one_line_a_problem_and_write_nothing(capsys, tmp_path):
    main(["template", str(tmp_path / "t")])
    capsys.readouterr()
    path = tmp_path / "t" / "patients.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("1,PM,F,39", "1,PX,F,3g"), encoding="utf-8")
    assert main(["report", str(tmp_path / "t"), "--html", str(tmp_path / "r.html")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("patients.csv:2: ") for line in lines)
    assert not (tmp_path / "r.html").exists()


def test_a_file_that_cannot_be_written_is_said(capsys, tmp_path):
    assert main(["report", "--markdown", str(tmp_path / "none" / "r.md")]) == 2
    assert capsys.readouterr().err.rstrip().endswith("No such file or directory")


@pytest.mark.parametrize("words", [["nonsense"], ["report", "--by", "age"], ["check"], ["reproduce", "--cvs", "x"]])
def test_a_usage_error_is_one_line(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)
    shown = capsys.readouterr()
    assert (left.value.code, shown.out) == (2, "")
    assert len(shown.err.splitlines()) == 1
    assert shown.err.startswith("ivigmyo")
    assert "--help" in shown.err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in ("report", "reproduce", "template", "check", "exit status"))
    assert max(map(len, shown.splitlines())) <= 120


def test_reproduce_holds_every_printed_number_against_the_rows(capsys, tmp_path):
    assert main(["reproduce", "--csv", str(tmp_path / "ledger.csv")]) == 0
    short = capsys.readouterr().out
    assert main(["reproduce", "--all"]) == 0
    assert len(capsys.readouterr().out) > len(short)
    rows = pd.read_csv(tmp_path / "ledger.csv")
    assert {"where", "printed", "computed", "verdict"} <= set(rows.columns)


def test_reproduce_fails_where_a_verdict_is_not_the_expected_one(monkeypatch, capsys):
    from ivigmyo.saito2008 import ledger

    class Failed:
        as_expected = False

    monkeypatch.setattr(ledger, "reproduce", lambda: Failed())
    monkeypatch.setattr(ledger, "ledger_text", lambda found, every_row: f"{type(found).__name__} {every_row}\n")
    assert main(["reproduce"]) == 1
    assert capsys.readouterr().out == "Failed False\n"


def test_a_reader_who_leaves_early_causes_no_traceback():
    command = f"{sys.executable} -W error -m ivigmyo report 2>&1 | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("GB-0998 study\n", "", 0)


def test_a_terminal_without_the_signs_still_gets_the_report():
    done = run("report", env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "57.4 \\xb1 13.5" in done.stdout


def test_importing_the_package_loads_no_heavy_library():
    code = "import ivigmyo, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert not {"lifelines", "scipy.stats", "matplotlib"} & set(loaded)


def test_every_light_room_loads_no_heavy_library():
    names = [name for name in ivigmyo.__all__ if name not in ("__version__",)]
    code = f"import ivigmyo, sys\nfor name in {names!r}: getattr(ivigmyo, name)\nprint(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"lifelines", "scipy.stats", "matplotlib"} & set(loaded)


def test_bare_it_prints_in_this_process_what_it_prints_in_its_own(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out == run().stdout


def test_a_broken_pipe_ends_quietly(monkeypatch, tmp_path):
    def leave(_):
        raise BrokenPipeError

    closed = []
    monkeypatch.setattr("ivigmyo.__main__._check", leave)
    monkeypatch.setattr(os, "dup2", lambda _, old: closed.append(old))
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert main(["check", "folder"]) == 0
        assert closed == [out.fileno()]


def test_an_output_that_cannot_be_set_up_is_used_as_it_is(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["check", "no such folder"]) == 2
    assert out.getvalue() == ""
