"""The tension log kept: entries added and reviewed, also by two programs at once, and the sentences of the brief."""

import csv
import datetime as dt
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from hotspots.data.tensions import demo_tensions
from hotspots.errors import InputError, OutputError, SettingsError
from hotspots.events.tensions import ward_tensions
from hotspots.intake.sheets import read_sheet
from hotspots.intake.tensions import read_tensions
from hotspots.pipeline.tension_findings import (
    by_tension,
    level_words,
    tense_hotspot_sentences,
    tension_sentences,
)
from hotspots.pipeline.tensions import (
    add_tension,
    due_for_review,
    find_log,
    list_tensions,
    review_tension,
    tensions_json,
    ward_meant,
)
from hotspots.settings import Tensions, settings_from
from hotspots.settings.sections import Tensions as Section
from hotspots.tables.tensions import LEVELS, PARTNERS
from tests.tensions_fixtures import TODAY, log

DAY = dt.date(2024, 5, 13)
ENTRY = {
    "ward": "Riverside",
    "level": "4",
    "eep": "evidenced",
    "theme": "Youth",
    "source": "Youth service",
    "summary": "Two groups argue.",
}


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tensions.csv"


def test_the_first_entry_makes_the_log(path):
    assert add_tension(path, ENTRY, Tensions(), DAY) == "T2024-001"
    (row,) = rows(path)
    assert row == {
        **dict.fromkeys(("response", "review_on", "reviewed_on", "reviewed_by"), ""),
        "tension_id": "T2024-001",
        "reported_on": "2024-05-13",
        **ENTRY,
    }


def test_ids_run_on_within_the_year_of_the_report(path):
    path.write_text(
        "id,reported_on,source,eep,level,theme,ward,summary\nT2024-007,,,,,,,Mr Bloggs\nT2024-x,,,,,,,\nT2023-900,,,,,,,\n"
    )
    assert [add_tension(path, ENTRY, Tensions(), DAY) for _ in range(2)] == ["T2024-008", "T2024-009"]
    assert add_tension(path, ENTRY | {"reported_on": "31/12/2023"}, Tensions(), DAY) == "T2023-901"
    assert rows(path)[-1]["reported_on"] == "2023-12-31"
    assert add_tension(path, ENTRY | {"reported_on": "2022-01-01"}, Tensions(), DAY) == "T2022-001"


def test_unknown_columns_and_other_titles_stay(path):
    path.write_text(
        "Ref,Date reported,Agency,eep,level,theme,ward,Narrative,Minutes\nA1,01/05/2024,X,potential,2,Y,W,Z,item 7\n"
    )
    add_tension(path, ENTRY, Tensions(), DAY)
    review_tension(path, "A1", {"reviewed_by": "CS"}, Tensions(), DAY)
    first, second = rows(path)
    assert list(first)[:9] == [
        "Ref",
        "Date reported",
        "Agency",
        "eep",
        "level",
        "theme",
        "ward",
        "Narrative",
        "Minutes",
    ]
    assert (first["Minutes"], first["Date reported"], first["Narrative"]) == ("item 7", "01/05/2024", "Z")
    assert (second["Ref"], second["Agency"], second["Narrative"]) == ("T2024-001", "Youth service", "Two groups argue.")
    assert (first["reviewed_on"], first["reviewed_by"], first["review_on"]) == ("2024-05-13", "CS", "2024-06-10")


