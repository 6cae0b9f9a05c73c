"""The file of printed numbers: what is wrong with it is said with its name, its line, and what was expected."""

import attrs
import pandas as pd
import pytest

from ivigmyo import saito2008, trial_report, write_study
from ivigmyo.__main__ import main
from ivigmyo.errors import DataError
from ivigmyo.manuscript import Verdict, verify
from ivigmyo.manuscript.table import read_printed_table
from ivigmyo.study.patients import DispositionStep

HEADER = "where,printed,quantity"
EXPECTED = "the columns must be 'where', 'printed', 'quantity', and 'note' where there is one"


def written(folder, *lines):
    path = folder / "printed.csv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["place,number", "a,1"], f":1: {EXPECTED}; 'where', 'printed', 'quantity' missing (found: 'place', 'number')."),
        (["where,printed", "a,1"], f":1: {EXPECTED}; 'quantity' missing (found: 'where', 'printed')."),
        (["where,Printed,quantity", "a,1,b"], ":1: column 'Printed' must be written 'printed'."),
        (["where,printed,quantity,printed", "a,1,b,2"], ":1: column 'printed' must appear once."),
        ([HEADER], ": the file must have a row for each printed number, and has none."),
        ([], ": the file must have a header and rows, and is empty."),
    ],
)
def test_a_file_of_another_form_is_named_with_what_was_expected_and_found(tmp_path, lines, said):
    with pytest.raises(DataError) as caught:
        read_printed_table(written(tmp_path, *lines))
    assert str(caught.value) == f"printed.csv{said}"


def test_the_command_says_the_same(tmp_path, capsys):
    path = written(tmp_path, "where,printed", "a,1")
    assert main(["verify", str(written_study(tmp_path)), str(path)]) == 2
    assert capsys.readouterr().err == f"printed.csv:1: {EXPECTED}; 'quantity' missing (found: 'where', 'printed').\n"


def written_study(folder):
    write_study(saito2008.load_study(), folder / "study")
    return folder / "study"


def test_texts_that_are_no_numbers_are_named_with_their_lines(tmp_path):
    path = written(tmp_path, HEADER, "a,57.4,q", "b,n.s.,q", 'c,"57,4",q', "d,,q")
    with pytest.raises(DataError) as caught:
        read_printed_table(path)
    rule = "'printed' must be numbers as papers write them, such as '57.4 ± 13.5'"
    assert str(caught.value).splitlines() == [
        f"printed.csv:3: printed: {rule} (got 'n.s.').",
        f"printed.csv:4: printed: {rule}, with a point for a decimal comma (got '57,4').",
        f"printed.csv:5: printed: {rule} (got '').",
    ]


def test_a_step_without_a_number_is_absent_and_a_repeated_one_has_a_name_of_its_own():
    study = saito2008.load_study()
    report = trial_report(attrs.evolve(study, disposition=()))
    printed = read_rows("disposition.tentatively registered", "disposition.treated")
    unknown, known = verify(report, printed).rows
    assert (unknown.verdict, unknown.computed) == (Verdict.UNKNOWN_QUANTITY, None)
    assert (known.verdict, known.computed) == (Verdict.DIFFERS, "16")
    steps = [DispositionStep("screened", 25), DispositionStep("left", 9, "x"), DispositionStep("safety set", 16)]
    again = trial_report(attrs.evolve(study, disposition=steps))
    numbers = again.quantities()["quantity"]
    assert numbers.is_unique
    assert {"disposition.safety set", "disposition.safety set (2)"} <= set(numbers)
    assert [row.verdict for row in verify(again, read_rows("disposition.screened")).rows] == [Verdict.REPRODUCED]


def read_rows(*quantities):
    return pd.DataFrame({"where": "Fig. 1", "printed": "25", "quantity": list(quantities)})


def test_the_paper_s_counts_are_not_derivable_where_no_step_was_recorded():
    ledger = saito2008.reproduce(attrs.evolve(saito2008.load_study(), disposition=()))
    rows = {row.id: row for row in ledger.rows if row.id in ("results/registered", "results/not_registered")}
    assert len(rows) == 2
    for row in rows.values():
        assert (row.computed, str(row.verdict)) == (None, "not derivable")
        assert row.explanation == "who was registered is not recorded."
