"""Any table file as the wanted columns of text: CSV with broken quotes, workbooks, JSON."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import re
import struct
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import PasswordError

from hotspots.errors import HotspotsError, InputError, SettingsError
from hotspots.intake import delimited, workbooks
from hotspots.intake.tabular import Cells, Layout, first_titles, read_cells
from hotspots.intake.workbooks import cell_text

QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def read(text: str | bytes, *titles: str, name: str = "x.csv", **layout) -> Cells:
    return read_cells(text.encode() if isinstance(text, str) else text, name, titles, Layout(**layout))


def table(cells: Cells) -> list[list[str]]:
    return [list(row) for row in zip(*cells.columns.values(), strict=True)]


# --- CSV: what is sound ------------------------------------------------------------------------------------------------


def test_the_wanted_columns_are_kept_as_asked_for_and_nothing_else():
    found = read("id,Date ,x\n1, 2024 ,a\n2,2025,b\n", "date", "ID")
    assert found == Cells({"date": ["2024", "2025"], "ID": ["1", "2"]}, [2, 3], {})


@pytest.mark.parametrize("title", ["date of offence", " DATE  OF\tOffence ", "Date of offence"])
def test_titles_are_compared_without_regard_to_case_and_blanks(title):
    assert read('"Date\nof  Offence ",b\n1,2\n', title).columns == {title: ["1"]}


def test_blank_rows_are_passed_over_and_counted():
    found = read("\n\na,b\n\n1,2\n,\n  \n3,4\n, x\n", "b")
    assert (found.columns["b"], found.numbers, found.faults) == (["2", "4", "x"], [5, 8, 9], {})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_and_quoted_ones_are_read(end):
    found = read(f'a,b{end}1,"x{end}y"{end}2,z', "a", "b")
    assert (table(found), found.numbers) == ([["1", f"x{end}y"], ["2", "z"]], [2, 3])


@pytest.mark.parametrize(
    ("data", "layout"),
    [
        ("é,b\n’,2\n".encode(), {}),
        ("\ufeffé,b\n’,2\n".encode(), {}),
        ("\ufeffé,b\n’,2\n".encode("utf-16-le"), {}),
        ("é,b\n’,2\n".encode("cp1252"), {}),
        ("é,b\n’,2\n".encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("\ufeffé,b\n’,2\n".encode("utf-16-be"), {"encoding": "UTF-16-BE"}),
    ],
)
def test_a_text_is_decoded_by_its_mark_or_as_told(data, layout):
    assert read(data, "é", **layout).columns == {"é": ["’"]}


def test_a_nul_becomes_the_replacement_character():
    assert read("a,b\n1\x002,x\n", "a").columns == {"a": ["1\ufffd2"]}
    assert read("a,b\n1\x002,x\n", "a", encoding="ascii").columns == {"a": ["1\ufffd2"]}


def test_half_a_character_becomes_a_question_mark():
    assert read(b"a,b\n+2AA-,x\n", "a", encoding="utf-7").columns == {"a": ["?"]}


@pytest.mark.parametrize("encoding", ["utf-99", "hex", "undefined", "a\x00b", "rot13"])
def test_an_unknown_encoding_is_a_setting(encoding):
    with pytest.raises(SettingsError, match=r"x\.csv cannot be read in the encoding .*; utf-8 and cp1252"):
        read("a,b\n", "a", encoding=encoding)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_the_first_lines_agree_on(delimiter):
    rows = [["id", "time", "note"], ["1", "1,5", 'a;b|c,"d\te'], ["2", "2,5", "x"]]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    assert table(read(buffer.getvalue(), "id", "time", "note")) == rows[1:]


def test_the_delimiter_is_the_one_most_lines_agree_on_before_the_one_with_more_cells():
    assert first_titles(b"a;b, c, d\n1;2\n3;4, 5\n", "x.csv") == ["a", "b, c, d"]
    assert first_titles(b"a;b;c, d\n1;2;3, 4\n", "x.csv") == ["a", "b", "c, d"]
    assert first_titles(b"a,b\n" + b"1,2\n" * 18 + b"x;y;z\n" * 90, "x.csv") == ["a", "b"]
    assert first_titles(b"a\n1,2\n", "x.csv") == ["a"]


def test_a_delimiter_may_stand_within_quotes():
    assert first_titles(b'"a;b",c\n"1;2",3\n', "x.csv") == ["a;b", "c"]


def test_what_stands_above_the_titles_says_nothing_about_the_delimiter():
    text = "Report, of, some, kind\nx,y,z,a\na;b\n1;2\n"
    assert read(text, "b", header_row=3) == Cells({"b": ["2"]}, [4], {})


@pytest.mark.parametrize(
    ("told", "meant"), [("tab", "\t"), ("TAB", "\t"), ("\\t", "\t"), ("\t", "\t"), (" ", " "), ("#", "#")]
)
def test_a_delimiter_may_be_told(told, meant):
    assert read(f"a,x{meant}b,y\n1{meant}2\n", "b,y", delimiter=told).columns == {"b,y": ["2"]}


@pytest.mark.parametrize("delimiter", ["::", '"', "\n", "\r", "\x00", "tabs"])
def test_a_delimiter_is_one_character(delimiter):
    with pytest.raises(SettingsError, match="is not one character"):
        read("a,b\n", "a", delimiter=delimiter)


TEXT = st.text(st.characters(exclude_characters="\r\n\x00\x1a", exclude_categories=["Cs"]), max_size=6)


@QUIET
@given(
    rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=8),
    delimiter=st.sampled_from(delimited.DELIMITERS),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_as_csv_is_read_again(rows, delimiter, end):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    found = read(buffer.getvalue(), "a", "b", "c", delimiter=delimiter)
    clean = [[cell.strip() for cell in row] for row in rows]
    assert table(found) == [row for row in clean if any(row)]
    assert found.numbers == [number for number, row in enumerate(clean, 2) if any(row)]
    assert found.faults == {}


def test_texts_that_repeat_are_kept_once():
    many = "".join(f" Violence and so on ,{n}\n" for n in range(1000))
    found = read("a,b\n" + many, "a", "b")
    assert len({id(text) for text in found.columns["a"]}) == 1
    assert found.columns["b"] == [str(n) for n in range(1000)]


def test_a_column_of_many_texts_is_kept_too_and_remembers_the_first_ones_only(monkeypatch):
    monkeypatch.setattr("hotspots.intake.tabular._MEMORY", 2)
    found = read("a\n xxx\nyyy\nzzz\n xxx\nyyy\nzzz\n", "a").columns["a"]
    assert found == ["xxx", "yyy", "zzz"] * 2
    assert [found[n] is found[n + 3] for n in range(3)] == [True, True, False]


# --- CSV: titles -------------------------------------------------------------------------------------------------------


def test_the_row_of_titles_is_counted_as_a_spreadsheet_does():
    text = 'Report,"of\ntwo lines"\n\na,b\n1,2\n'
    assert read(text, "b", header_row=3) == Cells({"b": ["2"]}, [4], {})
    assert read(text, "b", header_row=2) == Cells({"b": ["2"]}, [4], {})
    with pytest.raises(InputError, match=r"x\.csv lacks the column b; it has: Report, of�two lines\."):
        read(text, "b")
    with pytest.raises(InputError, match=r"x\.csv ends with row 4; there are no titles in row 5 or below"):
        read(text, "b", header_row=5)


def test_without_titles_columns_are_numbered():
    assert read("1,2,3\n4,5,6\n", "3", " 1", header_row=0) == Cells({"3": ["3", "6"], " 1": ["1", "4"]}, [1, 2], {})
    assert first_titles(b"1,2,3\n4,5,6\n", "x.csv", Layout(header_row=0)) == ["1", "2", "3"]


def test_without_titles_most_rows_say_how_many_columns_there_are():
    text = "1,2\n1,2,3\n1,2,3\n1,2,3,4\n"
    found = read(text, "1", header_row=0, delimiter=",")
    assert (found.numbers, found.faults) == ([1, 2, 3, 4], {3: "4 cells under 3 titles"})
    assert first_titles(b"1,2\n1,2,3\n", "x.csv", Layout(header_row=0, delimiter=",")) == ["1", "2", "3"]
    assert first_titles(b'1,"2\n' * 3 + b"1,2,3\n", "x.csv", Layout(header_row=0, delimiter=",")) == ["1", "2", "3"]


@pytest.mark.parametrize("title", ["x", "", "-1", "1.0", "²", "٣", "9" * 10])
def test_without_titles_a_name_is_no_column(title):
    with pytest.raises(SettingsError, match="With header_row 0 columns are called 1, 2, …"):
        read("1,2\n", title, header_row=0)


@pytest.mark.parametrize("title", ["0", "3", "999999999"])
def test_without_titles_a_column_must_be_there(title):
    with pytest.raises(InputError, match=rf"x\.csv has 2 columns, and no column {title}\."):
        read("1,2\n", title, header_row=0)


def test_a_row_before_the_first_is_none():
    with pytest.raises(SettingsError, match="header_row -1 is no row"):
        read("a\n", "a", header_row=-1)


def test_a_missing_title_is_named_with_what_there_is_and_the_nearest():
    with pytest.raises(
        InputError, match=r"^x\.csv lacks the column lat; it has: ID, Latitude, c\. For 'lat', is 'Latitude' meant\?$"
    ):
        read("ID, Latitude,,c\n", "lat", "id")
    with pytest.raises(
        InputError, match=r"^x\.csv lacks the columns zzz, Idd; it has: ID\. For 'Idd', is 'ID' meant\?$"
    ):
        read("ID\n", "zzz", "Idd")
    with pytest.raises(InputError, match=r"lacks the column ; it has: ID\.$"):
        read("ID,\n1,2\n", "")
    with pytest.raises(InputError, match=r"^x\.json lacks the column b; it has: none\.$"):
        read("[{}]", "b", name="x.json")


def test_many_titles_are_shortened():
    many = ",".join(f"title{n}" for n in range(100))
    with pytest.raises(InputError) as said:
        read(many + "\n", "zzz")
    assert "title0, title1," in str(said.value)
    assert str(said.value).endswith("tit….")
    assert len(str(said.value)) < 350


def test_a_wanted_title_must_stand_once():
    with pytest.raises(InputError, match=r"x\.csv has the title 'date' in the columns 1 and 3; rename all but the one"):
        read("Date,b,DATE \n1,2,3\n", "date")
    assert read("Date,b,DATE \n1,2,3\n", "b").columns == {"b": ["2"]}
    assert read("Date,b\n1,2\n", "date", "Date", "date").columns == {"date": ["1"], "Date": ["1"]}


@pytest.mark.parametrize("text", ["", "\n\n", " \n,,\n", "\ufeff"])
def test_an_empty_file_is_said_to_be(text):
    with pytest.raises(InputError, match=r"x\.csv is empty; a table was expected"):
        read(text, "a", header_row=0)
    with pytest.raises(InputError, match=r"x\.csv is empty; a table was expected"):
        read(text, "a")


def test_titles_that_cannot_be_read_are_an_error():
    with pytest.raises(InputError, match=r"x\.csv, row 2: the titles cannot be read, a quote is never closed"):
        read('\na,"b\n1,2\n', "a")


def test_a_file_with_titles_only_has_no_rows():
    assert read("a,b", "b") == Cells({"b": []}, [], {})


# --- CSV: what is broken -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1,2,3,4", "4 cells under 3 titles"),
        ("1,2,3,,5", "5 cells under 3 titles"),
        ("1,2,3,, ", None),
        ("1,2", None),
        ("Total: 1000", "1 cell under 3 titles"),
        ("\x1a", "1 cell under 3 titles"),
        ('"The "Swan"",2,3', "text follows a closing quote"),
        ('1,"2,3', "a quote is never closed"),
        ('1,6" knife,3', None),
        ('1,"x""y",3', None),
    ],
)
def test_a_row_that_cannot_be_trusted_has_a_fault(row, fault):
    found = read(f"a,b,c\n7,8,9\n{row}\n4,5,6\n", "a", "c")
    assert found.numbers == [2, 3, 4]
    assert found.faults == ({1: fault} if fault else {})
    assert table(found)[::2] == [["7", "9"], ["4", "6"]]


def test_cells_missing_at_the_end_of_a_row_are_empty():
    found = read("a,b,c\n1,2\n3\n", "a", "b", "c")
    assert (table(found), found.faults) == ([["1", "2", ""], ["3", "", ""]], {1: "1 cell under 3 titles"})
    assert read("a,b,c\n1\n", "a").faults == {0: "1 cell under 3 titles"}


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        ("4,5,6", None),
        ("4,5", "2 cells under 3 titles, and the file ends there"),
        ("4,5\n", None),
        ("4,5\r", None),
        ("4,5 \x1a", "2 cells under 3 titles, and the file ends there"),
        ("4", "1 cell under 3 titles"),
    ],
)
def test_a_text_that_ends_within_a_row_was_cut_short(end, fault):
    assert read(f"a,b,c\n1,2,3\n{end}", "a", "c").faults == ({1: fault} if fault else {})
    assert read("a,b,c", "a").faults == {}


def test_a_mark_of_the_end_in_a_table_of_one_column_is_no_cell():
    assert read("a\n1\n\x1a", "a").faults == {1: "a mark of the file's end"}
    assert read("a,b\n\x1a,1\n", "a").faults == {}


def test_a_cell_too_long_for_the_reader_is_a_fault():
    limit = csv.field_size_limit()
    long = "x" * (limit + 1)
    found = read(f"a,b\n1,{long}\n2,y\n3,{long[1:]}\n", "a", "b")
    assert (found.columns["a"], found.faults) == (["", "2", "3"], {0: "a cell has more than 131,072 characters"})
    found = read(f'a,b\n1,"{long[:-9]}\n{long[:-9]}"\n2,y\n', "a")
    assert found.faults == {0: "a quote is never closed", 1: "1 cell under 2 titles, after a broken quote"}
    assert found.columns["a"][2] == "2"


def test_a_quote_never_closed_swallows_nothing():
    good = [f"{n},x,y" for n in range(50)]
    found = read("\n".join(["a,b,c", '1,"2,3', *good]), "a", "c")
    assert found.faults == {0: "a quote is never closed"}
    assert table(found)[0] == ["", ""]
    assert table(found)[1:] == [[str(n), "y"] for n in range(50)]
    assert found.numbers == list(range(2, 53))


def test_a_quote_closed_by_a_later_row_swallows_nothing():
    found = read('a,b,c,d\n1,"2,3,4\n5,6,7,8\n9,10",11,12\n13,14,15,16\n', "a", "d")
    assert table(found) == [["", ""], ["5", "8"], ["9", "12"], ["13", "16"]]
    assert found.faults == {0: "a quote is never closed"}


def test_a_record_of_several_lines_with_too_many_cells_is_taken_apart_where_its_lines_are_rows():
    # One by one the lines are no rows: nobody knows which comma is one too many.
    found = read('a,b,c\n1,"2\n5,6\n9",10,11\n13,14,15\n', "a", "b")
    assert (found.numbers, found.faults) == ([2, 3], {0: "4 cells under 3 titles, over 3 lines"})
    assert found.columns["a"] == ["1", "13"]
    # They are, by their commas or with their quotes read.
    found = read('a,b\n1,"2\n5,"6,7"\n9,10",11\n13,14\n', "a", "b")
    assert found.faults[0] == "a quote is never closed"
    assert table(found)[1] == ["5", "6,7"]
    found = read('a,b\n1,"2\n5,6\n9,10",\n13,14\n', "a", "b")
    assert (found.numbers, found.faults) == ([2, 3], {0: "3 cells under 2 titles, over 3 lines"})
    found = read('a,b,c\n1,2,"x\n5,6,"\n7,8,9\n', "a", "c")
    assert (found.numbers, found.faults) == ([2, 3], {})
    found = read('a,b,c\n1,"2\n5,6",7\n8,9,10\n', "a", "c")
    assert (table(found), found.faults) == ([["1", "7"], ["8", "10"]], {})
    found = read('a,b,c\n1,2,"3\n5,6",7\n8,9,10\n', "a", "c")
    assert (table(found)[1:], found.faults) == ([["5", "7"], ["8", "10"]], {0: "a quote is never closed"})


def test_a_text_of_several_lines_is_one_cell():
    text = 'a,b,c,d\n1,"Dear, all\n\nit was, I think, a man\nbye, now",3,4\n5,6,7,8\n'
    found = read(text, "b", "d")
    assert found.columns["b"] == ["Dear, all\n\nit was, I think, a man\nbye, now", "6"]
    assert (found.numbers, found.faults) == ([2, 3], {})


@pytest.mark.parametrize(("width", "lines", "apart"), [(3, 2, False), (3, 3, True), (4, 2, True), (2, 9, False)])
def test_lines_that_are_rows_by_themselves_are_taken_apart_unless_by_chance(width, lines, apart):
    titles = ",".join(f"t{n}" for n in range(width))
    row = ",".join("x" * (width - 1))
    text = "\n".join([titles, row + ',"y', *[row + ",z"] * (lines - 2), row + ',y"'])
    found = read(text, "t0")
    assert found.faults == ({0: "a quote is never closed"} if apart else {})
    assert len(found.numbers) == (lines if apart else 1)


@pytest.mark.parametrize(("lines", "whole"), [(delimited.MAX_LINES, True), (delimited.MAX_LINES + 1, False)])
def test_a_text_of_many_lines_is_a_quote_never_closed(lines, whole):
    text = "a,b,c\n" + '1,"' + "\n".join(["x"] * lines) + '",3\n4,5,6\n'
    found = read(text, "a", "c")
    assert table(found)[-1] == ["4", "6"]
    if whole:
        assert (found.numbers, found.faults) == ([2, 3], {})
    else:
        assert found.numbers == list(range(2, lines + 3))
        assert found.faults[0] == "a quote is never closed"
        assert set(found.faults) == set(range(lines))


def test_what_is_left_of_a_broken_text_is_no_row():
    text = 'a,b,c\n1,"x\nshe said "no", and\nleft",3\n4,5,6\n' + "7,8\n" * 25
    found = read(text, "a")
    assert found.faults[0] == "a quote is never closed"
    assert found.faults[1] == "2 cells under 3 titles, after a broken quote"
    assert found.faults[2] == "2 cells under 3 titles, after a broken quote"
    # Further down a row may be short again.
    assert [position for position in found.faults if position > 3] == list(range(4, 21))
    assert found.columns["a"][3] == "4"


ODD = st.sampled_from(['{},"b,c,d', '{},b,c,"d', '"{},b,c,d', '{},b,"c,d'])
EVEN = st.sampled_from(["{},b,c,d", '{},"b",c,d', '{},"b""",c,d', '{},6" knife,c,d', '"{}",b,c,"d"'])


