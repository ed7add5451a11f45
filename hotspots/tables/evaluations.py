"""Did it work: one row an evaluation, and the places that could be its controls."""

from __future__ import annotations

from hotspots.tables.contract import flag, number, table, text, whole

EVALUATIONS = table(
    "EVALUATIONS",
    "evaluation_id",
    {
        "target": text(),
        "started_on": text(),
        "focus": text(),
        "area": text(),
        "evaluated_month": text(),
        "before": text(),
        "after": text(),
        "months_before": whole(1),
        "months_after": whole(1),
        "treated_before": whole(0),
        "treated_after": whole(0),
        "ring_before": whole(0),
        "ring_after": whole(0),
        "control_before": whole(0),
        "control_after": whole(0),
        "control_ring_before": whole(0),
        "control_ring_after": whole(0),
        "n_controls": whole(1),
        "controls": text(),
        "wdd": number(),
        "low": number(),
        "high": number(),
        "p": number(0, 1),
        "too_small": flag(),
        "least_fall": number(0, optional=True),
        "spread": number(1),
        "n_similar": whole(0),
        "n_as_far": whole(0),
    },
)
"""One row for each target, start, focus and last month: the same evaluation run again has the same id. ``started_on``
is a month or a day as it was given, ``before`` and ``after`` are the months counted, as ``2024-03 to 2024-05``. The
counts of the controls are totals over all of them. ``wdd`` is incidents over the months after, below 0 fewer than
without the measure; ``low`` to ``high`` and ``p`` allow for the ``spread`` of similar places. ``least_fall`` is the
smallest fall that would have been told from chance; empty: none. Of ``n_similar`` places where nothing was done
``n_as_far`` fell as far."""

CONTROLS = table(
    "CONTROLS",
    "control_no",
    {
        "place": text(),
        "name": text(),
        "n_before": whole(0),
        "n_after": whole(0),
        "ratio_before": number(0, optional=True),
        "distance_m": number(0),
        "area_ha": number(0),
        "similar": flag(),
        "chosen": flag(),
        "why": text(),
        "placebo_z": number(optional=True),
    },
    key_type=int,
)
"""Places that could be controls, the chosen ones first, then from the most alike to the least. ``ratio_before`` is
``n_before`` by that of the treated place, ``distance_m`` between the two grounds, ``placebo_z`` the place's own
difference in standard errors as if it had been the treated one."""
