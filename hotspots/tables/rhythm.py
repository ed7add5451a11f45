"""Rhythm tables: the week hour by hour, how many incidents have a time, and the calendar months."""

from __future__ import annotations

import pandera.pandas as pa

from hotspots.tables.contract import number, table, text, whole

AREA = "area"
"""The ``place_id`` of the whole area; the others are ids of hotspots."""

WHEN = table(
    "WHEN",
    "hour_no",
    {
        "place_id": text(),
        "weekday": pa.Column(int, pa.Check.in_range(1, 7)),
        "hour": pa.Column(int, pa.Check.in_range(0, 23)),
        "n": number(0),
    },
    key_type=int,
)
"""168 rows for each place with times, in the order of place, weekday (1 is Monday) and hour of the local clock; ``n``
is the incidents expected in the hour, those known as a range spread over it."""

TIMED = table(
    "TIMED",
    "place_id",
    {"n": whole(0), "n_timed": whole(0), "n_ranges": whole(0), "n_reversed": whole(0), "n_unknown": whole(0)},
)
"""``n`` = ``n_timed`` + ``n_reversed`` + ``n_unknown``; the ``n`` of WHEN of a place add up to its ``n_timed``, of
which ``n_ranges`` are spread over a range; ``n_reversed`` end before they begin."""

LEVELS = ("high", "low", "usual", "untested")

SEASON = table(
    "SEASON",
    "month_no",
    {
        "times": whole(1),
        "days": whole(28),
        "n": whole(0),
        "per_month": number(0),
        "expected_per_month": number(0, optional=True),
        "season_p": number(0, 1, optional=True),
        "p": number(0, 1, optional=True),
        "p_adjusted": number(0, 1, optional=True),
        "level": text(*LEVELS),
    },
    key_type=int,
)
"""One row for each calendar month held; ``times`` is how often it is held, ``season_p`` the same in every row."""
