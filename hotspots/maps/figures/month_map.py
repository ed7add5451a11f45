"""The month's map as a figure on A4: the layers, classes and colours of the page, for paper, documents and slides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotspots.maps import words
from hotspots.maps.agenda import in_time, of_days, of_span, opening, whens
from hotspots.maps.figures import month_map_page as page
from hotspots.maps.figures import style
from hotspots.maps.figures.month_map_column import Column
from hotspots.maps.figures.month_map_frame import draw_ground, draw_scale, fit_ground
from hotspots.maps.figures.month_map_marks import draw_findings
from hotspots.maps.figures.month_map_page import MapSheet
from hotspots.maps.figures.sheet import Caption, Sheet, house
from hotspots.maps.panel import hotspot_rows, legends

if TYPE_CHECKING:
    from hotspots.maps.content import PageContent
    from hotspots.maps.figures.sheet import Drawing

_COLUMN = 268.0
_BETWEEN = 16.0
_SCALE_ROOM = 24.0
_MOST_SAID = 20
"""So many hotspots and events are named in the text alternative; the tables of the pack hold all."""


@house()
def month_map(content: PageContent) -> Drawing:
    """Draw the month's map on A4, lying: the map on the left, headline, table and legend on the right.

    Parameters
    ----------
    content
        What the page shows: frames in one projected CRS in metres, which is kept, and finished sentences.

    Returns
    -------
    Drawing
        Areas coloured by the first measure, in the classes and colours of the page; hotspots with their ranks,
        events, incident locations; scale bar and grid north below the map; the marking on top and bottom.
    """
    sheet = MapSheet(content.words)
    left = sheet.right - _COLUMN
    frame = (sheet.left, sheet.top, left - _BETWEEN, sheet.bottom - _SCALE_ROOM)
    ground = fit_ground(content, frame)
    draw_ground(sheet, content, ground)
    drawn = draw_findings(sheet, content, ground)
    wide, tall = frame[2] - frame[0], frame[3] - frame[1]
    sheet.box(frame[0], frame[1], wide, tall, "none", edge=style.QUIET, thick=style.HAIR)
    crs = content.areas.crs
    draw_scale(sheet, ground, page.short(crs.name if crs is not None else ""))
    Column(sheet, left, sheet.top, sheet.bottom).draw(content, ground, drawn)
    return sheet.finish(" ".join(_said(content)))


@house()
def not_drawn(said: str, marking: str) -> Drawing:
    """Return what stands in the place of a picture that could not be drawn.

    Parameters
    ----------
    said
        What happened, as one sentence.
    marking
        Marking line on top; empty: none.

    Returns
    -------
    Drawing
        The sentence, under the marking.
    """
    sheet = Sheet(Caption("Not drawn", 0, "", "", "", marking=marking))
    sheet.sentence(said)
    return sheet.finish(said)


def _said(content: PageContent) -> list[str]:
    """Return what the map shows, in sentences."""
    legend = legends(content)[0]
    classes = [f"{item.words}: {item.areas:,}" for item in legend.classes]
    classes += [f"no data: {legend.no_data:,}"] if legend.no_data else []
    said = [f"Map of LSOAs by class. {legend.title}, number of LSOAs: {'; '.join(classes)}."]
    rows = hotspot_rows(content)
    month = content.words.month_short
    places = [f"{row['rank']} {row['name']}, {row['month']} in {month}{_usual(row)}" for row in rows[:_MOST_SAID]]
    said.append(_list("Hotspots by rank", places, len(rows)) if rows else "No place stands out.")
    shown = opening(content)
    held, whens_of = in_time(of_span(content, shown)), whens(content, shown)
    if len(held):
        named = [f"{row.title}, {whens_of[str(row.Index)]}" for row in held.iloc[:_MOST_SAID].itertuples()]
        said.append(_list(f"Events{of_days(content)}", named, len(held)))
    return said


def _usual(row: dict[str, str]) -> str:
    return "" if row["usual"] == words.NONE else f", usual {row['usual']}, {row['words']}"


def _list(heading: str, parts: list[str], whole: int) -> str:
    more = f"; and {whole - len(parts):,} more" if whole > len(parts) else ""
    return f"{heading}: {'; '.join(parts)}{more}."
