"""When an event is to be looked at again: the sooner, the higher its risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.events.recurrence import expand
from hotspots.tables import EVENTS, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

OPEN = ("proposed", "planned", "live")
"""Statuses of events that are still to be managed."""

UNGRADED = "medium"
"""An event without a risk is looked at as often as one of this."""

_AHEAD = pd.Timedelta(days=366)
"""A rule that ends, and has no day within so long, is over."""


def review_due_on(events: gpd.GeoDataFrame, days: Mapping[str, int]) -> pd.Series:
    """Return from which day on each event is due for review.

    Parameters
    ----------
    events
        EVENTS.
    days
        Risk → days from one review to the next.

    Returns
    -------
    Series
        Index ``event_id``; dates in microseconds, empty where an event was never reviewed: it is due at once.
    """
    check(EVENTS, events)
    after = pd.to_timedelta(events["risk"].fillna(UNGRADED).map(dict(days)).astype("int64"), unit="D").dt.as_unit("us")
    due: pd.Series = (events["reviewed_on"] + after).rename("review_due_on")
    return due


def is_due(
    events: gpd.GeoDataFrame, today: pd.Timestamp, days: Mapping[str, int], opened: pd.Series | None = None
) -> pd.Series:
    """Return which events are due for review.

    Parameters
    ----------
    events
        EVENTS.
    today
        Date, without a zone.
    days
        Risk → days from one review to the next.
    opened
        What ``is_open`` says of the same events and day, where it was asked already; none: it is asked.

    Returns
    -------
    Series
        Index ``event_id``; true where an event is neither done, cancelled nor over, and was never reviewed or not
        within the days of its risk.
    """
    due = review_due_on(events, days)
    waiting = (due.isna() | (due <= today)).to_numpy()
    coming = is_open(events, today) if opened is None else opened
    return pd.Series(coming.to_numpy() & waiting, index=events.index, name="due")


def is_open(events: gpd.GeoDataFrame, today: pd.Timestamp) -> pd.Series:
    """Return which events are still to come or under way.

    Parameters
    ----------
    events
        EVENTS.
    today
        Date, without a zone; an event is over on the day after its last one.

    Returns
    -------
    Series
        Index ``event_id``; of a recurring event true as long as its rule has a day ahead.
    """
    begin = today.tz_localize("Europe/London")
    last = events[["starts_at", "ends_at", "dispersal_at"]].max(axis=1)
    recurring = events["rrule"].notna()
    ends = recurring & events["rrule"].fillna("").str.contains("UNTIL=|COUNT=")
    ahead = expand(events[ends], begin, begin + _AHEAD)["event_id"]
    coming = np.where(ends, events.index.isin(ahead), recurring | (last >= begin))
    return pd.Series(coming & events["status"].isin(OPEN).to_numpy(), index=events.index, name="open")
