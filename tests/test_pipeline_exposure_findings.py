"""What is said of events of risk: a list in the order of the table, reasons in words, and what is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString

from hotspots.analysis.peaks import peak_times
from hotspots.analysis.rhythm import week_table
from hotspots.errors import TableError
from hotspots.events.exposure import PEAK, exposure
from hotspots.pipeline.exposure_findings import coming_period, exposure_findings, peak_hours
from hotspots.tables import check
from hotspots.tables.exposure import EARLIER
from tests.exposure_fixtures import hotspots, occurrences, peaks
from tests.places_fixtures import SOUTH, WEST, located

NO_HOURS = "No busy hours are known of the hotspots near them: hours are not compared."
OF_RISK = "of risk: high risk as written, or within 400 m of a hotspot."


def said(*events, places=((0.0, 0.0),), hours=None, told=None, known=(), period="June 2024", **changes):
    coming, spots = occurrences(*events), hotspots(*places)
    spots = spots.assign(peak_time=pd.Series(None, index=spots.index, dtype="str"))
    spots.loc[list(known), "peak_time"] = "Fri–Sat 20:00–01:00, 46 % of incidents in 6 % of the week"
    table = exposure(coming, spots, hours, **changes)
    return exposure_findings(table, coming, spots, told, period=period, **changes)


def before(*rows):
    """EARLIER of (event, title, told, changes)."""
    base = {
        "matched_by": "event",
        "n_times": 3,
        "unit": "days",
        "n_units": 3,
        "n_compared_units": 24,
        "n": 1014,
        "n_compared": 50,
        "expected": 6.25,
        "p": 0.01,
    }
    made = []
    for _, title, told, *changes in rows:
        adjusted = 0.01 if told in {"more", "fewer"} else 0.5 if told == "usual" else np.nan
        made.append({"title": title, **base, "p_adjusted": adjusted, "told": told} | (changes[0] if changes else {}))
    key = pd.Index([event for event, *_ in rows], dtype="str", name="event_id")
    frame = pd.DataFrame(made, index=key, columns=list(EARLIER.columns))
    texts, numbers = ("title", "matched_by", "unit", "told"), ("expected", "p", "p_adjusted")
    kinds = {**dict.fromkeys(texts, "str"), **dict.fromkeys(numbers, float)}
    whole = [name for name in EARLIER.columns if name not in kinds]
    return check(EARLIER, frame.astype(kinds | dict.fromkeys(whole, "int64")))


def test_each_event_of_risk_is_said_with_its_reason():
    found = said(
        {"title": "Derby", "risk": "high", "dispersal": "2024-06-07 22:00"},
        {"title": "Vigil", "risk": "high", "at": None},
        {"title": "Market", "at": (300.0, 0.0), "ends": None, "starts": "2024-06-14 21:00"},
        {"title": "Show", "at": (2000.0, 0.0)},
        {"title": "Term", "at": None, "risk": None},
        places=((0.0, 0.0), (400.0, 0.0)),
        hours=peaks(H_0={}),
        known=["H-0"],
    )
    derby = "high risk; on the ground of H02; 3 h in the busy hours Fri–Sat 20:00–01:00 there; also within reach of H01"
    market = "medium risk; 20 m from H01; also within reach of H02"
    assert found.sentences == (
        f"Of five events in June 2024, three are {OF_RISK}",
        f"Derby, Fri 7 Jun 2024, 18:00–22:00: {derby}.",
        "Vigil, Fri 7 Jun 2024, 18:00–22:00: high risk; no place given.",
        f"Market, Fri 14 Jun 2024, 21:00: {market}.",
        "Two events have no place and are compared with no hotspot: Vigil and Term.",
        "Busy hours are known of 1 of the 2 hotspots near them: only these are compared by hours.",
    )
    assert [(event.place, event.event_id, event.title) for event in found.listed] == [
        (1, "E00", "Derby"),
        (2, "E01", "Vigil"),
        (3, "E02", "Market"),
    ]
    assert [event.hotspots for event in found.listed] == [
        ("H02 Road 2", "H01 Road 1"),
        (),
        ("H01 Road 1", "H02 Road 2"),
    ]
    assert [event.reason for event in found.listed] == [derby, "high risk; no place given", market]
    assert found.listed[0].when == "Fri 7 Jun 2024, 18:00–22:00"
    assert found.listed[0].occurrence_id == "E00@20240607T1800"
    assert {event.before for event in found.listed} == {""}


def test_all_hotspots_on_whose_ground_an_event_lies_are_said_as_such():
    # H03, H02 and H01 from the left, each 75 m around; the event lies on two of them, or on all.
    places = ((0.0, 0.0), (100.0, 0.0), (300.0, 0.0))
    two = said({"at": (50.0, 0.0)}, places=places).listed[0]
    assert two.reason == "medium risk; on the ground of H02 and H03; also within reach of H01"
    assert two.hotspots == ("H02 Road 2", "H03 Road 3", "H01 Road 1")
    way = said({"at": LineString([(WEST, SOUTH), (WEST + 300, SOUTH)])}, places=places).listed[0]
    assert way.reason == "medium risk; on the ground of H01, H02 and H03"
    one = said({"at": (0.0, 0.0)}, places=((0.0, 0.0), (400.0, 0.0))).listed[0]
    assert one.reason == "medium risk; on the ground of H02; also within reach of H01"
    near = said({"at": (200.0, 0.0)}, places=((0.0, 0.0), (400.0, 0.0))).listed[0]
    assert near.reason == "medium risk; 120 m from H01; also within reach of H02"


@pytest.mark.parametrize(
    ("count", "cell", "sentence"), [(5, "N3; N4", "N3 and N4"), (17, "N4; and 12 more", "N4 and 12 more")]
)
def test_stops_beyond_five_are_counted_in_the_table_and_the_sentence(count, cell, sentence):
    coming, spots = occurrences({}), hotspots((0.0, 0.0))
    spots = spots.assign(peak_time=pd.Series(None, index=spots.index, dtype="str"))
    around = {"E00": tuple(f"N{at}" for at in range(5)) + (("and 12 more",) if count > 5 else ())}
    table = exposure(coming, spots, dispersal_stops=around)
    assert table["stops"].iloc[0].endswith(cell)
    found = exposure_findings(table, coming, spots, period="June 2024")
    assert found.sentences[1].endswith(f"; stops around: N0, N1, N2, {'' if count == 5 else 'N3, '}{sentence}.")
    assert found.listed[0].stops[:5] == ("N0", "N1", "N2", "N3", "N4")
    assert found.listed[0].stops[5:] == (("12 more",) if count > 5 else ())


def test_whole_days_are_said_without_clocks():
    one = said({"starts": "2024-06-08 00:00", "ends": "2024-06-08 23:59"})
    assert one.sentences[1].startswith("Fair, Sat 8 Jun 2024: ")
    three = said({"starts": "2024-06-08 00:00", "ends": "2024-06-10 23:59"})
    assert three.sentences[1].startswith("Fair, Sat 8 Jun – Mon 10 Jun 2024: ")
    assert said({"starts": "2024-06-08 00:00", "ends": "2024-06-08 23:00"}).listed[0].when.endswith("00:00–23:00")


def test_a_recurring_event_is_one_at_its_date_that_ranks_highest():
    dates = [
        {"id": "M", "title": "Market", "starts": f"2024-06-{day:02d} 10:00", "ends": f"2024-06-{day:02d} {end}"}
        for day, end in ((5, "16:00"), (7, "21:00"), (12, "16:00"))
    ]
    found = said(*dates, hours=peaks(H_0={}), known=["H-0"])
    assert len(found.listed) == 1
    assert found.listed[0].when == "Fri 7 Jun 2024, 10:00–21:00 (one of 3 dates)"
    assert found.listed[0].occurrence_id == "M@20240607T1000"
    assert found.sentences[0] == f"The only event in June 2024 is {OF_RISK}"
    assert len(found.sentences) == 2


def test_the_list_holds_all_and_the_sentences_the_first_five():
    events = [
        {"title": f"Fair {number}", "starts": f"2024-06-{number + 1:02d} 10:00", "ends": None} for number in range(7)
    ]
    found = said(*events)
    assert found.sentences[0] == f"Of seven events in June 2024, seven are {OF_RISK}"
    assert found.sentences[5].startswith("Fair 4, Wed 5 Jun 2024, 10:00: ")
    assert found.sentences[6:] == ("Two more stand in the list.", NO_HOURS)
    assert [event.title for event in found.listed] == [f"Fair {number}" for number in range(7)]
    assert said(*events[:6]).sentences[6:] == ("One more stands in the list.", NO_HOURS)
    assert said(*events[:5]).sentences[6:] == (NO_HOURS,)


def test_one_event_of_several_is_of_risk():
    assert said({}, {"at": (900.0, 0.0)}).sentences[0] == f"Of two events in June 2024, one is {OF_RISK}"


def test_without_events_or_risk_that_is_said():
    assert said(period="May 2025").sentences == ("The register holds no event with a date in May 2025.",)
    assert said().listed == ()
    near = "within 150 m of a hotspot."
    one = said({"at": (900.0, 0.0)}, reach_m=150.0)
    assert one.sentences == (f"The only event in June 2024 is neither of high risk as written nor {near}",)
    two = said({"at": (900.0, 0.0)}, {"at": None}, reach_m=150.0)
    assert two.sentences == (
        f"None of the two events in June 2024 is of high risk as written or {near}",
        "One event has no place and is compared with no hotspot: Fair.",
    )


def test_where_all_hours_are_known_nothing_is_said_of_them():
    assert len(said({}, hours=peaks(H_0={}), known=["H-0"]).sentences) == 2


def test_many_names_are_cut():
    events = [{"title": f"Fair {number}", "at": None, "risk": None} for number in range(7)]
    assert said(*events).sentences[1] == (
        "Seven events have no place and are compared with no hotspot: Fair 0, Fair 1, Fair 2, Fair 3, Fair 4 and two more."
    )


def test_what_happened_before_is_said_by_what_was_found():
    one = {"n_times": 1, "n_units": 1, "n_compared_units": 1, "n": 1, "matched_by": "kind and place"}
    table = before(
        ("A", "Derby", "more"),
        ("B", "Fair", "fewer", one),
        ("C", "Gala", "more", {"unit": "months", "n_compared_units": 4}),
        ("D", "Race", "fewer", one | {"unit": "months"}),
        ("E", "Run", "usual"),
        ("F", "Show", "usual"),
        ("G", "Vigil", "too few", {"n": 2}),
        ("H", "Market", "not compared", {"expected": np.nan, "p": np.nan}),
    )
    events = [{"id": event, "title": title, "starts": "2024-06-03 10:00"} for event, title in table["title"].items()]
    found = said(*events, told=table)
    assert found.sentences[-7:] == (
        "When Derby was held before (three times), 1,014 incidents lay within 400 m on its 3 days, where 6.2 are expected "
        "from 24 like days (same weekday, up to 4 weeks away): more than chance explains.",
        "When an event like Fair, of its kind at its place, was held before (once), 1 incident lay within 400 m on its "
        "day, where 6.2 are expected from 1 like day (same weekday, up to 4 weeks away): fewer than chance explains.",
        "When Gala was held before (three times), 1,014 incidents lay within 400 m in its 3 months, where 6.2 are "
        "expected from 4 months up to 2 before or after: more than chance explains.",
        "When an event like Race, of its kind at its place, was held before (once), 1 incident lay within 400 m in its "
        "month, where 6.2 are expected from 1 month up to 2 before or after: fewer than chance explains.",
        "When held before, Run and Show had neither more nor fewer incidents around than chance explains.",
        "When held before, Vigil had too few incidents around to tell.",
        "The files hold nothing to compare the earlier dates of Market with.",
    )
    cells = {event.title: event.before for event in found.listed}
    assert cells == {
        "Derby": "1,014 incidents on its 3 days, 6.2 expected: more than chance explains",
        "Fair": "1 incident on its day, 6.2 expected: fewer than chance explains",
        "Gala": "1,014 incidents in its 3 months, 6.2 expected: more than chance explains",
        "Race": "1 incident in its month, 6.2 expected: fewer than chance explains",
        "Run": "1,014 incidents on its 3 days, 6.2 expected: within chance",
        "Show": "1,014 incidents on its 3 days, 6.2 expected: within chance",
        "Vigil": "2 incidents on its 3 days, 6.2 expected: too few to tell",
        "Market": "nothing to compare its earlier dates with",
    }


def test_where_nothing_was_held_before_that_is_said_and_where_nobody_looked_nothing():
    found = said({}, told=before())
    assert found.sentences[-1] == "None of them is known to have been held before."
    assert "exact conditional one" in found.method[1]
    assert "within 50 m" in found.method[1]
    unlooked = said({})
    assert unlooked.sentences[-1] == NO_HOURS
    assert "exact" not in unlooked.method[1]
    assert unlooked.method[0] == "Events of risk"


def test_the_method_names_what_was_used():
    assert "on a hotspot's ground, within 400 m of one, near none" in said({}).method[1]
    assert "the event lasts 1 hour from it at least" in said({}).method[1]
    other = said({}, reach_m=250.0, dispersal_h=1.5).method[1]
    assert "within 250 m of one" in other
    assert "the event lasts 1.5 hours from it at least" in other


@pytest.mark.parametrize(
    ("month", "first", "last"),
    [
        ("2024-05", "2024-06-01T00:00:00+01:00", "2024-06-30T23:59:59.999999+01:00"),
        ("2024-12", "2025-01-01T00:00:00+00:00", "2025-01-31T23:59:59.999999+00:00"),
        ("2025-09", "2025-10-01T00:00:00+01:00", "2025-10-31T23:59:59.999999+00:00"),
    ],
)
def test_the_coming_period_is_the_month_after(month, first, last):
    assert tuple(moment.isoformat() for moment in coming_period(pd.Period(month, freq="M"))) == (first, last)


def timed(n_busy=60, n_other=20):
    """LOCATED rows of hotspot H-0, most of them on Friday and Saturday nights, and of H-1 at any hour."""
    random = np.random.default_rng(2)
    friday = pd.Timestamp("2024-05-03 20:00")
    late = [friday + pd.Timedelta(days=int(k), hours=int(h)) for k, h in random.integers([0, 0], [2, 5], (n_busy, 2))]
    other = [friday + pd.Timedelta(hours=int(h)) for h in random.integers(0, 168, n_other + 50)]
    rows = located([(0.0, 0.0)] * (n_busy + len(other)), lsoa="E01000001")
    moments = pd.Series([*late, *other], index=rows.index).dt.tz_localize("Europe/London").dt.as_unit("us")
    of = pd.Series(["H-0"] * (n_busy + n_other) + ["H-1"] * 50, index=rows.index, dtype="str")
    return rows.assign(occurred_at=moments, time_known=True, hotspot_id=of)


def test_busy_hours_as_numbers_are_those_in_words():
    rows, spots = timed(), hotspots((0.0, 0.0), (300.0, 0.0), (600.0, 0.0))
    spots = spots.assign(peak_time=peak_times(rows, "hotspot_id", spots.index))
    assert spots["peak_time"].notna().tolist() == [True, False, False]
    hours = peak_hours(spots, week_table(rows, "hotspot_id", spots.index))
    assert hours.to_dict("index") == {
        "H-0": {"day": 4, "days": 2, "hour": 20, "hours": 5, "said": "Fri–Sat 20:00–01:00"},
    }
    assert hours.index.name == "hotspot_id"
    assert exposure(occurrences({}), spots, hours)["overlap_h"].dropna().tolist() == [2.0]


def test_busy_hours_that_nobody_was_told_are_none():
    rows, spots = timed(), hotspots((0.0, 0.0), (300.0, 0.0), (600.0, 0.0))
    week = week_table(rows, "hotspot_id", spots.index)
    other = spots.assign(peak_time="Mon 08:00–09:00, 46 % of incidents in 6 % of the week")
    untold = spots.assign(peak_time=pd.Series(None, index=spots.index, dtype="str"))
    for given, hours in ((other, week), (untold, week), (spots, week.iloc[:0])):
        found = peak_hours(given, hours)
        assert found.empty
        assert tuple(found.columns) == PEAK
        assert exposure(occurrences({}), spots, found)["overlap_h"].isna().all()
    with pytest.raises(TableError, match=r"WHEN breaks its contract: n: column missing"):
        peak_hours(spots, week.drop(columns="n"))
