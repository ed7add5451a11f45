"""The quality gate's table: what the input is like, one finding a row."""

from __future__ import annotations

import pandera.pandas as pa

from hotspots.tables.contract import number, table, text

TOPICS = (
    *("rows", "rejects", "unlocated", "coverage", "institutional"),
    *("agreement", "vintage", "repeats", "categories", "revised"),
)
"""What is looked at, in the order of the table."""

STATUSES = ("ok", "note", "warning")
"""From good to bad."""

QUALITY = table(
    "QUALITY",
    "check_no",
    {
        "topic": text(*TOPICS),
        "source": text(),
        "month": pa.Column(str, pa.Check.str_matches(r"^(\d{4}-\d{2})?$")),
        "measure": text(),
        "value": number(0, optional=True),
        "status": text(*STATUSES),
        "said": text(),
    },
    key_type=int,
)
"""``source`` is a source of incidents, for ``coverage`` a police force, empty for all; ``month`` is YYYY-MM, empty for
all; ``value`` is a count, or for the measure ``share`` a share from 0 to 1; ``said`` is one sentence."""
