"""How much of an incident falls in the hours of the bus, against a walk from minute to minute."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.outreach.sessions import Timed, known_time, session_labels, session_shares, timed
from hotspots.settings.hours import Span, read_hours
from tests.places_fixtures import located
from tests.reach_fixtures import with_times

LONDON = zoneinfo.ZoneInfo("Europe/London")
# A Wednesday; the clocks change on 31 March and on 27 October.
START = datetime(2024, 1, 10, tzinfo=UTC)
EVENINGS = read_hours("Tue, Fri 16:30-22:30; Sat 20:00-02:00; Sun 22:00-03:00; Mon 12:00-12:00")
MOMENTS = st.tuples(
    st.integers(0, 60 * 24 * 60),
    st.one_of(st.none(), st.sampled_from([-30, 0, 1, 60]), st.integers(-60, 60 * 24 * 9)),
    st.booleans(),
)


def rows_of(rows):
    begin = [START + timedelta(minutes=minute) for minute, _, _ in rows]
    until = [
        None if more is None else one + timedelta(minutes=more) for one, (_, more, _) in zip(begin, rows, strict=True)
    ]
    frame = located([(50, 50)] * len(rows))
    starts, ends = ([None if one is None else one.isoformat() for one in some] for some in (begin, until))
    return with_times(frame, starts, ends, [known for _, _, known in rows])


def holds(moment, span):
    """Whether a moment lies in a span of the local week."""
    local = moment.astimezone(LONDON)
    minute = 1440 * local.weekday() + 60 * local.hour + local.minute
    return (minute - 1440 * span.weekday - span.start) % (7 * 1440) < span.minutes


def by_hand(minute, more, span):
    """The share of the minutes of a range, or of its one minute, that lie in a span; NaN: no known time."""
    if more is not None and more < 0:
        return np.nan
    minutes = range(minute, minute + max(more or 0, 1))
    return sum(holds(START + timedelta(minutes=one), span) for one in minutes) / len(minutes)


# ------------------------------------------------------------------------------------------------ shares


@settings(max_examples=15)
@given(st.lists(MOMENTS, max_size=3))
def test_shares_are_those_of_a_walk_from_minute_to_minute(rows):
    frame = rows_of(rows)
    shares = session_shares(frame, EVENINGS)
    assert shares.index.equals(frame.index)
    assert shares.columns.tolist() == session_labels(EVENINGS)
    for place, (minute, more, known) in enumerate(rows):
        shown = [by_hand(minute, more, span) if known else np.nan for span in EVENINGS]
        np.testing.assert_allclose(shares.iloc[place].to_numpy(dtype=float), shown, atol=2e-9)
    known = known_time(frame)
    assert known.tolist() == [told and (more is None or more >= 0) for _, more, told in rows]
    assert shares.notna().all(axis=1).equals(known)
    # Whole multiples of a part of one add up exactly in any order.
    parts = shares[known].to_numpy() * 2**30
    np.testing.assert_array_equal(parts, np.rint(parts))


def shares_of(text, begin, until=None):
    return session_shares(with_times(located([(0, 0)]), [begin], [until]), read_hours(text)).iloc[0].tolist()


@pytest.mark.parametrize(
    ("begin", "share"),
    [
        ("2024-05-03 16:29:59.999999", 0),
        ("2024-05-03 16:30", 1),
        ("2024-05-03 22:29:59", 1),
        ("2024-05-03 22:30", 0),
        ("2024-05-02 18:00", 0),
    ],
)
def test_a_session_is_half_open(begin, share):
    assert shares_of("Fri 16:30-22:30", begin) == [share]
    assert shares_of("Fri 16:30-22:30", begin, begin) == [share]


@pytest.mark.parametrize(
    ("text", "begin", "until", "share"),
    [
        ("Fri 16-22", "2024-05-03 21:00", "2024-05-03 23:00", 1 / 2),
        ("Fri 16-22", "2024-05-03 12:00", "2024-05-03 16:00", 0),
        ("Fri 16-22", "2024-05-03 22:00", "2024-05-03 23:00", 0),
        ("Fri 16-22", "2024-05-03 16:00", "2024-05-03 22:00", 1),
        ("Fri 16-22", "2024-05-03 21:59:59", "2024-05-03 22:00:02", 1 / 3),
        # Two weeks hold two evenings, a week round the clock holds one.
        ("Fri 16-22", "2024-05-01 09:00", "2024-05-15 09:00", 12 / 336),
        ("Sun 22-2", "2024-05-06 00:00", "2024-05-06 04:00", 1 / 2),
        ("Sun 22-2", "2024-05-05 20:00", "2024-05-06 00:00", 1 / 2),
        ("Mon 23:59-23:59", "2024-05-07 00:00", "2024-05-08 00:00", 1439 / 1440),
        # The night of 31 March has 23 hours: from 0 to 4 three pass, of which one is before the jump from 1 to 2.
        ("Sun 0-1", "2024-03-31 00:00", "2024-03-31 04:00", 1 / 3),
        ("Sun 1-2", "2024-03-31 00:00", "2024-03-31 04:00", 0),
        ("Sun 1:30-3", "2024-03-31 00:00", "2024-03-31 04:00", 1 / 3),
        # That of 27 October has 25: the hour from 1 to 2 twice.
        ("Sun 1-2", "2024-10-27 00:00", "2024-10-27 04:00", 2 / 5),
        ("Sun 0-1", "2024-10-27 00:00", "2024-10-27 04:00", 1 / 5),
        # Its half is told by the first of the two.
        ("Sun 0-1:30", "2024-10-27 00:00", "2024-10-27 04:00", 3 / 10),
    ],
)
def test_a_range_counts_by_the_time_that_passed(text, begin, until, share):
    assert shares_of(text, begin, until) == [pytest.approx(share, abs=2e-9)]


def test_the_hour_that_a_night_has_twice_is_in_a_session_both_times():
    for offset in ("+01:00", "+00:00"):
        assert shares_of("Sun 1-2", f"2024-10-27 01:30{offset}") == [1]


def test_an_end_in_another_zone_is_the_same_moment():
    frame = with_times(located([(0, 0)]), ["2024-05-03 21:00"], ["2024-05-03 23:00"])
    moved = frame.assign(occurred_until=frame["occurred_until"].dt.tz_convert("Asia/Tokyo"))
    assert session_shares(moved, read_hours("Fri 16-22")).to_numpy().tolist() == [[0.5]]


def test_no_session_has_no_column_and_no_incident_no_row():
    frame = with_times(located([(0, 0)]), ["2024-05-03 21:00"])
    assert session_shares(frame, ()).shape == (1, 0)
    none = session_shares(frame.iloc[:0], EVENINGS)
    assert none.shape == (0, len(EVENINGS))
    assert set(none.dtypes) == {np.dtype(np.float64)}


# ------------------------------------------------------------------------------------------------ sessions


def test_a_session_is_named_by_its_hours():
    assert session_labels(read_hours("Fri 16:30-22:30; Sat 22-2")) == ["Fri 16:30-22:30", "Sat 22:00-02:00"]
    assert session_labels(()) == []


@pytest.mark.parametrize(
    "others", [(Span(4, 1200, 1300),), (Span(0, 60, 120), Span(4, 1319, 1400)), (Span(4, 900, 991),)]
)
def test_sessions_do_not_overlap(others):
    with pytest.raises(ValueError, match=r"sessions do not overlap: Fri 16:30-22:00 and Fri .* do"):
        session_labels((Span(4, 990, 1320), *others))
    assert len(session_labels((Span(4, 990, 1320), Span(4, 1320, 1400), Span(4, 900, 990)))) == 3


# ------------------------------------------------------------------------------------------------ enough times


@pytest.mark.parametrize(
    ("n", "n_timed", "told"),
    [
        (0, 0, False),
        (1, 0, False),
        (1, 1, True),
        (29, 29, True),
        (30, 29, False),
        (31, 30, True),
        (600, 30, True),
        (601, 30, False),
        (800, 39, False),
        (800, 40, True),
    ],
)
def test_times_speak_for_the_others_where_enough_have_one(n, n_timed, told):
    one = with_times(located([(0, 0), (0, 0)]), ["2024-05-03 21:00", None])
    frame = one.iloc[[0] * n_timed + [1] * (n - n_timed)]
    assert timed(frame) == Timed(n, n_timed, told)


def test_no_time_is_one_that_is_not_known_or_ends_before_it_begins():
    at = "2024-05-03 21:00"
    frame = with_times(
        located([(0, 0)] * 5),
        [at, at, None, at, at],
        [None, None, at, "2024-05-03 20:59", at],
        [True, False, True, True, True],
    )
    assert known_time(frame).tolist() == [True, False, False, False, True]
    assert timed(frame) == Timed(5, 2, told=False)
