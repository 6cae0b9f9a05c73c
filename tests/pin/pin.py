"""What some studies give today, as text: run before and after a change of the code, it tells which number moved.

``python tests/pin/pin.py --write`` keeps what is found now beside this file; without it, what is kept is compared with
what is found, and the first lines that differ are printed.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
import drawn
import matplotlib
import numpy as np
import pandas as pd
import small_trial

import ivigmyo
import ivigmyo.report.frames
from ivigmyo import adam, saito2008
from ivigmyo.__main__ import _parser
from ivigmyo.analysis.estimand import estimand_of
from ivigmyo.display import table_text
from ivigmyo.figures import draw_patient, draw_patients
from ivigmyo.figures.gallery import report_pictures
from ivigmyo.planning import example_trial
from ivigmyo.report.document import report_document
from ivigmyo.report.tables.visits import weeks_table
from ivigmyo.saito2008.ledger import Ledger, ledger_text

FOLDER = Path(__file__).parent
_MOST = 40


def simulated() -> ivigmyo.Study:
    """Return a random trial of the bundled form, with days of follow-up and patients who left."""
    return ivigmyo.simulate_trial(24, seed=4).study()


def registry() -> ivigmyo.Study:
    """Return patients seen on days of their own, with serial CK and limits, events, treatments and a disposition."""
    rng = np.random.default_rng(11)
    names = [f"R{k:02d}" for k in range(1, 15)]
    patients = pd.DataFrame({"patient": names, "diagnosis": ["PM", "DM"] * 7, "sex": ["F", "F", "M"] * 4 + ["F", "M"]})
    patients["age"] = rng.integers(18, 64, 14)
    patients["disease_duration"] = rng.uniform(0.1, 4, 14).round(2)
    patients["steroid_dose_start"], patients["steroid_dose_last"] = 50.0, rng.integers(5, 30, 14).astype(float)
    patients["discontinued_on"] = [None] * 12 + [60, 30]
    patients["discontinuation_reason"] = [None] * 12 + ["relapse", "withdrew"]
    rows = []
    for k, name in enumerate(names):
        last = {"R13": 56, "R14": 28}.get(name, 84)
        for day in (-28, 0, 28, 56, 84, 140, 200, 260):
            if day <= last or (day > 84 and k % 3 and last == 84):
                shift = int(rng.integers(-2, 3)) if day else 0
                ck = float(np.round(np.exp(rng.normal(7.2 - 0.02 * min(max(day, 0), 84) - 0.005 * day, 0.3)), 0)) + 60
                rows.append((name, day + shift, "CK", ck, 190.0 if k % 2 else 240.0))
            if day <= min(last, 84):
                rows.append((name, day, "MMT", float(np.clip(rng.normal(58 + 0.2 * max(day, 0), 8), 0, 90).round()), None))
    assessments = pd.DataFrame(rows, columns=["patient", "day", "measure", "value", "uln"])
    assessments = assessments.drop_duplicates(["patient", "day", "measure"])
    events = pd.DataFrame({"patient": ["R01", "R01", "R05", "R06"], "term": ["headache", "fever", "Headache", "rash"]})
    events["day"], events["relation"] = [1, 2, 0, 30], ["probably related", None, None, "not related"]
    given = pd.DataFrame({"patient": names, "treatment": "IVIG", "start_day": 0, "end_day": 4, "dose": 0.4})
    given["unit"] = "g/kg/day"
    described = pd.DataFrame({"key": ["title", "source"], "value": ["A registry", "made up"]})
    steps = pd.DataFrame({"step": ["screened", "screen failure"], "reason": [None, "declined"], "patients": [16, 2]})
    return ivigmyo.study_from_frames(
        patients,
        assessments,
        adverse_events=events,
        treatments=given,
        study=described,
        disposition=steps,
        protocol=ivigmyo.Protocol(scheduled_weeks=(-4, 0, 4, 8, 12), comparison_weeks=(-4, 4)),
    )


def core_set() -> ivigmyo.Study:
    """Return patients of whom the core set measures are known."""
    rng = np.random.default_rng(5)
    rows = []
    for k in range(1, 13):
        for week, part in ((0, 1.0), (4, 0.8), (12, rng.uniform(0.2, 1.1))):
            scale = (5 * part, 6 * part, 4 * part, 1.8 * part)
            for code, value in zip(("PHGLOBAL", "PTGLOBAL", "EXTRAMUS", "HAQ"), scale, strict=True):
                rows.append((f"C{k:02d}", week, code, round(value, 1), None))
            if not (k == 3 and week == 12):
                rows.append((f"C{k:02d}", week, "MMT8", 150 - round(40 * part), None))
            rows.append((f"C{k:02d}", week, "CK", round(900 * part + 50), 200.0))
            rows.append((f"C{k:02d}", week, "LDH", round(700 * part + 50), 220.0))
    assessments = pd.DataFrame(rows, columns=["patient", "week", "measure", "value", "uln"])
    patients = pd.DataFrame({"patient": [f"C{k:02d}" for k in range(1, 13)], "diagnosis": ["DM"] * 7 + ["PM"] * 5})
    patients["sex"], patients["age"] = ["F", "M"] * 6, 45
    return ivigmyo.study_from_frames(patients, assessments)


class _Words(HTMLParser):
    """The words of a page, without its styles and drawings."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self._hidden += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.words.append(" ".join(data.split()))


