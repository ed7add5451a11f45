"""Read ``[[sources]]`` and ``[[themes]]``, and refuse what cannot work before any file is opened."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from hotspots.errors import SettingsError
from hotspots.settings.entries import (
    DATE_ORDERS,
    DEFAULT_THEMES,
    PLACES,
    SOURCE_COLUMNS,
    SOURCE_FORMATS,
    Flag,
    Source,
    Theme,
)
from hotspots.settings.values import section, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

_MONTH = re.compile(r"(?:19|20)[0-9][0-9]-(?:0[1-9]|1[0-2])")
_WORD = re.compile(r"[a-z][a-z0-9_]*")


def read_sources(entries: Any, where: str) -> tuple[Source, ...]:  # noqa: ANN401
    """Return the ``[[sources]]``.

    Parameters
    ----------
    entries
        What the document holds under ``sources``.
    where
        What the error sentences call the document.

    Returns
    -------
    tuple of Source
        In the order given, each with a name of its own, a path, and a mapping that can work.

    Raises
    ------
    SettingsError
        An entry lacks something, or names something unknown.
    """
    sources = tuple(_source(table, where) for table in _tables(entries, "sources", where))
    _check_names([source.name for source in sources], where)
    return sources


def _tables(entries: Any, name: str, where: str) -> list[dict[str, Any]]:  # noqa: ANN401
    if not isinstance(entries, list) or not all(isinstance(table, dict) for table in entries):
        raise SettingsError(f"{where}: {name} must be written as [[{name}]], once for each.")
    return entries


def _check_names(names: Sequence[str], where: str) -> None:
    folded = [name.strip().casefold() for name in names]
    twice = next((name for name, key in zip(names, folded, strict=True) if folded.count(key) > 1), None)
    if twice is not None:
        raise SettingsError(f"{where}: two [[sources]] are named {twice!r}; their ids could not be told apart.")


def _source(table: dict[str, Any], where: str) -> Source:
    name = table.get("name")
    if not isinstance(name, str) or not name.strip():
        raise SettingsError(f'{where}: a [[sources]] entry has no name; write one, such as name = "Ambulance".')
    here = f"{where}: source {name!r}"
    flat = dict(table)
    if isinstance(columns := flat.get("columns"), dict):
        # A file without titles is mapped by position, which is naturally written as a number.
        flat["columns"] = {ours: str(theirs) if type(theirs) is int else theirs for ours, theirs in columns.items()}
    flags = _flags(flat.pop("flags", {}), here)
    source: Source = section(Source, "[[sources]]", flat | {"name": name.strip()}, here)
    source = dataclasses.replace(source, flags=flags)
    if not source.path:
        raise SettingsError(f"{here} has no path; say which file it is.")
    for setting, allowed in (("format", SOURCE_FORMATS), ("date_order", DATE_ORDERS)):
        value = getattr(source, setting)
        if value and value not in allowed:
            raise SettingsError(f"{here}: {setting} must be one of {', '.join(allowed)}, not {value!r}.")
    if source.month and _MONTH.fullmatch(source.month) is None:
        raise SettingsError(f"{here}: month must be written YYYY-MM, such as 2024-05, not {source.month!r}.")
    _check_mapping(source, here)
    return source


def _flags(table: Any, here: str) -> dict[str, Flag]:  # noqa: ANN401
    """Return the flags: a plain title, or a table that says which values mean yes."""
    if not isinstance(table, dict):
        raise SettingsError(f'{here}: flags must be a table, such as {{ knife = "Knife flag" }}.')
    flags: dict[str, Flag] = {}
    for name, told in table.items():
        if _WORD.fullmatch(name) is None:
            raise SettingsError(f"{here}: the flag {name!r} must be one word of small letters, digits and _.")
        entry = {"column": told} if isinstance(told, str | int) and not isinstance(told, bool) else told
        if not isinstance(entry, dict) or not entry.get("column"):
            raise SettingsError(f'{here}: flags.{name} must be a title or a table with one, {{ column = "Age" }}.')
        flag: Flag = section(Flag, f"flags.{name}", entry | {"column": str(entry["column"])}, here)
        if sum([bool(flag.any_of), flag.below is not None or flag.at_least is not None]) > 1:
            raise SettingsError(f"{here}: flags.{name} has both any_of and limits; one of them decides.")
        flags[name] = flag
    return flags


def _check_mapping(source: Source, here: str) -> None:
    """Refuse a mapping without a category, a time or a place, or with two of them."""
    if source.format == "police.uk":
        if source.columns or source.flags:
            raise SettingsError(f"{here}: police.uk files have their own columns; leave columns and flags out.")
        return
    mapped = set(source.columns)
    for ours in sorted(mapped - set(SOURCE_COLUMNS)):
        raise SettingsError(f"{here}: columns.{ours}: {unknown('column of ours', ours, SOURCE_COLUMNS)}")
    ways = [way for way in PLACES if mapped & set(way)]
    if len(ways) != 1 or not mapped.issuperset(ways[0]):
        choices = "; ".join(" and ".join(way) for way in PLACES)
        raise SettingsError(f"{here}: columns must hold one way to say where: {choices}.")
    if ("postcode" in mapped) != bool(source.postcodes):
        raise SettingsError(f"{here}: a postcode column and the postcodes file that says where they are go together.")
    if ("category" in mapped) == bool(source.category):
        raise SettingsError(f"{here}: give either columns.category, or category for all rows.")
    whens = ["date" in mapped, "year" in mapped, "month" in mapped and "year" not in mapped, bool(source.month)]
    if sum(whens) != 1:
        raise SettingsError(f"{here}: give one of columns.date, columns.month, columns.year with month, or month.")
    needs = {"year": "month", "day": "year", "hour": "day", "minute": "hour", "time": "date", "until": "date"}
    for part, base in (needs | {"until_time": "until"}).items():
        if part in mapped and base not in mapped:
            raise SettingsError(f"{here}: columns.{part} needs columns.{base} beside it.")


def read_themes(entries: Any, where: str) -> tuple[Theme, ...]:  # noqa: ANN401
    """Return the themes: those of the document, and the default ones it does not name.

    Parameters
    ----------
    entries
        What the document holds under ``themes``.
    where
        What the error sentences call the document.

    Returns
    -------
    tuple of Theme
        Default themes that are not replaced, then the given ones.

    Raises
    ------
    SettingsError
        A theme lacks its name or every condition.
    """
    themes = []
    for table in _tables(entries, "themes", where):
        theme: Theme = section(Theme, "[[themes]]", table, where)
        if not theme.name.strip():
            raise SettingsError(f'{where}: a [[themes]] entry has no name; write one, such as name = "Gangs".')
        if "|" in theme.name:
            raise SettingsError(f"{where}: the theme {theme.name!r} may not hold a |, which parts themes in tables.")
        theme = dataclasses.replace(theme, name=theme.name.strip())
        if not (theme.categories or theme.offence_codes or theme.flags):
            raise SettingsError(f"{where}: theme {theme.name!r} has no condition; give categories, codes or flags.")
        themes.append(theme)
    replaced = {theme.name.casefold() for theme in themes}
    return (*(theme for theme in DEFAULT_THEMES if theme.name.casefold() not in replaced), *themes)
