"""Finding, opening and reading the files that the options name."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import HotspotsError, InputError
from hotspots.intake.files import (
    Packed,
    decode,
    find_street_files,
    labels,
    read_columns,
    rows,
    sha256,
    sha256_on_disk,
    shown_name,
    unpack,
)
from hotspots.intake.incidents import read_incidents
from tests import intake_fixtures as fixtures
from tests.intake_fixtures import asb, gzipped, row, street_file, street_text, text_file, zipped

GOOD = street_text([row(), asb()]).encode()
NAME = "2024-01-met-street.csv"


def found(*paths: Path) -> list[str]:
    return [f"{file.path.name}:{file.member}" if file.member else file.path.name for file in find_street_files(paths)]


# --- which files -----------------------------------------------------------------------------------------------------


def test_a_folder_is_searched_to_its_bottom_for_street_files_only(tmp_path):
    for name in (
        f"2024-01/{NAME}",
        "2023-12/deep/deeper/2023-12-KENT-STREET.CSV",
        "2023-12/2023-12-kent-street.csv.gz",
        "2023-12/2023-12-kent-outcomes.csv",
        "2023-12/2023-12-kent-stop-and-search.csv",
        "2023-12/._2023-12-kent-street.csv",
        "2023-12/~$2023-12-kent-street.csv",
        "street.csv",
    ):
        street_file(tmp_path, [row()], name)
    (tmp_path / "a-street.csv").mkdir()
    assert found(tmp_path) == ["2023-12-kent-street.csv.gz", "2023-12-KENT-STREET.CSV", NAME]


def test_a_zip_of_folders_is_searched_and_the_shadows_of_a_mac_are_passed_over(tmp_path):
    members: dict[str, bytes | str] = {
        f"download/2024-01/{NAME}": GOOD,
        "download/2024-02/2024-02-met-street.csv.gz": gzipped(street_text([row(id="g", month="2024-02")])),
        f"__MACOSX/download/2024-01/._{NAME}": b"\x00\x05\x16\x07",
        "download\\2023-12\\2023-12-met-STREET.csv": street_text([row(id="w", month="2023-12")]),
        "download/2024-01/2024-01-met-outcomes.csv": "x",
        "folder-street.csv/": "",
        "/": "",
    }
    intake = read_incidents([zipped(tmp_path / "download.ZIP", members)])
    assert intake.accounts["accepted"].to_dict() == {
        NAME: 2,
        "2024-02-met-street.csv.gz": 1,
        "2023-12-met-STREET.csv": 1,
    }


def test_files_of_one_name_in_a_zip_are_told_apart_by_their_folders(tmp_path):
    path = zipped(tmp_path / "x.zip", {f"old/{NAME}": GOOD, f"new/{NAME}": GOOD + b"\r\n", NAME: GOOD + b"\n"})
    assert labels(find_street_files([path])) == [f"x.zip/{NAME}", f"new/{NAME}", f"old/{NAME}"]


def test_a_single_file_may_have_any_name(tmp_path):
    assert found(text_file(tmp_path, "march.txt", GOOD)) == ["march.txt"]


def test_the_order_given_is_kept_and_a_folder_is_in_the_order_of_names(tmp_path):
    for name in ("b/2-street.csv", "b/1-street.csv", "a.csv"):
        street_file(tmp_path, [row()], name)
    assert found(tmp_path / "b", tmp_path / "a.csv") == ["1-street.csv", "2-street.csv", "a.csv"]
    assert found(tmp_path / "a.csv", tmp_path / "b") == ["a.csv", "1-street.csv", "2-street.csv"]


def test_one_file_under_several_paths_is_listed_once(tmp_path):
    path = street_file(tmp_path / "a", [row()])
    link = tmp_path / "link-street.csv"
    link.symlink_to(path)
    assert found(path, tmp_path, path.parent, path.parent / ".." / "a" / NAME) == [NAME]
    packed = zipped(tmp_path / "x.zip", {NAME: GOOD})
    assert found(packed, packed) == [f"x.zip:{NAME}"]


def test_files_that_share_a_name_and_a_folder_name_get_numbers():
    files = [Packed(Path(folder) / "same" / "x.csv") for folder in ("a", "b", "c")] + [Packed(Path("y.csv"))]
    assert labels(files) == ["same/x.csv", "same/x.csv (2)", "same/x.csv (3)", "y.csv"]


@given(st.lists(st.sampled_from(["a/s/x", "b/s/x", "c/s/x", "s/x (2)", "q/s/x (2)", "s/x (3)", "r/y"]), unique=True))
def test_labels_are_distinct(paths):
    assert len(set(labels([Packed(Path(path)) for path in paths]))) == len(paths)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no names of odd bytes")
def test_a_name_of_odd_bytes_is_shown_with_question_marks(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff-street.csv"))
    path.write_bytes(GOOD)
    assert shown_name(path) == "?-street.csv"
    assert list(read_incidents([path]).accounts.index) == ["?-street.csv"]


# --- what cannot be opened -------------------------------------------------------------------------------------------


def damaged(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


def encrypted() -> bytes:
    """Return a zip whose member says that it is encrypted."""
    data = bytearray(fixtures.zip_bytes({NAME: GOOD}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def odd_name() -> bytes:
    """Return a zip whose member has a name that says it is UTF-8 and is not."""
    data: bytes = fixtures.zip_bytes({"é-street.csv": GOOD})
    return data.replace("é".encode(), b"\xff\xff")


def unknown_method() -> bytes:
    """Return a zip whose member is packed in a way that does not exist."""
    data = bytearray(fixtures.zip_bytes({NAME: GOOD}))
    data[8] = data[data.index(b"PK\x01\x02") + 10] = 77
    return bytes(data)


ZIP = fixtures.zip_bytes({NAME: GOOD})
GZIP = gzipped(GOOD)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.csv.gz", GZIP[: len(GZIP) // 2], "not a whole gzip"),
        ("x.csv.gz", damaged(GZIP, len(GZIP) // 2), "not a whole gzip"),
        ("x.csv.gz", damaged(GZIP, -6 % len(GZIP)), "not a whole gzip"),
        ("x.csv.gz", GOOD, "not a whole gzip"),
        ("x.csv.gz", b"\x1f\x8b", "not a whole gzip"),
        ("x.csv.gz", b"", "is empty"),
        ("x.zip", ZIP[: len(ZIP) // 2], "not a readable zip"),
        ("x.zip", b"", "not a readable zip"),
        ("x.zip", GOOD, "not a readable zip"),
        ("x.zip", damaged(ZIP, 80), "cannot be unpacked"),
        ("x.zip", encrypted(), "cannot be unpacked .*encrypted"),
        ("x.zip", unknown_method(), "cannot be unpacked"),
        ("x.zip", odd_name(), "not a readable zip"),
        ("x.zip", fixtures.zip_bytes({NAME + ".gz": GZIP[:50]}), "cannot be unpacked"),
        ("x.zip", fixtures.zip_bytes({"readme.txt": "x"}), r"holds no file named \*-street.csv"),
        ("x.zip", fixtures.zip_bytes({"inner.zip": ZIP}), r"holds no file named \*-street.csv"),
        ("x.zip", fixtures.zip_bytes({}), r"holds no file named \*-street.csv"),
        ("x.csv", ZIP, "is a workbook or packed, not a text"),
        ("x.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary data|lacks the column"),
        ("x.csv", b"PK\x03\x04\x14\x00\x06\x00 an xlsx", "is a workbook or packed, not a text"),
        ("x.csv", "Crime ID,Month".encode("utf-16-le"), "binary data"),
        ("x.csv", b"", "is empty"),
        ("x.csv", b"\xef\xbb\xbf", "is empty"),
        ("x.csv", b"\r\n\r\n", "is empty"),
        ("x.csv", b"%PDF-1.4", "lacks the columns Crime ID, Month, .*it has: %PDF"),
        ("x.csv", b"<!DOCTYPE html><html>\x07", "it has: <!DOCTYPE html><html>\ufffd"),
        ("x.csv", GOOD.replace(b",", b";"), "it has: Crime ID;Month;Reported by"),
    ],
)
def test_what_is_no_street_file_is_one_clear_sentence(tmp_path, name, data, said):
    with pytest.raises(InputError, match=said) as caught:
        read_incidents([text_file(tmp_path, name, data)])
    assert "\n" not in str(caught.value)
    assert name.partition(".")[0] in str(caught.value)


def test_paths_that_are_not_there_are_named(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path / ("x" * 5000), Path("a\x00b")):
        with pytest.raises(InputError, match=r"--incidents .* does not exist"):
            find_street_files([path])
        with pytest.raises(InputError, match="does not exist"):
            unpack(path)
    with pytest.raises(InputError, match="holds no file named"):
        find_street_files([tmp_path])
    with pytest.raises(InputError, match="is it a file"):
        unpack(tmp_path)


def test_all_bytes_are_hashed_also_those_of_a_folder(tmp_path):
    path = text_file(tmp_path, "a.txt", "one")
    assert sha256_on_disk(path) == sha256(b"one")
    (tmp_path / "sub").mkdir()
    before = sha256_on_disk(tmp_path)
    assert sha256_on_disk(tmp_path) == before
    path.write_bytes(b"two")
    changed = sha256_on_disk(tmp_path)
    path.rename(tmp_path / "sub" / "a.txt")
    assert len({before, changed, sha256_on_disk(tmp_path)}) == 3


# --- text ------------------------------------------------------------------------------------------------------------

CAFE = street_text([row(street="On or near Café £ – Way")])


@pytest.mark.parametrize(
    "data",
    [
        CAFE.encode(),
        CAFE.encode("utf-8-sig"),
        ("\ufeff" + CAFE).encode("utf-8-sig"),
        CAFE.encode("cp1252"),
        CAFE.encode("utf-16"),
        b"\xfe\xff" + CAFE.encode("utf-16-be"),
        CAFE.replace("\r\n", "\n").encode(),
        CAFE.replace("\r\n", "\r").encode(),
    ],
    ids=["utf-8", "bom", "two boms", "cp1252", "utf-16", "utf-16-be", "lf", "cr"],
)
def test_every_usual_encoding_and_line_end_gives_the_same_text(tmp_path, data):
    intake = read_incidents([text_file(tmp_path, "x.csv", data)])
    assert intake.incidents.loc["a1", "street"] == "Café £ – Way"
    assert intake.incidents.loc["a1", "source_row"] == 2


def test_one_odd_byte_does_not_cost_the_mark_or_the_file():
    assert decode(b"\xef\xbb\xbfCrime ID,caf\xc3\xa9,\xff") == "Crime ID,café,\ufffd"
    assert decode(b"a\x00b") == "a\ufffdb"
    assert decode(b"\x81\x92") == "\ufffd’"
    assert decode(b"\xff\xfea\x00\x00\xd8") == "a\ufffd"


@given(st.binary(max_size=60))
def test_any_bytes_are_a_text_that_can_be_written(data):
    assert "\x00" not in decode(data).encode("utf-8").decode()


# --- rows ------------------------------------------------------------------------------------------------------------

CELLS = st.lists(
    st.sampled_from(["", "a", 'say "x"', "two\nlines", "three\n\nlines", "a,b", " "]), min_size=2, max_size=3
)


@settings(max_examples=60)
@given(lines=st.lists(st.one_of(st.none(), CELLS), max_size=12), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_rows_have_the_numbers_that_a_spreadsheet_shows(lines, end):
    quoted = ([f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells or ()] for cells in lines)
    text = "".join(",".join(cells) + end for cells in quoted)
    expected = [(number, cells) for number, cells in enumerate(lines, 1) if cells is not None]
    assert list(rows(text, "x.csv")) == expected


def test_row_numbers_in_a_street_file(tmp_path):
    bad = row(id="bad", month="")
    text = "\r\n".join(
        [
            "",
            ",".join(fixtures.HEADER),
            fixtures.table([[row(street="two\nlines")[key] for key in fixtures.TITLES]]).strip(),
            "",
            ",".join(bad[key] for key in fixtures.TITLES),
            "",
        ],
    )
    intake = read_incidents([text_file(tmp_path, "x.csv", text)])
    assert list(intake.incidents["source_row"]) == [3]
    assert list(intake.rejects["source_row"]) == [5]


@pytest.mark.parametrize(
    "text",
    [
        'id,street\n1,a\n2,"b\n3,c\n4,d\n',
        'id,street\n1,a\n2,"b\n3,c\n4,"d"\n5,e\n',
        'id,street\n1,a\n2,"b" c\n',
        'id,street\n1,a\n2,"' + "x" * 140_000 + '"\n',
        'id,street\n1,a\n2,"' + "x\n" * 140_000,
    ],
    ids=["to the end", "to the next quote", "text after a quote", "a huge cell", "a huge open cell"],
)
def test_an_open_quote_is_an_error_and_swallows_no_rows(text):
    with pytest.raises(InputError, match=r"x.csv, row 3: not readable as CSV .*is a quote never closed there\?"):
        list(rows(text, "x.csv"))


# --- columns ---------------------------------------------------------------------------------------------------------

WANTED = {"id": ("Crime ID", "id"), "month": ("Month",), "notes": ("Notes",)}


def columns(text: str) -> dict[str, list[str]]:
    return read_columns(text.encode(), "x.csv", WANTED, ("id", "month")).columns


def test_titles_are_known_in_any_case_order_and_spelling():
    assert columns(" MONTH ,other,crime id\n2024-01, x , 7 \n") == {"month": ["2024-01"], "id": ["7"]}
    assert columns("id,Month\n7,2024-01\n") == {"id": ["7"], "month": ["2024-01"]}


def test_the_first_spelling_and_the_first_of_equal_titles_win():
    assert columns("id,Crime ID,Crime ID,Month\n1,2,3,m\n")["id"] == ["2"]


def test_missing_columns_are_listed_with_those_found():
    with pytest.raises(InputError, match=r"x.csv lacks the columns Crime ID, Month; it has: a, b\. Is it") as caught:
        columns("a, b\n1,2\n")
    with pytest.raises(InputError, match="lacks the column Month; it has: id,"):
        columns("id," + ",".join("long title" for _ in range(5000)))
    assert len(str(caught.value)) < 400


def test_thousands_of_columns_are_read_for_the_wanted_ones():
    many = ",".join(f"c{number}" for number in range(20_000))
    assert columns(f"id,{many},month\n1,{many},2\n") == {"id": ["1"], "month": ["2"]}


def test_rows_too_short_are_filled_and_rows_too_long_are_told():
    table = read_columns(b"id,month,notes\n1\n2,m,n,, \n3,m,n,o\n4,m,n,,p\n", "x.csv", WANTED, ("id", "month"))
    assert table.columns == {"id": ["1", "2", "3", "4"], "month": ["", "m", "m", "m"], "notes": ["", "n", "n", "n"]}
    assert table.numbers == [2, 3, 4, 5]
    assert table.surplus == {2: "4 cells under 3 titles", 3: "5 cells under 3 titles"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_with_a_byte_damaged_is_read_or_our_error(tmp_path, method):
    sound = fixtures.zip_bytes({NAME: GOOD}, method)
    assert read_incidents([text_file(tmp_path, "x.zip", sound)]).accounts["accepted"].tolist() == [2]
    for position in range(0, len(sound), 2):
        path = text_file(tmp_path, "x.zip", damaged(sound, position))
        try:
            for file in find_street_files([path]):
                file.read()
        except HotspotsError:
            continue


def test_a_gzip_with_a_byte_damaged_or_cut_anywhere_is_read_or_our_error(tmp_path):
    for position in range(0, len(GZIP), 2):
        for data in (damaged(GZIP, position), GZIP[:position]):
            try:
                unpack(text_file(tmp_path, "x.csv.gz", data))
            except HotspotsError:
                continue