_MATPLOTLIB = "3.11"
OTHER_TICKS = ""
"""Why figures and pages are not held against what is kept; empty where they are."""
if [*map(int, matplotlib.__version__.split(".")[:2])] < [*map(int, _MATPLOTLIB.split("."))]:
    OTHER_TICKS = f"matplotlib before {_MATPLOTLIB} chooses other ticks than those kept"


def csv_of(frame: pd.DataFrame) -> str:
    text = StringIO()
    frame.map(_number).to_csv(text, index=False, lineterminator="\n", float_format="%.8g")
    return text.getvalue()


def _without_versions(text: str, heading: str) -> str:
    return text[: text.rindex(f"\n{heading}\n")]


def found() -> dict[str, str]:
    """Return the texts by name of file."""
    texts = of_ledger(saito2008.reproduce()) | of_arms(ivigmyo.trial_report(example_trial()))
    for name, study in STUDIES.items():
        report = ivigmyo.trial_report(study(), by="diagnosis")
        texts |= {f"{name}.txt": text_of(report)} | of_frames(name, report)
        if name in PAGES:
            texts |= of_page(name, ivigmyo.report_page(attrs.evolve(report, groups={})))
        if name == "saito2008":
            texts |= of_markdown(name, report)
    for arms in (False, True):
        report = ivigmyo.trial_report(small_trial.small(arms))
        texts |= of_small(report) | of_figures(report) | of_outputs(report) | of_structure(report) | of_word(report)
    return texts | of_command() | of_scores()


STUDIES = {"saito2008": saito2008.load_study, "simulated": simulated, "registry": registry, "core_set": core_set}
PAGES = ("saito2008", "core_set")


def of_markdown(name: str, report: ivigmyo.TrialReport) -> dict[str, str]:
    return {f"{name}.md": _without_versions(ivigmyo.report_markdown(report), "## Versions")}


def of_page(name: str, page: str) -> dict[str, str]:
    """Return the words of a page, those in its figures among them."""
    words = _Words()
    words.feed(page)
    return {f"{name}.page.txt": _without_versions("\n".join(words.words), "Versions")}


def of_frames(name: str, report: ivigmyo.TrialReport) -> dict[str, str]:
    """Return what a report and its study give as frames."""
    study = report.study
    frames = {
        # every quantity is a number of these, or of the text
        **{k: v for k, v in ivigmyo.report.frames.report_frames(report).items() if k != "quantities"},
        **{f"study.{k}": v for k, v in ivigmyo.study_to_frames(study).items()},
    }
    frames |= {"adsl": adam.to_adsl(study), "bds": adam.to_bds(study)}
    if report.incidence is not None:
        frames["adae"] = adam.to_adae(study)
    return {f"{name}.frames.csv": "".join(f"# {key}\n{csv_of(frame)}" for key, frame in frames.items())}


