"""Delimited text: what is read, with its line, and what is refused."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivigmyo.files.cells import cell_text
from ivigmyo.files.delimited import read_table, table_text
from ivigmyo.files.tables import Table

KNOWN = ("patient", "age", "note")


@pytest.fixture
def read(tmp_path):
    """Write a file and read it; the rows as lists, by line, and the problems as text."""

    def read_file(content, known=KNOWN, numbers=("age",)):
        path = tmp_path / "patients.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return read_table(path, known, numbers)

    return read_file


def rows(table):
    return dict(zip(table.lines, listed(table), strict=True))


def listed(table):
    return [list(row) for row in zip(*table.cells, strict=True)]


def problems(table):
    return [str(problem) for problem in table.problems]


class TestForms:
    def test_plain(self, read):
        table = read("patient,age\nP01,39\nP02,41\n")
        assert list(table.columns) == ["patient", "age"]
        assert rows(table) == {2: ["P01", "39"], 3: ["P02", "41"]}
        assert (table.name, table.problems, table.notes, table.header) == ("patients.csv", (), (), 1)

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_delimiters_marks_and_line_ends(self, read, delimiter, mark, end):
        lines = ["patient,age,note", "患者1,39,γ", "", "  ", "P02,41,", ",,"]
        table = read(mark + end.join(lines).replace(",", delimiter).encode("utf-8"))
        assert rows(table) == {2: ["患者1", "39", "γ"], 5: ["P02", "41", ""]}
        assert problems(table) == []

    def test_no_line_end_at_the_end(self, read):
        assert rows(read("patient,age\nP01,39")) == {2: ["P01", "39"]}

    def test_quoted_fields_keep_lines_right(self, read):
        table = read('patient,note,age\r\nP01,"one, ""two""\r\nthree\r\n",39\r\nP02,,41\r\n"P03",x"y,4\r\n')
        assert rows(table) == {
            2: ["P01", 'one, "two"\r\nthree\r\n', "39"],
            5: ["P02", "", "41"],
            6: ["P03", 'x"y', "4"],
        }

    def test_header_below_blank_lines(self, read):
        table = read("\n \n patient , age\nP01,39\n")
        assert list(table.columns) == ["patient", "age"]
        assert table.header == 3
        assert rows(table) == {4: ["P01", "39"]}

    def test_unnamed_empty_columns_are_dropped(self, read):
        table = read("patient,age,,\nP01,39,,\n")
        assert list(table.columns) == ["patient", "age"]
        assert list(read("patient,age,,\nP01,39,x,\n").columns) == ["patient", "age", ""]

    def test_the_delimiter_is_the_one_with_most_known_names(self, read):
        assert list(read("patient;a,b,c,d;age\n").columns) == ["patient", "a,b,c,d", "age"]
        assert list(read("a;b;c,d\n").columns) == ["a", "b", "c,d"]
        assert list(read("a;b,c\n").columns) == ["a;b", "c"]

    def test_other_line_separators_are_text(self, read):
        assert rows(read("patient,age\nP\u20281\x0b\x85,39\n")) == {2: ["P\u20281\x0b\x85", "39"]}


class TestDecimalCommas:
    def test_with_semicolons_and_tabs(self, read):
        table = read("patient;age;note\nP01; 39,5 ;a,5\nP02;-,5e-3;\nP03;41;\nP04;;\n")
        assert table.column("age") == ["39.5", "-.5e-3", "41", ""]
        assert table.column("note") == ["a,5", "", "", ""]
        assert table.notes == ("patients.csv: commas in numbers were read as decimal commas, as in '39,5'.",)
        assert read("patient\tage\nP01\t39,5\n").column("age") == ["39.5"]

    def test_not_with_commas(self, read):
        table = read('patient,age\nP01,"39,5"\n')
        assert table.column("age") == ["39,5"]
        assert table.notes == ()

    def test_only_what_is_a_number_otherwise(self, read):
        table = read("patient;age\nP01;1,234,567\nP02;39,\nP03;,\n")
        assert table.column("age") == ["1,234,567", "39,", ","]
        assert table.notes == ()

    def test_not_beside_decimal_points(self, read):
        table = read("patient;age\nP01;39,5\nP02;1.234\nP03;40.5\nP04;1.234,5\n")
        assert problems(table) == ["patients.csv:3: numbers must have one decimal mark, not '39,5' (line 2) beside '1.234'."]

    def test_points_alone_stay(self, read):
        table = read("patient;age\nP01;39.5\n")
        assert table.column("age") == ["39.5"]
        assert table.notes == ()
        assert problems(table) == []


class TestMarksOfThousands:
    @pytest.mark.parametrize("cells", [["1.107", "30"], ["4,565"], ["1.107", "12.500", ""], ["-1.107"]])
    def test_are_not_guessed(self, read, cells):
        table = read("patient;age\n" + "".join(f"P;{cell}\n" for cell in cells))
        (problem,) = problems(table)
        mark = "," if "," in cells[0] else "."
        assert problem == (
            f"patients.csv:2: age: a mark that three digits follow everywhere may mark thousands: say decimal='.' or ','; "
            f"this is {cells[0].replace(mark, '')} or {cells[0].replace(mark, '.')} (got '{cells[0]}')."
        )

    @pytest.mark.parametrize("cells", [["1.107", "30.5"], ["0.107"], ["1234.567"], ["1.1070"], ["1.107e3"]])
    def test_are_none_where_another_number_tells(self, read, cells):
        table = read("patient;age\n" + "".join(f"P;{cell}\n" for cell in cells))
        assert (problems(table), table.column("age")) == ([], cells)

    def test_another_column_tells(self, read):
        table = read("patient;age;note\nP01;4,565;39,5\n", numbers=("age", "note"))
        assert (problems(table), table.column("age"), table.column("note")) == ([], ["4.565"], ["39.5"])

    def test_the_argument_tells(self, tmp_path):
        path = tmp_path / "patients.csv"
        path.write_text("patient;age\nP01;1.107\nP02;1.234.567,5\nP03;39,5\nP04;30\n")
        table = read_table(path, KNOWN, ("age",), decimal=",")
        assert (problems(table), table.column("age")) == ([], ["1107", "1234567.5", "39.5", "30"])
        assert table.notes == ("patients.csv: '.' in numbers was read as a mark of thousands, as in '1.107'.",)
        path.write_text("patient;age\nP01;1.107\nP02;1,234.5\n")
        table = read_table(path, KNOWN, ("age",), decimal=".")
        assert (problems(table), table.column("age")) == ([], ["1.107", "1234.5"])
        path.write_text("patient;age\nP01;1.5\n")
        assert problems(read_table(path, KNOWN, ("age",), decimal=",")) == [
            "patients.csv:2: age: numbers must have the decimal mark that is given, ',' (got '1.5')."
        ]

    def test_files_separated_by_commas_have_points(self, read):
        assert problems(read("patient,age\nP01,1.107\n")) == []


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
    def test_are_told_by_their_mark(self, read, encoding):
        assert rows(read("patient\tage\n患者1\t39\n".encode(encoding))) == {2: ["患者1", "39"]}

    def test_are_told_by_the_argument(self, tmp_path):
        path = tmp_path / "patients.csv"
        path.write_bytes("patient,age\n患者1,39\n".encode("cp932"))
        assert rows(read_table(path, KNOWN, encoding="cp932")) == {2: ["患者1", "39"]}
        (problem,) = problems(read_table(path, KNOWN, encoding="ascii"))
        assert problem.startswith("patients.csv:2: the file must be text in UTF-8")
        with pytest.raises(ValueError, match="'encoding' must be a name that Python knows"):
            read_table(path, KNOWN, encoding="shift-gis")

    def test_half_a_character_is_no_text(self, read):
        (problem,) = problems(read("patient,age\nP01,39\n".encode("utf-16") + b"\x00"))
        assert "the file must be text" in problem


class TestSeparators:
    @pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
    def test_excel_names_them_in_the_first_line(self, read, line):
        table = read(f"{line}\r\npatient,x;age\r\nP01;39\r\n")
        assert (table.columns, rows(table), table.header) == (("patient,x", "age"), {3: ["P01", "39"]}, 2)
        assert read("sep=|\npatient|age\nP01|39\n").columns == ("patient", "age")


class TestRefused:
    def test_too_many_or_too_few_fields(self, read):
        table = read("patient,age\nP01\nP02,39,\nP03,40\n")
        assert problems(table) == [
            "patients.csv:2: a row must have as many fields as the header, which has 2 (got 1).",
            "patients.csv:3: a row must have as many fields as the header, which has 2 (got 3).",
        ]
        assert rows(table) == {2: ["P01", ""], 3: ["P02", "39"], 4: ["P03", "40"]}

    def test_a_quote_that_is_not_closed_costs_its_line_alone(self, read):
        table = read('patient,age,note\nP01,39,"x\nP02,40,\nP03,41,z\n')
        assert problems(table) == ["patients.csv:2: a quote that is opened must be closed."]
        assert rows(table) == {2: ["P01", "39", '"x'], 3: ["P02", "40", ""], 4: ["P03", "41", "z"]}

    def test_a_stray_quote_before_a_quoted_field_costs_its_line_alone(self, read):
        table = read('patient,age,note\nP01,39,"x\nP02,40,"y, y"\nP03,41,z\n')
        assert problems(table) == ["patients.csv:2: a quoted field must end with a quote and ',' or the end of the line."]
        assert rows(table)[3] == ["P02", "40", "y, y"]

    def test_two_stray_quotes_cost_their_lines_alone(self, read):
        table = read('patient,age,note\n"P01,39,x\nP02,40,\nP03,41,"\nP04,42,z\n')
        assert problems(table) == [
            "patients.csv:2: a row must have as many fields as the header, which has 3 (got 1).",
            "patients.csv:4: a quote that is opened must be closed.",
        ]
        assert rows(table)[3] == ["P02", "40", ""]
        assert rows(table)[5] == ["P04", "42", "z"]

    def test_bytes_that_are_no_utf_8(self, read):
        table = read(b"patient,age,note\nP01,39,\x8a\xb3\nP02,40,ok\nP03,41,\xe9\n")
        form = "the file must be text in UTF-8 (save it as 'CSV UTF-8', or name its encoding by encoding=)"
        assert problems(table) == [rf"patients.csv:2: {form} (got b'\x8a')."]
        assert table.columns == ()

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"", "patients.csv: the file must have a header and rows, and is empty."),
            (b"\xef\xbb\xbf \r\n\r\n", "patients.csv: the file must have a header and rows, and is empty."),
            ("patient,age\nP01,39\n".encode("utf-16-le"), "patients.csv:1: the file must be text."),
            (b"patient,age\nP\x0001,39\n", "patients.csv:2: the file must be text."),
            (b"PK\x03\x04\x14\x00\x08", "patients.csv:1: the file must be text."),
            (b"patient,age\nP01," + b"9" * 10_000_000, "patients.csv:2: a line must have at most 1000000 characters."),
            (",".join(map(str, range(1001))), "patients.csv:1: a header must have at most 1000 columns (got 1001)."),
        ],
        ids=["empty", "blank", "UTF-16", "NUL", "zip", "long field", "wide header"],
    )
    def test_no_table_at_all(self, read, content, problem):
        table = read(content)
        assert problems(table) == [problem]
        assert len(table.columns) == 0

    def test_limits_are_the_last_that_pass(self, read):
        assert problems(read(",".join(map(str, range(1000))))) == []
        assert len(read(b"patient\n" + b"P" * 131_072)) == 1
        line = "a," * 499_999 + "b\n"
        assert len(line) == 1_000_000
        assert problems(read(f"patient\n{line}")) == [
            "patients.csv:2: a row must have as many fields as the header, which has 1 (got 500000)."
        ]
        assert problems(read(f"patient\na{line}")) == ["patients.csv:2: a line must have at most 1000000 characters."]

    def test_a_long_field(self, read):
        table = read("patient,age\nP01," + "9" * 131_073 + "\nP02,40\n")
        assert problems(table) == ["patients.csv:2: a field must have at most 131072 characters."]
        assert rows(table)[3] == ["P02", "40"]

    def test_a_long_header_field(self, read):
        table = read("x" * 200_000 + "\nP01\n")
        assert problems(table) == ["patients.csv:1: a field must have at most 131072 characters."]

    def test_after_a_thousand_problems_reading_stops(self, read):
        table = read("patient,age\n" + "P01\n" * 1001 + "P02,40\n")
        assert len(problems(table)) == 1002
        assert problems(table)[-1] == "patients.csv:1002: the rest of the file was not read."
        assert len(table.columns) == 0
        assert len(read("patient,age\n" + "P01\n" * 1000 + "P02,40\n")) == 1001

    def test_a_folder_and_a_file_that_may_not_be_read(self, tmp_path, monkeypatch):
        (tmp_path / "patients.csv").mkdir()
        table = read_table(tmp_path / "patients.csv")
        assert problems(table) == ["patients.csv: the file must be a regular file, not a folder or a device."]

        def refuse(*_args, **_kwargs):
            raise PermissionError(13, "Permission denied")

        (tmp_path / "assessments.csv").touch()
        monkeypatch.setattr(Path, "open", refuse)
        table = read_table(tmp_path / "assessments.csv")
        assert problems(table) == ["assessments.csv: the file must be readable (got 'Permission denied')."]

    def test_two_hundred_megabytes_of_one_line_are_not_read(self, tmp_path):
        with (tmp_path / "patients.csv").open("wb") as file:
            file.truncate(200_000_000)
            file.write(b"x" * 2_000_000)
        table = read_table(tmp_path / "patients.csv")
        assert problems(table) == ["patients.csv:1: a line must have at most 1000000 characters."]


class TestWriting:
    def test_cells(self):
        cells = [None, float("nan"), 65.0, 27.5, 0.1 + 0.2, 1e22, -4, True, False, "CS", "=1+1"]
        assert [cell_text(cell) for cell in cells] == [
            *("", "", "65", "27.5", "0.30000000000000004", "1e+22", "-4", "yes", "no", "CS", "=1+1"),
        ]

    def test_quotes(self):
        table = [["a,b", 'say "x"', "one\rtwo", "one\ntwo", "plain; text"]]
        assert table_text("abcde", table) == 'a,b,c,d,e\n"a,b","say ""x""","one\rtwo","one\ntwo",plain; text\n'

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_every_number_reads_back_equal(self, number):
        assert float(cell_text(number)) == number

    @given(
        st.lists(
            st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=3, max_size=3),
            min_size=1,
            max_size=5,
        )
    )
    def test_every_text_reads_back_equal(self, tmp_path_factory, cells):
        path = tmp_path_factory.mktemp("text") / "patients.csv"
        path.write_text(table_text(KNOWN, cells), encoding="utf-8", newline="")
        table = read_table(path, KNOWN)
        kept = [row for row in cells if any(cell.strip() for cell in row)]
        assert table.problems == ()
        assert listed(table) == kept

    @given(st.text('ab,;"\n\r\t', max_size=40))
    def test_a_sound_file_is_read_as_the_standard_library_reads_it(self, tmp_path_factory, text):
        content = f"patient,age\n{text}"
        path = tmp_path_factory.mktemp("text") / "patients.csv"
        path.write_text(content, encoding="utf-8", newline="")
        table = read_table(path, KNOWN)
        try:
            expected = list(csv.reader(io.StringIO(content, newline=""), strict=True))[1:]
        except csv.Error:
            assert table.problems
            return
        expected = [row for row in expected if any(cell.strip() for cell in row)]
        assert bool(table.problems) == any(len(row) != 2 for row in expected)
        if not table.problems:
            assert listed(table) == expected