@QUIET
@given(lines=st.lists(st.one_of(ODD, EVEN), max_size=60))
def test_every_line_is_a_row_or_a_fault(lines):
    said = [line.format(n) for n, line in enumerate(lines)]
    found = read("\n".join(["p,q,r,s", *said]), "p", "s")
    assert found.numbers == list(range(2, len(lines) + 2))
    sound = {n: "d" for n, line in enumerate(said) if line.count('"') % 2 == 0 or "knife" in line}
    assert {n: row[1] for n, row in enumerate(table(found)) if n not in found.faults} == sound
    assert all(found.columns["p"][n] == str(n) for n in sound)
    assert set(found.faults.values()) <= {"a quote is never closed"}


@pytest.mark.parametrize("line", ['a,"b,c,d', 'a,b,c,"d', '"a,b,c,d', '"', 'a,"b"c,d,e', 'a,"'])
def test_an_odd_quote_in_every_line_takes_no_more_than_a_look_ahead_each(line, monkeypatch):
    read_lines = 0
    fresh = delimited._Lines.__next__

    def counted(self):
        nonlocal read_lines
        read_lines += 1
        return fresh(self)

    monkeypatch.setattr(delimited._Lines, "__next__", counted)
    read("p,q,r,s\n" + f"{line}\n" * 2000, "p")
    assert read_lines <= 2003 * (delimited.MAX_LINES + 2)


