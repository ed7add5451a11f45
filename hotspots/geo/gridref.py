"""National Grid references: metres on EPSG:27700 ↔ two letters and digits.

Ordnance Survey, *A Guide to Coordinate Systems in Great Britain*, section "The National Grid": squares of
500 km carry the first letter, squares of 100 km the second, rows of five from the north-west, without the
letter I. Digits are truncated, never rounded: a reference names a square by its south-west corner.
"""

from __future__ import annotations

import math
import re

EAST_LIMIT_M = 700_000
NORTH_LIMIT_M = 1_300_000
MAX_DIGITS = 5

_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_SQUARE_M = 100_000
_PATTERN = re.compile(r"([A-HJ-Z])([A-HJ-Z])(\d*)")


def grid_reference(easting: float, northing: float, digits: int = 4) -> str:
    """Return the National Grid reference of a point, such as ``TQ 4921 7554``.

    Parameters
    ----------
    easting, northing
        Metres in EPSG:27700.
    digits
        Digits per axis, 1 (10 km) to 5 (1 m).

    Returns
    -------
    str
        Two letters and two groups of digits, truncated as Ordnance Survey defines it.

    Raises
    ------
    ValueError
        The point is not on the grid (0 to 700 km east, 0 to 1300 km north), or ``digits`` is not 1 to 5.
    """
    if not (0 <= easting < EAST_LIMIT_M and 0 <= northing < NORTH_LIMIT_M):
        raise ValueError(f"({easting:g}, {northing:g}) is not on the National Grid (0-700 km east, 0-1300 km north).")
    if not 1 <= digits <= MAX_DIGITS:
        raise ValueError(f"A grid reference has 1 to {MAX_DIGITS} digits per axis, not {digits}.")
    east, x_m = divmod(math.floor(easting), _SQUARE_M)
    north, y_m = divmod(math.floor(northing), _SQUARE_M)
    first = _LETTERS[(3 - north // 5) * 5 + east // 5 + 2]
    second = _LETTERS[(4 - north % 5) * 5 + east % 5]
    unit_m = 10 ** (MAX_DIGITS - digits)
    return f"{first}{second} {x_m // unit_m:0{digits}d} {y_m // unit_m:0{digits}d}"


def from_grid_reference(text: str) -> tuple[float, float]:
    """Return the south-west corner of the square a National Grid reference names.

    Parameters
    ----------
    text
        Two letters and an even number of digits, at most ten; blanks and case do not matter.

    Returns
    -------
    tuple of float
        Easting and northing in metres, EPSG:27700.

    Raises
    ------
    ValueError
        The text is not a reference on the National Grid.
    """
    match = _PATTERN.fullmatch("".join(text.upper().split()))
    if match is None or len(match[3]) % 2 or len(match[3]) > 2 * MAX_DIGITS:
        raise ValueError(f"{text!r} is not a National Grid reference such as 'TQ 4921 7554'.")
    first, second, half = _LETTERS.index(match[1]), _LETTERS.index(match[2]), len(match[3]) // 2
    east = (first % 5 - 2) * 5 + second % 5
    north = (3 - first // 5) * 5 + 4 - second // 5
    easting = east * _SQUARE_M + int(match[3][:half].ljust(MAX_DIGITS, "0"))
    northing = north * _SQUARE_M + int(match[3][half:].ljust(MAX_DIGITS, "0"))
    if not (0 <= easting < EAST_LIMIT_M and 0 <= northing < NORTH_LIMIT_M):
        raise ValueError(f"{text!r} is not a square of the National Grid.")
    return float(easting), float(northing)
