"""Hours of the week: read, written and compared, against the set of their minutes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.settings.hours import (
    DAY_MINUTES,
    DAYS,
    WEEK_MINUTES,
    Span,
    clock,
    hours_text,
    read_hours,
    shared_minutes,
    within,
)

# Few clocks, so that spans often meet, and any.
MINUTE = st.one_of(st.sampled_from([0, 60, 720, 1380, 1439]), st.integers(0, DAY_MINUTES - 1))
LENGTH = st.one_of(st.sampled_from([1, 60, 720, 1439, 1440]), st.integers(1, DAY_MINUTES))
SPAN = st.builds(lambda day, start, length: Span(day, start, start + length), st.integers(0, 6), MINUTE, LENGTH)
SPANS = st.lists(SPAN, max_size=9)


def minutes_of(spans):
    """Every minute of the turning week that lies in some spans."""
    found = set()
    for span in spans:
        begin = DAY_MINUTES * span.weekday + span.start
        found |= {minute % WEEK_MINUTES for minute in range(begin, begin + span.minutes)}
    return found


def said(spans):
    """Spans as one entry each, in any order."""
    return ";".join(f"{DAYS[span.weekday]} {clock(span.start)}-{clock(span.stop)}" for span in spans)


def hours(day, first, last):
    return Span(day, round(60 * first), round(60 * last))


# ------------------------------------------------------------------------------------------------ reading


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", []),
        (" ; ;", []),
        ("Mon 16:00-22:00", [hours(0, 16, 22)]),
        ("mon 16-22", [hours(0, 16, 22)]),
        ("Monday 16.30 – 22.05", [Span(0, 990, 1325)]),
        ("SUNDAY 9:00 to 10:00", [hours(6, 9, 10)]),
        ("Tues 1-2; weds 1-2; thur 1-2; thurs 3-4; Friday 1-2; Saturday 1-2", None),
        ("Mon-Wed 16:00-22:00", [hours(day, 16, 22) for day in (0, 1, 2)]),
        ("Mon–Wed 16:00–22:00", [hours(day, 16, 22) for day in (0, 1, 2)]),
        ("Sat - Mon 10-12", [hours(day, 10, 12) for day in (0, 5, 6)]),
        ("Tue, Thu and Sat 16-22", [hours(day, 16, 22) for day in (1, 3, 5)]),
        ("Tue,  16-22", [hours(1, 16, 22)]),
        ("Sat 10-12; Mon 9-10", [hours(0, 9, 10), hours(5, 10, 12)]),
        ("Mon 9-10, 14:30-15:45", [hours(0, 9, 10), hours(0, 14.5, 15.75)]),
        ("daily 9-10", [hours(day, 9, 10) for day in range(7)]),
        ("Every Day 9-10", [hours(day, 9, 10) for day in range(7)]),
        ("9-10", [hours(day, 9, 10) for day in range(7)]),
        ("Mon-Sun 9-10", [hours(day, 9, 10) for day in range(7)]),
        ("Tue", [hours(1, 0, 24)]),
        ("Tue 0-24", [hours(1, 0, 24)]),
        ("Tue 00:00-00:00", [hours(1, 0, 24)]),
        ("daily", [hours(day, 0, 24) for day in range(7)]),
        ("Fri 16:00-24:00", [hours(4, 16, 24)]),
        ("Fri 16:00-00:00", [hours(4, 16, 24)]),
        ("Fri 22:00-02:00", [hours(4, 22, 26)]),
        ("Sun 22:00-02:00", [hours(6, 22, 26)]),
        ("Fri 10:00-10:00", [hours(4, 10, 34)]),
        ("Fri 23:59-24:00", [Span(4, 1439, 1440)]),
    ],
)
def test_hours_are_read(text, spans):
    if spans is None:
        spans = [hours(1, 1, 2), hours(2, 1, 2), hours(3, 1, 2), hours(3, 3, 4), hours(4, 1, 2), hours(5, 1, 2)]
    assert read_hours(text) == tuple(spans)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Mon 9-10; Mon 10-11", [hours(0, 9, 11)]),
        ("Mon 9-11; Mon 10-10:30", [hours(0, 9, 11)]),
        ("Mon 9-10; Mon 10:01-11", [hours(0, 9, 10), Span(0, 601, 660)]),
        ("Mon 22-2; Tue 1-3", [hours(0, 22, 27)]),
        ("Sun 22-2; Mon 1-3", [hours(6, 22, 27)]),
        ("Sun 22-24; Mon 0-3", [hours(6, 22, 27)]),
        ("Sun 22-4; Mon 1-2; Mon 3-6", [hours(6, 22, 30)]),
        ("Sun 22-2; Mon 2:01-3", [Span(0, 121, 180), hours(6, 22, 26)]),
        ("Mon 12-12", [hours(0, 12, 36)]),
        # Longer than a day they end at midnights, and do not overlap.
        ("Mon 0-24; Mon 12-12", [hours(0, 0, 24), hours(1, 0, 12)]),
        ("Fri 16-24; Sat; Sun; Mon 0-2", [hours(0, 0, 2), hours(4, 16, 24), hours(5, 0, 24), hours(6, 0, 24)]),
        ("Sun 12-12; daily", [hours(day, 0, 24) for day in range(7)]),
        ("daily 12-12", [hours(day, 0, 24) for day in range(7)]),
    ],
)
def test_hours_that_meet_are_joined(text, spans):
    assert read_hours(text) == tuple(spans)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Mox 9-10", "'mox' is no day of the week"),
        ("Mon-Wed-Fri 9-10", "'mon-wed-fri' is no day of the week"),
        ("Mon- 9-10", "'mon-' is no day of the week"),
        ("Mon,, Tue 9-10", "'' is no day of the week"),
        ("Mon 9", "'9' is no span of hours"),
        ("Mon 9-10, Tue 9-10", "'Tue 9-10' is no span of hours"),
        ("Mon 9-10,", "'' is no span of hours"),
        ("Mon 25-26", "'25-26' is no span of hours"),
        ("Mon 24-2", "'24-2' is no span of hours"),
        ("Mon 9-24:01", "'9-24:01' is no span of hours"),
        ("Mon 9:60-10", "'9:60-10' is no span of hours"),
        ("Mon 9-10:60", "'9-10:60' is no span of hours"),
        ("Mon 9:5-10", "'9:5-10' is no span of hours"),
        ("Mon 4pm-10pm", "'4pm-10pm' is no span of hours"),
        ("Mon: 9-10", "'Mon: 9-10' are no hours"),
    ],
)
def test_what_cannot_be_read_is_named(text, named):
    example = "write for example Mon-Fri 16:00-22:00; Sat 10:00-14:00"
    with pytest.raises(ValueError, match=f"^{re.escape(f'{named}: {example}')}$"):
        read_hours(f"Sat 1-2; {text}")
    assert read_hours(example.removeprefix("write for example ")) == (
        *(hours(d, 16, 22) for d in range(5)),
        hours(5, 10, 14),
    )


@settings(max_examples=60)
@given(SPANS)
def test_hours_read_hold_the_same_minutes_each_once(spans):
    found = read_hours(said(spans))
    assert minutes_of(found) == minutes_of(spans)
    assert sum(span.minutes for span in found) == len(minutes_of(spans))
    assert list(found) == sorted(found)
    for span in found:
        assert 0 <= span.weekday <= 6
        assert 0 <= span.start < DAY_MINUTES
        assert 1 <= span.minutes <= DAY_MINUTES
    # What meets is one, unless it were longer than a day.
    ends = {(DAY_MINUTES * span.weekday + span.stop) % WEEK_MINUTES: span for span in found}
    for span in found:
        before = ends.get(DAY_MINUTES * span.weekday + span.start)
        if before is not None and before != span:
            assert span.start == 0
    assert read_hours(said(reversed(spans))) == found


# ------------------------------------------------------------------------------------------------ writing


@settings(max_examples=60)
@given(SPANS)
def test_hours_written_are_read_back_as_the_same_spans(spans):
    found = read_hours(said(spans))
    assert read_hours(hours_text(found)) == found
    for span in found:
        assert read_hours(hours_text((span,))) == (span,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon-Fri 16:00-22:00; Sat 10:00-14:00",
        "Tue, Thu-Sat 16:30-22:30",
        "Mon, Wed 09:00-10:00, 14:00-15:00; Tue 09:00-10:00",
        "Mon-Sun 09:00-10:00",
        "Sat-Sun 22:00-02:00",
        "Fri 16:00-00:00",
        "Mon, Sun 09:00-10:00",
        "Fri 22:00-23:00, 23:30-01:00; Sat 22:00-23:00",
    ],
)
def test_hours_are_written_as_people_do(text):
    assert hours_text(read_hours(text)) == text


def test_the_order_of_spans_does_not_matter_to_what_is_written():
    assert (
        hours_text((hours(5, 10, 12), hours(0, 14, 15), hours(0, 9, 10)))
        == "Mon 09:00-10:00, 14:00-15:00; Sat 10:00-12:00"
    )


@pytest.mark.parametrize(
    ("minute", "text"),
    [(0, "00:00"), (9, "00:09"), (615, "10:15"), (1439, "23:59"), (1440, "00:00"), (1590, "02:30"), (2879, "23:59")],
)
def test_a_minute_is_written_as_a_clock_shows_it(minute, text):
    assert clock(minute) == text


# ------------------------------------------------------------------------------------------------ comparing


@settings(max_examples=60)
@given(SPAN, SPANS)
def test_shared_minutes_are_those_of_both(span, spans):
    found = read_hours(said(spans))
    both = minutes_of([span]) & minutes_of(found)
    assert shared_minutes(span, found) == len(both)
    assert within(span, found) == (not found or len(both) == span.minutes)


@settings(max_examples=30)
@given(SPAN, SPAN)
def test_spans_share_alike_both_ways_and_lie_in_themselves(one, other):
    assert shared_minutes(one, (other,)) == shared_minutes(other, (one,))
    assert shared_minutes(one, (one,)) == one.minutes
    assert within(one, (one,))


@pytest.mark.parametrize(
    ("span", "text", "inside", "shared"),
    [
        (hours(4, 16, 22), "", True, 0),
        (hours(4, 16, 22), "Fri 16-22", True, 360),
        (hours(4, 16, 22), "Fri 16:01-22", False, 359),
        (hours(4, 16, 22), "Fri 16-21:59", False, 359),
        (hours(4, 16, 22), "Thu 16-22; Sat 16-22", False, 0),
        (hours(4, 22, 26), "Fri 20-24; Sat 0-4", True, 240),
        (hours(4, 22, 26), "Sat 0-4", False, 120),
        # Two days that are open throughout, parted at midnight.
        (hours(4, 22, 26), "Fri; Sat", True, 240),
        (hours(4, 22, 26), "daily", True, 240),
        # Sunday night is Monday morning.
        (hours(6, 22, 26), "Mon 0-12; Sun 12-24", True, 240),
        (hours(6, 22, 26), "Mon 1-2", False, 60),
        (hours(0, 1, 2), "Sun 22-2", True, 60),
        (hours(0, 1, 3), "Sun 22-2", False, 60),
    ],
)
def test_hours_are_compared(span, text, inside, shared):
    assert within(span, read_hours(text)) is inside
    assert shared_minutes(span, read_hours(text)) == shared


def test_two_spans_of_a_day_may_meet_at_both_ends():
    assert shared_minutes(hours(0, 0, 24), (hours(6, 12, 36),)) == 720
    assert shared_minutes(hours(6, 12, 36), (hours(0, 0, 24),)) == 720
