"""Which of some events are in the register already: the same id, or the same title at the same time and place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.events.rules import dates_of, read_rule

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import geopandas as gpd

    from hotspots.events.rules import Rule

SAME_PLACE_M: Final = 500.0
"""Two events of one title and time farther apart are two."""

_COMPARED = {"title": "title", "starts_at": "start", "ends_at": "end", "rrule": "recurrence", "venue": "venue"}
_VERSUS = re.compile(r"\b(?:vs|versus)\b")


class _Event(NamedTuple):
    """What is compared."""

    event_id: str
    title: str
    starts_at: pd.Timestamp
    rule: tuple[Rule, str] | None
    """Without its last date, and that date, local: it can be written in several ways."""
    except_on: str
    venue: str
    shape: Any


def repeats(new: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the events that are known already, or stand twice among the new ones.

    An event repeats another when it has its id and shares title or day with it; or when the titles are the same but
    for case, accents and punctuation, the start is the same (a date without a clock is any time of that day), and
    neither venue nor coordinates contradict it. A single event also repeats a series of its title that falls on its
    day at its clock.

    Parameters
    ----------
    new, known
        EVENTS in the same CRS.

    Returns
    -------
    DataFrame
        Index ``event_id`` of the new events that repeat one; ``repeats`` the id of the other, ``differs`` what the new
        one says otherwise (title, start, end, recurrence, venue; parted by commas), empty where it says the same.
    """
    before = [_event(row) for row in _rows(known)]
    by_id = {event.event_id: event for event in before}
    mine, theirs = (frame[list(_COMPARED)].to_dict("index") for frame in (new, known))
    by_title: dict[str, list[_Event]] = {}
    for event in before:
        by_title.setdefault(event.title, []).append(event)
    found: dict[str, tuple[str, str]] = {}
    # Series first: what repeats one of their dates may stand before them.
    for event in sorted(map(_event, _rows(new)), key=lambda event: event.rule is None):
        own = by_id.get(event.event_id)
        if own is not None and (own.title == event.title or own.starts_at.date() == event.starts_at.date()):
            found[event.event_id] = (own.event_id, _differs(mine[event.event_id], theirs[own.event_id]))
            continue
        other = next((known for known in by_title.get(event.title, []) if _same(event, known)), None)
        if other is not None:
            differs = _differs(mine[event.event_id], theirs[other.event_id]) if other.event_id in theirs else ""
            found[event.event_id] = (other.event_id, differs if other.rule == event.rule else "")
        else:
            by_title.setdefault(event.title, []).append(event)
    frame = pd.DataFrame.from_dict(found, orient="index", columns=["repeats", "differs"], dtype="str")
    return frame.rename_axis("event_id").sort_index()


def _rows(events: gpd.GeoDataFrame) -> list[Any]:
    return list(events[["title", "starts_at", "rrule", "except_on", "venue", "geometry"]].itertuples())


def _event(row: Any) -> _Event:  # noqa: ANN401
    rule, venue = _rule(_text(row.rrule)), key(_text(row.venue))
    return _Event(str(row.Index), key(row.title), row.starts_at, rule, _text(row.except_on), venue, row.geometry)


def _rule(text: str) -> tuple[Rule, str] | None:
    try:
        rule = read_rule(text)
    except InputError:
        return None
    if rule.until is None:
        return rule, ""
    last = pd.Timestamp(rule.until.at)
    local = last.tz_localize("UTC").tz_convert("Europe/London") if rule.until.utc else last
    return replace(rule, until=None), f"{local:%Y-%m-%d}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def key(text: str) -> str:
    """Return a text as it is compared: without case, accents and punctuation, and "vs" as "v"."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    words = "".join(
        letter if letter.isalnum() else " " for letter in plain.casefold().replace("'", "").replace("’", "")
    )
    return _VERSUS.sub("v", " ".join(words.split()))


def _same(new: _Event, known: _Event) -> bool:
    return _at_one_time(new, known) and _at_one_place(new, known)


def _at_one_time(new: _Event, known: _Event) -> bool:
    if new.starts_at == known.starts_at:
        return True
    clocks = {event.starts_at.time() for event in (new, known)}
    if len(clocks - {pd.Timestamp(0).time()}) > 1:
        return False
    if new.starts_at.date() == known.starts_at.date():
        return True
    return known.rule is not None and new.rule in (None, known.rule) and _falls_on(known, known.rule, new.starts_at)


def _falls_on(series: _Event, rule: tuple[Rule, str], moment: pd.Timestamp) -> bool:
    told, until = rule
    date = f"{moment:%Y-%m-%d}"
    if date in series.except_on or (until and date > until):
        return False
    start, day = (np.datetime64(time.date(), "D") for time in (series.starts_at, moment))
    return bool(len(dates_of(told, start, day, day)))


def _at_one_place(new: _Event, known: _Event) -> bool:
    if new.shape is not None and known.shape is not None:
        return bool(new.shape.distance(known.shape) <= SAME_PLACE_M)
    if new.venue and known.venue:
        return new.venue in known.venue or known.venue in new.venue
    return True


def _differs(mine: Mapping[Hashable, Any], theirs: Mapping[Hashable, Any]) -> str:
    """Return what a new event says otherwise; what it does not say is no difference."""
    said = [
        words
        for column, words in _COMPARED.items()
        if not pd.isna(mine[column]) and (pd.isna(theirs[column]) or mine[column] != theirs[column])
    ]
    if "recurrence" in said and _rule(_text(mine["rrule"])) == _rule(_text(theirs["rrule"])):
        said.remove("recurrence")
    return ", ".join(said)