def of_ledger(ledger: Ledger) -> dict[str, str]:
    """Return the rows of the ledger, its text, and how it shows itself."""
    return {"ledger.csv": csv_of(ledger.to_frame()), "ledger.txt": f"{ledger_text(ledger)}\n{table_text(ledger._shown())}\n"}


def of_small(report: ivigmyo.TrialReport) -> dict[str, str]:
    """Return the texts of a report on the small trial: its numbers and words, and how its parts show themselves."""
    name = "small_arms" if report.arms else "small"
    numbers = report.quantities()
    parts = [report, report.treated, *report.measures, report.log_ck, report.duration, report.estimand]
    plain = {key: value for key, value in report.to_dict().items() if key not in ("arms", "measures")}
    return {
        f"{name}.quantities.csv": csv_of(numbers[~numbers["quantity"].str.startswith("arms.")]),
        f"{name}.json": json.dumps(_rounded(plain | {"measures": report.to_dict()["measures"][:2]}), indent=1) + "\n",
        f"{name}.shown.txt": "\n\n".join(table_text(part._shown()) for part in parts if part is not None) + "\n",
        f"{name}.estimands.txt": "\n".join(_estimands(report.study)) + "\n",
    }


def of_figures(report: ivigmyo.TrialReport) -> dict[str, str]:
    """Return what the figures of a report on the small trial are made of, with their words."""
    lines: list[str] = []
    for picture in report_pictures(_shorter(report)):
        lines += ["", f"# {picture.title}", picture.caption, picture.description, *drawn.lines_of(picture.axes.figure)]
    for axes in (draw_patient(report.study, "A2"), draw_patient(report.study, "A6"), draw_patients(report.study)):
        lines += ["", *drawn.lines_of(axes.figure)]
    return {f"{'small_arms' if report.arms else 'small'}.figures.txt": "\n".join(lines) + "\n"}


def of_structure(report: ivigmyo.TrialReport) -> dict[str, str]:
    """Return the words and the structure of the page of a report on the small trial."""
    words = _Structure()
    words.feed(ivigmyo.report_page(_shorter(report)))
    name = f"{'small_arms' if report.arms else 'small'}.page.txt"
    return {name: _without_versions("\n".join(words.words), "Versions") + "\n"}


def of_outputs(report: ivigmyo.TrialReport) -> dict[str, str]:
    """Return a report on the small trial as text, Markdown and frames."""
    name, text = "small_arms" if report.arms else "small", text_of(report)
    report = _shorter(report)
    frames = {k: v for k, v in ivigmyo.report.frames.report_frames(report).items() if k != "quantities"}
    by_week = [table_text(weeks_table(measure, report)) for measure in report.measures]
    by_week.append(table_text(report_document(report)._shown()))
    return {
        f"{name}.txt": "\n".join([text, *by_week]) + "\n",
        f"{name}.md": _without_versions(ivigmyo.report_markdown(report), "## Versions"),
        f"{name}.frames.csv": "".join(f"# {key}\n{csv_of(frame)}" for key, frame in frames.items()),
    }


def of_word(report: ivigmyo.TrialReport) -> dict[str, str]:
    """Return a report on the small trial as a Word document."""
    return {f"{'small_arms' if report.arms else 'small'}.docx.txt": "\n".join(_of_word(_shorter(report))) + "\n"}


def _shorter(report: ivigmyo.TrialReport) -> ivigmyo.TrialReport:
    """Leave the measures of the core set out, which are shown as the others are."""
    return attrs.evolve(report, measures=report.measures[:2])


def _of_word(report: ivigmyo.TrialReport) -> Iterator[str]:
    """Yield the paragraphs of a Word document with their styles, the cells of its tables, the words of its figures."""
    import docx

    with tempfile.TemporaryDirectory() as folder:
        with patch("ivigmyo.report.word.report_pictures", lambda part: report_pictures(part)[:1]):  # a page has them all
            ivigmyo.report_docx(report, Path(folder, "a.docx"))
        word = docx.Document(str(Path(folder, "a.docx")))
    for part in word.iter_inner_content():
        if isinstance(part, docx.table.Table):
            yield from (" | ".join(cell.text for cell in row.cells) for row in part.rows)
        elif part.text == "Versions":
            break
        else:
            runs = [f"{run.bold} {run.italic} {run.font.size} {run.font.name}" for run in part.runs]
            yield f"{part.style.name} {part.paragraph_format.keep_with_next} {runs}: {part.text}"
    for shape in word.inline_shapes:
        yield f"{shape.width} {shape._inline.docPr.get('descr')}"


