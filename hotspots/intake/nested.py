"""JSON, JSON Lines and GeoJSON as tables: dotted paths are the titles, records the rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from hotspots.errors import InputError
from hotspots.intake.delimited import physical_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from hotspots.intake.delimited import Row

    Pairs = list[tuple[str, Any]]
    Path = tuple[str, ...]

_SHOWN = 20
"""Records whose paths a message lists."""
_DEPTH = 6
_ITEMS = 3
"""How deep, and how far into a list, paths are listed."""

_STRUCTURE = frozenset({"type", "features", "properties"})
_ABSENT = object()


def plain(title: str) -> str:
    """Return a title as titles are compared: without regard to case, outer blanks, and how many blanks stand inside."""
    return " ".join(title.split()).casefold()


@dataclass(frozen=True)
class Nested:
    """The records of a document."""

    items: list[Any]
    """One per record; what is no object has a fault instead of cells."""
    numbers: Sequence[int]
    """1-based position of each record; in JSON Lines its line."""
    faults: dict[int, str]
    """Position of a line that is not readable → why."""

    def paths(self, titles: Collection[str]) -> dict[str, Path]:
        """Return for each title the path it stands for; a title that no record has is not in it."""
        found = {}
        for title in titles:
            for path in self._candidates(title):
                if any(_at(item, path) is not _ABSENT for item in self.items):
                    found[title] = path
                    break
        return found

    def _candidates(self, title: str) -> list[Path]:
        """Return where to look: a key may hold a dot itself, and a feature speaks of itself in its properties."""
        spellings = list(dict.fromkeys([(plain(title),), _parts(title)])) if title.strip() else []
        inside: list[Path] = [("properties", *path) for path in spellings] if self.is_geojson else []
        return inside + spellings

    @property
    def is_geojson(self) -> bool:
        """Whether the records are features; the first one tells."""
        first = next((item for item in self.items if isinstance(item, dict)), {})
        return first.get("type") == "Feature" and "properties" in first

    def rows(self, paths: Sequence[Path]) -> Iterator[Row]:
        """Yield the number, the cells in the order of the paths, and the fault of each record."""
        for position, (number, item) in enumerate(zip(self.numbers, self.items, strict=True)):
            if isinstance(item, dict):
                yield number, [_text(_at(item, path)) for path in paths], ""
            else:
                yield number, (), self.faults.get(position, "not an object")

    def titles(self) -> list[str]:
        """Return the paths that the first records have, in the order of their appearance."""
        found: dict[str, None] = {}
        for item in islice((item for item in self.items if isinstance(item, dict)), _SHOWN):
            found |= dict.fromkeys(_flat(item, "", _DEPTH))
        if self.is_geojson:
            return list(dict.fromkeys(title.removeprefix("properties.") for title in found))
        return list(found)


def read_nested(text: str, name: str, where: str, titles: Collection[str] | None = None) -> Nested:
    """Read the records of a JSON, JSON Lines or GeoJSON document.

    Parameters
    ----------
    text
        The document. A number keeps its text as it is written.
    name
        What messages call the file.
    where
        Dotted path to the list of records; empty: the document itself if it is a list, else the features of GeoJSON,
        else its only list of objects, else the document as the one record.
    titles
        Dotted paths that will be asked for; everything else is dropped while reading. None: nothing is.

    Returns
    -------
    Nested
        The records. Without a fault of its own, a line of JSON Lines or an item of the list is as it was written.

    Raises
    ------
    InputError
        The text is no JSON, is nested too deeply, has no list at that path, or several and no path is given.
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=None if titles is None else _hook(name, where, titles),
        parse_float=str,
        parse_int=str,
        parse_constant=lambda _: None,  # NaN and its like are how some programs write an empty cell
        strict=False,
    )
    if not text.strip():
        raise InputError(f"{name} is empty; JSON was expected.")
    try:
        items = _records(decoder.decode(text), name, where, titles)
    except RecursionError as error:
        raise InputError(f"{name} is nested too deeply to be a table of records.") from error
    except json.JSONDecodeError as error:
        lines = None if where else _by_line(text, decoder)
        if lines is None:
            at = f"line {error.lineno}, column {error.colno}: {error.msg}"
            raise InputError(f"{name} is not readable as JSON ({at}); was it cut off?") from error
        return lines
    return Nested(items, range(1, len(items) + 1), {})