def test_a_workbook_keeps_types_and_other_sheets(tmp_path):
    path = tmp_path / "tensions.xlsx"
    add_tension(path, ENTRY | {"review_on": "20/05/2024"}, Tensions(), DAY)
    book = openpyxl.load_workbook(path)
    book.create_sheet("Notes")["A1"] = "kept"
    book.save(path)
    add_tension(path, ENTRY, Tensions(), DAY)
    review_tension(path, "T2024-001", {"reviewed_by": "CS", "review_on": "2024-07-01"}, Tensions(), DAY)
    assert openpyxl.load_workbook(path)["Notes"]["A1"].value == "kept"
    first, second = read_sheet(path).rows
    assert (first["level"], first["reported_on"], first["review_on"]) == (
        4,
        dt.date(2024, 5, 13),
        dt.date(2024, 7, 1),
    )
    assert second["review_on"] is None
    assert len(read_tensions(path, Tensions()).tensions) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"summary": "Ring 07700 900123"}, r"^The entry, column summary, holds a telephone number; nothing of a person belongs into the log; nothing was written\.$"),
        ({"ward": "14 Church Road"}, "column ward, holds an address"),
        ({"source": "Mrs Bloggs"}, "column source, holds the name of a person"),
        ({"ward": ""}, "column ward, is empty; nothing was written"),
        ({"ward": "Zone 2"}, "column ward, must be a ward or an area, without a number"),
        ({"level": "7"}, "column level, must be a level from 1 to 6, or its label"),
        ({"eep": "rumour"}, "column eep, must be experienced, evidenced or potential"),
        ({"reported_on": "soon"}, "column reported_on, is no date: write 2024-05-13"),
        ({"review_on": "2024-05-01"}, "column review_on, is before the day of the report"),
        ({"reported_on": "2024-05-14"}, "column reported_on, is after today; nothing was written"),
    ],
)  # fmt: skip
def test_an_entry_with_a_fault_is_refused_and_nothing_is_written(path, change, said):
    with pytest.raises(InputError, match=said):
        add_tension(path, ENTRY | change, Tensions(), DAY)
    assert list(path.parent.iterdir()) == []
    add_tension(path, ENTRY, Tensions(), DAY)
    before = path.read_bytes()
    with pytest.raises(InputError, match=said):
        add_tension(path, ENTRY | change, Tensions(), DAY)
    assert path.read_bytes() == before


def test_a_log_that_cannot_be_made(tmp_path):
    with pytest.raises(OutputError, match=r"save the register as \.csv or \.xlsx"):
        add_tension(tmp_path / "tensions.ods", ENTRY, Tensions(), DAY)


def test_a_log_that_is_none(path):
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the columns"):
        add_tension(path, ENTRY, Tensions(), DAY)