words = st.text('ab ,;\t"\n.0', max_size=4)
table_rows = st.lists(st.lists(words, min_size=3, max_size=3).filter(lambda row: any(map(str.strip, row))), max_size=4)


class TestProperties:
    @given(table_rows, st.sampled_from(",;\t"))
    def test_the_delimiter_and_the_columns_nobody_knows_change_nothing(self, tmp_path_factory, cells, delimiter):
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows([KNOWN, *cells])
        path = tmp_path_factory.mktemp("text") / "patients.csv"
        path.write_text(file.getvalue(), encoding="utf-8", newline="")
        table = read_table(path, KNOWN)
        assert table.problems == ()
        assert list(table.columns) == list(KNOWN)
        assert listed(table) == cells
        # each row stands at the line on which it begins
        starts = [2 + sum(cell.count("\n") for row in cells[:k] for cell in row) + k for k in range(len(cells))]
        assert table.lines == starts

    @given(st.lists(st.decimals(-999, 999, places=2), min_size=1, max_size=4))
    def test_decimal_commas_are_read_as_the_points_they_stand_for(self, tmp_path_factory, numbers):
        folder = tmp_path_factory.mktemp("text")
        texts = [f"P,{number}" for number in numbers]
        (folder / "points.csv").write_text("patient,age\n" + "\n".join(texts))
        commas = [text.replace(",", ";").replace(".", ",") for text in texts]
        (folder / "commas.csv").write_text("patient;age\n" + "\n".join(commas))
        points, commas = (read_table(folder / f"{name}.csv", KNOWN, ["age"]) for name in ("points", "commas"))
        assert commas.column("age") == points.column("age")
        assert len(commas.notes) == 1
        assert points.notes == commas.problems == ()

    @given(table_rows, table_rows)
    def test_tables_one_after_the_other_are_written_as_one(self, first, second):
        header = table_text(KNOWN, [])
        together = table_text(KNOWN, first + second)
        assert together == table_text(KNOWN, first) + table_text(KNOWN, second).removeprefix(header)
        # each text stands as it is, its quotes doubled
        assert together.count('"') % 2 == 0
        assert together.replace('"', "") == "".join(
            ",".join(row).replace('"', "") + "\n" for row in [list(KNOWN), *first, *second]
        )

    @given(st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.floats(allow_infinity=False) | words)
    def test_a_cell_is_written_the_same_from_any_type_and_again(self, cell):
        text = cell_text(cell)
        assert cell_text(text) == text
        if isinstance(cell, str):
            assert text == cell
        elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
            assert cell_text(float(cell)) == text
            assert text == "" if cell != cell else float(text) == cell


def test_a_table_without_rows_keeps_its_header(read):
    table = read("patient,age\n")
    assert isinstance(table, Table)
    assert (table.columns, table.cells, len(table)) == (("patient", "age"), ([], []), 0)


def test_rows_of_a_wrong_form_are_called_broken(read):
    assert read("patient,age\nP01\nP02,40\nP03,1,2\n").broken == {0, 2}
