"""Synthetic incidents in the shape of data.police.uk: known totals and centres, nothing real among them."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass

import numpy as np

from hotspots.data.invented import (
    ASB,
    CENTRES,
    FIRST_YEAR,
    HOME,
    MONTHS,
    OUTCOMES,
    PULL,
    SEASONS,
    TOTALS,
    YEARS,
)
from hotspots.data.streets import BACKGROUND, Floats, Ints, MapPoints, Outline, draw, map_points

FORCE = "Metropolitan Police Service"
HEADER = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)
CATEGORIES = tuple(TOTALS[HOME])

NOWHERE = -1
NO_ID = -1

_UNLOCATED_PER_1000 = 55
_REPEATED = 12


@dataclass(frozen=True, slots=True)
class Incidents:
    """One value each per row, in the order of writing."""

    month: Ints
    """Months since January of the first year."""
    category: Ints
    """Row of ``CATEGORIES``."""
    point: Ints
    """Row of the map points, or ``NOWHERE``."""
    number: Ints
    """What the Crime ID is made from; twice the same for a repeated ID, ``NO_ID`` for anti-social rows."""
    outcome: Ints
    """Row of ``OUTCOMES``; without meaning for anti-social behaviour."""


def incident_texts(outline: Outline, seed: int) -> dict[str, str]:
    """Make the monthly files of synthetic incidents.

    The rows that a reader accepts (located, Crime ID not seen before) add up to the totals of
    :mod:`hotspots.data.invented` exactly: for Bexley the published figures of burglary, drugs, robbery and
    violence of 2019 to 2021. Everything else is invented: possession of weapons (110 to 150 a year) and
    anti-social behaviour in Bexley, and all of Bromley, Greenwich and Lewisham, which hold roughly a quarter
    to a third of a usual volume. On top come about 5 % rows without location and a dozen repeated Crime IDs,
    whose outcome differs and of some the place or month too.

    Parameters
    ----------
    outline
        The areas, see :func:`hotspots.data.streets.read_outline`.
    seed
        Not negative. The same seed gives the same bytes on every platform.

    Returns
    -------
    dict[str, str]
        Relative file name, ``YYYY-MM/YYYY-MM-metropolitan-street.csv`` → text with Unix line ends; 36 files.

    Raises
    ------
    ValueError
        The seed is negative.
    """
    points = map_points(outline, _stream(seed, 0))
    incidents = _with_repeats(outline, points, _incidents(outline, points, seed), _stream(seed, 2))
    order = np.argsort(_stream(seed, 3).random(len(incidents.month)), kind="stable")
    texts = {}
    for month in range(MONTHS):
        label = month_label(month)
        rows = order[incidents.month[order] == month]
        texts[f"{label}/{label}-metropolitan-street.csv"] = _text(outline, points, incidents, rows, seed)
    return texts


def month_label(month: int) -> str:
    """Write a number of months since January of the first year as ``YYYY-MM``."""
    return f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02d}"


def _stream(seed: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, purpose]))


def _incidents(outline: Outline, points: MapPoints, seed: int) -> Incidents:
    """Draw all rows but the repeats, borough by borough, year by year, category by category."""
    rng = _stream(seed, 1)
    boroughs = outline.boroughs[points.area]
    months, categories, places = [], [], []
    for borough, totals in TOTALS.items():
        own = [np.flatnonzero((boroughs == borough) & (points.source == source)) for source in range(BACKGROUND + 1)]
        present = np.array([len(rows) > 0 for rows in own])
        for category, name in enumerate(CATEGORIES):
            for year in range(YEARS):
                located = totals[name][year]
                unlocated = located * _UNLOCATED_PER_1000 // 1000
                joint = _month_by_source(name, year, present)
                cell = draw(rng, joint.ravel(), located + unlocated)
                source = cell % joint.shape[1]
                place = np.full(len(cell), NOWHERE, dtype=np.int64)
                for number, rows in enumerate(own):
                    here = np.flatnonzero(source[:located] == number)
                    if len(here):
                        place[here] = rows[draw(rng, points.weight[rows], len(here))]
                months.append(12 * year + cell // joint.shape[1])
                categories.append(np.full(len(cell), category, dtype=np.int64))
                places.append(place)
    category_of = np.concatenate(categories)
    running = np.arange(len(category_of), dtype=np.int64)
    return Incidents(
        month=np.concatenate(months),
        category=category_of,
        point=np.concatenate(places),
        number=np.where(category_of == CATEGORIES.index(ASB), NO_ID, running),
        outcome=draw(rng, np.array([weight for _, weight in OUTCOMES], dtype=float), len(running)),
    )


def _month_by_source(category: str, year: int, present: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """Return the weight of each month (row) and source (column: the centres, then the background)."""
    months = slice(12 * year, 12 * year + 12)
    shares = np.array([centre.shares[months] for centre in CENTRES]).T * (PULL[category] / 100)
    shares = np.where(present[:-1], shares, 0.0)
    background = 1.0 - shares.sum(axis=1, keepdims=True)
    season = np.array(SEASONS[category], dtype=float)[:, np.newaxis]
    return np.asarray(np.hstack([shares, background]) * season, dtype=float)


def _with_repeats(outline: Outline, points: MapPoints, incidents: Incidents, rng: np.random.Generator) -> Incidents:
    """Append a dozen rows whose Crime ID is there already.

    The outcome differs; a third of them also move within the borough, a third come a month later. Borough,
    category and year stay and all are located, so that the totals hold whichever of two rows a reader keeps.
    """
    boroughs = outline.boroughs[points.area]
    home = (incidents.point >= 0) & (boroughs[incidents.point] == HOME) & (incidents.number >= 0)
    originals = np.flatnonzero(home)[draw(rng, np.ones(int(home.sum())), _REPEATED)]
    turn = np.arange(_REPEATED) % 3
    month = incidents.month[originals]
    later = (turn == 2) & (month % 12 < 11)  # noqa: PLR2004
    elsewhere = np.flatnonzero((boroughs == HOME) & (points.source == BACKGROUND))
    moved = elsewhere[draw(rng, np.ones(len(elsewhere)), _REPEATED)]
    return Incidents(
        month=np.concatenate([incidents.month, month + later]),
        category=np.concatenate([incidents.category, incidents.category[originals]]),
        point=np.concatenate([incidents.point, np.where(turn == 1, moved, incidents.point[originals])]),
        number=np.concatenate([incidents.number, incidents.number[originals]]),
        outcome=np.concatenate([incidents.outcome, (incidents.outcome[originals] + 1) % len(OUTCOMES)]),
    )


def _text(outline: Outline, points: MapPoints, incidents: Incidents, rows: Ints, seed: int) -> str:
    """Write some rows as one CSV file."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows.tolist():
        number, point = int(incidents.number[row]), int(incidents.point[row])
        place = ("", "", "No Location", "", "")
        if point != NOWHERE:
            longitude, latitude = points.coordinates[point].tolist()
            area = int(points.published[point])
            street = f"On or near {points.street[point]}"
            place = (f"{longitude:.6f}", f"{latitude:.6f}", street, outline.codes[area], outline.names[area])
        writer.writerow(
            (
                "" if number == NO_ID else hashlib.sha256(f"{seed}:{number}".encode()).hexdigest(),
                month_label(int(incidents.month[row])),
                FORCE,
                FORCE,
                *place,
                CATEGORIES[incidents.category[row]],
                "" if number == NO_ID else OUTCOMES[incidents.outcome[row]][0],
                "",
            )
        )
    return stream.getvalue()
