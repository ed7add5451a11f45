"""Incident tables: as accepted, as rejected, as located."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from hotspots.tables.contract import day, flag, geometry, moment, number, table, text, whole

_MONTH = pa.Column(pd.PeriodDtype("M"))

_INCIDENT = {
    "month": _MONTH,
    "occurred_at": moment(),
    "occurred_until": moment(),
    # Local calendar dates. The first is known wherever the day is, with a time of day or without; empty where only the
    # month is. The second is the last date an incident may be of, where a range was given.
    "occurred_on": day(),
    "occurred_until_on": day(),
    "time_known": flag(),
    "category": text(),
    "offence_code": text(optional=True),
    "flags": text(),
    "themes": text(),
    "harm_weight": number(0, optional=True),
    "lsoa_published": text(optional=True),
    "street": text(optional=True),
    "institutional": flag(),
    "source": text(),
    "source_file": text(),
    "source_row": whole(1),
}

INCIDENTS = table("INCIDENTS", "incident_id", {**_INCIDENT, "geometry": geometry("Point")})

REJECTS = table(
    "REJECTS",
    "reject_no",
    {
        "source_file": text(),
        "source_row": whole(1),
        "incident_id": text(optional=True),
        "category": text(optional=True),
        "reason": text(),
        "column": text(optional=True),
        "value": text(optional=True),
    },
    key_type=int,
)

COVERAGE = table(
    "COVERAGE",
    "coverage_no",
    {"force": text(), "month": _MONTH, "rows": whole(1)},
    key_type=int,
)

ZONES = ("area", "ring", "beyond")
LOCATED_BY = ("inside", "edge_published", "shared_edge", "outside")

LOCATED = table(
    "LOCATED",
    "incident_id",
    {
        **_INCIDENT,
        "lsoa_code": text(optional=True),
        "located_by": text(*LOCATED_BY),
        "vintage_rule": text("U", "S", "M", "X", optional=True),
        "distance_m": number(0, optional=True),
        "zone": text(*ZONES),
        "in_focus": flag(),
        "geometry": geometry("Point"),
    },
)

KEPT = table(
    "KEPT",
    "incident_id",
    {
        "month": _MONTH,
        "occurred_at": moment(),
        "occurred_until": moment(),
        "time_known": flag(),
        "category": text(),
        "themes": text(),
        "lsoa_code": text(optional=True),
        "zone": text(*ZONES),
        "geometry": geometry("Point"),
    },
)
"""Of LOCATED what a pack keeps and a later job needs."""
