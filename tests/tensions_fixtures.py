"""TENSIONS made in code, for the tests of the tension log."""

import pandas as pd

from hotspots.tables import TENSIONS, check

TODAY = pd.Timestamp("2024-05-13")
COLUMNS = ("reported_on", "ward", "level", "review_on", "reviewed_on")
DAYS = ("reported_on", "review_on", "reviewed_on")


def log(*rows, **more):
    """Return TENSIONS of rows of ``COLUMNS``; what is left out is empty."""
    frame = pd.DataFrame([dict(zip(COLUMNS, row, strict=False)) for row in rows], columns=COLUMNS)
    for name in DAYS:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    frame["level"] = frame["level"].astype("int64")
    given = {"source": "Youth service", "eep": "evidenced", "theme": "Youth", "summary": "Words.", "response": None}
    for name, value in (given | {"reviewed_by": None} | more).items():
        frame[name] = pd.Series([value] * len(frame), dtype="str")
    frame["ward"] = frame["ward"].astype("str")
    index = pd.Index([f"T{number:03d}" for number in range(1, len(frame) + 1)], dtype="str", name="tension_id")
    return check(TENSIONS, frame[list(TENSIONS.columns)].set_index(index))
