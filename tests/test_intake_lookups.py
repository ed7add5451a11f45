"""The exact-fit lookup and residents per LSOA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hotspots.errors import InputError
from hotspots.intake.files import sha256
from hotspots.intake.lookups import read_lookup, read_population, read_wards
from tests.intake_fixtures import gzipped, text_file

if TYPE_CHECKING:
    import pandas as pd

LOOKUP = "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND\nE1,a,E1,a,U\nE2,b,E3,b,S\nE2,b,E4,c,S\n"


def lookup(folder, text: str | bytes, name: str = "lookup.csv") -> pd.DataFrame:
    return read_lookup(text_file(folder, name, text))[0]


def residents(folder, text: str) -> dict[str, float]:
    series = read_population(text_file(folder, "people.csv", text))[0]
    assert series.index.name == "lsoa_code"
    assert (series.name, str(series.dtype)) == ("population", "float64")
    return {str(code): float(number) for code, number in series.items()}


# --- lookup ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["CHGIND", "chgind", "CHNGIND"])
def test_a_lookup_has_both_codes_and_the_rule(tmp_path, title):
    found = lookup(tmp_path, LOOKUP.replace("CHGIND", title))
    assert list(found.columns) == ["lsoa11", "lsoa21", "rule"]
    assert found.to_numpy().tolist() == [["E1", "E1", "U"], ["E2", "E3", "S"], ["E2", "E4", "S"]]
    assert list(found.index) == [0, 1, 2]


def test_the_columns_are_in_our_order_whatever_theirs(tmp_path):
    found = lookup(tmp_path, "CHGIND,LSOA21CD,LSOA11CD\nU,E9,E1\n")
    assert found.to_dict("records") == [{"lsoa11": "E1", "lsoa21": "E9", "rule": "U"}]
    assert list(found.columns) == ["lsoa11", "lsoa21", "rule"]


def test_a_packed_lookup_is_read_and_named_with_its_hash(tmp_path):
    path = text_file(tmp_path, "x.csv.gz", gzipped(LOOKUP))
    found, files = read_lookup(path)
    assert len(found) == 3
    assert [(file.role, file.name, file.sha256) for file in files] == [("lookup", "x.csv.gz", sha256(LOOKUP.encode()))]


def test_blank_and_equal_rows_of_a_lookup_count_once(tmp_path):
    assert len(lookup(tmp_path, LOOKUP + "E1,a,E1,a,U\n,,,,\n\n")) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LOOKUP.replace("E1,a,U", "E1,a,Z"), "has the change type 'Z'"),
        (LOOKUP.replace("E1,a,U", "E1,a,"), "has the change type ''"),
        (LOOKUP.replace("E3,b", ",b"), "has rows without a code"),
        (LOOKUP.partition("\n")[0], "has no rows"),
        (LOOKUP.replace("CHGIND", "X"), "lacks the column CHGIND; it has: LSOA11CD, LSOA11NM"),
        (LOOKUP.replace("LSOA21CD", "X").replace("LSOA11CD", "Y"), "lacks the columns LSOA11CD, LSOA21CD"),
        (LOOKUP.replace("E2,b,E3", "E2,b, c,E3"), "row 3: 6 cells under 5 titles"),
        ("", "is empty"),
    ],
)
def test_what_is_no_lookup_is_one_clear_sentence(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        lookup(tmp_path, text)


# --- residents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("lsoa21_code", "total_residents"),
        ("LSOA11CD", "Persons_All-Ages"),
        ("LSOA21CD", "Total"),
        ("GEOGRAPHY_CODE", "OBS_VALUE"),
        ("geography code", "Residents"),
        ("lsoa_code", "POPULATION"),
    ],
)
def test_residents_are_known_in_the_spellings_of_their_publishers(tmp_path, code, number):
    text = f'x,{code},y,{number}\n1,E1,2,"1,234"\n1,E2,2, 0 \n1,E3,2,56.5\n'
    assert residents(tmp_path, text) == {"E1": 1234.0, "E2": 0.0, "E3": 56.5}


def test_blank_rows_between_and_below_are_passed_over(tmp_path):
    assert residents(tmp_path, "lsoa_code,residents\n\nE1,5\n,\n\nE2,6\n,\n") == {"E1": 5.0, "E2": 6.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("E1,5\n\n\nE2,-1\n", "row 5: '-1' is no number of residents"),
        ("E1,5\n,\nE2,many\n", "row 4: 'many' is no number"),
        ("E1,5\nE2,\n", "row 3: '' is no number"),
        ("E1,nan\n", "row 2: 'nan' is no number"),
        ("E1,1e400\n", "row 2: '1e400' is no number"),
        ("E1,inf\n", "row 2: 'inf' is no number"),
        (",5\n", "row 2: '5' residents are given without an LSOA code"),
        ("E1,1,234\n", "row 2: 3 cells under 2 titles; put text with a comma into quotes"),
        ("E1,5\nE2,5\nE1,6\n", "gives E1 more than once"),
        ("", "has a header and no rows"),
        (",\n", "has a header and no rows"),
    ],
)
def test_what_is_no_count_is_named_with_its_row(tmp_path, text, said):
    with pytest.raises(InputError, match=f"people.csv.*{said}"):
        residents(tmp_path, "lsoa_code,residents\n" + text)


def test_missing_columns_are_listed(tmp_path):
    with pytest.raises(InputError, match="lacks the columns lsoa21_code, total_residents; it has: a, b"):
        residents(tmp_path, "a,b\n1,2\n")


def test_the_file_is_named_with_its_hash(tmp_path):
    path = text_file(tmp_path, "people.csv", "lsoa_code,residents\nE1,5\n")
    (file,) = read_population(path)[1]
    assert (file.role, file.name, file.sha256) == ("population", "people.csv", sha256(path.read_bytes()))


# --- wards -----------------------------------------------------------------------------------------------------------

WARDS = "LSOA21CD,LSOA21NM,WD24CD,WD24NM\nE1,a,W1,Sidcup\nE2,b,W1,Sidcup\nE3,c,W2,Erith\n"


@pytest.mark.parametrize("year", [18, 22, 24, 26])
def test_a_ward_is_known_by_the_code_of_its_lsoa_whatever_the_year(tmp_path, year):
    wards, files = read_wards(text_file(tmp_path, "wards.csv", WARDS.replace("WD24", f"WD{year}")))
    assert wards.to_dict() == {"E1": "Sidcup", "E2": "Sidcup", "E3": "Erith"}
    assert (wards.index.name, wards.name) == ("lsoa_code", "ward")
    assert [(file.role, file.name) for file in files] == [("wards", "wards.csv")]


def test_equal_rows_and_rows_without_a_ward_are_no_fault(tmp_path):
    wards, _ = read_wards(text_file(tmp_path, "wards.csv", WARDS + "E3,c,W2,Erith\nE4,d,,\n,,,\n"))
    assert list(wards.index) == ["E1", "E2", "E3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WARDS + "E1,a,W2,Erith\n", "gives E1 two wards"),
        (WARDS.partition("\n")[0], "no rows"),
        (WARDS.replace("WD24NM", "X"), "lacks the column"),
        (WARDS.replace("W1,Sidcup", "W1,Sidcup, Old"), "6 cells under 4 titles|5 cells under 4 titles"),
    ],
)
def test_wards_that_cannot_be_used_are_one_sentence(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_wards(text_file(tmp_path, "wards.csv", text))
