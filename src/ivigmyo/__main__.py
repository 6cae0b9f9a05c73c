"""The command ``ivigmyo``."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from ivigmyo import __version__
from ivigmyo.errors import DataError
from ivigmyo.study import Study

__all__ = ["main"]

_DESCRIPTION = """\
Analyse a trial of intravenous immunoglobulin (IVIG) in polymyositis and dermatomyositis.

Without a command: the report of the bundled GB-0998 study (Saito et al. 2008), every number computed from its
patients' rows, and after it how the published survival figures arise."""

_EPILOG = """\
examples:
  ivigmyo                              the report of the bundled study
  ivigmyo template mytrial             write its files to a folder, to copy from
  ivigmyo check mytrial                say what is wrong with your files, and what can be analysed
  ivigmyo report mytrial               analyse them
  ivigmyo report mytrial --html r.html --by diagnosis
  ivigmyo reproduce                    hold every printed number of the paper against the patients' rows

A folder holds patients.csv and assessments.csv, and as far as there are such data ck_follow_up.csv,
adverse_events.csv, treatments.csv, study.csv and disposition.csv.

exit status: 0 done; 1 a printed number of the paper did not come out as expected (reproduce); 2 wrong usage or
faulty data, said on standard error, one line a problem."""


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

    report = commands.add_parser("report", help="print the report of the bundled study, or of the study in a folder")
    report.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="the study's files (default: the bundled study)"
    )
    report.add_argument("--by", choices=("diagnosis", "sex"), help="repeat the report for each part of the study")
    report.add_argument("--html", type=Path, metavar="FILE", help="write the report as one self-contained page as well")
    report.add_argument("--markdown", type=Path, metavar="FILE", help="write the report as Markdown as well")
    report.add_argument("--csv", type=Path, metavar="FOLDER", help="write the results, unrounded, as CSV files as well")
    report.set_defaults(run=_report)

    reproduce = commands.add_parser("reproduce", help="hold every printed number of the paper against the patients' rows")
    reproduce.add_argument("--all", action="store_true", help="show the reproduced numbers as well")
    reproduce.add_argument("--csv", type=Path, metavar="FILE", help="write every row to a CSV file as well")
    reproduce.set_defaults(run=_reproduce)

    template = commands.add_parser("template", help="write the bundled study's files to a folder, to copy from")
    template.add_argument("folder", type=Path, metavar="FOLDER", help="where to write them; it is made if need be")
    template.set_defaults(run=_template)

    check = commands.add_parser("check", help="say what is wrong with the files of a study, and what can be analysed")
    check.add_argument("folder", type=Path, metavar="FOLDER", help="the study's files")
    check.set_defaults(run=_check)
    return parser


def _load(folder: Path | None) -> Study:
    from ivigmyo import saito2008
    from ivigmyo.files.folder import read_study

    if folder is None:
        return saito2008.load_study()
    return read_study(folder)


def _print_all(_: argparse.Namespace) -> int:
    from ivigmyo.analysis import trial_report
    from ivigmyo.display import table_text
    from ivigmyo.report.text import report_text
    from ivigmyo.saito2008.readings import readings, readings_table

    study = _load(None)
    print(report_text(trial_report(study)))
    print(table_text(readings_table(readings(study))))
    return 0


def _report(options: argparse.Namespace) -> int:
    from ivigmyo.analysis import trial_report
    from ivigmyo.report.frames import report_frames, write_frames, write_whole
    from ivigmyo.report.text import report_markdown, report_text

    report = trial_report(_load(options.folder), by=options.by)
    if options.markdown is not None:
        write_whole(options.markdown, report_markdown(report))
    if options.html is not None:
        from ivigmyo.report.page import report_page

        write_whole(options.html, report_page(report))
    if options.csv is not None:
        write_frames(report_frames(report), options.csv)
    print(report_text(report), end="")
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from ivigmyo.report.frames import write_whole
    from ivigmyo.saito2008.ledger import ledger_text, reproduce

    ledger = reproduce()
    if options.csv is not None:
        write_whole(options.csv, ledger.to_frame().to_csv(index=False, lineterminator="\n"))
    print(ledger_text(ledger, every_row=options.all), end="")
    return 0 if ledger.as_expected else 1


def _template(options: argparse.Namespace) -> int:
    from ivigmyo.files.folder import write_template

    write_template(options.folder)
    print(f"The files of the bundled study are in {options.folder}.")
    return 0


def _check(options: argparse.Namespace) -> int:
    from ivigmyo.analysis import trial_report
    from ivigmyo.report.text import check_text

    print(check_text(trial_report(_load(options.folder))), end="")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``ivigmyo``.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the command's name; by default those of the command line.

    Returns
    -------
    int
        The exit status: 0, or 1 where a printed number of the paper did not come out as expected, or 2 for faulty data.

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
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
