"""How much of an incident's time falls in the hours that the bus is out."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from hotspots.settings.hours import DAY_MINUTES, WEEK_MINUTES, hours_text, shared_minutes

if TYPE_CHECKING:
    from datetime import tzinfo

    from numpy.typing import NDArray

    from hotspots.settings.hours import Span

LEAST_TIMED = 30
LEAST_TIMED_SHARE = 0.05
"""So many incidents, and such a share of all, must have a time to speak for those without one."""

_PARTS_OF_ONE = 2**30
"""Shares are whole multiples of 1 / this, so that they add up exactly, in any order, to eight million incidents."""
_HOUR_MINUTES = 60


class Timed(NamedTuple):
    """Whether times tell how much of the need falls in the sessions."""

    n: int
    """Incidents."""
    n_timed: int
    """Those of them with a known time."""
    told: bool
    """All have a time, or ``LEAST_TIMED`` and ``LEAST_TIMED_SHARE`` of them; False with no incident."""


def known_time(incidents: pd.DataFrame) -> pd.Series:
    """Tell which incidents have a time of day: one that is known, and no end before the beginning.

    Parameters
    ----------
    incidents
        Rows of LOCATED or INCIDENTS. A date without a clock is no time: its ``occurred_at`` is empty.

    Returns
    -------
    Series
        True or false on the same index.
    """
    known: pd.Series = incidents["time_known"] & incidents["occurred_at"].notna()
    return known & ~(incidents["occurred_until"] < incidents["occurred_at"])


def timed(incidents: pd.DataFrame) -> Timed:
    """Count the incidents with a time, and tell whether they can speak for the others.

    Parameters
    ----------
    incidents
        As for ``known_time``.

    Returns
    -------
    Timed
        The two counts, and the answer.
    """
    n, n_timed = len(incidents), int(known_time(incidents).sum())
    enough = n_timed >= max(LEAST_TIMED, LEAST_TIMED_SHARE * n)
    return Timed(n, n_timed, n > 0 and (enough or n_timed == n))


def session_labels(sessions: tuple[Span, ...]) -> list[str]:
    """Return the name of each session, such as ``Fri 16:30-22:30``.

    Parameters
    ----------
    sessions
        Spans of the week, as ``read_hours`` gives them.

    Returns
    -------
    list of str
        As many, all different.

    Raises
    ------
    ValueError
        Two sessions overlap.
    """
    for one, other in combinations(sessions, 2):
        if shared_minutes(one, (other,)):
            raise ValueError(f"sessions do not overlap: {hours_text((one,))} and {hours_text((other,))} do")
    return [hours_text((span,)) for span in sessions]


def session_shares(incidents: pd.DataFrame, sessions: tuple[Span, ...]) -> pd.DataFrame:
    """Return how much of each incident's time falls in each session.

    An incident without an end, or whose end is its beginning, counts 1 in the session of its minute on the
    local clock. One that lies somewhere between two times counts by the time that passed in the session
    (aoristic weights, Ratcliffe 2000); where a limit falls into the hour that an autumn night has twice, its
    first occurrence is taken.

    Parameters
    ----------
    incidents
        As for ``known_time``; the time zone of ``occurred_at`` is the local one.
    sessions
        Spans of the week that do not overlap.

    Returns
    -------
    DataFrame
        The same index, a column per session by its label, 0 to 1; empty where there is no known time.

    Raises
    ------
    ValueError
        Two sessions overlap.
    """
    known = known_time(incidents)
    at = incidents["occurred_at"]
    until = incidents["occurred_until"].dt.tz_convert(at.dt.tz)
    ranges = known & (until > at)
    minute = DAY_MINUTES * at.dt.day_of_week + _HOUR_MINUTES * at.dt.hour + at.dt.minute
    shares = {}
    for label, span in zip(session_labels(sessions), sessions, strict=True):
        begin = DAY_MINUTES * span.weekday + span.start
        share = ((minute.to_numpy(dtype=np.float64) - begin) % WEEK_MINUTES < span.minutes).astype(np.float64)
        if ranges.any():
            share[ranges] = _range_shares(at[ranges], until[ranges], span)
        shares[label] = np.where(known, np.rint(share * _PARTS_OF_ONE) / _PARTS_OF_ONE, np.nan)
    return pd.DataFrame(shares, index=incidents.index, columns=list(shares), dtype=np.float64)


def _range_shares(begin: pd.Series, until: pd.Series, span: Span) -> NDArray[np.float64]:
    """Divide the time in all evenings of a span by the time that passed, both in whole microseconds."""
    first, last = (day.tz_localize(None).normalize() for day in (begin.min(), until.max()))
    # From more than a week before, so that an evening has begun before every moment asked for.
    days = pd.date_range(first - pd.Timedelta(days=9), last + pd.Timedelta(days=1), freq="D")
    days = days[days.day_of_week == span.weekday]
    limits = days.to_numpy()[:, None] + np.array([span.start, span.stop], dtype="timedelta64[m]")
    edges = _local_microseconds(limits.ravel(), begin.dt.tz)
    inside = np.tile(np.array([1, 0]), len(days))
    so_far = np.concatenate([[0], np.cumsum(np.diff(edges) * inside[:-1])])

    def until_then(moments: NDArray[np.int64]) -> NDArray[np.int64]:
        position = np.searchsorted(edges, moments, side="right") - 1
        return np.asarray(so_far[position] + (moments - edges[position]) * inside[position])

    since, to = _microseconds(pd.DatetimeIndex(begin)), _microseconds(pd.DatetimeIndex(until))
    return np.asarray((until_then(to) - until_then(since)) / (to - since), dtype=np.float64)


def _local_microseconds(local: NDArray[np.datetime64], zone: tzinfo) -> NDArray[np.int64]:
    """Return microseconds since 1970 in UTC of local times; what a clock change skips is when it happens."""
    early = np.ones(len(local), dtype=bool)
    return _microseconds(pd.DatetimeIndex(local).tz_localize(zone, ambiguous=early, nonexistent="shift_forward"))


def _microseconds(moments: pd.DatetimeIndex) -> NDArray[np.int64]:
    return np.asarray(moments.tz_convert("UTC").tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64))