def test_two_programs_that_add_at_once_lose_nothing(path):
    code = (
        "import datetime as dt, sys; from pathlib import Path\n"
        "from hotspots.pipeline.tensions import add_tension; from hotspots.settings import Tensions\n"
        f"for number in range(4): add_tension(Path(sys.argv[1]), {ENTRY!r} | {{'theme': sys.argv[2]}}, Tensions(), dt.date(2024, 5, 13))\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(path), theme]) for theme in ("one", "two")]
    assert [process.wait(timeout=120) for process in started] == [0, 0]
    assert Counter(row["theme"] for row in rows(path)) == {"one": 4, "two": 4}
    assert sorted(row["tension_id"] for row in rows(path)) == [f"T2024-{number:03d}" for number in range(1, 9)]


def test_a_review_sets_the_next_one(path):
    add_tension(path, ENTRY, Tensions(), DAY)
    later = DAY + dt.timedelta(days=30)
    entry = review_tension(path, "T2024-001", {"reviewed_by": "CS"}, Tensions(review_after_days=7), later)
    assert (entry["reviewed_on"], entry["review_on"]) == (
        pd.Timestamp(later),
        pd.Timestamp(later + dt.timedelta(days=7)),
    )
    assert entry["reviewed_by"] == "CS"
    entry = review_tension(path, "T2024-001", {"review_on": "2024-09-01"}, Tensions(), later)
    assert (entry["review_on"], entry["reviewed_by"]) == (pd.Timestamp("2024-09-01"), "CS")
    assert pd.isna(entry["response"])


def test_a_review_can_close(path):
    add_tension(path, ENTRY | {"review_on": "2024-06-01"}, Tensions(), DAY)
    entry = review_tension(path, "T2024-001", {"reviewed_by": "CS", "review_on": "closed"}, Tensions(), DAY)
    assert pd.isna(entry["review_on"])
    assert list_tensions(path, Tensions(), DAY).entries["state"].tolist() == ["closed"]
    assert len(list_tensions(path, Tensions(), DAY, only_open=True).entries) == 0


def test_responses_are_added_with_their_day(path):
    add_tension(path, ENTRY, Tensions(), DAY)
    review_tension(path, "T2024-001", {"response": "Visits"}, Tensions(), DAY)
    entry = review_tension(path, "T2024-001", {"response": "Calm"}, Tensions(), DAY + dt.timedelta(days=1))
    assert entry["response"] == "2024-05-13: Visits; 2024-05-14: Calm"


@pytest.mark.parametrize(
    ("identity", "review", "said"),
    [
        ("T2024-002", {}, r"tensions\.csv has no entry 'T2024-002'\. Is 'T2024-001' meant\?"),
        ("zzz", {}, r"has no entry 'zzz'\. hotspots tension list shows the ids\."),
        ("T2024-001", {"review_on": "soon"}, "The next review 'soon' is no date; write it YYYY-MM-DD"),
        (
            "T2024-001",
            {"review_on": "2024-05-13"},
            "2024-05-13 is not after today, 2024-05-13; give a later day, or --close",
        ),
        ("T2024-001", {"response": "Rang Mr Bloggs"}, "column response, holds the name of a person"),
        ("T2024-001", {"reviewed_by": "sam@example.org"}, "column reviewed_by, holds an e-mail address"),
    ],
)
def test_a_review_that_is_refused_writes_nothing(path, identity, review, said):
    add_tension(path, ENTRY, Tensions(), DAY)
    before = path.read_bytes()
    with pytest.raises(InputError, match=said):
        review_tension(path, identity, review, Tensions(), DAY)
    assert path.read_bytes() == before


def test_an_entry_without_an_id_has_it_written_at_its_review(path):
    path.write_text("reported_on,source,eep,level,theme,ward,summary\n2024-05-01,X,potential,2,Y,W,Z\n")
    (identity,) = read_tensions(path, Tensions()).rows
    review_tension(path, identity, {"reviewed_by": "CS"}, Tensions(), DAY)
    assert rows(path)[0]["tension_id"] == identity


def test_which_log_is_meant(tmp_path):
    with pytest.raises(
        InputError, match=r"There is no tensions\.csv or tensions\.xlsx here; hotspots tension add makes one"
    ):
        find_log(None, tmp_path)
    assert find_log(None, tmp_path, make=True) == tmp_path / "tensions.csv"
    assert find_log(Path("mine.csv"), tmp_path) == Path("mine.csv")
    (tmp_path / "tensions.xlsx").touch()
    assert find_log(None, tmp_path, make=True) == tmp_path / "tensions.xlsx"
    (tmp_path / "tensions.csv").touch()
    with pytest.raises(InputError, match=r"There are both tensions\.csv and tensions\.xlsx"):
        find_log(None, tmp_path)


@pytest.fixture
def demo(path):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, demo_tensions("2021-12")[0])
        writer.writeheader()
        writer.writerows(demo_tensions("2021-12"))
    return path


def test_the_invented_log_is_whole_and_the_same_each_time(demo):
    assert demo_tensions("2021-12") == demo_tensions("2021-12")
    intake = read_tensions(demo, Tensions())
    assert (len(intake.tensions), len(intake.rejects)) == (40, 0)
    assert intake.tensions["reported_on"].min() == pd.Timestamp("2021-01-04")
    assert intake.tensions["reported_on"].max() == pd.Timestamp("2021-12-24")
    assert intake.tensions["reported_on"].is_monotonic_increasing
    assert (intake.tensions["reviewed_on"].dropna() <= pd.Timestamp("2021-12-31")).all()
    assert set(intake.tensions["eep"]) == {"experienced", "evidenced", "potential"}
    for month in ("2024-02", "2025-03"):
        assert len(demo_tensions(month)) == 40
    assert {entry["tension_id"][:5] for entry in demo_tensions("2024-02")} == {"T2023", "T2024"}


