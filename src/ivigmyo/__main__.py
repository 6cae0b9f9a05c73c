"""The command ``ivigmyo``."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

from ivigmyo import __version__
from ivigmyo.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from ivigmyo.analysis import TrialReport
    from ivigmyo.study import Study

__all__ = ["main"]

_DESCRIPTION = """\
Analyse a trial of intravenous immunoglobulin (IVIG) in myositis.

Without a command: the report of the bundled GB-0998 study (Saito et al. 2008),
every number computed from its patients' rows, and after it how its published
survival figures arise and what its published steroid line is."""

_EPILOG = """\
examples:
  ivigmyo                             the report of the bundled study
  ivigmyo template mytrial            write its files to a folder, to copy from
  ivigmyo template mytrial.xlsx       the same as a workbook
  ivigmyo check mytrial               say what was read, what is wrong, and what
                                      can be analysed
  ivigmyo report mytrial              analyse it
  ivigmyo report mytrial.xlsx --html r.html --docx r.docx --by diagnosis
  ivigmyo quantities mytrial          every number of the report with its name
  ivigmyo verify mytrial printed.csv  hold a manuscript's numbers against the data
  ivigmyo reproduce                   hold every printed number of the paper
                                      against the patients' rows

PATH is a folder or a workbook (.xlsx). A folder holds patients.csv and
assessments.csv, and as far as there are such data ck_follow_up.csv,
adverse_events.csv, treatments.csv, study.csv, disposition.csv and measures.csv;
a workbook has them as sheets.

In files of results a text that a spreadsheet would compute (it begins with =, +,
- or @) has an apostrophe before it.

exit status: 0 done; 1 a printed number differs from the data (verify), or did
not come out as expected (reproduce); 2 wrong usage or faulty data, said on
standard error, one line a problem."""


class _Parser(argparse.ArgumentParser):
    """Say a usage error in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see '{self.prog} --help')\n")


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog="ivigmyo", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=layout)
    parser.add_argument("--version", action="version", version=f"ivigmyo {__version__}")
    parser.set_defaults(run=_print_all)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    report = commands.add_parser("report", help="print the report of a study, by default the bundled one")
    report.add_argument("path", nargs="?", metavar="PATH", help="the study's folder or workbook")
    _add_choices(report)
    report.add_argument("--html", type=Path, metavar="FILE", help="write the report as one self-contained page as well")
    report.add_argument("--markdown", type=Path, metavar="FILE", help="write the report as Markdown as well")
    report.add_argument("--docx", type=Path, metavar="FILE", help="write the report as a Word document as well")
    report.add_argument("--csv", type=Path, metavar="FOLDER", help="write the results, unrounded, as CSV files as well")
    report.set_defaults(run=_report)

    check = commands.add_parser("check", help="say what was read of a study, what is wrong, and what can be analysed")
    check.add_argument("path", metavar="PATH", help="the study's folder or workbook")
    check.set_defaults(run=_check)

    template = commands.add_parser("template", help="write the bundled study's files, to copy from")
    template.add_argument("path", metavar="PATH", help="a folder, which is made if need be, or a name ending in .xlsx")
    template.set_defaults(run=_template)

    quantities = commands.add_parser("quantities", help="print every number of a report with its name, as CSV")
    quantities.add_argument("path", metavar="PATH", help="the study's folder or workbook")
    _add_choices(quantities)
    quantities.set_defaults(run=_quantities)

    verify = commands.add_parser("verify", help="hold printed numbers against a study")
    verify.add_argument("path", metavar="PATH", help="the study's folder or workbook")
    verify.add_argument("printed", type=Path, metavar="PRINTED.csv", help="the printed numbers: where, printed, quantity")
    _add_choices(verify)
    verify.add_argument("--all", action="store_true", help="show the reproduced numbers as well")
    verify.add_argument("--csv", type=Path, metavar="FILE", help="write every row to a CSV file as well")
    verify.set_defaults(run=_verify)

    reproduce = commands.add_parser("reproduce", help="hold every printed number of the paper against the patients' rows")
    reproduce.add_argument("--all", action="store_true", help="show the reproduced numbers as well")
    reproduce.add_argument("--csv", type=Path, metavar="FILE", help="write every row to a CSV file as well")
    reproduce.set_defaults(run=_reproduce)
    return parser


