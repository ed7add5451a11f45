"""The near-repeat table: pairs of incidents by distance and time."""

from __future__ import annotations

from hotspots.tables.contract import flag, number, table, text, whole

NEAR_REPEATS = table(
    "NEAR_REPEATS",
    "band_no",
    {
        "distance_m": text(),
        "days": text(),
        "distance_from_m": number(0),
        "distance_to_m": number(0),
        "days_from": whole(0),
        "days_to": whole(0),
        "n_pairs": whole(0),
        "n_same_day": whole(0),
        "expected": number(0),
        "permuted_mean": number(0),
        "ratio": number(0, optional=True),
        "p_value": number(0, 1),
        "p_adjusted": number(0, 1),
        "beyond_chance": flag(),
    },
    key_type=int,
)
"""One row for each distance band and time band, nearest first, then soonest. ``distance_m`` and ``days`` are the
bands as intervals: a square bracket holds its end, a round one does not. ``n_same_day`` of the ``n_pairs`` lie on one
day; ``ratio`` is ``n_pairs`` over ``expected``, empty where nothing is expected."""