def test_the_list_of_the_invented_log(demo):
    found = list_tensions(demo, Tensions(), dt.date(2021, 12, 31))
    assert len(found.entries) == 40
    assert found.entries["reported_on"].is_monotonic_decreasing
    assert found.wards.index[0] == "New Wharf"
    assert by_tension(found.wards["level"], Tensions()).is_monotonic_decreasing
    assert found.months["month"].nunique() == 12
    assert found.months["n"].sum() == 40
    assert found.refused == ()
    assert len(list_tensions(demo, Tensions(), dt.date(2021, 12, 31), only_open=True).entries) == 13
    assert Counter(found.entries["state"]) == {"closed": 27, "current": 10, "overdue": 3}


def test_one_ward_alone(demo):
    found = list_tensions(demo, Tensions(), dt.date(2021, 12, 31), ward="new wharf WARD")
    assert found.wards.index.tolist() == ["New Wharf"]
    assert set(found.entries["ward"]) == set(found.months["ward"]) == {"New Wharf"}
    assert found.sentences[0].endswith("in one ward; the most tense is New Wharf, at level 4.")
    with pytest.raises(InputError, match=r"has no entry of Sea; the wards in it: Kiln Corner, Market Cross, New Wharf"):
        list_tensions(demo, Tensions(), DAY, ward="Sea")


def test_where_level_1_is_the_worst_it_comes_first(demo):
    found = list_tensions(demo, Tensions(level_1_is_worst=True), dt.date(2021, 12, 31))
    assert found.wards.index[0] == "Kiln Corner"
    due = due_for_review(demo, Tensions(level_1_is_worst=True), dt.date(2022, 1, 31))
    assert due.entries["level"].is_monotonic_increasing


def test_the_level_of_a_month_follows_the_setting(path):
    for level in ("2", "5"):
        add_tension(path, ENTRY | {"level": level}, Tensions(), DAY)
    assert list_tensions(path, Tensions(), DAY).months["level"].dropna().tolist() == [5]
    assert list_tensions(path, Tensions(level_1_is_worst=True), DAY).months["level"].dropna().tolist() == [2]
    assert list_tensions(path, Tensions(level_1_is_worst=True), DAY).wards["level"].tolist() == [2]


def test_what_is_due_comes_by_tension_and_then_by_date(demo):
    found = due_for_review(demo, Tensions(), dt.date(2022, 1, 28))
    assert found.entries["level"].is_monotonic_decreasing
    assert all(group.is_monotonic_increasing for _, group in found.entries.groupby("level")["due_on"])
    assert (found.entries["due_on"] <= pd.Timestamp("2022-01-28")).all()
    assert (found.entries["due_on"] == pd.Timestamp("2022-01-28")).any()  # due today is due
    assert "tense" not in found.entries
    assert len(found.entries) == 13


def test_the_usual_time_of_review_reaches_the_list(path):
    add_tension(path, ENTRY, Tensions(), DAY)
    found = list_tensions(path, Tensions(review_after_days=3), DAY + dt.timedelta(days=4))
    assert (found.entries["state"].tolist(), found.wards["n_overdue"].tolist()) == (["overdue"], [1])


def test_refused_rows_are_named_and_not_repeated(path):
    path.write_text(
        "tension_id,reported_on,source,eep,level,theme,ward,summary\n"
        "A,2024-05-01,X,potential,2,Y,W,Mr Bloggs\nB,2024-05-01,X,potential,9,Y,W,Z\nB,2024-05-01,X,potential,2,Y,W,Z,surplus\n"
    )
    found = list_tensions(path, Tensions(), DAY)
    assert found.refused == (
        "Row 2, column summary, holds the name of a person; nothing of a person belongs into the log; the row is not used.",
        "Row 3, column level, must be a level from 1 to 6, or its label; the row is not used.",
        "Row 4 has more cells than there are titles, or fewer; the row is not used.",
    )
    assert "Bloggs" not in tensions_json(found)
    assert found.sentences == ("The tension log holds no entry.",)


def test_the_json_says_all_and_nothing_that_is_no_json(demo):
    document = json.loads(tensions_json(list_tensions(demo, Tensions(), dt.date(2021, 12, 31))))
    assert document["handling"] == PARTNERS
    assert document["today"] == "2021-12-31"
    assert len(document["entries"]) == 40
    entry = document["entries"][0]
    assert (entry["tension_id"], entry["reported_on"], entry["level"], entry["response"]) == (
        "T2021-040",
        "2021-12-24",
        1,
        None,
    )
    assert document["wards"][0]["ward"] == "New Wharf"
    assert document["wards"][0]["risen"] is True
    assert document["months"][0]["month"] == "2021-01"
    assert document["sentences"][0].startswith("On 31 December 2021 ten entries")


