"""The columns of the events tracker in words, for the second sheet of an empty one."""

from __future__ import annotations

EXPLAINED = (
    ("event_id", "Leave empty: an id is made of title and start, and written down at the next change by a command."),
    ("title", "What the event is called. Needed."),
    ("kind", "Such as football, market, music, procession. The map shows its first letter."),
    ("status", "proposed, planned, live, done or cancelled; empty means planned."),
    ("starts_at", "Local time, 2024-05-04 19:30 or 04/05/2024 19:30. Needed."),
    ("ends_at", "Local time; a date alone is the end of that day."),
    ("rrule", "What recurs, as RFC 5545 writes it: FREQ=WEEKLY;BYDAY=TU,FR. The start is the first of them."),
    ("except_on", "Dates on which it does not recur, parted by blanks: 2024-12-24 2024-12-31."),
    ("risk", "low, medium or high; empty: made of likelihood × impact."),
    ("likelihood", "Whole number from 1 (rare) to 5 (almost certain)."),
    ("impact", "Whole number from 1 (slight) to 5 (severe)."),
    ("expected_attendance", "People at the busiest time: 2500 or 2,500."),
    ("profile", "Who comes, in general words: families, away supporters, young adults. No names."),
    ("dispersal_at", "When people leave: a time, or a clock alone such as 22:30."),
    ("dispersal_place", "Where they go: a station, a taxi rank."),
    ("organiser", "The organisation."),
    ("licence_ref", "Reference of the licence or of the Safety Advisory Group."),
    ("mitigation", "What is done about the risk."),
    ("owner", "Team that looks after the event."),
    ("reviewed_on", "Date of the last review; hotspots events review writes it."),
    ("reviewed_by", "Who reviewed it."),
    ("venue", "Name of a venue in venues.csv (name, and easting and northing or longitude and latitude)."),
    ("longitude", "Degrees, such as 0.1407."),
    ("latitude", "Degrees, such as 51.4563."),
    ("easting", "British National Grid, metres, such as 548900."),
    ("northing", "British National Grid, metres, such as 175300."),
    ("place", "A route or an area in a GeoJSON file beside this one: routes.geojson#parade."),
    ("notes", "Anything else. Columns of your own may stand anywhere; they are kept as they are."),
)
"""Column, and what it holds."""