def _add_choices(command: argparse.ArgumentParser) -> None:
    """Let a command say by what a report is made."""
    by = "repeat the report for each part of the study: diagnosis, sex, arm, or a factor of the strata"
    command.add_argument("--by", metavar="COLUMN", help=by)
    missing = "how patients whose response is missing count, in place of what the outcomes say"
    command.add_argument("--missing", choices=("excluded", "non-response", "locf"), help=missing)


def _load(path: str | None) -> Study:
    from ivigmyo import saito2008
    from ivigmyo.files.folder import read_study

    return saito2008.load_study() if path is None else read_study(path)


def _made(options: argparse.Namespace) -> TrialReport:
    from ivigmyo.analysis import trial_report

    return trial_report(_load(options.path), by=options.by, missing=options.missing)


def _print_all(_: argparse.Namespace) -> int:
    from ivigmyo.analysis import trial_report
    from ivigmyo.display import table_text
    from ivigmyo.report.text import report_text
    from ivigmyo.saito2008.readings import readings, readings_table, steroid_lines_table

    study = _load(None)
    report = trial_report(study)
    print(report_text(report))
    print(table_text(readings_table(readings(study))))
    if report.log_ck is not None:
        print(f"\n{table_text(steroid_lines_table(report.log_ck.refitted_line))}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from ivigmyo.report.frames import report_frames, write_frames, write_whole
    from ivigmyo.report.text import report_markdown, report_text

    report = _made(options)
    if options.markdown is not None:
        write_whole(options.markdown, report_markdown(report))
    if options.html is not None:
        from ivigmyo.report.page import report_page

        write_whole(options.html, report_page(report))
    if options.docx is not None:
        from ivigmyo.report.word import report_docx

        report_docx(report, options.docx)
    if options.csv is not None:
        write_frames(report_frames(report), options.csv)
    print(report_text(report), end="")
    return 0


def _check(options: argparse.Namespace) -> int:
    from ivigmyo.analysis import trial_report
    from ivigmyo.report.text import check_text

    print(check_text(trial_report(_load(options.path))), end="")
    return 0


def _template(options: argparse.Namespace) -> int:
    from ivigmyo.files.folder import write_template

    write_template(options.path)
    print(f"The files of the bundled study are in {options.path}.")
    return 0


def _quantities(options: argparse.Namespace) -> int:
    from ivigmyo.report.frames import as_text

    print(as_text(_made(options).quantities()).to_csv(index=False, lineterminator="\n"), end="")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from ivigmyo.manuscript import Verdict, verification_text, verify
    from ivigmyo.manuscript.table import read_printed_table

    ledger = verify(_made(options), read_printed_table(options.printed))
    _write_rows(ledger, options.csv)
    print(verification_text(ledger, every_row=options.all), end="")
    return 1 if ledger.counts()[Verdict.DIFFERS] else 0


def _reproduce(options: argparse.Namespace) -> int:
    from ivigmyo.saito2008.ledger import ledger_text, reproduce

    ledger = reproduce()
    _write_rows(ledger, options.csv)
    print(ledger_text(ledger, every_row=options.all), end="")
    return 0 if ledger.as_expected else 1


class _Ledger(Protocol):
    """What has rows."""

    def to_frame(self) -> pd.DataFrame: ...


def _write_rows(ledger: _Ledger, path: Path | None) -> None:
    from ivigmyo.report.frames import as_text, write_whole

    if path is not None:
        write_whole(path, as_text(ledger.to_frame()).to_csv(index=False, lineterminator="\n"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``ivigmyo``.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the command's name; by default those of the command line.

    Returns
    -------
    int
        The exit status: 0; 1 where a printed number differs from the data or did not come out as expected; 2 for wrong data.

    Examples
    --------
    >>> main(["check", "no-such-folder"])
    2
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a sign such as ± shows its code instead of failing.
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except DataError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(str(error) if error.filename is None else f"{error.filename}: {error.strerror}", file=sys.stderr)
    except (ImportError, TypeError, ValueError) as error:
        print(f"ivigmyo: {' '.join(str(error).split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