def said(*rows, settings=None, today=TODAY):
    settings = settings or Tensions()
    wards = ward_tensions(log(*rows), today, level_1_is_worst=settings.level_1_is_worst)
    return tension_sentences(wards, settings, today)


def test_sentences_of_an_empty_log_and_of_one_where_nothing_counts():
    assert said() == ("The tension log holds no entry.",)
    assert said(("2023-05-01", "W", 3, None, "2023-06-01")) == (
        "On 13 May 2024 no entry of the tension log is current.",
        "No ward is above its level of three months ago.",
    )


def test_sentences_of_one_ward():
    assert said(("2024-05-01", "Riverside", 3), ("2023-05-01", "Riverside", 5)) == (
        "On 13 May 2024 one entry of the tension log is current, in one ward; the most tense is Riverside, at level 3.",
        "One ward is above its level of three months ago: Riverside (level 3 now, from one entry; none then). These are "
        "counts of a few reports; none is tested.",
        "One entry is past review and does not count until somebody looks again: Riverside (one, up to level 5).",
    )


@pytest.mark.parametrize("asked", ["KILN CORNER", "kiln-corner Ward", "Kiln  Corner", "KILN CORNER WARD"])
def test_a_ward_is_found_by_every_spelling_that_means_it(path, asked):
    spellings = ("Kiln Corner", "kiln-corner Ward", "KILN CORNER")
    for day, ward in enumerate((*spellings, "Erith"), 1):
        add_tension(path, ENTRY | {"ward": ward, "reported_on": f"2024-05-{day:02d}"}, Tensions(), DAY)
    found = list_tensions(path, Tensions(), DAY, ward=asked)
    assert sorted(found.entries["ward"]) == sorted(spellings)
    assert found.wards["n"].to_dict() == {"KILN CORNER": 3}
    # On an earlier day the later spellings are not known yet, and the months are still those of the ward.
    early = list_tensions(path, Tensions(), dt.date(2024, 5, 2), ward=asked)
    assert list(early.wards.index) == ["kiln-corner Ward"]
    assert set(early.months["ward"]) == {"kiln-corner Ward"}
    assert early.months["n"].sum() == 2
    with pytest.raises(InputError, match=r"has no entry of Kiln; the wards in it: Erith, KILN CORNER\.$"):
        list_tensions(path, Tensions(), DAY, ward="Kiln")


def test_an_entry_closed_today_is_listed_as_closed_and_counts_today_for_the_last_time(path):
    identity = add_tension(path, ENTRY | {"reported_on": "2024-05-01"}, Tensions(), DAY)
    review_tension(path, identity, {"reviewed_by": "CS", "review_on": "closed"}, Tensions(), DAY)
    for day, state, count in ((12, "current", 1), (13, "closed", 1), (14, "closed", 0)):
        found = list_tensions(path, Tensions(), dt.date(2024, 5, day))
        assert (found.entries["state"].tolist(), found.wards["n_current"].tolist()) == ([state], [count])
        shown = list_tensions(path, Tensions(), dt.date(2024, 5, day), only_open=True).entries
        assert len(shown) == (state == "current")


WARDS = (
    "LSOA21CD,WD24NM\nE01000001,Kiln Corner\nE01000002,Kiln Corner\nE01000003,St Mary's & St James\nE01000004,Erith\n"
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Kiln Cornr", "Kiln Corner"),
        ("KILN-CORNR ward", "Kiln Corner"),
        ("St Marys and St Jame", "St Mary's & St James"),
        ("kiln corner", ""),
        ("ST MARYS AND ST JAMES WARD", ""),
        ("Slade Estate", ""),
        ("Kiln Road", ""),
    ],
)
def test_a_ward_that_is_a_slip_of_another_is_known(tmp_path, typed, meant):
    (tmp_path / "wards.csv").write_text(WARDS, encoding="utf-8")
    assert ward_meant(typed, str(tmp_path / "wards.csv")) == meant
    assert ward_meant(typed, "") == ""
    assert ward_meant(typed, str(tmp_path / "nothing.csv")) == ""


