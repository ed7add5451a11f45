"""What is coming: the events of two months, what they fall on, and nothing compared with itself."""

from __future__ import annotations

import pandas as pd
import pytest

from hotspots.errors import InputError
from hotspots.intake.events import read_events
from hotspots.pipeline.coming import coming_events
from hotspots.pipeline.inputs import Inputs, load
from hotspots.pipeline.stages import make_tables
from hotspots.settings import Events, Settings
from hotspots.tables import EARLIER, EVENTS, EXPOSURE, check
from hotspots.tables.rhythm import WHEN
from tests import conftest as kit

HEAD = "title,starts_at,ends_at,easting,northing,kind,risk,rrule\n"


@pytest.fixture(scope="module")
def loaded(town):
    return load(Inputs(kit.MONTH, (town.incidents,), (town.boundaries,), areas=("Bexley",)), Settings())


@pytest.fixture(scope="module")
def hotspots(loaded):
    return make_tables(loaded, Settings(), None).found.hotspots


def week():
    empty = {"place_id": "str", "weekday": "int64", "hour": "int64", "n": "float64"}
    frame = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in empty.items()})
    return check(WHEN, frame.set_index(pd.RangeIndex(1, 1, name="hour_no")))


def coming(loaded, hotspots, tmp_path, rows):
    path = tmp_path / "events.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return coming_events(read_events(path, epsg=27700), loaded, hotspots, week(), Settings())


def test_without_a_register_there_is_nothing_and_nothing_is_said(loaded, hotspots):
    found = coming_events(None, loaded, hotspots, week(), Settings())
    assert found.findings is None
    for contract, table in ((EVENTS, found.events), (EXPOSURE, found.exposure), (EARLIER, found.earlier)):
        assert len(check(contract, table)) == 0
    assert len(found.dates) == 0


def test_a_date_that_runs_into_the_next_month_is_not_compared_with_itself(loaded, hotspots, tmp_path):
    at = hotspots.geometry.iloc[0].centroid
    place = f"{at.x:.0f},{at.y:.0f}"
    rows = [f"Late Show,2024-05-31 21:00,2024-06-01 01:00,{place},live music,high,"]
    found = coming(loaded, hotspots, tmp_path, rows)
    assert list(found.exposure["hotspot_id"]) == [hotspots.index[0]]
    assert found.exposure["on_ground"].all()
    assert len(found.earlier) == 0
    assert "Late Show" in " ".join(found.findings.sentences)


def test_a_recurring_event_is_one_row_with_all_its_dates(loaded, hotspots, tmp_path):
    at = hotspots.geometry.iloc[0].centroid
    place = f"{at.x:.0f},{at.y:.0f}"
    rows = [
        f"Market,2023-06-06 09:00,2023-06-06 15:00,{place},market,low,FREQ=WEEKLY;BYDAY=TU",
        f"Fair,2024-03-02 10:00,2024-03-02 16:00,{place},fair,low,",
    ]
    found = coming(loaded, hotspots, tmp_path, rows)
    assert list(found.events["title"]) == ["Market"]
    assert len(found.dates) == 8  # four Tuesdays of May 2024, four of June
    assert len(found.exposure) == 4
    assert found.earlier["n_times"].tolist() == [52]
    assert kit.MONTH == "2024-05"


def test_cancelled_events_stay_in_the_list_and_out_of_the_findings(loaded, hotspots, tmp_path):
    at = hotspots.geometry.iloc[0].centroid
    place = f"{at.x:.0f},{at.y:.0f}"
    path = tmp_path / "events.csv"
    rows = [
        f"Market,2023-06-06 09:00,2023-06-06 15:00,{place},market,low,FREQ=WEEKLY;BYDAY=TU,cancelled",
        f"Fair,2024-06-08 10:00,2024-06-08 16:00,{place},fair,high,,cancelled",
    ]
    path.write_text("\n".join([f"{HEAD.strip()},status", *rows]) + "\n", encoding="utf-8")
    found = coming_events(read_events(path, epsg=27700), loaded, hotspots, week(), Settings())
    assert sorted(found.events["title"]) == ["Fair", "Market"]
    assert found.dates["title"].value_counts().to_dict() == {"Market": 8, "Fair": 1}
    assert set(found.dates["status"]) == {"cancelled"}
    assert len(found.exposure) == 0


@pytest.mark.parametrize(
    ("starts", "ends", "held"),
    [
        ("2024-04-30 18:00", "2024-05-01 00:00", False),
        ("2024-04-30 18:00", "2024-05-01 00:01", True),
        ("2024-05-01 00:00", "", True),
        ("2024-07-01 00:00", "", False),
    ],
)
def test_an_event_that_ends_as_the_month_begins_is_not_of_it(loaded, hotspots, tmp_path, starts, ends, held):
    found = coming(loaded, hotspots, tmp_path, [f"Late,{starts},{ends},,,show,high,"])
    assert len(found.events) == len(found.dates) == held


def test_stops_around_are_named_and_reach_is_a_setting(loaded, hotspots, tmp_path):
    at = hotspots.geometry.iloc[0].centroid
    layer = tmp_path / "stops.csv"
    lines = [
        f"Park Gate,{at.x + 90:.0f},{at.y:.0f}",
        f"Old Yard,{at.x + 30:.0f},{at.y:.0f}",
        f"Far,{at.x + 300:.0f},{at.y:.0f}",
    ]
    layer.write_text("\n".join(["Stop_Name,Easting,Northing", *lines]) + "\n", encoding="utf-8")
    path = tmp_path / "events.csv"
    row = f"Fair,2024-06-08 12:00,2024-06-08 18:00,{at.x:.0f},{at.y:.0f},fair,high,\n"
    path.write_text(f"{HEAD}{row}Walk,2024-06-09 12:00,,,,walk,low,\n", encoding="utf-8")
    register = read_events(path, epsg=27700)
    near = Settings(events=Events(near_m=200, dispersal_stops=str(layer)))
    found = coming_events(register, loaded, hotspots, week(), near)
    assert found.findings is not None
    assert found.exposure.sort_values("rank")["stops"].tolist() == ["Old Yard; Park Gate", ""]
    assert any("stops around: Old Yard and Park Gate." in said for said in found.findings.sentences)
    assert "within 200 m of a hotspot" in found.findings.sentences[0]
    far = Settings(events=Events(near_m=400, dispersal_stops=str(layer)))
    assert coming_events(register, loaded, hotspots, week(), far).exposure["stops"].iloc[0].endswith("; Far")


def test_stops_that_cannot_be_read_are_said(loaded, hotspots, tmp_path):
    at = hotspots.geometry.iloc[0].centroid
    path = tmp_path / "events.csv"
    path.write_text(f"{HEAD}Fair,2024-06-08 12:00,,{at.x:.0f},{at.y:.0f},fair,high,\n", encoding="utf-8")
    settings = Settings(events=Events(dispersal_stops=str(tmp_path / "nothing.csv")))
    with pytest.raises(InputError, match=r"nothing\.csv"):
        coming_events(read_events(path, epsg=27700), loaded, hotspots, week(), settings)


def test_what_it_was_lent_stays_as_it_was(loaded, hotspots, tmp_path):
    before = hotspots.copy(deep=True)
    coming(loaded, hotspots, tmp_path, ["Fete,2024-06-02 10:00,,,,fete,,"])
    pd.testing.assert_frame_equal(hotspots, before)
