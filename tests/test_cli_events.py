"""``hotspots events``: the register through its commands, as a person types them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openpyxl
import pytest

from hotspots.intake.event_cells import COLUMNS
from hotspots.intake.events import read_events
from hotspots.intake.sheets import read_sheet
from tests.conftest import run_cli

if TYPE_CHECKING:
    from pathlib import Path

LINES = (
    "title,starts_at,ends_at,kind,risk,likelihood,impact,venue,rrule,owner,reviewed_on,Our ref",
    "Derby,2024-05-11 15:00,2024-05-11 17:00,football,,4,4,Park View,,Licensing,2024-05-01,A/1",
    'Market,2024-05-07 09:00,2024-05-07 16:00,market,,1,3,,"FREQ=WEEKLY;BYDAY=TU,FR",Town team,2024-05-01,A/2',
    "Fete,2024-06-08 12:00,,community,medium,,,,,,,",
    "Parade,soon,,,,,,,,,,A/3",
    "Show,2024-05-20 19:00,,music,low,5,9,,,Licensing,,",
    "Off,2024-05-21 19:00,,music,,,,,,,,",
)
VENUES = "name,easting,northing\nPark View,549000,175400\n"
DAY = ("--today", "2024-05-16")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.csv").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    (tmp_path / "venues.csv").write_text(VENUES, encoding="utf-8")
    return tmp_path


def said(*words: str, code: int = 0) -> str:
    done = run_cli("events", *words)
    assert done.code == code, done.out + done.err
    return " ".join((done.out if code == 0 else done.err).split())


def ids(folder: Path) -> dict[str, str]:
    events = read_events(folder / "events.csv", epsg=27700).events
    return {str(title): str(key) for key, title in events["title"].items()}


def listed(*words: str) -> list[str]:
    return [row["title"] for row in json.loads(run_cli("events", "list", "--json", *words, *DAY).out)["events"]]


# --- list ------------------------------------------------------------------------------------------------------------


def test_the_list_says_when_what_where_and_what_to_mend(folder):
    text = said("list", *DAY)
    assert "2024-05-07 Tue 09:00–16:00 Market (every Tue, Fri) market low no location Town team 2024-07-30" in text
    assert "2024-05-11 Sat 15:00–17:00 Derby football high Park View Licensing E-" in text
    assert "2024-06-08 Sat 12:00 Fete community medium no location due" in text
    assert "5 of 5 events. Without a location: 4. To mend: 2, rows left out: 1" in text
    assert (
        "events.csv, row 5, column starts_at: this is no date or time; write 2024-05-04 19:30 or 04/05/2024 19:30 "
        "('soon'); the row is left out." in text
    )
    assert "events.csv, row 6, column impact: this is no whole number from 1 to 5; it is passed over ('9')." in text


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ((), ["Market", "Derby", "Show", "Off", "Fete"]),
        (("--month", "2024-06"), ["Market", "Fete"]),
        (("--from", "2024-05-11", "--to", "2024-05-13"), ["Derby"]),
        (("--from", "2024-05-11", "--to", "2024-05-14"), ["Derby", "Market"]),
        (("--month", "2024-04"), []),
        (("--risk", "high"), ["Derby"]),
        (("--risk", "HIGH", "--risk", "low"), ["Market", "Derby", "Show"]),
        (("--owner", "licens"), ["Derby", "Show"]),
        (("--owner", "(.*"), []),
        (("--due",), ["Show", "Off", "Fete"]),
        (("--due", "--owner", "licensing", "--month", "2024-05"), ["Show"]),
    ],
)
def test_what_is_listed(folder, words, titles):
    assert listed(*words) == titles


def test_a_cancelled_event_is_listed_by_its_own_start(folder):
    said("edit", ids(folder)["Off"], "--set", "status=cancelled", *DAY)
    assert listed("--month", "2024-05") == ["Market", "Derby", "Show", "Off"]
    assert "Off [cancelled]" in said("list", "--month", "2024-05", *DAY)
    assert listed("--month", "2024-06") == ["Market", "Fete"]


def test_a_recurring_event_is_listed_once_with_how_often(folder):
    text = said("list", "--month", "2024-06", *DAY)
    assert "2024-06-04 Tue 09:00–16:00 Market (every Tue, Fri, 8 times)" in text
    assert "2 of 5 events from 2024-06-01 to 2024-06-30." in text


def test_json_holds_every_column_and_a_point_in_degrees(folder):
    document = json.loads(run_cli("events", "list", "--json", "--month", "2024-05", *DAY).out)
    assert (document["total"], document["rows_left_out"], len(document["faults"])) == (5, 1, 2)
    market, derby = document["events"][:2]
    assert (market["next_at"], market["occurrences"]) == ("2024-05-07T09:00:00+01:00", 8)
    assert "longitude" not in market
    assert derby["starts_at"] == "2024-05-11T15:00:00+01:00"
    assert (derby["risk"], derby["likelihood"], derby["expected_attendance"]) == ("high", 4, None)
    assert (derby["reviewed_on"], derby["review_due_on"], derby["due"]) == ("2024-05-01", "2024-05-15", False)
    assert (round(derby["longitude"], 3), round(derby["latitude"], 3)) == (0.143, 51.458)


def test_times_over_midnight_and_over_days(folder):
    said("add", "--title", "Night", "--start", "2024-05-25 22:00", "--end", "2024-05-26 02:00", *DAY)
    said("add", "--title", "Camp", "--start", "2024-05-26 10:00", "--end", "2024-05-28", *DAY)
    text = said("list", *DAY)
    assert "2024-05-25 Sat 22:00–02:00 Night" in text
    assert "2024-05-26 Sun 10:00 – 2024-05-28 23:59 Camp" in text


def test_midnight_is_midnight_in_a_workbook_too_and_in_its_export(folder):
    (folder / "events.csv").unlink()
    said("template")
    said("add", "--title", "Gig", "--start", "2024-05-10 19:00", "--end", "2024-05-11 00:00", *DAY)
    said("add", "--title", "Vigil", "--start", "2024-05-12 00:00", "--end", "2024-05-12 02:00", *DAY)
    said("add", "--title", "Camp", "--start", "2024-05-13 10:00", "--end", "2024-05-14", *DAY)
    said("export", "out.xlsx")
    for register in ("events.xlsx", "out.xlsx"):
        text = said("list", "--events", register, *DAY)
        assert "2024-05-10 Fri 19:00–00:00 Gig" in text
        assert "2024-05-12 Sun 00:00–02:00 Vigil" in text
        assert "2024-05-13 Mon 10:00 – 2024-05-14 23:59 Camp" in text
    rows = read_sheet(folder / "events.xlsx").rows
    assert [str(row["starts_at"]) for row in rows] == [
        "2024-05-10 19:00:00",
        "2024-05-12 00:00:00",
        "2024-05-13 10:00:00",
    ]


def test_whole_days_are_listed_without_clocks(folder):
    for title, start, end in (
        ("Term", "2024-05-27 00:00", "2024-05-31"),
        ("Holiday", "2024-05-27", "2024-05-27"),
        ("Night", "2024-05-28 00:00", "2024-05-29 00:00"),
        ("Early", "2024-05-30 00:00", "2024-05-30 23:00"),
        ("Late", "2024-05-31 01:00", "2024-05-31 23:59"),
    ):
        said("add", "--title", title, "--start", start, "--end", end, *DAY)
    said("add", "--title", "Bare", "--start", "2024-06-01", *DAY)
    said("add", "--title", "Fair", "--start", "2024-05-03", "--end", "2024-05-04", "--repeat", "FREQ=WEEKLY", *DAY)
    text = said("list", "--from", "2024-05-27", "--to", "2024-06-02", *DAY)
    assert "2024-05-27 Mon – 2024-05-31 Term" in text
    assert "2024-05-27 Mon Holiday" in text
    assert "2024-05-28 Tue Night" in text
    assert "2024-05-30 Thu 00:00–23:00 Early" in text
    assert "2024-05-31 Fri 01:00–23:59 Late" in text
    assert "2024-06-01 Sat 00:00 Bare" in text
    assert "2024-05-31 Fri – 2024-06-01 Fair (every week)" in text


def test_dates_counted_by_a_rule_are_told_from_those_of_the_period(folder):
    rule = ("--repeat", "FREQ=WEEKLY;BYDAY=SA;COUNT=4")
    said("add", "--title", "Course", "--start", "2024-05-18 10:00", "--end", "2024-05-18 12:00", *rule, *DAY)
    assert "Course (every Sat, 4 times in all, 2 in this period)" in said("list", "--month", "2024-06", *DAY)
    assert "Course (every Sat, 4 times)" in said("list", *DAY)


def test_settings_decide_on_risk_and_reviews(folder):
    (folder / "hotspots.toml").write_text(
        "[events]\nrisk_medium_from = 2\nrisk_high_from = 3\nreview_high_days = 3\n", encoding="utf-8"
    )
    assert listed("--risk", "high") == ["Market", "Derby"]
    assert "Market" in listed("--due")


# --- add, edit, review -----------------------------------------------------------------------------------------------


def test_an_event_is_added_with_everything_that_was_typed(folder):
    text = said(
        *("add", "--title", "Vigil", "--start", "18/05/2024 20:00", "--kind", "vigil", "--status", "Confirmed"),
        *("--place", "0.142, 51.458", "--likelihood", "3", "--impact", "2", "--repeat", "rrule:freq=daily;count=3"),
        *("--owner", "Faith lead", "--set", "Our ref==1+1", "--set", "dispersal_at=22:30", *DAY),
    )
    key = text.split()[1]
    assert text == f"Added {key} Vigil (row 8 of events.csv)"
    row = read_sheet(folder / "events.csv").rows[-1]
    assert (row["event_id"], row["starts_at"], row["Our ref"]) == (key, "2024-05-18 20:00", "=1+1")
    event = read_events(folder / "events.csv", epsg=27700).events.loc[key]
    assert (event["status"], event["risk"], event["rrule"]) == ("planned", "medium", "FREQ=DAILY;COUNT=3")
    assert event["dispersal_at"].isoformat() == "2024-05-18T22:30:00+01:00"
    assert (
        event.geometry.distance(read_events(folder / "events.csv", epsg=27700).events.geometry[ids(folder)["Derby"]])
        < 100
    )
    assert (folder / "events.2024-05-16.csv").read_text(encoding="utf-8") == "\n".join(LINES) + "\n"


@pytest.mark.parametrize(
    ("place", "columns"),
    [
        ("549000,175400", {"easting": "549000", "northing": "175400"}),
        ("Park View", {"venue": "Park View"}),
        ("routes.geojson#Parade", {"place": "routes.geojson#Parade"}),
    ],
)
def test_a_place_is_written_in_the_columns_it_belongs_to(folder, place, columns):
    (folder / "routes.geojson").write_text(
        '{"type":"Feature","properties":{"name":"parade"},'
        '"geometry":{"type":"LineString","coordinates":[[0.14,51.45],[0.15,51.46]]}}',
        encoding="utf-8",
    )
    said("add", "--title", "X", "--start", "2024-05-18", "--place", place, *DAY)
    row = read_sheet(folder / "events.csv").rows[-1]
    assert {name: row[name] for name in columns} == columns
    assert (
        "no location"
        not in said("list", "--from", "2024-05-18", "--to", "2024-05-18", *DAY)
        .replace("Market", "")
        .partition("Without")[0]
    )


def test_ids_are_written_down_and_stay_when_a_title_changes(folder):
    before = ids(folder)
    said("edit", before["Fete"], "--set", "title=Summer fete", "--set", "Our ref=", "--set", "owner=Parks", *DAY)
    after = ids(folder)
    assert after["Summer fete"] == before["Fete"]
    assert {key: value for key, value in after.items() if key != "Summer fete"} == {
        key: value for key, value in before.items() if key != "Fete"
    }
    rows = read_sheet(folder / "events.csv").rows
    assert [row["event_id"] is None for row in rows] == [False, False, False, True, False, False]
    assert [row["Our ref"] for row in rows] == ["A/1", "A/2", None, "A/3", None, None]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "--title", "X", "--start", "soon"), "starts_at 'soon': this is no date or time; nothing was changed."),
        (("add", "--title", " ", "--start", "2024-05-18"), "title: there is no title; nothing was changed."),
        (("add", "--title", "X", "--start", "2024-05-18", "--risk", "huge"), "risk 'huge': this is no risk;"),
        (
            ("add", "--title", "X", "--start", "2024-05-18", "--likelihood", "6"),
            "likelihood '6': this is no whole number",
        ),
        (
            ("add", "--title", "X", "--start", "2024-05-18", "--repeat", "FREQ=HOURLY"),
            "rrule 'FREQ=HOURLY': this is no",
        ),
        (("add", "--title", "X", "--start", "2024-05-18", "--place", "51.458,0.142"), "outside Great Britain"),
        (("add", "--title", "X", "--start", "2024-05-18", "--place", "Nowhere"), "this venue is not in venues.csv"),
        (("add", "--title", "X", "--start", "2024-05-18", "--place", "../a.json#x"), "this is no place in a GeoJSON"),
        (("add", "--title", "derby", "--start", "11/05/2024 15:00"), "events.csv has this event already (E-"),
        (
            ("add", "--title", "X", "--start", "2024-05-18", "--set", "ownr=x"),
            "no column 'ownr'. Did you mean 'owner'?",
        ),
        (("edit", "E-0", "--set", "owner=x"), "events.csv has no event 'E-0'."),
        (("edit", "E-0", "--set", "event_id=x"), "The event_id stays what it is"),
        (("review", "E-0"), "A review needs a name: say with --by who looked at the event."),
        (("list", "--from", "2024-05-18", "--to", "2024-05-17"), "The period ends on 2024-05-17, before it begins"),
        (("list", "--events", "none.csv"), "none.csv does not exist"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_written(folder, words, sentence):
    before = (folder / "events.csv").read_bytes()
    assert sentence in said(*words, *DAY, code=1)
    assert (folder / "events.csv").read_bytes() == before
    assert sorted(found.name for found in folder.iterdir()) == ["events.csv", "venues.csv"]


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--month", "2024-13"),
        ("list", "--from", "2024-05-01"),
        ("list", "--from", "2024-05-32", "--to", "2024-06-01"),
        ("list", "--from", "1/5/2024", "--to", "2024-06-01"),
        ("list", "--month", "2024-05", "--to", "2024-06-01"),
        ("list", "--risk", "huge"),
        ("edit", "E-0", "--set", "owner"),
        ("edit", "E-0", "--set", " =x"),
        ("review", "--by", "AB"),
    ],
)
def test_wrong_usage_is_exit_code_2(folder, words):
    said(*words, code=2)


def test_a_review_records_who_and_when_and_is_not_due_any_more(folder):
    text = said("review", *DAY)
    assert text.index("Off 2024") < text.index("medium Fete") < text.index("low Show")
    assert "2024-06-08 Sat 12:00 never" in text
    assert "3 of 5 events are due for review." in text
    key = ids(folder)["Fete"]
    assert f"Reviewed {key} Fete (row 4" in said("review", key, "--by", "AB", *DAY)
    row = read_sheet(folder / "events.csv").rows[2]
    assert (row["reviewed_on"], row["reviewed_by"]) == ("2024-05-16", "AB")
    assert listed("--due") == ["Show", "Off"]
    later = said("review", "--today", "2024-06-15")
    assert "Fete" not in later  # over
    again = said("review", "--today", "2024-06-07", "--events", "events.csv")
    assert "Fete" not in again
    said("edit", key, "--set", "starts_at=2024-08-01", *DAY)
    text = said("review", "--today", "2024-06-15")
    assert "2024-05-16 by AB 2024-06-15" in text


# --- template, files -------------------------------------------------------------------------------------------------


def test_the_template_is_an_empty_register_that_explains_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "Wrote events.xlsx Fill it, then: hotspots events list" in said("template")
    register, columns = openpyxl.load_workbook(tmp_path / "events.xlsx").worksheets
    assert [cell.value for cell in register[1]] == list(COLUMNS)
    assert [row[0].value for row in columns.iter_rows(min_row=2)] == list(COLUMNS)
    assert all(row[1].value for row in columns.iter_rows(min_row=2))
    assert "0 of 0 events." in said("list")
    said("add", "--title", "Fair", "--start", "2024-05-18 10:00", "--place", "549000,175400", *DAY)
    row = read_sheet(tmp_path / "events.xlsx").rows[0]
    assert (str(row["starts_at"]), row["easting"]) == ("2024-05-18 10:00:00", 549_000)
    assert "events.xlsx is there already and is kept" in said("template", code=1)
    assert "cannot be a register" in said("template", "--out", "events.ods", code=1)
    said("template", "--out", "events.csv")
    assert (tmp_path / "events.csv").read_text(encoding="utf-8-sig") == ",".join(COLUMNS) + "\n"
    assert "There are both events.csv and events.xlsx" in said("list", code=1)
    assert "0 of 0 events." in said("list", "--events", "events.csv")


def test_without_a_register_the_next_step_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "There is no events.csv or events.xlsx here; make one with hotspots events template" in said("list", code=1)
    add = ("add", "--title", "Gig", "--start", "2024-05-18", *DAY)
    assert "There is no events.csv or events.xlsx here; make one with hotspots events template" in said(*add, code=1)
    assert "There is no register mine.xlsx; begin one with hotspots events template --out mine.xlsx." in said(
        *add, "--events", "mine.xlsx", code=1
    )


def test_text_that_steers_a_terminal_is_shown_and_not_obeyed(folder):
    said("add", "--title", "\x1b[2J[red]x", "--start", "2024-05-18", *DAY)
    assert "�[2J[red]x" in said("list", *DAY)


def test_a_long_list_is_cut_on_the_screen_and_whole_as_json(tmp_path):
    rows = [f"Event {number},2030-01-01 10:00,549000,175000\n" for number in range(503)]
    (tmp_path / "events.csv").write_text("title,starts_at,easting,northing\n" + "".join(rows), encoding="utf-8")
    said = run_cli("events", "list", cwd=tmp_path, columns=200)
    assert said.out.count("2030-01-01") == 500
    assert "and 3 more; choose with --month, --risk or --owner, or take --json." in said.out
    assert "503 of 503 events." in said.out
    whole = json.loads(run_cli("events", "list", "--json", cwd=tmp_path).out)
    assert len(whole["events"]) == 503