def test_sentences_of_several_wards():
    labels = Tensions(level_labels=("one", "two", "three", "level 4", "five", "six"))
    rows = [
        ("2024-05-01", "Market", 4),
        ("2024-05-02", "Market", 2),
        ("2024-02-01", "Market", 3, "2024-02-20"),
        ("2024-02-02", "Market", 1, "2024-02-20"),
        ("2024-05-01", "Kiln", 4),
        ("2024-05-01", "Wharf", 1, "2024-06-01"),
        ("2024-01-05", "Wharf", 1, "2024-06-01"),
    ]
    assert said(*rows, settings=labels) == (
        "On 13 May 2024 five entries of the tension log are current, in three wards; the most tense are Kiln and Market, "
        "at level 4.",
        "Two wards are above their level of three months ago: Kiln (level 4 now, from one entry; none then) and Market "
        "(level 4 now, from two entries; level 3 (three) then, from two entries). These are counts of a few reports; none "
        "is tested.",
        "Two entries are past review and do not count until somebody looks again: Market (two, up to level 3 (three)).",
    )


def test_sentences_where_level_1_is_the_worst():
    rows = [("2024-05-01", "Market", 4), ("2024-05-01", "Kiln", 2)]
    assert "the most tense is Kiln, at level 2." in said(*rows, settings=Tensions(level_1_is_worst=True))[0]
    assert by_tension(pd.Series([1, 6, None], dtype="Int64"), Tensions(level_1_is_worst=True)).tolist() == [6, 1, 0]
    assert by_tension(pd.Series([1, 6, None], dtype="Int64"), Tensions()).tolist() == [1, 6, 0]


def test_sentences_about_hotspots():
    hotspots = pd.DataFrame({"rank": [3, 1, 2]}, index=pd.Index(["a", "b", "c"], name="hotspot_id"))
    found = pd.DataFrame({"hotspot_id": ["a", "b", "c"], "ward": ["Wharf", "Wharf", "Kiln"]})
    assert tense_hotspot_sentences(found, hotspots) == (
        "Hotspot 2 lies in Kiln, where the level of tension has risen.",
        "Hotspots 1 and 3 lie in Wharf, where the level of tension has risen.",
    )
    assert tense_hotspot_sentences(found.iloc[:0], hotspots) == ()


def test_level_words():
    assert level_words(1, Tensions()) == "level 1"
    assert level_words(6, Tensions(level_labels=("a", "b", "c", "d", "e", "Level 6"))) == "level 6"
    assert level_words(2, Tensions(level_labels=("a", "b", "c", "d", "e", "f"))) == "level 2 (b)"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"level_labels": ["a", "b"]}, r"\[tensions\] level_labels must be 6 labels, all different"),
        ({"level_labels": ["a", "b", "c", "d", "e", "a"]}, "all different"),
        ({"level_labels": ["a", "b", "c", "d", "e", " "]}, "all different"),
        ({"level_labels": ["a", "b", "c", "d", "e", "f", "g"]}, "6 labels"),
        ({"review_after_days": 0}, "review_after_days must lie between 1 and 366, not 0"),
        ({"level_1_is_worst": 1}, "must be true or false"),
        ({"not_personal": "x"}, "must be a list"),
    ],
)
def test_settings_that_cannot_be(given, fault):
    with pytest.raises(SettingsError, match=fault):
        settings_from({"tensions": given})


def test_settings_that_can_be():
    given = {
        "level_labels": ["a", "b", "c", "d", "e", "f"],
        "not_personal": ["William Morris"],
        "level_1_is_worst": True,
    }
    built = settings_from({"tensions": given}).tensions
    assert isinstance(built, Section)
    assert (built.level_labels[5], built.not_personal, built.level_1_is_worst) == ("f", ("William Morris",), True)
    assert len(Tensions().level_labels) == LEVELS