@settings(QUIET, max_examples=300)
@given(lines=st.lists(st.tuples(st.sampled_from(["", '"']), st.text(st.sampled_from('a,"'), max_size=9)), max_size=30))
def test_no_line_is_lost(lines):
    said = [f"{quote}<{n}>{rest}" for n, (quote, rest) in enumerate(lines)]
    found = read("\n".join(["a,b,c", *said]), "a", "b", "c", delimiter=",")
    accounted = 0
    for position, row in enumerate(table(found)):
        fault = found.faults.get(position, "")
        several = re.search(r"over (\d+) lines", fault)
        accounted += int(several[1]) if several else 1 if fault else "".join(row).count("<")
    assert accounted == len(lines)
    assert found.numbers == list(range(2, len(found.numbers) + 2))


# --- formats -----------------------------------------------------------------------------------------------------------


def test_the_ending_of_the_name_says_the_format():
    assert first_titles(b"a,b\n", "x") == ["a", "b"]
    for name in ("x.csv", "X.TXT", "x.tsv", "x.csv.gz", "x.unknown", "x.json.csv"):
        assert first_titles(b"a,b\n", name) == ["a", "b"]
    for name in ("x.json", "X.GeoJSON", "x.json.gz", "x.jsonl", "x.ndjson"):
        assert first_titles(b'[{"a": 1}]', name) == ["a"]
    for name in ("x.xlsx", "x.XLS", "x.ods", "x.xlsb", "x.xlsm"):
        assert first_titles(xlsx({"A": {"A1": "a"}}), name) == ["a"]