class _Structure(_Words):
    """The words of a page with what its parts are called and what its links lead to; drawings by their words alone."""

    def __init__(self) -> None:
        super().__init__()
        self._drawings = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        super().handle_starttag(tag, attrs)
        self._drawings += tag == "svg"
        named = [f"{name}={value}" for name, value in attrs if name in ("id", "href")]
        if named and not self._drawings:
            self.words.append(f"<{tag} {' '.join(named)}>")

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        self._drawings -= tag == "svg"


def of_scores() -> dict[str, str]:
    """Return the text of a report on the small trial by its core set, and what its figures are made of."""
    report = ivigmyo.trial_report(small_trial.by_scores())
    figures = of_figures(report)["small_arms.figures.txt"]
    return {"small_scores.txt": text_of(report), "small_scores.figures.txt": figures}


def of_command() -> dict[str, str]:
    """Return what the command says of itself: its commands, their arguments and options, each with its help."""
    parser = _parser()
    (commands,) = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    lines = [parser.description, parser.epilog, *(f"{each.dest}: {each.help}" for each in commands._choices_actions)]
    for name, command in commands.choices.items():
        for each in command._actions:
            words = (*each.option_strings, each.metavar, each.nargs, each.choices)
            lines.append(f"{name}: {' '.join(str(word) for word in words if word is not None)}: {each.help}")
    return {"command.txt": "\n".join(map(str, lines)) + "\n"}


def _estimands(study: ivigmyo.Study) -> Iterator[str]:
    for outcome in study.protocol.outcomes:
        found = estimand_of(study, outcome)
        yield f"{found.outcome}: {found.variable}\n  {found.population} {dict(found.patients)}; {found.summary}"
        yield from (f"  {each.about}: {each.rule} {dict(each.patients)}" for each in (*found.intercurrent, found.missing))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return _number(value)


def _number(value: Any) -> Any:
    """Keep eight digits: processors, and releases of scipy, differ in the last ones of an exponential and of a quantile."""
    return float(f"{0.0 if abs(value) < _NOISE else value:.8g}") if isinstance(value, float) else value


_NOISE = 1e-13
"""A number that is smaller is 0 but for rounding."""


def of_arms(report: ivigmyo.TrialReport) -> dict[str, str]:
    """Return the texts of a report with arms: itself, every quantity, and how its results show themselves."""
    shown = [report, *report.arms.values(), *(each for one in report.contrasts.values() for each in one.values())]
    tables = [table_text(each._shown()) for each in shown]
    return {
        "arms.txt": text_of(report),
        "arms.quantities.csv": csv_of(report.quantities()),
        "arms.shown.txt": "\n\n".join(tables) + "\n",
    }


def text_of(report: ivigmyo.TrialReport) -> str:
    """Return the text of a report, but for the versions that made it."""
    return _without_versions(ivigmyo.report_text(report), "Versions")


def differences(texts: dict[str, str]) -> list[str]:
    """Return the lines in which texts differ from those kept."""
    lines: list[str] = []
    for name, text in texts.items():
        path = FOLDER / "kept" / name
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        lines += difflib.unified_diff(
            kept.splitlines(), text.splitlines(), f"kept/{name}", f"found/{name}", lineterm="", n=0
        )
    return lines


def main() -> int:
    """Write or compare."""
    texts = found()
    if "--write" in sys.argv:
        (FOLDER / "kept").mkdir(exist_ok=True)
        for name, text in texts.items():
            (FOLDER / "kept" / name).write_text(text, encoding="utf-8", newline="\n")
        return 0
    lines = differences(texts)
    print("\n".join(lines if "--all" in sys.argv else lines[:_MOST]) or "no difference")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