def _by_line(text: str, decoder: json.JSONDecoder) -> Nested | None:
    """Read a text as JSON Lines; none if not half of its lines are objects."""
    items: list[Any] = []
    numbers: list[int] = []
    faults: dict[int, str] = {}
    for number, line in enumerate(physical_lines(text), 1):
        if not line.strip():
            continue
        item = None
        try:
            item = decoder.decode(line.strip())
        except json.JSONDecodeError as error:
            faults[len(items)] = f"not readable as JSON ({error.msg} at character {error.pos + 1})"
        except RecursionError:
            faults[len(items)] = "nested too deeply"
        items.append(item)
        numbers.append(number)
    objects = sum(isinstance(item, dict) for item in items)
    return Nested(items, numbers, faults) if objects * 2 >= len(items) else None


def _hook(name: str, where: str, titles: Collection[str]) -> Callable[[Pairs], dict[str, Any]]:
    """Return what makes an object of its pairs: only keys on a wanted path, spelled as they are compared."""
    asked = frozenset().union(_parts(where), map(plain, titles), *map(_parts, titles))
    keys = _Keys(asked | _STRUCTURE)

    def keep(pairs: Pairs) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        doubled = ""
        for key, value in pairs:
            known = keys[key]
            # Which list holds the records is seen only once all of the document is read.
            if known or (not where and type(value) is list and (not value or type(value[0]) is dict)):
                known = known or plain(key)
                doubled = known if known in kept else doubled
                kept[known] = value
        if doubled in asked:
            said = list(dict.fromkeys(key for key, _ in pairs if plain(key) == doubled))
            if len(said) > 1:
                raise InputError(f"{name} has {said[0]!r} and {said[1]!r} in one record; which one is meant?")
        return kept

    return keep


class _Keys(dict[str, str]):
    """Key as written → key as compared, empty where nobody asks for it; worked out once per spelling."""

    def __init__(self, wanted: Collection[str]) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, key: str) -> str:
        compared = plain(key)
        self[key] = compared if compared in self._wanted else ""
        return self[key]


def _records(document: Any, name: str, where: str, titles: Collection[str] | None) -> list[Any]:  # noqa: ANN401
    """Return the list of records of a document."""
    if where:
        found = document
        for part in _parts(where):
            found = _child(_compared(found), part)
        if not isinstance(found, list):
            raise InputError(f"{name} has no list of records at {where!r}; leave records empty, or give its path.")
        return found
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise InputError(f"{name} holds no records; a list of objects was expected.")
    if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        return list(document["features"])
    lists = {key: value for key, value in document.items() if isinstance(value, list)}
    full = {key: value for key, value in lists.items() if value and isinstance(value[0], dict)}
    if len(full) > 1:
        raise InputError(f"{name} has several lists: {', '.join(list(full)[:9])}; say in records which one is meant.")
    if full:
        return list(*full.values())
    # Nothing found, or one record that stands alone: its keys tell.
    alone = len(lists) != 1 or titles is None or Nested([document], (1,), {}).paths(titles)
    return [document] if alone else []


def _compared(node: Any) -> Any:  # noqa: ANN401
    return {plain(key): value for key, value in node.items()} if isinstance(node, dict) else node


def _parts(path: str) -> Path:
    return tuple(map(plain, path.split("."))) if path.strip() else ()


def _child(node: Any, part: str) -> Any:  # noqa: ANN401
    if isinstance(node, dict):
        return node.get(part, _ABSENT)
    if isinstance(node, list) and part.isascii() and part.isdecimal() and len(part) < 10:  # noqa: PLR2004
        return node[int(part)] if int(part) < len(node) else _ABSENT
    return _ABSENT


def _at(node: Any, path: Path) -> Any:  # noqa: ANN401
    for part in path:
        node = _child(node, part)
    return node


def _text(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return ""


def _flat(node: Any, prefix: str, depth: int) -> Iterator[str]:  # noqa: ANN401
    if isinstance(node, dict) and depth:
        for key, value in node.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else key, depth - 1)
    elif isinstance(node, list) and depth:
        for position, value in enumerate(node[:_ITEMS]):
            yield from _flat(value, f"{prefix}.{position}", depth - 1)
    elif prefix:
        yield prefix
