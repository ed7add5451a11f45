"""The tables of the outreach bus: places it may stop at, what they reach, and the plan."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa

from hotspots.tables.contract import flag, geometry, number, table, text, whole

SITE_STATUSES = ("candidate", "fixed", "never")

_LONDON = pd.DatetimeTZDtype("us", "Europe/London")

SITES = table(
    "SITES",
    "site_id",
    {
        "name": text(),
        "status": text(*SITE_STATUSES),
        "hours": text(optional=True),
        "capacity": whole(optional=True),
        "reason": text(optional=True),
        "notes": text(optional=True),
        "geometry": geometry("Point"),
    },
)
"""``hours`` as ``settings.hours`` writes them, empty: always; ``reason`` says why a site is fixed or never; ``notes``
are of kerb and access; ``capacity`` is what the owner of the list says it is, such as bays."""

PROVISION = table(
    "PROVISION",
    "provision_id",
    {
        "name": text(),
        "reach_m": number(0),
        "hours": text(optional=True),
        "geometry": geometry("Point"),
    },
)
"""Services that are there already, such as youth centres, with the walk they are known to draw from."""

DEMAND = table(
    "DEMAND",
    "demand_id",
    {
        "n_month": number(0),
        "weight": number(0),
        "lsoa_code": text(optional=True),
        "ward": text(optional=True),
        "hotspot_id": text(optional=True),
        "geometry": geometry("Point"),
    },
)
"""``n_month``: incidents a month at the point, as counted; ``weight``: what the plan reaches for, in the same unit
after persistence, hours and existing provision."""

PLAN = table(
    "PLAN",
    "row_no",
    {
        "alternative": whole(0),
        "stop_no": whole(1),
        "site_id": text(),
        "name": text(),
        "status": text(*SITE_STATUSES),
        "starts_at": pa.Column(_LONDON, nullable=True),
        "ends_at": pa.Column(_LONDON, nullable=True),
        "covered": number(0),
        "n_month": number(0),
        "gain": number(0),
        "share": number(0, 1),
        "hotspot_ids": text(),
        "ward": text(optional=True),
        "geometry": geometry("Point"),
    },
    np.int64,
)
"""``alternative`` 1 is the best plan, 2 and on the next best, 0 the plan in force where one was given. ``covered``:
what the stop reaches by itself; ``gain``: what the plan would lose without it; ``share``: of ``covered`` what another
stop of the plan reaches too; ``n_month``: incidents a month within its reach, as counted; ``starts_at`` and
``ends_at``: its first evening of the rota."""

CURVE = table(
    "CURVE",
    "stops",
    {
        "reach": number(0),
        "share": number(0, 1),
        "gain": number(0),
        "greedy": number(0, optional=True),
        "bound": number(0),
        "optimal": flag(),
        "knee": flag(),
    },
    np.int64,
)
"""The best reach by number of stops; ``bound``: no plan reaches more; ``greedy``: stops taken one after another."""

ROTA = table(
    "ROTA",
    "visit_no",
    {
        "week": whole(1),
        "evening": whole(1),
        "order": whole(1),
        "starts_at": pa.Column(_LONDON),
        "ends_at": pa.Column(_LONDON),
        "site_id": text(),
        "name": text(),
        "demand": number(0),
        "travel_min": number(0),
        "on": text(optional=True),
    },
    np.int64,
)
"""One row a visit: ``evening`` counts the evenings of the cycle, ``order`` the stops of one; ``demand``: what the stop
reaches at that weekday and hour; ``travel_min``: the way from the stop before, 0 for the first; ``on``: holiday or term
that the day falls in."""