def test_the_format_may_be_told():
    assert first_titles(b'[{"a": 1}]', "x.csv", Layout(format="json")) == ["a"]
    assert first_titles(b"a,b\n", "x.json", Layout(format="csv")) == ["a", "b"]
    assert first_titles(xlsx({"A": {"A1": "a"}}), "x", Layout(format="excel")) == ["a"]
    with pytest.raises(SettingsError, match="The format 'xml' is unknown; give csv, excel, json, or leave it empty"):
        read("a\n", "a", format="xml")


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b\x08"])
@pytest.mark.parametrize("name", ["x.csv", "x.json"])
def test_a_workbook_or_archive_is_no_text(start, name):
    with pytest.raises(InputError, match=f"{name} is a workbook or packed, not a text"):
        read(start + b",\n", "a", name=name)


def test_binary_data_are_no_text():
    with pytest.raises(InputError, match=r"x\.csv is not a text: it holds binary data"):
        read("a,b\n1,2\n".encode("utf-16-le"), "a")
    assert read(b"a,b\n1\x00,2\n", "a").columns == {"a": ["1\ufffd"]}


# --- workbooks ---------------------------------------------------------------------------------------------------------


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = {"general": 0, "date": 14, "stamp": 22, "clock": 21, "hours": 46}


def zipped(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def xlsx_cell(reference: str, value) -> str:
    if isinstance(value, tuple):
        style, number = value
        if style == "e":
            return f'<c r="{reference}" t="e"><v>{number}</v></c>'
        return f'<c r="{reference}" s="{list(STYLES).index(style)}"><v>{number}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
    return f'<c r="{reference}"><v>{value!r}</v></c>' if value is not None else f'<c r="{reference}" s="1"/>'


def sheet_xml(cells: Mapping[str, object]) -> str:
    rows: dict[str, str] = {}
    for reference, value in cells.items():
        row = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        rows[row] = rows.get(row, "") + xlsx_cell(reference, value)
    inside = "".join(f'<row r="{row}">{text}</row>' for row, text in rows.items())
    return f'<worksheet xmlns="{MAIN}"><sheetData>{inside}</sheetData></worksheet>'


def xlsx(
    sheets: Mapping[str, Mapping[str, object] | str | bytes],
    hidden: tuple[str, ...] = (),
    more: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A small workbook: sheet → reference → value, or the XML of a whole sheet."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"{" state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""}/>'
        for n, name in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in enumerate(sheets, 1)
    )
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in STYLES.values())
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs>{formats}</cellXfs></styleSheet>',
    }
    for n, cells in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{n}.xml"] = sheet_xml(cells) if isinstance(cells, Mapping) else cells
    return zipped({**parts, **(more or {})})


def ods(content: str, manifest: str = "") -> bytes:
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="urn:m">{manifest}</manifest:manifest>',
            "content.xml": f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="T">{content}</table:table></office:spreadsheet></office:body></office:document-content>',
        }
    )


def ods_row(*cells: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}</table:table-row>'


def ods_cell(kind: str = "", value: str = "", times: int = 1) -> str:
    said = {"": "", "date": f'office:date-value="{value}"', "time": f'office:time-value="{value}"'}.get(
        kind, f'office:{"boolean-" if kind == "boolean" else ""}value="{value}"'
    )
    text = f"<text:p>{value}</text:p>" if kind == "string" else ""
    said = "" if kind == "string" else said
    typed = f'office:value-type="{kind}"' if kind else ""
    return f'<table:table-cell table:number-columns-repeated="{times}" {typed} {said}>{text}</table:table-cell>'


