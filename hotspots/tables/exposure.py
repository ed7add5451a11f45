"""Exposure tables: which coming events fall on which hotspots, and what happened when such events were held before."""

from __future__ import annotations

from hotspots.tables.contract import flag, number, table, text, whole

EXPOSURE = table(
    "EXPOSURE",
    "exposure_no",
    {
        "occurrence_id": text(),
        "event_id": text(),
        "rank": whole(1),
        "hotspot_id": text(optional=True),
        "distance_m": number(0, optional=True),
        "on_ground": flag(),
        "overlap_h": number(0, optional=True),
        "concurrent": whole(0, optional=True),
        "lsoa_codes": text(),
        "stops": text(),
        "reason": text(),
    },
    key_type=int,
)
"""One row for each occurrence and each hotspot within reach of it, in the order of ``rank``, which is that of the
occurrence; an occurrence near none has one row without a hotspot. ``overlap_h`` is the time of the event, with its
dispersal, that falls into the hotspot's busy hours: empty where these, or the event's end, are not known.
``concurrent`` counts other events at the same time within reach, empty where the event has no place; ``lsoa_codes``
within reach are parted by blanks, names of ``stops`` where a crowd disperses by ``; ``."""

MATCHES = ("event", "kind and place")
UNITS = ("days", "months")
TOLD = ("more", "fewer", "usual", "too few", "not compared")

EARLIER = table(
    "EARLIER",
    "event_id",
    {
        "title": text(),
        "matched_by": text(*MATCHES),
        "n_times": whole(0),
        "unit": text(*UNITS),
        "n_units": whole(0),
        "n_compared_units": whole(0),
        "n": whole(0),
        "n_compared": whole(0),
        "expected": number(0, optional=True),
        "p": number(0, 1, optional=True),
        "p_adjusted": number(0, 1, optional=True),
        "told": text(*TOLD),
    },
)
"""One row for each coming event that was held before, the same one or one of its kind at its place. ``n`` incidents lie
within reach on the ``n_units`` days, or in the months, of the ``n_times`` it was held; ``n_compared`` in those they are
compared with; ``expected`` would lie there at their rate. ``p_adjusted`` is empty where ``told`` is ``too few`` or
``not compared``."""
