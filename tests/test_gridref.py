"""National Grid references against published examples, and there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.geo.gridref import from_grid_reference, grid_reference

PUBLISHED = [
    (651409.0, 313177.0, 5, "TG 51409 13177"),  # the example of the Ordnance Survey guide
    (216600.0, 771200.0, 3, "NN 166 712"),  # Ben Nevis
    (260986.0, 354375.0, 5, "SH 60986 54375"),  # Snowdon
    (438710.908, 114792.248, 3, "SU 387 147"),  # Geo::Coordinates::OSGB
    (530080.0, 180002.0, 4, "TQ 3008 8000"),  # Trafalgar Square, truncated
    (549219.9, 175549.9, 4, "TQ 4921 7554"),  # Bexleyheath: truncated, not rounded
]

CORNERS = {
    "SV 0 0": (0, 0),
    "TV 0 0": (500_000, 0),
    "TW 0 0": (600_000, 0),
    "SA 0 0": (0, 400_000),
    "NV 0 0": (0, 500_000),
    "TA 0 0": (500_000, 400_000),
    "OV 0 0": (500_000, 500_000),
    "HV 0 0": (0, 1_000_000),
    "HP 4 0": (440_000, 1_200_000),
    "JM 9 9": (699_999.9, 1_299_999.9),
}


@pytest.mark.parametrize(("easting", "northing", "digits", "reference"), PUBLISHED)
def test_published_examples(easting, northing, digits, reference):
    assert grid_reference(easting, northing, digits) == reference


@pytest.mark.parametrize(("reference", "point"), CORNERS.items())
def test_letters_at_the_corners_of_squares(reference, point):
    easting, northing = point
    assert grid_reference(easting, northing, digits=1) == reference


def test_four_digits_are_the_default_and_leading_zeros_stay():
    assert grid_reference(500_010, 100_020) == "TQ 0001 0002"


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 5])
@given(
    easting=st.floats(0, 700_000, exclude_max=True),
    northing=st.floats(0, 1_300_000, exclude_max=True),
)
def test_there_and_back_gives_the_corner_of_the_square_that_holds_the_point(digits, easting, northing):
    corner_x, corner_y = from_grid_reference(grid_reference(easting, northing, digits))
    side_m = 10 ** (5 - digits)
    assert corner_x <= easting < corner_x + side_m
    assert corner_y <= northing < corner_y + side_m
    assert grid_reference(corner_x, corner_y, digits) == grid_reference(easting, northing, digits)


@pytest.mark.parametrize("text", ["TQ 49219 75549", "tq4921975549", "  TQ 4921 975549 "])
def test_blanks_and_case_do_not_matter(text):
    assert from_grid_reference(text) == (549219.0, 175549.0)


def test_letters_alone_name_the_square_of_100_km():
    assert from_grid_reference("TQ") == (500_000.0, 100_000.0)


@pytest.mark.parametrize(
    "point",
    [(-0.1, 0), (0, -0.1), (700_000, 0), (0, 1_300_000), (float("nan"), 0), (0, float("inf"))],
)
def test_a_point_off_the_grid_is_refused(point):
    with pytest.raises(ValueError, match="not on the National Grid"):
        grid_reference(*point)


@pytest.mark.parametrize("digits", [0, -1, 6])
def test_a_wrong_number_of_digits_is_refused(digits):
    with pytest.raises(ValueError, match="1 to 5 digits"):
        grid_reference(1, 1, digits)


@pytest.mark.parametrize("text", ["", "T", "TQ 492", "TI 12 34", "TQ 123456 123456", "51.5, -0.1", "TQ 49 75 E"])
def test_text_that_is_no_reference_is_refused(text):
    with pytest.raises(ValueError, match="not a National Grid reference"):
        from_grid_reference(text)


@pytest.mark.parametrize("text", ["AA 1 1", "ZZ 1 1", "TU9 9", "JF 1 1", "RZ 1 1"])
def test_letters_outside_the_grid_are_refused(text):
    with pytest.raises(ValueError, match="not a square of the National Grid"):
        from_grid_reference(text)
