"""Corrupted CSV, XPT and workbook files: each is read as a study, or refused in sentences; no number changes in silence.

Run it from the root: ``python tests/fuzz/fuzz_files.py [FILES] [SEED]`` (2,000 files unless given).
"""

from __future__ import annotations

import csv
import io
import random
import shutil
import sys
import tempfile
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl

from ivigmyo import adam, saito2008
from ivigmyo.errors import DataError
from ivigmyo.files.folder import read_study, write_study
from ivigmyo.study import Study

Numbers = Counter[tuple[object, ...]]
"""Every number of a study with what it belongs to, and how often it occurs."""


def numbers(study: Study) -> Numbers:
    """List the numbers of a study with their patient, measure and visit."""
    found: Numbers = Counter()
    for one in study.patients:
        found[one.id, "age", one.age] += 1
        for visit in one.visits:
            for each in visit.assessments:
                found[one.id, visit.week, visit.day, each.instrument.code, each.value, each.uln, each.bound] += 1
    return found


# What is done to a text: each returns another text.


def _byte(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]


def _digit(draw: random.Random, data: bytes) -> bytes:
    at = draw.choice([i for i, byte in enumerate(data) if chr(byte).isdigit()] or [0])
    return data[:at] + str(draw.randrange(10)).encode() + data[at + 1 :]


def _cut(draw: random.Random, data: bytes) -> bytes:
    return data[: draw.randrange(len(data))]


def _drop(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + data[at + draw.randint(1, 40) :]


def _twice(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data))
    return data[: at + draw.randint(1, 60)] + data[at:]


def _put(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data))
    odd = [
        b'"',
        b",",
        b";",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"1e999",
        b"-",
        b"<",
        b"1,5",
        b"nan",
        b"=1+1",
        "日".encode(),
    ]
    return data[:at] + draw.choice(odd) + data[at:]


BYTES: tuple[Callable[[random.Random, bytes], bytes], ...] = (_byte, _digit, _cut, _drop, _twice, _put)
CELLS = (
    None,
    "",
    "x",
    "<40",
    ">",
    -1,
    0,
    1e9,
    1e300,
    0.1,
    True,
    "=A1",
    "#N/A",
    "12,5",
    "1.107",
    "2024-05-27",
    "PM",
    "\u202e",
    "9" * 400,
)


def corrupted_folders(draw: random.Random, study: Study, folder: Path) -> Iterator[Path]:
    """Yield folders of CSV files of which one is damaged."""
    write_study(study, folder / "sound")
    while True:
        made = folder / "damaged"
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(folder / "sound", made)
        path = draw.choice(sorted(made.glob("*.csv")))
        data = path.read_bytes()
        for _ in range(draw.randint(1, 3)):
            data = draw.choice(BYTES)(draw, data) or b"x"
        path.write_bytes(data)
        yield made


def corrupted_workbooks(draw: random.Random, study: Study, folder: Path) -> Iterator[Path]:
    """Yield workbooks with damaged bytes, damaged parts, or odd cells."""
    sound = folder / "sound.xlsx"
    write_study(study, sound)
    content = sound.read_bytes()
    made = folder / "damaged.xlsx"
    while True:
        kind = draw.random()
        if kind < 0.3:
            made.write_bytes(draw.choice(BYTES)(draw, content) or b"x")
        elif kind < 0.6:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                parts = {name: archive.read(name) for name in archive.namelist()}
            name = draw.choice(sorted(parts))
            parts[name] = draw.choice(BYTES)(draw, parts[name] or b"x")
            with zipfile.ZipFile(made, "w") as archive:
                for part, data in parts.items():
                    archive.writestr(part, data)
        else:
            book = openpyxl.load_workbook(sound)
            sheet = draw.choice(book.worksheets)
            for _ in range(draw.randint(1, 3)):
                sheet.cell(draw.randint(1, sheet.max_row), draw.randint(1, sheet.max_column)).value = draw.choice(CELLS)
            book.save(made)
        yield made


def corrupted_data_sets(draw: random.Random, study: Study, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield ADSL and BDS data sets as XPT files of which one is damaged."""
    sound = {"adsl": adam.to_adsl(study), "adbds": adam.to_bds(study)}
    for name, frame in sound.items():
        adam.write_xpt(frame, folder / f"{name}.xpt")
    contents = {name: (folder / f"{name}.xpt").read_bytes() for name in sound}
    made = folder / "xpt"
    made.mkdir()
    while True:
        broken = draw.choice(sorted(contents))
        for name, data in contents.items():
            (made / f"{name}.xpt").write_bytes((draw.choice(BYTES)(draw, data) or b"x") if name == broken else data)
        yield made / "adsl.xpt", made / "adbds.xpt"


def written(path: Path) -> Numbers | None:
    """List the values that stand in a folder or a workbook, read in another way; None where that takes more than a line."""
    if path.is_dir():
        with (path / "assessments.csv").open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
    else:
        header, *rows = openpyxl.load_workbook(path, data_only=True)["assessments"].iter_rows(values_only=True)
    places = [header.index(name) for name in ("patient", "measure", "value")]
    filled = [[str(row[at]).strip() for at in places] for row in rows if any(str(cell or "").strip() for cell in row)]
    return Counter((patient, measure, float(value.lstrip("<>= "))) for patient, measure, value in filled)


def held(study: Study) -> Numbers:
    """List the values of a study likewise, where none was converted."""
    values = ((one.id, each) for one in study.patients for visit in one.visits for each in visit.assessments)
    return Counter((name, each.instrument.code, each.value) for name, each in values)


def outcome(call: Callable[[], Study], sound: Numbers, path: Path | None = None) -> str:
    """Read what is damaged, and tell how that ended."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            study = call()
    except DataError as error:
        return "refused" if str(error).strip() else "refused without a word"
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {str(error)[:120]}"
    if path is not None and not any("convert" in note or "left out" in note for note in study.notes):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                same = written(path) == held(study)
        except (ValueError, KeyError, IndexError, TypeError):
            return "read, but not in another way"
        if not same:
            return "A NUMBER CHANGED IN SILENCE"
    return "read as it was" if numbers(study) == sound else "read as another study"


def run(files: int, seed: int = 1) -> Counter[str]:
    """Damage files of each kind and count how reading them ended."""
    draw, study = random.Random(seed), saito2008.load_study()
    study = Study(study.patients[:5], study.title, study.source, study.disposition, study.protocol)
    sound, found = numbers(study), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folders = corrupted_folders(draw, study, Path(name))
        books = corrupted_workbooks(draw, study, Path(name))
        sets = corrupted_data_sets(draw, study, Path(name))
        for number in range(files):
            if number % 4 == 3:
                adsl, bds = next(sets)
                kind, where, call = "XPT", None, lambda: adam.read_study(adsl, bds, protocol=study.protocol)  # noqa: B023
            elif number % 4 == 2:
                path = next(folders)
                kind, where, call = "CSV", path, lambda: read_study(path)  # noqa: B023
            else:
                path = next(books)
                kind, where, call = "workbook", path, lambda: read_study(path)  # noqa: B023
            found[f"{kind}: {outcome(call, sound, where)}"] += 1
    return found


GOOD = ("refused", "read as it was", "read as another study", "read, but not in another way")


def is_sound(found: Counter[str]) -> bool:
    """Tell whether every file was read or refused in words."""
    return all(key.split(": ", 1)[1] in GOOD for key in found)


if __name__ == "__main__":
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    ended = run(total, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for text, count in sorted(ended.items()):
        print(f"{count:6d}  {text}")
    sys.exit(not is_sound(ended))
