"""One value of the settings: its type, its range, and the sentence that says what it should be."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
import sys
import types
import typing
import zoneinfo
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hotspots.errors import SettingsError
from hotspots.settings.hours import read_hours
from hotspots.settings.sections import AUTO, CELL_SHAPES, METHODS, PARTS_OF_DAY, Focus

if TYPE_CHECKING:
    from collections.abc import Iterable

RANGES: dict[str, tuple[float, float]] = {
    "analysis_epsg": (1024, 998999),
    "context_m": (0, 20_000),
    "edge_tolerance_m": (0, 500),
    "window_months": (2, 120),
    "radius_m": (5, 5_000),
    "min_incidents": (1, 1_000_000),
    "min_width_m": (20, 5_000),
    "max_width_m": (20, 20_000),
    "min_per_month": (0, 1_000_000),
    "min_in_window": (1, 1_000_000),
    "max_number": (1, 500),
    "budget_share_of_area": (0, 1),
    "budget_share_of_n": (0, 1),
    "cell_m": (25, 2_000),
    "history_months": (1, 240),
    "half_life_months": (0, 240),
    "cells_max_width_m": (25, 20_000),
    "cells_top_share": (0, 1),
    "life_months": (1, 60),
    "bandwidth_m": (25, 5_000),
    "ring_m": (0, 5_000),
    "reach_m": (10, 5_000),
    "controls": (1, 20),
    "months_before": (0, 60),
    "risk_medium_from": (1, 25),
    "risk_high_from": (1, 25),
    "review_high_days": (1, 366),
    "review_medium_days": (1, 366),
    "review_low_days": (1, 366),
    "review_after_days": (1, 366),
    "near_m": (10, 5_000),
    "dispersal_h": (0, 12),
    "stops": (1, 50),
    "walk_m": (10, 5_000),
    "walk_factor": (1, 3),
    "min_separation_m": (0, 20_000),
    "stops_per_evening": (1, 6),
    "cycle_weeks": (1, 12),
    "speed_kmh": (5, 60),
    "most_travel_min": (0, 240),
    "alternatives": (0, 10),
    "differ_by": (1, 20),
    "alike_m": (0, 5_000),
    "time_limit_s": (1, 3_600),
    "provision_share": (0, 1),
    "requests_per_second": (0.01, 14),
    "timeout_s": (0.1, 600),
    "retries": (0, 10),
    "header_row": (0, 10_000),
    "epsg": (1024, 998999),
}

_CHOICES = {"method": (*METHODS, AUTO), "cell_shape": CELL_SHAPES, "part_of_day": PARTS_OF_DAY}
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
_LAYER = re.compile(r"[A-Za-z0-9_]+")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_FORMS: tuple[tuple[str | tuple[str, ...], re.Pattern[str], str], ...] = (
    ("_url", _ADDRESS, "an address that begins with https:// or http://"),
    ("_layer", _LAYER, "the name of a service, of letters, digits and _"),
    (("night_from", "night_to"), _CLOCK, "a time of the day written HH:MM, such as 19:00"),
)
"""How names end, the form of their values, and what it is called."""

CLASS_BREAKS = 4
LEVELS = 6
"""Of community tension."""


def typed_value(hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401
    """Return ``value`` as the type the dataclass declares.

    Raises
    ------
    SettingsError
        It is of another type; the sentence says which.
    """
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(value, list):
            raise SettingsError(f"{where} must be a list, not {value!r}.")
        return tuple(typed_value(typing.get_args(hint)[0], item, where) for item in value)
    if origin is dict:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise SettingsError(f'{where} must be a table of names, such as {{ Dartford = "Kent Police" }}.')
        return dict(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > sys.maxsize:  # float() itself would fail on the longest; no range reaches so far
            return math.inf if value > 0 else -math.inf
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        expected = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}[hint]
        raise SettingsError(f"{where} must be {expected}, not {value!r}.")
    return value


def check_range(name: str, value: Any, where: str) -> None:  # noqa: ANN401
    """Hold a value to the range or the form that its name asks for.

    Raises
    ------
    SettingsError
        It is outside.
    """
    if name in RANGES:
        low, high = RANGES[name]
        if not low <= value <= high:
            raise SettingsError(f"{where} must lie between {low:g} and {high:g}, not {value!r}.")
    if isinstance(value, tuple):
        _check_list(name, value, where)
    for ends, form, what in _FORMS:
        if name.endswith(ends) and form.fullmatch(value) is None:
            raise SettingsError(f"{where} must be {what}, not {value!r}.")
    if name in _CHOICES and value not in _CHOICES[name]:
        allowed = ", ".join(choice or '""' for choice in _CHOICES[name])
        raise SettingsError(f"{where} must be one of {allowed}, not {value!r}.")
    if name == "time_zone" and value and not _is_zone(value):
        raise SettingsError(f"{where} must be a time zone such as 'Europe/London', not {value!r}.")


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _check_sessions(value: tuple[Any, ...], where: str) -> None:
    try:
        spans = [span for text in value for span in read_hours(text)]
    except ValueError as error:
        raise SettingsError(f"{where}: {error}.") from error
    if not spans:
        raise SettingsError(f"{where} must name at least one evening, such as Tue, Thu 16:30-22:30.")


def _check_list(name: str, value: tuple[Any, ...], where: str) -> None:
    if name.startswith("class_breaks"):
        rising = all(a < b for a, b in pairwise(value))
        if value and (len(value) != CLASS_BREAKS or not rising or not 0 < value[0] <= value[-1] < math.inf):
            raise SettingsError(f"{where} must be {CLASS_BREAKS} rising numbers above 0, not {list(value)}.")
    if name == "closed_on" and not all(_is_day(item) for item in value):
        raise SettingsError(f"{where} must be days written YYYY-MM-DD, such as 2024-12-25, not {list(value)}.")
    if name == "sessions":
        _check_sessions(value, where)
    if name == "categories" and not (value and all(item.strip() for item in value)):
        raise SettingsError(f"{where} must name at least one crime type.")
    if name == "level_labels" and not len({item.strip() for item in value} - {""}) == len(value) == LEVELS:
        raise SettingsError(f"{where} must be {LEVELS} labels, all different, not {list(value)}.")


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):  # a folder of zones, an odd name, no such zone
        return False
    return True


def section(kind: type[Any], name: str, table: dict[str, Any], where: str) -> Any:  # noqa: ANN401
    """Return one section, or one entry of a list, as its dataclass.

    Raises
    ------
    SettingsError
        A setting is unknown, of the wrong type or out of its range, or two of them cannot stand together.
    """
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for setting, value in table.items():
        if setting not in hints:
            raise SettingsError(f"{where}: {unknown(f'setting of {name}', setting, hints)}")
        values[setting] = typed_value(hints[setting], value, f"{where}: {name} {setting}")
        check_range(setting, values[setting], f"{where}: {name} {setting}")
    built = kind(**values)
    if isinstance(built, Focus) and built.night_from == built.night_to:
        raise SettingsError(
            f"{where}: {name} night_from and night_to are both {built.night_to}; a night ends at another time.",
        )
    return built


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Say that a name is not known, and which one may be meant."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(names)}."
    return f"{name!r} is not a known {what}.{hint}"
