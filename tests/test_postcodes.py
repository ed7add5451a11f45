"""The places of postcodes: the ONS Postcode Directory, Code-Point Open, and tables like them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.errors import HotspotsError, InputError
from hotspots.intake.files import sha256
from hotspots.intake.postcodes import Postcodes, compared, read_postcodes
from tests.intake_fixtures import gzipped, text_file

DIRECTORY = (
    '"pcd","pcd2","pcds","dointr","oseast1m","osnrth1m","lat","long"\n'
    '"DA6 7AT","DA6  7AT","DA6 7AT","198001","549216","0175541",51.458600,0.147200\n'
    '"ZE1 0AA","ZE1  0AA","ZE1 0AA","198001","447000","1141000",60.153000,-1.154000\n'
    '"JE1 1AA","JE1  1AA","JE1 1AA","198001","","",99.999999,0.000000\n'
    '"BT1 1AA","BT1  1AA","BT1 1AA","198001","333000","374000",54.6,-5.9\n'
)
CODE_POINT = '"AB101AB",10,394235,806529,"S92000003"\n"AB10 1AF",90,0,0,"S92000003"\n'


def codes(folder, text: str | bytes, name: str = "postcodes.csv") -> Postcodes:
    return read_postcodes(text_file(folder, name, text))


def places(found: Postcodes) -> dict[str, tuple[float, float]]:
    assert (found.places.index.name, list(found.places.columns)) == ("postcode", ["easting", "northing"])
    return {str(code): (float(x), float(y)) for code, x, y in found.places.itertuples()}


def test_the_directory_of_the_ons_is_read(tmp_path):
    found = codes(tmp_path, DIRECTORY)
    assert places(found) == {"DA67AT": (549216.0, 175541.0), "ZE10AA": (447000.0, 1141000.0)}
    assert found.ambiguous == 0


def test_code_point_open_has_no_header(tmp_path):
    assert places(codes(tmp_path, CODE_POINT)) == {"AB101AB": (394235.0, 806529.0)}
    titled = "Postcode,Positional_quality_indicator,Eastings,Northings\n" + CODE_POINT
    assert places(codes(tmp_path, titled)) == {"AB101AB": (394235.0, 806529.0)}


@pytest.mark.parametrize("code", ["pcds", "PCD", "pcd2", "pcd7", "Pcd8", " Postcode ", "post code"])
@pytest.mark.parametrize(
    ("x", "y"),
    [("oseast1m", "osnrth1m"), ("EAST1M", "NORTH1M"), ("Easting", "Northing"), ("eastings", "northings")],
)
def test_the_columns_are_known_in_the_spellings_of_their_publishers(tmp_path, code, x, y):
    text = f"\ufeffother,{y},{code},{x}\n1,175541,da6 7at,549216\n"
    assert places(codes(tmp_path, text)) == {"DA67AT": (549216.0, 175541.0)}


@pytest.mark.parametrize(("x", "y"), [("long", "lat"), ("Longitude", "Latitude"), ("lng", "lat"), ("lon", "lat")])
def test_degrees_are_brought_to_the_national_grid(tmp_path, x, y):
    # Worked example of Ordnance Survey, A Guide to Coordinate Systems in Great Britain: 5 m are what no grid shift costs.
    text = f"pcds,{y},{x}\nNR1 1AA,52.65798,1.71605\nJE1 1AA,99.999999,0\nXX1 1AA,0,0\nXX1 1AB,51,181\nXX1 1AC,-90,1\n"
    found = places(codes(tmp_path, text))
    assert list(found) == ["NR11AA"]
    assert found["NR11AA"] == pytest.approx((651409.9, 313177.3), abs=8)


def test_degrees_on_the_prime_meridian_are_a_place(tmp_path):
    found = places(codes(tmp_path, "pcds,lat,long\nSE10 9NF,51.4779,0\nBT1 1AA,54.6,-5.9\n"))
    # The meridian of GPS runs 102 m east of the line at Greenwich, which is at 538,885 m.
    assert found["SE109NF"] == pytest.approx((538_987, 177_334), abs=15)
    assert "BT11AA" in found


def test_metres_come_before_degrees(tmp_path):
    text = "pcds,lat,long,easting,northing\nA1 1AA,51.5,0.1,549216,175541\n"
    assert places(codes(tmp_path, text)) == {"A11AA": (549216.0, 175541.0)}


@pytest.mark.parametrize(
    ("x", "y"),
    [
        *(("0", "0"), ("", ""), ("0", "175541"), ("549216", "0"), ("x", "1"), ("nan", "1"), ("inf", "1"), ("-1", "1")),
        *(("700001", "1"), ("1", "1300001"), ("1", "-1"), ("1", "inf")),
    ],
)
def test_a_row_without_a_place_says_nothing(tmp_path, x, y):
    text = f"pcds,easting,northing\nA1 1AA,{x},{y}\nA1 1AB,700000,1300000\nA1 1AA,1,2\nA1 1AC\n,5,6\n"
    found = codes(tmp_path, text)
    assert places(found) == {"A11AA": (1.0, 2.0), "A11AB": (700000.0, 1300000.0)}
    assert found.ambiguous == 0


def test_a_postcode_in_several_places_is_in_none_and_counted(tmp_path):
    text = (
        "pcds,easting,northing\nA1 1AA,1,2\na11aa,1,2.0\nA1 1AB,1,2\nA1 1AB,1,3\nA1 1AB,2,3\nA1 1AC,1,2\nA1 1AC,2,2\n"
    )
    found = codes(tmp_path, text)
    assert (places(found), found.ambiguous) == ({"A11AA": (1.0, 2.0)}, 2)


def test_places_are_found_whatever_the_spelling(tmp_path):
    found = codes(tmp_path, DIRECTORY)
    texts = pd.Series(
        ["da67at", None, " DA6  7AT ", "", "XX1 1XX", "ze1\t0aa", "BT1 1AA", np.nan], index=list("hgfedcba")
    )
    before = texts.copy()
    result = found.find(texts)
    pd.testing.assert_series_equal(texts, before)
    assert list(result.index) == list("hgfedcba")
    assert list(result.columns) == ["easting", "northing"]
    assert [str(kind) for kind in result.dtypes] == ["float64", "float64"]
    assert result["easting"].fillna(-1).tolist() == [549216, -1, 549216, -1, -1, 447000, -1, -1]
    assert result["northing"].fillna(-1).tolist() == [175541, -1, 175541, -1, -1, 1141000, -1, -1]


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_any_kind_of_text_is_looked_up(tmp_path, kind):
    found = codes(tmp_path, DIRECTORY)
    assert found.find(pd.Series(["DA6 7AT", "x"], dtype=kind))["easting"].fillna(0).tolist() == [549216, 0]
    assert len(found.find(pd.Series([], dtype=kind))) == 0


@settings(max_examples=40, deadline=None)
@given(
    known=st.dictionaries(st.from_regex(r"[A-Z]{1,2}[1-9] [0-9][A-Z]{2}", fullmatch=True), st.integers(1, 10**5)),
    asked=st.lists(st.from_regex(r"[A-Z]{1,2}[1-9] [0-9][A-Z]{2}", fullmatch=True)),
)
def test_what_is_known_is_found_and_nothing_else(tmp_path_factory, known, asked):
    known = {code: x for code, x in known.items() if not code.startswith("BT")} | {"ZZ1 1ZZ": 7}
    text = "pcds,easting,northing\n" + "".join(f"{code},{x},{x + 1}\n" for code, x in known.items())
    found = codes(tmp_path_factory.mktemp("codes"), text)
    result = found.find(pd.Series([*known, *asked], dtype="object"))
    assert result["easting"].fillna(-1).tolist() == [known.get(code, -1) for code in [*known, *asked]]
    assert result["northing"].fillna(-1).tolist() == [known.get(code, -2) + 1 for code in [*known, *asked]]


def test_a_postcode_is_compared_without_blanks_in_upper_case():
    assert compared(" da6\t7 at ") == "DA67AT"


def test_the_file_is_named_with_the_hash_of_what_it_holds(tmp_path):
    plain = codes(tmp_path, DIRECTORY)
    packed = codes(tmp_path, gzipped(DIRECTORY), "postcodes.csv.GZ")
    pd.testing.assert_frame_equal(plain.places, packed.places)
    assert (plain.file.role, plain.file.name, plain.file.sha256) == (
        *("postcodes", "postcodes.csv"),
        sha256(DIRECTORY.encode()),
    )
    assert (packed.file.name, packed.file.sha256) == ("postcodes.csv.GZ", plain.file.sha256)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.csv", "", r"lacks a column pcds; it has: nothing\. Give the ONS Postcode Directory or Code-Point Open"),
        ("x.csv", "\n", r"lacks a column pcds; it has: nothing\."),
        ("x.csv", "a, b\n1,2\n", r"lacks a column pcds; it has: a, b\."),
        ("x.csv", "pcds,lat\n1,2\n", r"lacks columns oseast1m and osnrth1m; it has: pcds, lat\."),
        ("x.csv", "pcds,a\x07,long\n1,2,3\n", "it has: pcds, a\ufffd, long"),
        ("x.csv", "A1 1AA,1,2\n", r"lacks a column pcds; it has: A1 1AA, 1, 2\."),
        ("x.csv", "pcds,easting,northing\n", "holds no postcode with a place"),
        ("x.csv", DIRECTORY + '"A1 1AA,1\n', "line 6: not readable as CSV"),
        ("x.csv", DIRECTORY + '"A1" 1AA,1\nA1 1AB,1\n', "line 6: not readable as CSV"),
        ("x.gz", DIRECTORY, "is not a whole gzip file"),
        ("x.gz", gzipped(DIRECTORY)[:-9], "is not a whole gzip file"),
        ("x.gz", gzipped(DIRECTORY)[:20] + b"\xff" * 40, "is not a whole gzip file"),
    ],
)
def test_what_is_no_table_of_postcodes_is_one_clear_sentence(tmp_path, name, data, said):
    with pytest.raises(InputError, match=f"{name}.*{said}"):
        codes(tmp_path, data, name)


def test_a_file_with_ambiguous_postcodes_only_is_read(tmp_path):
    found = codes(tmp_path, "pcds,easting,northing\nA1 1AA,1,2\nA1 1AA,1,3\n")
    assert (places(found), found.ambiguous) == ({}, 1)
    assert found.find(pd.Series(["A1 1AA"]))["easting"].isna().all()


def test_a_missing_file_or_a_folder_is_one_clear_sentence(tmp_path):
    with pytest.raises(InputError, match=r"The file .*nowhere\.csv does not exist; check the path"):
        read_postcodes(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_postcodes(tmp_path)


def test_many_titles_are_shortened(tmp_path):
    with pytest.raises(InputError) as said:
        codes(tmp_path, ",".join(f"title{n}" for n in range(200)) + "\n")
    assert len(str(said.value)) < 350


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    head=st.sampled_from(["", "pcds,easting,northing\n", "pcds,lat,long\n", "A1 1AA,10,"]), data=st.binary(max_size=60)
)
def test_any_bytes_are_places_or_our_error(tmp_path_factory, head, data):
    path = tmp_path_factory.mktemp("any") / "x.csv"
    path.write_bytes(head.encode() + data)
    try:
        found = read_postcodes(path)
    except HotspotsError as error:
        str(error).encode()
        return
    assert found.places.index.is_unique
    assert np.isfinite(found.places.to_numpy()).all()
