"""The table of equal cells: how many incidents each holds, and whether it stands out among those around it."""

from __future__ import annotations

from hotspots.tables.areas import LABELS, MORAN_LABELS
from hotspots.tables.contract import geometry, number, table, text, whole

CELLS = table(
    "CELLS",
    "cell_id",
    {
        "column": whole(None),
        "row": whole(None),
        "zone": text("area", "ring"),
        "n": whole(0),
        "n_month": whole(0),
        "gi_z": number(optional=True),
        "p_value": number(0, 1, optional=True),
        "p_adjusted": number(0, 1, optional=True),
        "label": text(*LABELS, optional=True),
        "moran_i": number(optional=True),
        "moran_p": number(0, 1, optional=True),
        "moran_p_adjusted": number(0, 1, optional=True),
        "moran_label": text(*MORAN_LABELS, optional=True),
        "geometry": geometry("Polygon"),
    },
)