def xlsb(cells: dict[tuple[int, int], float | str]) -> bytes:
    """A small binary workbook after [MS-XLSB]: row and column, both from 0 → value, rows ascending."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 127 | 128, len(body) >> 7])
        return head + size + body

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    sheet, last = record(0x81) + record(0x93) + record(0x94, bytes(16)) + record(0x91), -1
    for (row, column), value in cells.items():
        if row != last:
            sheet, last = sheet + record(0, struct.pack("<I", row) + bytes(13)), row
        place = struct.pack("<II", column, 0)
        sheet += (
            record(6, place + wide(value)) if isinstance(value, str) else record(5, place + struct.pack("<d", value))
        )
    sheet += record(1, struct.pack("<II", 40_000, 0)) + record(0x92) + record(0x82)
    listed = record(0x9C, struct.pack("<II", 0, 1) + wide("r1") + wide("A"))
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>',
            "xl/workbook.bin": record(0x83) + record(0x8F) + listed + record(0x90) + record(0x84),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def compound(stream: bytes, name: str = "Workbook") -> bytes:
    """A compound file after [MS-CFB] with one stream."""
    stream = stream.ljust(-(-max(len(stream), 4096) // 512) * 512, b"\0")
    sectors = len(stream) // 512
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    table = [0xFFFFFFFD, end, *range(3, sectors + 2), end]

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\0\0"
        ids = struct.pack("<HBBIII", len(raw), kind, 1, free, free, child)
        return raw.ljust(64, b"\0") + ids + bytes(36) + struct.pack("<IQ", start, size)

    numbers = struct.pack("<5H6x9I", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header = workbooks.OLD_MARK + bytes(16) + numbers + struct.pack("<I", 0) + b"\xff" * 432
    folder = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 2, len(stream)) + bytes(256)
    return header + struct.pack("<128I", *table, *[free] * (128 - len(table))) + folder + stream


def xls(cells: dict[tuple[int, int], float | str]) -> bytes:
    """A small workbook after [MS-XLS]: row and column, both from 0 → value."""

    def record(kind: int, body: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0x600))

    listed = struct.pack("<BBBB", 0, 0, 1, 0) + b"A"
    at = len(begin(5)) + 4 + 4 + len(listed) + 4
    book = begin(5) + record(0x85, struct.pack("<I", at) + listed) + record(10) + begin(0x10)
    for (row, column), value in cells.items():
        place = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            book += record(0x204, place + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))
        else:
            book += record(0x203, place + struct.pack("<d", value))
    return compound(book + record(10))


def test_cells_of_a_workbook_become_text():
    titles = "ABCDEFGHIJKLM"
    values = (
        *(12.0, 0.14, " x ", True, False, ("e", "#N/A"), ("date", 45413), ("stamp", 45413.92708333333)),
        *(("clock", 0.927083333333333), ("hours", 1.5), -3.0, 1e15, None),
    )
    cells = {f"{letter}1": letter for letter in titles} | dict(zip((f"{x}2" for x in titles), values, strict=True))
    found = read(xlsx({"A": cells}), *titles, name="x.xlsx")
    assert [column[0] for column in found.columns.values()] == [
        *("12", "0.14", "x", "true", "false", "", "2024-05-01", "2024-05-01T22:15:00"),
        *("22:15:00", "36:00:00", "-3", "1000000000000000.0", ""),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (0.0, "0"),
        (999999999999999.0, "999999999999999"),
        (-999999999999999.0, "-999999999999999"),
        (-1e15, "-1000000000000000.0"),
        (1e300, "1e+300"),
        (math.nan, ""),
        (math.inf, ""),
        (51.45000000000001, "51.45000000000001"),
        (dt.datetime(2024, 5, 1, 23, 59, 59, 500_000), "2024-05-02T00:00:00"),
        (dt.datetime(2024, 5, 1, 23, 59, 59, 499_999), "2024-05-01T23:59:59"),
        (dt.datetime.max, "9999-12-31T23:59:59"),
        (dt.datetime(9999, 12, 31, 23, 59, 58, 600_000), "9999-12-31T23:59:59"),
        (dt.time(22, 14, 59, 999_999), "22:15:00"),
        (dt.time(22, 14, 59, 1), "22:14:59"),
        (dt.time(23, 59, 59, 999_999), "23:59:59"),
        (dt.date(2024, 5, 1), "2024-05-01"),
        (dt.timedelta(hours=49, minutes=5, seconds=7.4), "49:05:07"),
        (dt.timedelta(hours=-1, seconds=-1), "-01:00:01"),
        (dt.timedelta(0), "00:00:00"),
    ],
)
def test_what_a_cell_can_hold_has_one_spelling(value, text):
    assert cell_text(value) == text


def test_rows_and_columns_are_the_sheets_own():
    data = xlsx({"A": {"B3": "a", "C3": "b", "B6": 1.0, "C6": " ", "C8": "x", "B9": " "}})
    assert read(data, "A", "b", name="x.xlsx") == Cells({"A": ["1", ""], "b": ["", "x"]}, [6, 8], {})
    assert read(data, "2", "3", name="x.xlsx", header_row=0).columns == {"2": ["a", "1", ""], "3": ["b", "", "x"]}
    assert read(data, "1", name="x.xlsx", header_row=0).numbers == [3, 6, 8]
    assert read(data, "1", name="x.xlsx", header_row=6).columns == {"1": [""]}
    assert first_titles(data, "x.xlsx") == ["a", "b"]
    assert first_titles(data, "x.xlsx", Layout(header_row=0)) == ["1", "2", "3"]
    with pytest.raises(InputError, match=r"x\.xlsx ends with row 8; there are no titles in row 9"):
        read(data, "a", name="x.xlsx", header_row=9)


def test_a_title_may_be_a_number_or_a_date():
    assert first_titles(xlsx({"A": {"A1": 2024.0, "B1": ("date", 45413)}}), "x.xlsx") == ["2024", "2024-05-01"]


def test_cells_beside_the_titles_are_no_fault():
    data = xlsx({"A": {"A1": "a", "A2": 1.0, "C2": "see Bob"}})
    assert read(data, "a", name="x.xlsx") == Cells({"a": ["1"]}, [2], {})


def test_the_first_sheet_that_is_shown_is_read_unless_one_is_named():
    data = xlsx({"Codes": {"A1": "c"}, "Log 1": {"A1": "l"}, "More": {"A1": "m"}}, hidden=("Codes",))
    assert first_titles(data, "x.xlsx") == ["l"]
    assert first_titles(data, "x.xlsx", Layout(sheet=" more ")) == ["m"]
    assert first_titles(data, "x.xlsx", Layout(sheet="CODES")) == ["c"]
    assert first_titles(xlsx({"A": {"A1": "a"}}, hidden=("A",)), "x.xlsx") == ["a"]
    with pytest.raises(InputError, match=r"x\.xlsx has no sheet 'Logs'; its sheets: 'Codes', 'Log 1', 'More'\."):
        read(data, "l", name="x.xlsx", sheet="Logs")


def test_an_empty_sheet_is_said_to_be():
    for header_row in (0, 1, 2):
        with pytest.raises(InputError, match=r"x\.xlsx is empty; a table was expected"):
            read(xlsx({"A": {}}), "a", name="x.xlsx", header_row=header_row)


def test_a_sheet_of_libreoffice_is_read():
    empty = ods_row(ods_cell(times=16_384), times=2)
    titles = ods_row(ods_cell(), *(ods_cell("string", title) for title in "abcde"), ods_cell(times=16_378))
    row = ods_row(
        *(ods_cell(), ods_cell("float", "12"), ods_cell("date", "2024-05-01"), ods_cell("date", "2024-05-01T22:15:00")),
        *(ods_cell("time", "PT22H15M00S"), ods_cell("boolean", "true")),
    )
    data = ods(empty + titles + empty + row + ods_row(ods_cell(times=16_384), times=1_048_570))
    assert read(data, *"abcde", name="x.ods") == Cells(
        {"a": ["12"], "b": ["2024-05-01"], "c": ["2024-05-01T22:15:00"], "d": ["22:15:00"], "e": ["true"]}, [6], {}
    )


def test_an_ods_that_repeats_a_cell_without_end_is_refused():
    data = ods(ods_row(ods_cell("float", "1", times=16_384), times=1_000_000))
    with pytest.raises(InputError, match=r"x\.ods is not readable as a workbook"):
        read(data, "a", name="x.ods")


def test_the_old_and_the_binary_workbook_are_read():
    cells: dict[tuple[int, int], float | str] = {(0, 0): "a", (0, 1): "b", (3, 0): 1.5, (3, 1): "x"}
    for data, name in ((xls(cells), "x.xls"), (xlsb(cells), "x.xlsb")):
        assert read(data, "b", "A", name=name) == Cells({"b": ["x"], "A": ["1.5"]}, [4], {})


FAR = (
    (xlsx({"A": {"A1": "a", "XFD1048576": 1.0}}), "x.xlsx", "1,048,576 rows and 16,384 columns"),
    (xlsx({"A": {"A1": "a"}, "B": {"AAA100000": 1.0}}), "x.xlsm", "100,000 rows and 703 columns"),
    (xlsx({"A": {"A1": "a", "XFE1": 1.0}}), "x.xlsx", "1 rows and 16,385 columns"),
    (xlsx({"A": {"A1": "a", "A1048577": 1.0}}), "x.xlsx", "1,048,577 rows and 1 columns"),
    (
        xlsx({"A": '<worksheet><sheetData><row r="99999999"><c><v>1</v></c></row></sheetData></worksheet>'}),
        "x.xlsx",
        "99,999,999 rows",
    ),
    (
        xlsx(
            {
                "A": f"<worksheet><sheetData>{' ' * (workbooks._CHUNK - 30)}<row><c r='XFD1048576'><v>1</v></c></row></sheetData></worksheet>"
            }
        ),
        "x.xlsx",
        "1,048,576 rows",
    ),
    (xlsb({(0, 0): "a", (1_048_575, 16_383): 1.0}), "x.xlsb", "1,048,576 rows and 16,384 columns"),
    (xlsb({(0, 0): "a" * 200, (99_999, 702): "x"}), "x.xlsb", "100,000 rows and 703 columns"),
)


@pytest.mark.parametrize(("data", "name", "said"), FAR)
def test_a_stray_cell_far_off_is_refused_before_it_takes_all_memory(data, name, said):
    with pytest.raises(InputError, match=f"{name} has a sheet that spans {said}.*Delete the empty rows and columns"):
        read(data, "a", name=name)


def test_a_format_far_off_is_no_cell():
    data = xlsx({"A": {"A1": "a", "A2": 1.0, "AB2": 2.0, "XFD1048576": None}})
    assert read(data, "a", name="x.xlsx").columns == {"a": ["1"]}
    assert read(xlsx({"A": {"A1": "a", "A1000000": 2.0}}), "a", name="x.xlsx").numbers == [1_000_000]


def test_a_workbook_larger_than_memory_is_refused(monkeypatch):
    data = xlsx({"A": {"A1": "a", "A2": "x" * 5000}}, more={"extra": b"y" * 5000})
    assert read(data, "a", name="x.xlsx").numbers == [2]
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 9000)
    with pytest.raises(InputError, match=r"x\.xlsx is larger than 0 GB once unpacked; save it as CSV"):
        read(data, "a", name="x.xlsx")


def shared_texts(count: int) -> bytes:
    sheet = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>'
    )
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{target}.xml"/>'
        for n, kind, target in ((1, "worksheet", "worksheets/sheet1"), (2, "sharedStrings", "sharedStrings"))
    )
    more: dict[str, str | bytes] = {
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="1" uniqueCount="{count}"><si><t>a</t></si></sst>',
    }
    return xlsx({"A": sheet}, more=more)


def test_a_promise_of_more_texts_than_there_is_room_for_is_damage():
    assert first_titles(shared_texts(1), "x.xlsx") == ["a"]
    with pytest.raises(InputError, match=r"x\.xlsx is a damaged workbook"):
        first_titles(shared_texts(4_000_000_000), "x.xlsx")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a workbook, whatever its name says"),
        (b"<html><table>", "is not a workbook, whatever its name says"),
        (b"PK\x03\x04 and so on", "is a damaged workbook"),
        (xlsx({"A": {"A1": "a"}})[:-100], "is a damaged workbook"),
        (zipped({"a.txt": "b"}), "is not readable as a workbook"),
        (xlsx({"A": "<worksheet><sheetData><row><c r='?'><v>1</v></c>"}), "is not readable as a workbook"),
        (workbooks.OLD_MARK + bytes(600), "is not readable as a workbook|is a broken workbook"),
        (workbooks.OLD_MARK + b"\xff" * 600, "is a damaged workbook"),
        (compound(b"x", "EncryptedPackage"), "is locked with a password; save a copy without one"),
        (
            ods("", "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"),
            "is locked with a password",
        ),
    ],
)
def test_what_is_no_workbook_is_one_clear_sentence(data, said):
    with pytest.raises(InputError, match=rf"x\.xlsx ({said})"):
        read(data, "a", name="x.xlsx")


@pytest.mark.parametrize("at", [40, 44, 64, 72])
def test_an_old_workbook_that_promises_too_much_is_damaged(at):
    data = xls({(0, 0): "a"})
    with pytest.raises(InputError, match=r"x\.xls is a damaged workbook"):
        read(data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :], "a", name="x.xls")


def test_where_the_reader_gives_up_is_our_error():
    class PanicException(BaseException):
        pass

    with pytest.raises(InputError, match="x is a broken workbook"), workbooks._reading("x"):
        raise PanicException
    with pytest.raises(KeyboardInterrupt), workbooks._reading("x"):
        raise KeyboardInterrupt
    with (
        pytest.raises(InputError, match=r"x is not readable as a workbook \(ZeroDivisionError\)"),
        workbooks._reading("x"),
    ):
        raise ZeroDivisionError
    with pytest.raises(InputError, match="x is locked"), workbooks._reading("x"):
        raise PasswordError


# --- JSON --------------------------------------------------------------------------------------------------------------


def test_paths_reach_into_objects_and_lists_and_numbers_keep_their_text():
    text = '[{"id": 1.50, "Place": {"lat": -0.10e1, "tags": ["x", {"y": true}]}, "a.b": null}, {"id": " z\\u0000 "}]'
    found = read(text, "ID", "place.LAT", "place.tags.0", "place.tags.1.y", "a.b", "place", "place.tags", name="x.json")
    assert table(found) == [["1.50", "-0.10e1", "x", "true", "", "", ""], ["z\ufffd", *[""] * 6]]
    assert (found.numbers, found.faults) == ([1, 2], {})


def test_values_that_are_no_text_have_one_spelling():
    text = (
        '[{"a": true, "b": false, "c": null, "d": NaN, "e": [1], "f": {"g": 1}, "h": 12345678901234567890, "i": 1e400}]'
    )
    assert table(read(text, *"abcdefhi", name="x.json")) == [
        ["true", "false", "", "", "", "", "12345678901234567890", "1e400"],
    ]


def test_a_tab_or_line_end_within_a_text_of_json_is_read():
    assert read('[{"a": "x\ty\nz"}]', "a", name="x.json").columns == {"a": ["x\ty\nz"]}


def test_half_a_character_in_json_becomes_a_question_mark():
    assert read('[{"a": "\\ud800x"}]', "a", name="x.json").columns == {"a": ["?x"]}


@pytest.mark.parametrize("path", ["a.3", "a.-1", "a.x", "a.0.0", "b.c.d", "a.²", "a." + "9" * 5000, "a.", ".", "", " "])
def test_a_path_no_record_has_is_an_error_with_those_there_are(path):
    with pytest.raises(InputError, match=r"x\.json lacks the column .*; it has: a\.0, a\.1, b\.c"):
        read('[{"a": [1, 2], "b": {"c": 3}}]', path, "b.c", name="x.json")


def test_what_some_records_lack_is_empty():
    found = read('[{"a": 1}, {"b": 2}, {"a": {"x": 3}}]', "b", "a.x", name="x.json")
    assert table(found) == [["", ""], ["2", ""], ["", "3"]]


def test_what_is_no_object_is_a_fault():
    found = read('[{"a": 1}, 3, null, [1], {"a": 2}]', "a", name="x.json")
    assert found.faults == {1: "not an object", 2: "not an object", 3: "not an object"}
    assert found.columns["a"] == ["1", "", "", "", "2"]


@pytest.mark.parametrize(
    ("text", "records", "values"),
    [
        ('[{"a": 1}]', "", ["1"]),
        ('{"n": 1, "rows": [{"a": 1}, {"a": 2}], "tags": ["x"]}', "", ["1", "2"]),
        ('{"n": {"x": [{"a": 9}]}, "rows": [{"a": 1}]}', "", ["1"]),
        ('{"n": {"x": [{"a": 9}]}, "rows": [{"a": 1}]}', "N.x", ["9"]),
        ('{"n": [[{"a": 5}], [{"a": 6}]]}', "n.1", ["6"]),
        ('{"results": []}', "", []),
        ("[]", "", []),
        ('{"a": 1, "tags": []}', "", ["1"]),
        ('{"a": 1, "tags": ["x"]}', "", ["1"]),
        ('{"a": 1}', "", ["1"]),
        ('{"x": [], "y": [], "a": 3}', "", ["3"]),
    ],
)
def test_the_records_are_found(text, records, values):
    assert read(text, "a", name="x.json", records=records).columns == {"a": values}


def test_of_several_lists_one_must_be_named():
    text = '{"x": [{"a": 1}], "y": [{"a": 2}]}'
    with pytest.raises(InputError, match=r"x\.json has several lists: x, y; say in records which one is meant"):
        read(text, "a", name="x.json")
    assert read(text, "a", name="x.json", records="y").columns == {"a": ["2"]}
    assert first_titles(b'{"X": [{"A": 1}], "y": [{"b": 2}]}', "x.json", Layout(records="x")) == ["A"]


@pytest.mark.parametrize("records", ["z", "n", "rows.5", "rows.0.a.b", "..", "rows.x"])
def test_a_list_of_records_must_be_where_it_is_said_to_be(records):
    with pytest.raises(InputError, match=r"x\.json has no list of records at"):
        read('{"n": 1, "rows": [{"a": {"b": 2}}]}', "a", name="x.json", records=records)


@pytest.mark.parametrize("text", ["3", '"x"', "null", "true"])
def test_a_document_without_records_is_said_to_have_none(text):
    with pytest.raises(InputError, match=r"x\.json holds no records; a list of objects was expected"):
        read(text, "a", name="x.json")


def test_two_spellings_of_a_wanted_key_in_one_record_are_an_error():
    with pytest.raises(InputError, match=r"x\.json has 'Lat' and 'lat' in one record; which one is meant"):
        read('[{"Lat": 1, "lat": 2, "a": 1}]', "LAT", name="x.json")
    assert read('[{"Lat": 1, "lat": 2, "a": 1}]', "a", name="x.json").columns == {"a": ["1"]}
    assert read('[{"a": 1, "a": 2}]', "a", name="x.json").columns == {"a": ["2"]}
    assert read('[{"name": 1, "x": {"Name": 2}}]', "name", "x.name", name="x.json").columns == {
        "name": ["1"],
        "x.name": ["2"],
    }


FEATURES = {
    "type": "FeatureCollection",
    "links": [{"a": 1}],
    "features": [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"Type": "Burglary", "On": "2024", "x": {"y": 1}},
            "geometry": {"type": "Point", "coordinates": [0.25, 51]},
        },
        {"type": "Feature", "id": 8, "properties": None, "geometry": None},
    ],
}


def test_a_feature_speaks_of_itself_in_its_properties():
    wanted = ("type", "properties.on", "on", "x.y", "id", "geometry.coordinates.0", "geometry.coordinates.1")
    for text in (
        json.dumps(FEATURES),
        json.dumps(FEATURES["features"]),
        "\n".join(map(json.dumps, FEATURES["features"])),
    ):
        found = read(text, *wanted, name="x.geojson")
        assert table(found) == [["Burglary", "2024", "2024", "1", "7", "0.25", "51"], ["", "", "", "", "8", "", ""]]


def test_the_paths_of_a_document_are_listed():
    assert first_titles(json.dumps(FEATURES).encode(), "x.geojson") == [
        *("type", "id", "Type", "On", "x.y", "geometry.type", "geometry.coordinates.0", "geometry.coordinates.1"),
        *("properties", "geometry"),
    ]
    many = [{"a": [1, 2, 3, 4], "b": {}}, 3, *[{"c": 1}] * 18, {"d": 1}, {"e": 1}]
    assert first_titles(json.dumps(many).encode(), "x.json") == ["a.0", "a.1", "a.2", "c", "d"]
    deep = '[{"1": {"2": {"3": {"4": {"5": {"6": {"7": 1}}}}}}}]'
    assert first_titles(deep.encode(), "x.json") == ["1.2.3.4.5.6"]


def test_one_object_a_line_is_read_and_a_bad_line_is_a_fault():
    text = '{"a": 1}\r\n\n{"a": \n{"a": "x\u2028y"}\n[1]\n{"a": 3, "b": 4}\n' + '{"a":' * 100_000 + "\n"
    found = read(text, "a", "b", name="x.json")
    assert table(found) == [["1", ""], ["", ""], ["x\u2028y", ""], ["", ""], ["3", "4"], ["", ""]]
    assert found.numbers == [1, 3, 4, 5, 6, 7]
    assert found.faults == {
        1: "not readable as JSON (Expecting value at character 6)",
        3: "not an object",
        5: "nested too deeply",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.json is empty; JSON was expected"),
        (" \n", "x.json is empty; JSON was expected"),
        ('[{"a": 1},\n{"a": 2},\n{"a"', r"x.json is not readable as JSON \(line 3, column 5: .*; was it cut off"),
        ('[\n{"a": 1},\n{"a": 2},\n{"a": 3}', "x.json is not readable as JSON"),
        ("[" * 100_000, "x.json is nested too deeply to be a table of records"),
        ('{"a":' * 100_000, "x.json is nested too deeply"),
    ],
)
def test_what_is_no_json_is_one_clear_sentence(text, said):
    with pytest.raises(InputError, match=said):
        read(text, "a", name="x.json")


def test_a_path_to_records_in_json_lines_is_an_error():
    with pytest.raises(InputError, match="Extra data"):
        read('{"a": 1}\n{"a": 2}\n', "a", name="x.json", records="rows")


def test_what_nobody_asks_for_is_dropped_while_reading():
    from hotspots.intake.nested import read_nested  # noqa: PLC0415

    kept = read_nested('[{"a": 1, "b": 2, "c": {"D": 3, "e": 4}, "f": [5]}]', "x", "", ["A", "c.d"])
    assert kept.items == [{"a": "1", "c": {"d": "3"}}]


# --- whatever the bytes ------------------------------------------------------------------------------------------------

SOUND = {
    "csv": b'a,b,c\n1,"x\ny",3\n4,5,"6"\n',
    "json": json.dumps(FEATURES).encode() + b"\n",
    "excel": xlsx({"A": {"A1": "a", "B1": "b", "A2": 1.5, "B2": ("date", 45413)}}),
}
PARTS = (b'"', b",", b"\n", b"\r", b"\x00", b"\xff\xfe", b"{", b"]", b"null", b"\xed\xa0\x80", b"\x1a", b"9" * 12)


@st.composite
def damaged(draw, data: bytes) -> bytes:
    """Return the bytes with one or two changes."""
    for _ in range(draw(st.integers(1, 2))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 20)))
        fresh = draw(st.one_of(st.sampled_from(PARTS), st.binary(max_size=4)))
        data = data[:start] + fresh + data[stop:]
    return data


def either_way(data: bytes, kind: str, header_row: int) -> None:
    layout = Layout(format=kind, header_row=header_row)
    try:
        titles = first_titles(data, "x", layout)
        found = read_cells(data, "x", titles[:3], layout)
    except HotspotsError as error:
        str(error).encode()
        return
    assert {len(column) for column in found.columns.values()} <= {len(found.numbers)}
    assert all(
        "\x00" not in text and text.encode() == text.strip().encode()
        for column in found.columns.values()
        for text in column
    )


@QUIET
@given(data=st.binary(max_size=80), kind=st.sampled_from(["csv", "excel", "json"]), header_row=st.integers(0, 3))
def test_any_bytes_are_cells_or_our_error(data, kind, header_row):
    either_way(data, kind, header_row)


@pytest.mark.parametrize("kind", SOUND)
@QUIET
@given(data=st.data(), header_row=st.integers(0, 3))
def test_damaged_bytes_are_cells_or_our_error(kind, data, header_row):
    either_way(data.draw(damaged(SOUND[kind])), kind, header_row)


@QUIET
@given(data=st.data(), header_row=st.integers(0, 2))
def test_a_damaged_sheet_in_a_sound_package_is_cells_or_our_error(data, header_row):
    sheet = sheet_xml({"A1": "a", "B1": "b", "A2": 1.5, "B2": ("date", 45413)}).encode()
    either_way(xlsx({"A": data.draw(damaged(sheet))}), "excel", header_row)


@QUIET
@given(data=st.data(), which=st.sampled_from(["xls", "xlsb"]))
def test_a_damaged_binary_workbook_is_cells_or_our_error(data, which):
    cells: dict[tuple[int, int], float | str] = {(0, 0): "a", (0, 1): "b", (1, 0): 1.5, (1, 1): "x"}
    if which == "xls":
        whole = xls(cells)
        either_way(data.draw(damaged(whole[:1800])) + whole[1800:], "excel", 1)
    else:
        either_way(data.draw(damaged(xlsb(cells))), "excel", 1)
