"""How the events tracker looks on a screen, and as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from hotspots.cli.report import console_of, printable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from datetime import date, datetime

    from rich.console import Console

    from hotspots.pipeline.events import Listing

ACCENT = "cyan"
_FAULTS = 12
"""So many faults are said on a list; the rest are counted."""
_MOST = 500
"""So many events are printed."""


def print_list(listing: Listing, first: date | None, last: date | None) -> None:
    """Print the events as a table, and what could not be used.

    Parameters
    ----------
    listing
        What was asked for.
    first, last
        The period asked for; none: the whole register.
    """
    console = console_of()
    if len(listing.table):
        table = _columns("When", "Event", "Kind", "Risk", "Where", "Owner", "Review", "Id")
        for event_id, row in _rows(listing, _MOST):
            risk = "" if row["risk"] != row["risk"] else str(row["risk"])
            table.add_row(
                *map(_text, (_when(row), _titled(row), row["kind"])),
                Text(risk, "bold" if risk == "high" else ""),
                *map(_text, (_where(row), row["owner"], _review(row), event_id)),
            )
        console.print(table)
        _print_more(console, len(listing.table))
        console.print()
    period = f" from {first} to {last}" if first and last else ""
    shown = f"{len(listing.table):,} of {listing.total:,} events{period}."
    unplaced = int(listing.table.geometry.isna().sum())
    console.print(Text(shown + (f" Without a location: {unplaced:,}." if unplaced else "")), soft_wrap=True)
    _print_faults(console, listing)


def print_due(listing: Listing) -> None:
    """Print the events that are due for review, and what could not be used.

    Parameters
    ----------
    listing
        What is due.
    """
    console = console_of()
    if len(listing.table):
        table = _columns("Risk", "Event", "When", "Owner", "Last review", "Due since", "Id")
        for event_id, row in _rows(listing, _MOST):
            by = f" by {row['reviewed_by']}" if _given(row["reviewed_by"]) else ""
            last = f"{row['reviewed_on']:%Y-%m-%d}{by}" if _given(row["reviewed_on"]) else "never"
            since = f"{row['review_due_on']:%Y-%m-%d}" if _given(row["review_due_on"]) else ""
            cells = (row["risk"], _titled(row), _when(row), row["owner"], last, since, event_id)
            table.add_row(*map(_text, cells))
        console.print(table)
        _print_more(console, len(listing.table))
        console.print()
    console.print(Text(f"{len(listing.table):,} of {listing.total:,} events are due for review."), soft_wrap=True)
    _print_faults(console, listing)
    if len(listing.table):
        console.print(
            Text.assemble("When reviewed: ", (f"hotspots events review {listing.table.index[0]} --by NAME", ACCENT)),
            soft_wrap=True,
        )


def _rows(listing: Listing, most: int | None = None) -> Iterator[tuple[str, dict[Hashable, Any]]]:
    """Yield the events in order, each with its cells."""
    shown = listing.table if most is None else listing.table.iloc[:most]
    # A row of a frame with a geometry is a frame of its own: ten times as slow.
    plain = shown.drop(columns="geometry").to_dict("records")
    for event_id, cells, shape in zip(shown.index, plain, shown.geometry.to_numpy(), strict=True):
        yield str(event_id), {**cells, "geometry": shape}


def _print_more(console: Console, count: int) -> None:
    """Say how many events the table leaves out: nobody reads more from a screen."""
    if count > _MOST:
        console.print(
            Text(f"and {count - _MOST:,} more; choose with --month, --risk or --owner, or take --json.", "dim"),
            soft_wrap=True,
        )


def _print_faults(console: Console, listing: Listing) -> None:
    """Say what could not be used, by row and column."""
    if not listing.faults:
        return
    rows = f", rows left out: {listing.left_out:,}" if listing.left_out else ""
    console.print()
    console.print(Text(f"To mend: {len(listing.faults):,}{rows}", "dim"))
    for sentence in listing.faults[:_FAULTS]:
        console.print(Text(f"  {printable(sentence)}"), soft_wrap=True)
    if len(listing.faults) > _FAULTS:
        console.print(Text(f"  and {len(listing.faults) - _FAULTS:,} more"))


def _columns(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title, no_wrap=title in {"When", "Id", "Risk", "Due since"}, overflow="fold")
    return table


def _given(value: Any) -> bool:  # noqa: ANN401
    from pandas import isna  # noqa: PLC0415 - loaded by then

    return not isna(value)


def _text(value: Any) -> Text:  # noqa: ANN401
    return Text(printable(str(value)) if _given(value) else "")


def _when(row: Any) -> str:  # noqa: ANN401
    """Return start and end: ``2024-05-04 Sat 10:00–18:00``, the date of the end only where it is another.

    Of whole days there are the dates alone.
    """
    start, end = row["next_at"], row["ends_at"]
    day = f"{start:%Y-%m-%d} {_WEEKDAYS[start.weekday()]}"
    words = f"{day} {start:%H:%M}"
    if not _given(end):
        return words
    if is_whole_days(row["starts_at"], end):
        more = ((end - timedelta(minutes=1)).date() - row["starts_at"].date()).days
        return f"{day} – {start + timedelta(days=more):%Y-%m-%d}" if more else day
    whole_days = (end.date() - row["starts_at"].date()).days
    if whole_days > 1 or (whole_days == 1 and f"{end:%H:%M}" > f"{start:%H:%M}"):
        return f"{words} – {start + timedelta(days=whole_days):%Y-%m-%d} {end:%H:%M}"
    return f"{words}–{end:%H:%M}"


def is_whole_days(starts: datetime, ends: datetime) -> bool:
    """Say whether an event lasts whole days: from 00:00 to 23:59, or to the midnight after it."""
    return ends > starts and f"{starts:%H:%M}" == "00:00" and f"{ends:%H:%M}" in {"23:59", "00:00"}


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _titled(row: Any) -> str:  # noqa: ANN401
    """Return the title, what recurs in words, and a status that matters."""
    many = ""
    if row["recurs"] and row["occurrences"] > 1:
        counted = row["recurs"].endswith(" times")
        many = f" in all, {row['occurrences']} in this period" if counted else f", {row['occurrences']} times"
    recurs = f" ({row['recurs']}{many})" if row["recurs"] else ""
    return f"{row['title']}{recurs}" + (f" [{row['status']}]" if row["status"] != "planned" else "")


def _where(row: Any) -> str:  # noqa: ANN401
    if _given(row["venue"]):
        return str(row["venue"]) + ("" if row["geometry"] is not None else " (no location)")
    shape = row["geometry"]
    if shape is None:
        return "no location"
    return (
        "on the map"
        if shape.geom_type == "Point"
        else {"L": "a route", "P": "an area"}.get(shape.geom_type.removeprefix("Multi")[0], "on the map")
    )


def _review(row: Any) -> str:  # noqa: ANN401
    if row["due"]:
        return "due"
    return f"{row['review_due_on']:%Y-%m-%d}" if row["open"] and _given(row["review_due_on"]) else ""


def document(listing: Listing) -> dict[str, Any]:
    """Return the list as JSON holds it: local times with their offset, a point within each shape in degrees."""
    points = listing.table.geometry.representative_point().to_crs(4326)
    rows: list[dict[str, Any]] = []
    for (event_id, row), point in zip(_rows(listing), points, strict=True):
        cells: dict[str, Any] = {"event_id": str(event_id)}
        for name, value in row.items():
            if name != "geometry":
                cells[str(name)] = _json(name, value) if _given(value) else None
        placed = point is not None and not point.is_empty
        cells |= {"longitude": round(point.x, 6), "latitude": round(point.y, 6)} if placed else {}
        rows.append(cells)
    return {"events": rows, "total": listing.total, "rows_left_out": listing.left_out, "faults": list(listing.faults)}


def _json(name: Any, value: Any) -> Any:  # noqa: ANN401
    if name in {"reviewed_on", "review_due_on"}:
        return f"{value:%Y-%m-%d}"
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
