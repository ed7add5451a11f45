"""Coordinate texts: every usable pair becomes degrees, and every other says what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError, SettingsError
from hotspots.intake import coordinates
from hotspots.intake.coordinates import GREAT_BRITAIN, OUTLINE_KM, REASONS, Places, place

ROOT = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("HOTSPOTS_REAL_DATA", ROOT.parent / "shared" / "data"))

TEXT = pd.StringDtype("python", na_value=np.nan)
BNG, DEGREES, UTM_30, UTM_32, EUROPE, NEW_YORK_FEET, OSGB36 = 27700, 4326, 32630, 32632, 3035, 2263, 4277
METRES = "metres where degrees were expected"
EXPECTED_METRES = "where metres were expected"
SWAPPED_DEGREES = "longitude and latitude look swapped"
SWAPPED_METRES = "easting and northing look swapped"


def texts(values, index=None) -> pd.Series:
    return pd.Series(list(values), index=index, dtype=TEXT)


def placed(pairs, epsg, **options) -> Places:
    return place(texts(x for x, _ in pairs), texts(y for _, y in pairs), epsg=epsg, **options)


def one(x, y, epsg, **options):
    """Return longitude, latitude, reason and value of one pair."""
    places = placed([(x, y)], epsg, **options)
    return places.lon.iloc[0], places.lat.iloc[0], places.reason.iloc[0], places.value.iloc[0]


def fault(x, y, epsg, **options):
    lon, lat, reason, value = one(x, y, epsg, **options)
    assert np.isnan(lon)
    assert np.isnan(lat)
    return reason, value


def as_frame(places: Places) -> pd.DataFrame:
    return pd.DataFrame({name: getattr(places, name) for name in ("lon", "lat", "reason", "value")})


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "lon", "lat"),
    [
        ("0.123456", "51.456789", 0.123456, 51.456789),
        (" +0.12\t", "\u00a051.45\u00a0", 0.12, 51.45),
        ("-.5", "52.", -0.5, 52.0),
        ("1.2E-1", "5.145e+1", 0.12, 51.45),
        ("0,1234", "51,4567", 0.1234, 51.4567),
        ("-1,234", "51,456", -1.234, 51.456),  # before three digits: no thousands in degrees
        ("+1,2", "51,4", 1.2, 51.4),
        ("0", "51.5", 0.0, 51.5),
    ],
)
def test_numbers_in_degrees(x, y, lon, lat):
    assert one(x, y, DEGREES) == (lon, lat, "", "")


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("549210", "175000.5"),
        ("549,210", "175,000.5"),
        (" +549210.0 ", "175000.50"),
        ("549210,0", "175000,500"),  # six digits before the comma: no thousands
        ("5.4921E+05", "1.750005e5"),
        ("549,210.", "175,000.500"),
    ],
)
def test_numbers_in_metres(x, y):
    assert one(x, y, BNG) == one("549210", "175000.5", BNG)
    assert one(x, y, BNG)[2:] == ("", "")


def test_a_comma_before_three_digits_parts_thousands_only_where_degrees_are_impossible():
    assert one("180,000", "90,000", DEGREES, analysis_epsg=DEGREES)[:2] == (180.0, 90.0)
    assert one("-1,234,567", "51", DEGREES, analysis_epsg=DEGREES)[2:] == (
        "wrong_unit",
        "-1,234,567, 51 (too large for degrees)",
    )
    for x, y in [("549,210", "175,000"), ("180,001", "51"), ("0", "90,001"), ("-181,000", "0"), ("0", "-91,000.5")]:
        assert one(x, y, DEGREES)[2] == "wrong_unit"
    # A decimal that is no degrees either stays what it is written as.
    assert fault("181,0", "51", DEGREES) == ("bad_coordinates", "181,0, 51 (out of the range of degrees)")


@pytest.mark.parametrize(
    "text",
    ["abc", "nan", "NaN", "inf", "-Infinity", "1e999", "-1e999", "9" * 400, "1_000", "0x10", "١٢", "1 2", "+-1", ".",
     "-", "e5", "1e", "1,", ",5", "1,2,3", "1,23,456", "1234,567,890", "51.45N", "51°", "1.2.3", "12\n34", "--1",
     "549.210,5", "=1+1", "</script>", "\ud800"],
)  # fmt: skip
@pytest.mark.parametrize("epsg", [DEGREES, BNG])
def test_what_is_no_number_is_named(text, epsg):
    shown = text if len(text) <= 50 else text[:78] + "…"
    for x, y in [(text, "51"), ("51", text)]:
        reason, value = fault(x, y, epsg)
        assert reason == "bad_coordinates"
        assert value.endswith(" (not two numbers)")
        if shown == text:
            assert value == f"{x}, {y} (not two numbers)"


def test_one_empty_text_is_no_place_and_two_are_none_at_all():
    for nothing in ("", " ", "\t"):
        assert fault(nothing, "51.45", DEGREES) == ("bad_coordinates", ", 51.45 (not two numbers)")
        assert fault("0.12", nothing, DEGREES) == ("bad_coordinates", "0.12,  (not two numbers)")
        assert fault(nothing, "", DEGREES) == ("no_location", "")
        assert fault("", nothing, BNG) == ("no_location", "")


def test_missing_texts_are_empty_ones():
    places = place(texts([np.nan, "0.12", np.nan]), texts([np.nan, "51.45", "51.45"]), epsg=DEGREES)
    assert places.reason.tolist() == ["no_location", "", "bad_coordinates"]


def test_a_value_is_cut_to_100_characters_and_keeps_its_words():
    reason, value = fault("=" * 1_000_000, "1", DEGREES)
    assert (reason, value) == ("bad_coordinates", "=" * 81 + "… (not two numbers)")
    assert len(value) == 100
    assert fault("a" * 79, "1", DEGREES)[1] == "a" * 79 + ", 1 (not two numbers)"
    assert fault("a" * 80, "1", DEGREES)[1] == "a" * 80 + ", … (not two numbers)".replace(", …", ",…")
    assert len(fault("0.12" + "0" * 200, "51.45", BNG)[1]) == 100


# --- reasons, where the analysis is British ---------------------------------------------------------------------------

AT_HOME = [
    (DEGREES, "0", "0.0", "zero_coordinates", ""),
    (DEGREES, "-0.0000009", "0.0000009", "zero_coordinates", ""),
    (DEGREES, "0.000001", "0", "outside_great_britain", ""),
    (DEGREES, "0", "-0.000001", "outside_great_britain", ""),
    (BNG, "0", "0", "zero_coordinates", ""),
    (BNG, "-0.99", "0.99", "zero_coordinates", ""),
    (BNG, "1", "0", "wrong_unit", f"degrees {EXPECTED_METRES}"),
    (BNG, "0", "1", "wrong_unit", f"degrees {EXPECTED_METRES}"),
    (DEGREES, "549210", "175000", "wrong_unit", METRES),
    (DEGREES, "175000", "549210", "wrong_unit", "too large for degrees"),
    (DEGREES, "-0.12", "51456789", "wrong_unit", "too large for degrees"),
    (DEGREES, "-1000.1", "51", "wrong_unit", "too large for degrees"),
    (DEGREES, "-1000", "51", "bad_coordinates", "out of the range of degrees"),
    (DEGREES, "549.21", "175", "bad_coordinates", "out of the range of degrees"),
    (DEGREES, "180.1", "51", "bad_coordinates", "out of the range of degrees"),
    (DEGREES, "0", "-90.1", "bad_coordinates", "out of the range of degrees"),
    (DEGREES, "51.45", "100", "bad_coordinates", "out of the range of degrees"),
    (DEGREES, "180", "-90", "outside_great_britain", ""),
    (DEGREES, "51.45", "0.12", "swapped_axes", SWAPPED_DEGREES),
    (DEGREES, "60.8", "-0.8", "swapped_axes", SWAPPED_DEGREES),
    (OSGB36, "51.45", "0.12", "swapped_axes", SWAPPED_DEGREES),
    (DEGREES, "53.35", "-6.26", "outside_great_britain", ""),  # Dublin, swapped
    (DEGREES, "-6.26", "53.35", "outside_great_britain", ""),
    (DEGREES, "0.12", "-51.45", "outside_great_britain", ""),
    (BNG, "0.12", "51.45", "wrong_unit", f"degrees {EXPECTED_METRES}"),
    (BNG, "51.45", "0.12", "wrong_unit", f"degrees {EXPECTED_METRES}"),
    (BNG, "-87.6", "41.9", "wrong_unit", f"degrees {EXPECTED_METRES}"),
    (BNG, "180", "-90", "wrong_unit", f"degrees {EXPECTED_METRES}"),
    (BNG, "180.1", "-20", "outside_great_britain", ""),
    (BNG, "0", "90.1", "outside_great_britain", ""),
    (BNG, "549.21", "175.0", "wrong_unit", f"kilometres {EXPECTED_METRES}"),
    (BNG, "150", "35", "wrong_unit", f"kilometres {EXPECTED_METRES}"),  # Cornwall, though it could be degrees
    (BNG, "54921000", "17500000", "wrong_unit", f"centimetres {EXPECTED_METRES}"),
    (BNG, "549210000", "175000000", "wrong_unit", f"millimetres {EXPECTED_METRES}"),
    (BNG, "175000", "549210", "swapped_axes", SWAPPED_METRES),
    (BNG, "1200000", "450000", "swapped_axes", SWAPPED_METRES),  # Shetland
    (BNG, "15000", "390000", "outside_great_britain", ""),  # Athlone
    (BNG, "144000", "520000", "swapped_axes", SWAPPED_METRES),  # Belfast, or Sussex
    (BNG, "5492100000", "1750000000", "outside_great_britain", ""),
    (BNG, "1e300", "-1e300", "outside_great_britain", ""),
    (BNG, "1e308", "1e308", "outside_great_britain", ""),
    (UTM_30, "699", "5700", "wrong_unit", f"kilometres {EXPECTED_METRES}"),
    (UTM_30, "5700000", "699000", "swapped_axes", SWAPPED_METRES),
    (UTM_30, "0.12", "51.45", "wrong_unit", f"degrees {EXPECTED_METRES}"),
    (UTM_30, "1e308", "1e308", "outside_great_britain", ""),
    (UTM_30, "699000", "45703920", "outside_great_britain", ""),  # once around the earth, and London
    (29903, "333700", "374000", "outside_great_britain", ""),  # Belfast on the Irish Grid
    (NEW_YORK_FEET, "0.12", "51.45", "wrong_unit", "degrees where US survey feet were expected"),
    (NEW_YORK_FEET, "990000", "200000", "outside_great_britain", ""),
]


@pytest.mark.parametrize(("epsg", "x", "y", "reason", "words"), AT_HOME)
def test_the_first_fault_at_home(epsg, x, y, reason, words):
    assert fault(x, y, epsg) == (reason, f"{x}, {y}" + (f" ({words})" if words else ""))


def test_the_scales_of_a_projection_in_feet_are_not_tried():
    scotland = pyproj.Transformer.from_crs(DEGREES, NEW_YORK_FEET, always_xy=True).transform(-4.0, 56.0)
    x, y = (f"{value / 1000:.3f}" for value in scotland)
    assert fault(x, y, NEW_YORK_FEET)[0] == "outside_great_britain"


def test_every_reason_is_listed_in_its_order():
    assert {reason for *_, reason, _ in AT_HOME} | {"no_location"} == set(REASONS)
    assert REASONS.index("zero_coordinates") < REASONS.index("wrong_unit") < REASONS.index("swapped_axes")


@pytest.mark.parametrize("epsg", [DEGREES, 4258, OSGB36, 4979, BNG, 7405, UTM_30, 3857, EUROPE])
def test_a_place_in_any_crs_is_where_geopandas_puts_it(epsg):
    here = gpd.GeoSeries.from_xy([0.1461177, -3.2, -1.2], [51.4543243, 55.95, 60.3], crs=DEGREES)
    there = here.to_crs(epsg)
    pairs = [(f"{point.x:.9f}", f"{point.y:.9f}") for point in there]
    places = placed(pairs, epsg)
    assert places.reason.eq("").all()
    np.testing.assert_allclose(places.lon, here.x, rtol=0, atol=1e-7)
    np.testing.assert_allclose(places.lat, here.y, rtol=0, atol=1e-7)


def test_degrees_are_the_nearest_numbers_to_their_text():
    assert one("0.140000000000001", "51.4500000000001", DEGREES)[:2] == (0.140000000000001, 51.4500000000001)


# --- reasons, elsewhere -----------------------------------------------------------------------------------------------

ELSEWHERE = [
    (DEGREES, UTM_32, "0", "0", "zero_coordinates", ""),
    (BNG, UTM_32, "0.5", "-0.5", "zero_coordinates", ""),
    (DEGREES, UTM_32, "37.7", "-122.4", "swapped_axes", SWAPPED_DEGREES),
    (DEGREES, UTM_32, "-90", "180", "swapped_axes", SWAPPED_DEGREES),
    (DEGREES, UTM_32, "90.1", "180", "bad_coordinates", "out of the range of degrees"),
    (DEGREES, UTM_32, "90", "180.1", "bad_coordinates", "out of the range of degrees"),
    (DEGREES, UTM_32, "190", "80", "bad_coordinates", "out of the range of degrees"),
    (DEGREES, UTM_32, "549210", "175000", "wrong_unit", "too large for degrees"),
    (NEW_YORK_FEET, UTM_32, "-73.9", "40.7", "wrong_unit", "degrees where US survey feet were expected"),
    (EUROPE, UTM_32, "180", "-90", "wrong_unit", f"degrees {EXPECTED_METRES}"),
    (BNG, UTM_32, "549.21", "1e300", "bad_coordinates", "not on the map of EPSG:27700"),
    (UTM_30, UTM_32, "699000", "45703920", "bad_coordinates", "not on the map of EPSG:32630"),
    (3857, UTM_32, "41075016", "6000000", "bad_coordinates", "not on the map of EPSG:3857"),
    (DEGREES, EUROPE, "-170", "-52", "bad_coordinates", "not on the map of EPSG:3035"),  # opposite its centre
    (DEGREES, NEW_YORK_FEET, "-74", "-90", "bad_coordinates", "not on the map of EPSG:2263"),
]


@pytest.mark.parametrize(("epsg", "analysis_epsg", "x", "y", "reason", "words"), ELSEWHERE)
def test_the_first_fault_elsewhere(epsg, analysis_epsg, x, y, reason, words):
    said = f"{x}, {y}" + (f" ({words})" if words else "")
    assert fault(x, y, epsg, analysis_epsg=analysis_epsg) == (reason, said)


@pytest.mark.parametrize(
    ("epsg", "x", "y"),
    [(DEGREES, "9.18", "48.78"), (DEGREES, "48.78", "9.18"), (DEGREES, "-6.26", "53.35"), (DEGREES, "180", "45"),
     (DEGREES, "9", "90"), (BNG, "175000", "549210"), (BNG, "1000", "2000"), (EUROPE, "181", "3000000"),
     (EUROPE, "4321000", "91"), (NEW_YORK_FEET, "997379", "222053")],
)  # fmt: skip
def test_elsewhere_no_rule_of_great_britain_holds(epsg, x, y):
    lon, lat, reason, value = one(x, y, epsg, analysis_epsg=DEGREES)
    assert (reason, value) == ("", "")
    (point,) = gpd.GeoSeries.from_xy([float(x)], [float(y)], crs=epsg).to_crs(DEGREES)
    assert (lon, lat) == pytest.approx((point.x, point.y), abs=1e-9)


def test_axes_come_as_x_and_y_whatever_the_crs_says():
    # EPSG:3035 is northing first and EPSG:4326 latitude first; the centre of the former is 10° east, 52° north.
    assert one("4321000", "3210000", EUROPE, analysis_epsg=UTM_32)[:2] == pytest.approx((10, 52), abs=1e-9)
    assert one("10", "52", DEGREES, analysis_epsg=UTM_32)[:2] == (10, 52)


# --- no stated CRS, unknown CRS ---------------------------------------------------------------------------------------

LONDON, METRES_OF_LONDON = ("0.12", "51.45"), ("549,210", "175,000")


def test_degrees_need_no_stated_crs():
    pd.testing.assert_frame_equal(
        as_frame(placed([LONDON, ("51.45", "0.12"), ("", ""), ("x", "1")], None)),
        as_frame(placed([LONDON, ("51.45", "0.12"), ("", ""), ("x", "1")], DEGREES)),
    )


def test_one_of_a_hundred_rows_may_be_no_degrees():
    places = placed([LONDON] * 99 + [METRES_OF_LONDON], None)
    assert places.reason.tolist() == [""] * 99 + ["wrong_unit"]
    with pytest.raises(InputError, match=r"Of the 99 coordinates of the file, 1 are not degrees"):
        placed([LONDON] * 98 + [METRES_OF_LONDON], None)
    with pytest.raises(InputError, match=r"Of the 199 coordinates of the file, 2 are"):
        placed([LONDON] * 197 + [METRES_OF_LONDON] * 2, None)


def test_rows_without_a_place_say_nothing_of_the_crs():
    silent = [("", ""), ("x", "y"), ("0", "0"), ("1e999", "1"), ("", "51")] * 30
    with pytest.raises(InputError, match=r"Of the 99 coordinates of the file, 1 are"):
        placed([LONDON] * 98 + silent + [METRES_OF_LONDON], None)
    assert set(placed(silent, None).reason) == {"no_location", "bad_coordinates", "zero_coordinates"}
    assert placed([], None).reason.tolist() == []
    # Small numbers are not zeros of metres: nothing says that metres are meant.
    assert placed([("0.000001", "0")] * 99 + [METRES_OF_LONDON], None).reason.iloc[0] == "outside_great_britain"


def test_without_a_crs_the_error_names_a_value_and_what_to_set():
    with pytest.raises(
        InputError,
        match=r"^Of the 3 coordinates of source 'x', 2 are not degrees \(the first: 549,210, 175,000\), and no CRS is "
        r"stated; they lie in Great Britain as metres on its National Grid: set epsg = 27700 for this source\.$",
    ):
        placed([LONDON, METRES_OF_LONDON, ("530000", "180000")], None, where="source 'x'")
    for strange in ("175000", "549210"), ("1150000", "1900000"):
        with pytest.raises(InputError, match=r"set epsg for this source: 27700 if they are metres on the British"):
            placed([strange, LONDON, METRES_OF_LONDON, strange], None)
    with pytest.raises(InputError, match=r"4 are not degrees .* set epsg for this source"):
        placed([METRES_OF_LONDON, ("175000", "549210")] * 2, None)


def test_without_a_crs_a_longitude_may_be_larger_than_a_latitude():
    assert placed([("150", "50")], None, analysis_epsg=UTM_32).reason.tolist() == [""]
    with pytest.raises(InputError, match="1 are not degrees"):
        placed([("50", "150")], None, analysis_epsg=UTM_32)


@pytest.mark.parametrize("epsg", [99_999, 0, -1, 10**30])
def test_an_unknown_crs_is_refused(epsg):
    with pytest.raises(SettingsError, match=rf"^epsg {epsg} of source 'x' is no known CRS; .* 4326, .* 27700\.$"):
        one(*LONDON, epsg, where="source 'x'")
    with pytest.raises(SettingsError, match=rf"^analysis_epsg {epsg} is no known CRS"):
        one(*LONDON, DEGREES, analysis_epsg=epsg)


@pytest.mark.parametrize("epsg", [4978, 5773, 4807])
def test_a_crs_of_the_whole_earth_of_heights_or_of_grads_is_refused(epsg):
    with pytest.raises(SettingsError, match=rf"^epsg {epsg} of the file \(.+\) is neither a projected CRS nor one in"):
        one(*LONDON, epsg)


# --- Great Britain ----------------------------------------------------------------------------------------------------

INSIDE = {
    "Bishop Rock": (-6.445, 49.873),
    "Lizard Point": (-5.206, 49.958),
    "Start Point": (-3.642, 50.222),
    "Portland Bill": (-2.456, 50.514),
    "St Catherine's Point": (-1.298, 50.575),
    "Beachy Head": (0.245, 50.736),
    "Dungeness": (0.976, 50.913),
    "South Foreland": (1.371, 51.14),
    "North Foreland": (1.445, 51.375),
    "Orford Ness": (1.574, 52.083),
    "Lowestoft Ness": (1.763, 52.481),
    "Winterton-on-Sea": (1.69, 52.728),
    "Cromer": (1.30, 52.932),
    "Spurn Head": (0.115, 53.575),
    "Flamborough Head": (-0.083, 54.116),
    "Whitby": (-0.61, 54.49),
    "Longstone": (-1.611, 55.644),
    "St Abb's Head": (-2.138, 55.916),
    "Scurdie Ness": (-2.437, 56.702),
    "Buchan Ness": (-1.774, 57.47),
    "Kinnaird Head": (-2.004, 57.698),
    "Duncansby Head": (-3.025, 58.644),
    "Copinsay": (-2.672, 58.897),
    "North Ronaldsay": (-2.381, 59.389),
    "Fair Isle": (-1.609, 59.552),
    "Out Skerries": (-0.728, 60.424),
    "Unst": (-0.76, 60.81),
    "Muckle Flugga": (-0.885, 60.855),
    "Esha Ness": (-1.627, 60.489),
    "Foula": (-2.12, 60.13),
    "Noup Head": (-3.07, 59.331),
    "Hoy": (-3.43, 58.86),
    "Cape Wrath": (-4.999, 58.626),
    "Butt of Lewis": (-6.261, 58.515),
    "Flannan Isles": (-7.588, 58.288),
    "St Kilda": (-8.58, 57.815),
    "Barra Head": (-7.654, 56.785),
    "Tiree": (-6.99, 56.51),
    "Rinns of Islay": (-6.513, 55.673),
    "Mull of Oa": (-6.33, 55.59),
    "Mull of Kintyre": (-5.803, 55.311),
    "Sanda": (-5.58, 55.28),
    "Ailsa Craig": (-5.12, 55.25),
    "Corsewall Point": (-5.159, 55.007),
    "Portpatrick": (-5.12, 54.84),
    "Crammag Head": (-4.967, 54.665),
    "Mull of Galloway": (-4.857, 54.635),
    "Burrow Head": (-4.39, 54.68),
    "St Bees Head": (-3.637, 54.514),
    "Walney": (-3.27, 54.08),
    "Formby Point": (-3.10, 53.55),
    "The Skerries": (-4.608, 53.421),
    "South Stack": (-4.699, 53.307),
    "Bardsey": (-4.80, 52.75),
    "Strumble Head": (-5.074, 52.03),
    "Grassholm": (-5.48, 51.731),
    "St Govan's Head": (-4.94, 51.598),
    "Lundy": (-4.68, 51.18),
    "Trevose Head": (-5.035, 50.549),
    "Longships": (-5.747, 50.067),
    "Birmingham": (-1.9, 52.48),
    "Fort William": (-5.11, 56.82),
}

OUTSIDE = {
    "Torr Head": (-6.06, 55.197),
    "Rathlin": (-6.172, 55.3),
    "Belfast": (-5.93, 54.597),
    "Donaghadee": (-5.53, 54.645),
    "Burr Point": (-5.43, 54.483),
    "Derry": (-7.31, 55.0),
    "Malin Head": (-7.37, 55.38),
    "Dublin": (-6.26, 53.35),
    "Carnsore Point": (-6.36, 52.17),
    "Point of Ayre": (-4.367, 54.416),
    "Douglas": (-4.48, 54.15),
    "Calf of Man": (-4.83, 54.05),
    "Calais": (1.86, 50.965),
    "Cap Gris-Nez": (1.584, 50.869),
    "Dunkirk": (2.37, 51.03),
    "Ostend": (2.91, 51.23),
    "Alderney": (-2.2, 49.71),
    "Jersey": (-2.1, 49.19),
    "Cherbourg": (-1.62, 49.65),
    "Faroe": (-6.7, 61.4),
    "Dogger Bank": (2.2, 54.8),
}


def in_metres(points):
    lon, lat = np.array(list(points.values())).T
    return pyproj.Transformer.from_crs(DEGREES, BNG, always_xy=True).transform(lon, lat)


def written(columns):
    return [tuple(f"{value:.7f}" for value in pair) for pair in zip(*columns, strict=True)]


@pytest.mark.parametrize("epsg", [DEGREES, BNG])
def test_the_ends_of_great_britain_are_inside_and_its_neighbours_are_not(epsg):
    # Metres in Ireland or Flanders may lie in England when swapped.
    abroad = {"outside_great_britain"} | ({"swapped_axes"} if epsg == BNG else set())
    for points, expected in ((INSIDE, {""}), (OUTSIDE, abroad)):
        pairs = written(in_metres(points) if epsg == BNG else np.array(list(points.values())).T)
        reasons = dict(zip(points, placed(pairs, epsg).reason, strict=True))
        assert {name for name, reason in reasons.items() if reason not in expected} == set()


def test_the_outline_keeps_off_the_coast():
    outline = shapely.Polygon(OUTLINE_KM)
    assert outline.is_valid
    assert len(OUTLINE_KM) <= 60
    easting, northing = in_metres(INSIDE)
    distance = shapely.distance(outline.exterior, shapely.points(easting / 1000, northing / 1000))
    clear = dict(zip(INSIDE, distance, strict=True))
    near = {"Corsewall Point", "Portpatrick", "Crammag Head", "Mull of Galloway"}
    assert min(clear[name] for name in near) > 5.9
    assert min(km for name, km in clear.items() if name not in near) > 9


def test_the_box_in_degrees_cuts_nothing_off_the_outline():
    ring = shapely.segmentize(shapely.LinearRing(OUTLINE_KM), 1)
    easting, northing = shapely.get_coordinates(ring).T * 1000
    lon, lat = pyproj.Transformer.from_crs(BNG, DEGREES, always_xy=True).transform(easting, northing)
    west, south, east, north = GREAT_BRITAIN
    assert ((lon > west) & (lon < east) & (lat > south) & (lat < north)).all()
    # A place just within the outline is at home by both doors.
    inner = shapely.get_coordinates(shapely.Polygon(OUTLINE_KM).buffer(-0.5).exterior) * 1000
    for epsg in (BNG, UTM_30):
        points = gpd.GeoSeries.from_xy(*inner.T, crs=BNG).to_crs(epsg)
        assert placed(written((points.x, points.y)), epsg).reason.eq("").all()


def test_no_other_place_of_the_world_is_inside():
    lon, lat = (axis.ravel() for axis in np.meshgrid(np.arange(-180, 181.0), np.arange(-90, 91.0)))
    places = placed(written((lon, lat)), DEGREES)
    home = places.reason.eq("").to_numpy()
    west, south, east, north = GREAT_BRITAIN
    box = (lon > west) & (lon < east) & (lat > south) & (lat < north)
    assert 40 < home.sum() < 80
    assert not (home & ~box).any()
    swapped = places.reason.eq("swapped_axes").to_numpy()
    there = set(zip(lat[home].tolist(), lon[home].tolist(), strict=True))
    assert set(zip(lon[swapped].tolist(), lat[swapped].tolist(), strict=True)) == there


def test_there_and_back_is_within_a_centimetre_all_over_the_country():
    grid = (axis.ravel() for axis in np.meshgrid(np.arange(85e3, 656e3, 7e3), np.arange(10e3, 1220e3, 7e3)))
    x, y = np.round(np.hstack([np.array(list(grid)), in_metres(INSIDE)]), 3)
    places = placed(written((x, y)), BNG)
    home = places.reason.eq("").to_numpy()
    assert home.sum() > 5_000
    back = gpd.GeoSeries.from_xy(places.lon[home], places.lat[home], crs=DEGREES).to_crs(BNG)
    assert np.hypot(back.x - x[home], back.y - y[home]).max() < 0.01


# --- tables -----------------------------------------------------------------------------------------------------------


def test_places_come_on_the_index_of_the_texts_which_stay_as_they_were():
    x, y = texts(["0.12", "", "0.12"], index=[7, "a", 7]), texts(["51.45", "", "51.46"], index=[7, "a", 7])
    before = x.copy(), y.copy()
    places = place(x, y, epsg=DEGREES)
    for column in (places.lon, places.lat, places.reason, places.value):
        pd.testing.assert_index_equal(column.index, x.index)
    assert places.lon.dtype == places.lat.dtype == np.float64
    assert places.reason.dtype == places.value.dtype == "str"
    assert places.lat.tolist()[::2] == [51.45, 51.46]
    for after, copy in zip((x, y), before, strict=True):
        pd.testing.assert_series_equal(after, copy)


def test_texts_that_repeat_are_read_once_and_pairs_that_repeat_are_looked_at_once(monkeypatch):
    read: list[str] = []
    looked: list[int] = []
    number, inside = coordinates._number, coordinates._in_outline

    def reading(text, limit):
        read.append(text)
        return number(text, limit)

    def looking(x, y):
        looked.append(len(x))
        return inside(x, y)

    monkeypatch.setattr(coordinates, "_number", reading)
    monkeypatch.setattr(coordinates, "_in_outline", looking)
    pairs = [("0.12", "51.45"), ("0.13", "51.45"), ("0.13", "51.46")]
    places = placed(pairs * 1000, DEGREES)
    assert Counter(read) == {"0.12": 1, "0.13": 1, "51.45": 1, "51.46": 1}
    assert max(looked) == 3
    assert list(zip(places.lon, places.lat, strict=True)) == [(float(x), float(y)) for x, y in pairs] * 1000


# --- laws -------------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.sampled_from(
        ["", " ", "0", "0.12", "51.45", "-0.5", "549210", "175000", "549,210", "0,12", "51,456", "549.21", "175", "nan",
         "54921000", "17500000", "1e308", "-1e308", "1e-9", "90", "180", "-180", "91", "1000.5", "12345678", "x"]
    ),
    st.floats().map(repr),
    st.floats(-200, 200).map(repr),
    st.floats(-1e5, 1.3e6).map(lambda value: f"{value:,.2f}"),
    st.text(st.characters(exclude_categories=[]), max_size=8),
    st.text("0123456789+-.,eE ", max_size=8),
)  # fmt: skip
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=6)
CRS_PAIRS = st.sampled_from(
    [(DEGREES, BNG), (BNG, BNG), (UTM_30, BNG), (OSGB36, BNG), (NEW_YORK_FEET, BNG), (DEGREES, UTM_32), (BNG, UTM_32),
     (EUROPE, UTM_32), (NEW_YORK_FEET, 32618), (3857, DEGREES)]
)  # fmt: skip


def hold(places: Places, analysis_epsg: int) -> None:
    """Hold places to what is true of all of them."""
    good = places.reason.eq("")
    assert set(places.reason) <= {"", *REASONS}
    assert (np.isfinite(places.lon) == good).all()
    assert (np.isfinite(places.lat) == good).all()
    assert (places.value.eq("") == (good | places.reason.eq("no_location"))).all()
    assert (places.value.map(len) <= 100).all()
    assert places.lon[good].between(-180, 180).all()
    assert places.lat[good].between(-90, 90).all()
    if analysis_epsg == BNG:
        west, south, east, north = GREAT_BRITAIN
        assert places.lon[good].between(west, east).all()
        assert places.lat[good].between(south, north).all()
    else:
        assert "outside_great_britain" not in set(places.reason)


@settings(deadline=None)
@given(ROWS, CRS_PAIRS)
def test_every_text_has_a_place_or_a_reason(rows, crs):
    epsg, analysis_epsg = crs
    hold(placed(rows, epsg, analysis_epsg=analysis_epsg), analysis_epsg)


@settings(deadline=None)
@given(ROWS)
def test_without_a_crs_there_is_a_place_a_reason_or_one_error(rows):
    try:
        places = placed(rows, None)
    except InputError:
        return
    hold(places, BNG)


@settings(max_examples=50, deadline=None)
@given(ROWS, CRS_PAIRS, st.randoms(use_true_random=False))
def test_a_row_is_judged_alone_and_in_any_order(rows, crs, random):
    epsg, analysis_epsg = crs
    together = as_frame(placed(rows, epsg, analysis_epsg=analysis_epsg))
    for number, row in enumerate(rows):
        alone = as_frame(placed([row], epsg, analysis_epsg=analysis_epsg))
        pd.testing.assert_frame_equal(alone, together.iloc[[number]].reset_index(drop=True), check_exact=True)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = as_frame(placed([rows[number] for number in order], epsg, analysis_epsg=analysis_epsg))
    pd.testing.assert_frame_equal(shuffled, together.iloc[order].reset_index(drop=True), check_exact=True)


# --- real data --------------------------------------------------------------------------------------------------------

STOPS = {
    "naptan-910Stops.csv.gz": 2765,
    "naptan-940Stops.csv.gz": 2609,
    "naptan-240Stops.csv.gz": 9403,
    "tfl-bus-stops.csv": 20_404,
}


def stops(name, x, y):
    path = REAL / "overlays" / name
    if not path.is_file():
        pytest.skip(f"the public stops {name} are not in {REAL}; HOTSPOTS_REAL_DATA may name its folder")
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [(row[x], row[y]) for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))]


def stops_on_the_grid(name):
    titles = ("Location_Easting", "Location_Northing") if name.startswith("tfl") else ("Easting", "Northing")
    return stops(name, *titles)


@pytest.mark.real
@pytest.mark.parametrize(("name", "number"), STOPS.items())
def test_every_stop_of_the_country_is_inside(name, number):
    places = placed(stops_on_the_grid(name), BNG)
    assert len(places.reason) == number
    zeros = {"zero_coordinates": 5} if name.startswith("tfl") else {}
    assert dict(Counter(places.reason)) == {"": number - sum(zeros.values()), **zeros}


@pytest.mark.real
@pytest.mark.parametrize("name", [name for name in STOPS if name.startswith("naptan")])
def test_every_stop_with_degrees_is_inside_and_swapped_is_seen(name):
    pairs = stops(name, "Longitude", "Latitude")
    told = {"": sum(x != "" for x, _ in pairs), "no_location": sum(x == "" for x, _ in pairs)}
    assert dict(Counter(placed(pairs, None).reason)) == {reason: rows for reason, rows in told.items() if rows}
    swapped = placed([(y, x) for x, y in pairs], None)
    assert set(swapped.reason) <= {"swapped_axes", "no_location"}
    assert set(placed(pairs, BNG).reason) <= {"wrong_unit", "no_location"}


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "share"),
    # A grid without axes cannot tell Kent's coast from Kintyre, or the diagonal of the country from itself.
    [("tfl-bus-stops.csv", 0.997), ("naptan-240Stops.csv.gz", 0.73), ("naptan-910Stops.csv.gz", 0.52)],
)
def test_swapped_eastings_and_northings_are_seen(name, share):
    pairs = [pair for pair in stops_on_the_grid(name) if pair != ("0", "0")]
    reasons = Counter(placed([(y, x) for x, y in pairs], BNG).reason)
    assert set(reasons) == {"", "swapped_axes"}
    assert reasons["swapped_axes"] / len(pairs) > share


@pytest.mark.real
@pytest.mark.parametrize("name", STOPS)
def test_stops_in_kilometres_and_in_metres_called_degrees_are_seen(name):
    pairs = [pair for pair in stops_on_the_grid(name) if pair != ("0", "0")]
    kilometres = [(f"{float(x) / 1000:.3f}", f"{float(y) / 1000:.3f}") for x, y in pairs]
    assert set(placed(kilometres, BNG).reason) == {"wrong_unit"}
    assert set(placed(pairs, DEGREES).reason) == {"wrong_unit"}
    with pytest.raises(InputError, match="set epsg = 27700 for this source"):
        placed(pairs, None)
