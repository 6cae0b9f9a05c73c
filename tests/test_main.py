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

# pandas 3 reads every digit without being asked
EXACT = {} if int(pd.__version__.split(".")[0]) > 2 else {"float_precision": "round_trip"}


def run(*arguments, **options):
    command = [sys.executable, "-W", "error", "-m", "ivigmyo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **options)


def test_bare_it_prints_the_report_and_then_how_the_published_figures_arise(report, capsys):
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    report = report_text(report)
    assert done.stdout.startswith(report)
    after = done.stdout.removeprefix(report)
    assert all(figure in after for figure in ("334.5", "302.33", "40.04", "371", "292.75", "40.37"))
    assert "the published" in after
    assert "convention" in after
    # the published course under steroids alone stands last, beside the one that follows
    assert after.index("334.5") < after.index("-0.25602") < after.index("-0.26280")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert main([]) == 0  # in this process it prints what it prints in its own
    assert capsys.readouterr().out == done.stdout


def test_the_console_script_is_the_same_command():
    script = Path(sys.executable).with_name("ivigmyo")
    if not script.exists():
        pytest.skip("the package is not installed with its script beside this Python")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ivigmyo {ivigmyo.__version__}\n"


def test_report_alone_and_of_a_folder_are_the_same(capsys, tmp_path, report):
    write_study(saito2008.load_study(), tmp_path / "t")
    assert main(["report"]) == 0
    bundled = capsys.readouterr().out
    assert main(["report", str(tmp_path / "t")]) == 0
    assert capsys.readouterr().out == bundled == report_text(report)


def test_report_writes_files_as_well(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("ivigmyo.report.page.report_pictures", lambda _: [])  # which take their time
    paths = [tmp_path / name for name in ("r.html", "r.md", "csv")]
    options = [str(each) for pair in zip(("--html", "--markdown", "--csv"), paths, strict=True) for each in pair]
    assert main(["report", "--by", "diagnosis", *options]) == 0
    assert "Patients: PM" in capsys.readouterr().out
    assert paths[0].read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert paths[1].read_text(encoding="utf-8").startswith("# GB-0998 study\n")
    assert pd.read_csv(paths[2] / "response.csv")["group"].tolist()[:4] == ["all", "all", "all", "PM"]


CHECKED = """\
GB-0998 study: 16 patients, 15 of them in the efficacy set.

Patients read

       PM  DM  all
  ----------------
  all   8   8   16

  13 women, 3 men.

Values read, by week

  measure  week -4  week 0  week 4  week 5  week 8  week 12  all
  --------------------------------------------------------------
  MMT           16      16      15       1      14       14   76
  ADL           16      16      15       1      14       14   76
  CK            16      16      15       1      14       14   76

  Scheduled weeks: -4, 0, 1, 2, 4, 8 and 12.

Upper limits of normal read

  measure  values with a limit  limits
  ------------------------------------
  CK                   0 of 76  none

What can be analysed

  analysis                               can be made
  --------------------------------------------------
  MMT by visit and change from baseline          yes
  ADL by visit and change from baseline          yes
  CK by visit and change from baseline           yes
  MMT response                                   yes
  ADL response                                   yes
  CK response                                    yes
  fall of ln CK before and after                 yes
  duration of normal CK                          yes
  adverse reactions                              yes

Remarks on the data

  - Patient '16' has no value of MMT, ADL and CK after the first infusion.
  - CK has no upper limit of normal in 76 of 76 values (the first: patient '1',
    week -4): its normalization cannot count in the grade of 15 patients.
  - Patient '15' has MMT, ADL and CK in week 5, which is not scheduled: they
    keep a column of their own.
"""


def test_check_says_what_was_read_and_what_can_be_analysed(capsys, tmp_path):
    main(["template", str(tmp_path / "t")])
    capsys.readouterr()
    assert main(["check", str(tmp_path / "t")]) == 0
    assert capsys.readouterr().out == CHECKED


def test_what_was_read_is_told_by_arm_and_week_with_its_limits(capsys, tmp_path):
    rows = [(f"P{k}", day, "CK", 300 + k, 150 + 10 * k) for k in range(9) for day in (0, 28, 45)]
    patients = pd.DataFrame({"patient": [f"P{k}" for k in range(9)], "diagnosis": "IMNM", "sex": "F", "age": 50})
    patients["arm"] = ["placebo"] * 5 + ["IVIG"] * 4
    assessments = pd.DataFrame(rows, columns=["patient", "day", "measure", "value", "uln"])
    plan = ivigmyo.Protocol(scheduled_weeks=(0, 4), control="IVIG")
    write_study(ivigmyo.study_from_frames(patients, assessments, protocol=plan), tmp_path / "t")
    assert main(["check", str(tmp_path / "t")]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    for line in (
        "  arm      IMNM  all",
        "  placebo     5    5",
        "  IVIG        4    4",
        "  9 women, 0 men.",
        "  measure  week 0  week 4  other days  all",
        "  CK            9       9           9   27",
        "  Scheduled weeks: 0 and 4.",
        "  Other days are in no scheduled week's window.",
        "  CK                  27 of 27  150 to 230, 9 different IU/L",
    ):
        assert line in lines
        lines = lines[lines.index(line) :]


def test_any_part_of_a_study_and_rule_for_the_missing_can_be_asked_for(capsys):
    assert main(["report", "--by", "sex", "--missing", "non-response"]) == 0
    said = capsys.readouterr().out
    assert "Patients: F" in said
    assert said == report_text(trial_report(saito2008.load_study(), by="sex", missing="non-response"))
    assert main(["report", "--by", "age"]) == 2
    assert capsys.readouterr().err == "ivigmyo: 'by' must be one of 'diagnosis', 'sex', 'arm' (got 'age').\n"


def test_a_word_document_is_written_as_well(capsys, tmp_path, monkeypatch):
    pytest.importorskip("docx")
    monkeypatch.setattr("ivigmyo.report.word.report_pictures", lambda _: [])
    assert main(["report", "--docx", str(tmp_path / "r.docx")]) == 0
    assert (tmp_path / "r.docx").read_bytes()[:2] == b"PK"
    assert capsys.readouterr().out.startswith("GB-0998 study")


def test_a_template_may_be_a_workbook(capsys, tmp_path):
    pytest.importorskip("openpyxl")
    assert main(["template", str(tmp_path / "t.xlsx")]) == 0
    assert main(["check", str(tmp_path / "t.xlsx")]) == 0
    assert main(["template", str(tmp_path / "t")]) == 0
    capsys.readouterr()
    for path in ("t", "t.xlsx"):
        assert main(["report", str(tmp_path / path)]) == 0
    folder, workbook = capsys.readouterr().out.split("GB-0998 study\n=============\n")[1:]
    assert folder == workbook


def test_quantities_are_every_number_of_the_report(capsys, tmp_path):
    main(["template", str(tmp_path / "t")])
    capsys.readouterr()
    assert main(["quantities", str(tmp_path / "t")]) == 0
    rows = pd.read_csv(io.StringIO(capsys.readouterr().out), **EXACT).set_index("quantity")
    found = trial_report(ivigmyo.read_study(tmp_path / "t")).quantities().set_index("quantity")
    pd.testing.assert_series_equal(rows["value"], found["value"], check_exact=True)


PRINTED = "where,printed,quantity\nAbstract,14/15 (93.3 %),MMT.response.rate\nResults,{},duration.median\n"


def test_printed_numbers_are_held_against_a_study(capsys, tmp_path):
    write_study(saito2008.load_study(), tmp_path / "t")
    words = ["verify", str(tmp_path / "t"), str(tmp_path / "p.csv")]
    for median, status in (("371", 0), ("334.5", 1)):
        (tmp_path / "p.csv").write_text(PRINTED.format(median), encoding="utf-8")
        assert main([*words, "--csv", str(tmp_path / "rows.csv")]) == status
        assert ("334.5" in capsys.readouterr().out) is bool(status)
        assert pd.read_csv(tmp_path / "rows.csv")["verdict"].tolist() == ["reproduced", ("reproduced", "differs")[status]]
    assert main([*words, "--all"]) == 1
    assert "14/15" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "where,printed\na,1\n", "where,printed,quantity\na,14/15/16 maybe,x\n", None, "a\0b"])
def test_a_file_that_is_no_table_of_printed_numbers_is_said(text, capsys, tmp_path):
    write_study(saito2008.load_study(), tmp_path / "t")
    if text is not None:
        (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    assert main(["verify", str(tmp_path / "t"), str(tmp_path / "p.csv")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1


def test_a_mistake_in_what_is_given_is_a_line_and_no_traceback(monkeypatch, capsys):
    def fail(*_, **__):
        raise TypeError("'x' must be\na number")

    monkeypatch.setattr("ivigmyo.analysis.trial_report", fail)
    assert main(["report"]) == 2
    assert capsys.readouterr().err == "ivigmyo: 'x' must be a number\n"


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


@pytest.mark.parametrize("words", [["nonsense"], ["report", "--missing", "age"], ["check"], ["reproduce", "--cvs", "x"]])
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
    assert all(
        command in shown
        for command in ("report", "reproduce", "template", "check", "quantities", "verify", "exit status", "apostrophe")
    )
    assert max(map(len, shown.splitlines())) <= 120


def test_reproduce_holds_every_printed_number_against_the_rows(capsys, tmp_path, ledger):
    assert main(["reproduce", "--csv", str(tmp_path / "ledger.csv")]) == 0
    short = capsys.readouterr().out
    assert main(["reproduce", "--all"]) == 0
    assert len(capsys.readouterr().out) > len(short)
    rows = pd.read_csv(tmp_path / "ledger.csv", dtype=str, keep_default_na=False)
    assert rows.columns.tolist() == [
        *("id", "section", "table", "row", "column", "where", "printed", "precision", "computed", "verdict", "expected"),
        *("function", "conventions", "explanation"),
    ]
    assert rows["id"].tolist() == ledger.to_frame()["id"].tolist()
    first = rows.set_index("id").loc["abstract/patients.efficacy"]
    assert first[["printed", "computed", "verdict", "function"]].tolist() == [
        "15", "15", "reproduced", "ivigmyo.analysis.trial_report"
    ]  # fmt: skip


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
