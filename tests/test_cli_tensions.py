"""``hotspots tension`` as typed: what it prints, what it writes, and how it fails."""

import csv
import datetime as dt
import json
import re
from pathlib import Path

import pytest

from hotspots.data.tensions import demo_tensions

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
ADD = {
    "--ward": "Riverside",
    "--level": "4",
    "--eep": "evidenced",
    "--theme": "Youth",
    "--source": "Youth service",
    "--summary": "Two groups argue.",
}
TODAY = ("--today", "2024-05-13")


@pytest.fixture
def tension(kit, tmp_path):
    """Run ``hotspots tension`` in a folder of its own."""
    return lambda *words, **how: kit.run_cli("tension", *words, cwd=tmp_path, **how)


def added(**changes):
    given = ADD | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return ["add", *(word for pair in given.items() for word in pair if pair[1] is not None)]


@pytest.fixture
def demo(tmp_path):
    with (tmp_path / "tensions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, demo_tensions("2021-12")[0])
        writer.writeheader()
        writer.writerows(demo_tensions("2021-12"))
    return tmp_path


def test_an_entry_is_added_listed_reviewed_and_closed(tension, tmp_path):
    said = tension(*added(response="Visits", review_on="2024-05-20"), *TODAY)
    assert (said.code, said.err, said.out) == (0, "", "Entry T2024-001 added to tensions.csv.\n")
    said = tension("list", *TODAY)
    lines = said.out.splitlines()
    assert (said.code, said.err) == (0, "")
    assert lines[:2] == ["Community tension · 2024-05-13", "For partners of the meeting only: not to be published."]
    assert lines[2].startswith("On 13 May 2024 one entry of the tension log is current")
    wards = [line.split() for line in lines if line.startswith("Riverside")]
    assert wards == [["Riverside", "4", "1", "–", *"000001", "risen"]]
    assert "reports 2023-12 to 2024-05" in said.out
    assert re.search(r"T2024-001 +2024-05-13 +Riverside +4 +evidenced +Youth +2024-05-20 +Two groups argue\.", said.out)
    said = tension("review", *TODAY)
    assert "No entry." in said.out
    assert "Type next" not in said.out
    said = tension("review", "--today", "2024-05-21")
    assert said.out.startswith("Due for review · 2024-05-21\n")
    assert "2024-05-20 late" in said.out
    assert said.out.splitlines()[-1] == "Type next:     hotspots tension review T2024-001 --by WHO"
    said = tension("review", "T2024-001", "--by", "Community safety", "--today", "2024-05-21")
    assert said.out == "Entry T2024-001 reviewed on 2024-05-21: next review on 2024-06-18.\n"
    said = tension("review", "T2024-001", "--by", "CS", "--close", "--response", "Calm", "--today", "2024-05-22")
    assert said.out == "Entry T2024-001 reviewed on 2024-05-22: closed.\n"
    assert "closed today" in tension("list", "--today", "2024-05-22").out
    assert re.search(r"Youth +closed +Two", tension("list", "--today", "2024-05-23").out)
    assert "No entry." in tension("list", "--open", "--today", "2024-05-22").out
    with (tmp_path / "tensions.csv").open(encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert (row["reviewed_by"], row["response"], row["review_on"]) == ("CS", "Visits; 2024-05-22: Calm", "")


def test_a_slip_in_the_name_of_a_ward_is_told_and_the_entry_is_kept(tension, tmp_path):
    (tmp_path / "wards.csv").write_text("LSOA21CD,WD24NM\nE01000001,Kiln Corner\n", encoding="utf-8")
    (tmp_path / "hotspots.toml").write_text('[areas]\nwards = "wards.csv"\n', encoding="utf-8")
    said = tension(*added(ward="Kiln Cornr"), *TODAY)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "Entry T2024-001 added to tensions.csv.",
        "Warning: Kiln Cornr is no ward of the file of wards: did you mean Kiln Corner?",
    ]
    for ward in ("KILN CORNER", "Slade Estate"):
        assert len(tension(*added(ward=ward), *TODAY).out.splitlines()) == 1


def test_a_review_can_name_the_next_day(tension):
    tension(*added(), *TODAY)
    said = tension("review", "T2024-001", "--by", "CS", "--review-on", "2024-12-01", *TODAY)
    assert said.out.endswith("next review on 2024-12-01.\n")


def test_today_is_the_machine_s(tension):
    tension(*added())
    assert tension("list").out.startswith(f"Community tension · {dt.date.today()}\n")


def test_a_day_of_report_is_taken_as_it_is_written(tension, tmp_path):
    assert tension(*added(reported_on="01/02/2024"), *TODAY).code == 0
    assert "2024-02-01" in (tmp_path / "tensions.csv").read_text(encoding="utf-8-sig")


def test_the_list_of_a_year(tension, demo):
    said = tension("list", "--today", "2022-01-05")
    assert said.code == 0
    assert "New Wharf (level 4 now, from four entries; level 2 then, from one entry)" in said.out
    assert len(re.findall(r"^T2021-\d{3}", said.out, re.MULTILINE)) == 40
    assert re.search(
        r"^Market Cross +2 +1 +– +0 1 1 0 1 0 +risen, 1 past review, up to level 2", said.out, re.MULTILINE
    )
    assert re.search(r"^Old Mill Lane +– +0 +– +0 0 0 0 0 0 +1 past review, up to level 2", said.out, re.MULTILINE)
    one = tension("list", "--ward", "riverside", "--today", "2022-01-05")
    assert set(re.findall(r"(?:Riverside|Kiln Corner|Market Cross)", one.out)) == {"Riverside"}


def test_json_is_all_that_is_printed(tension, demo):
    said = tension("list", "--json", "--open", "--ward", "New Wharf", "--today", "2021-12-31")
    document = json.loads(said.out)
    assert {entry["ward"] for entry in document["entries"]} == {"New Wharf"}
    assert said.err == ""


def test_labels_and_the_worst_end_come_from_the_settings(tension, demo):
    labels = '["critical", "severe", "raised", "level 4", "calm", "none"]'
    (demo / "hotspots.toml").write_text(
        f"[tensions]\nlevel_labels = {labels}\nlevel_1_is_worst = true\n", encoding="utf-8"
    )
    said = tension("list", "--today", "2021-12-31")
    assert "the most tense is Kiln Corner, at level 1 (critical)." in said.out
    assert re.search(r"T2021-040 +2021-12-24 +Kiln Corner +1 \(critical\)", said.out)


def test_another_log_is_named_in_the_next_command(tension, demo):
    (demo / "tensions.csv").rename(demo / "my log.csv")
    said = tension("review", "--tensions", "my log.csv", "--today", "2022-03-01")
    assert said.out.splitlines()[-1].startswith("Type next:     hotspots tension review T2021-0")
    assert "my log.csv" in said.out.splitlines()[-1]


def test_rows_that_are_not_used_are_named(tension, tmp_path):
    (tmp_path / "tensions.csv").write_text(
        "tension_id,reported_on,source,eep,level,theme,ward,summary\nA,2024-05-01,X,potential,2,Y,W,Ring 07700 900123\n"
    )
    said = tension("list", *TODAY)
    assert said.code == 0
    assert "Row 2, column summary, holds a telephone number;" in said.out
    assert "900123" not in said.out + tension("list", "--json", *TODAY).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list"], "Error: There is no tensions.csv or tensions.xlsx here; hotspots tension add makes one"),
        (["list", "--tensions", "none.csv"], "none.csv"),
        (["review", "T1", "--by", "CS"], "Error: There is no tensions.csv"),
        (added(summary="Ring 07700 900123"), "Error: The entry, column summary, holds a telephone number;"),
        (added(level="9"), "Error: The entry, column level, must be a level from 1 to 6"),
    ],
)
def test_bad_input_is_one_sentence(tension, tmp_path, words, said):
    found = tension(*words, *TODAY)
    assert (found.code, found.out) == (1, "")
    assert said in found.err
    assert len(found.err.strip().splitlines()) == 1
    assert "900123" not in found.err
    assert list(tmp_path.glob("tensions*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (added(ward=None), "--ward"),
        (["review", "--by", "CS"], "name the entry that was reviewed"),
        (["review", "--close"], "name the entry"),
        (["review", "--review-on", "2024-06-01"], "name the entry"),
        (["review", "--response", "x"], "name the entry"),
        (["review", "T2024-001"], "say who looked at it with --by"),
        (["review", "T2024-001", "--by", " "], "say who looked"),
        (["review", "T2024-001", "--by", "CS", "--close", "--review-on", "2024-06-01"], "cannot stand together"),
        (["review", "T2024-001", "--by", "CS", "--review-on", "soon"], "write it YYYY-MM-DD"),
        (["list", "--today", "soon"], "write it YYYY-MM-DD"),
    ],
)
def test_wrong_usage(tension, words, said):
    tension(*added(), *TODAY)
    found = tension(*words, *(TODAY if "--today" not in words else ()), columns=200)
    assert found.code == 2
    assert said in " ".join(re.sub("[│╭╮╰╯─]", " ", found.err).split())


@pytest.mark.parametrize("command", ["list", "add", "review"])
def test_every_option_is_in_the_readme(tension, command):
    shown = tension(command, "--help", columns=200).out
    section = README.split("## The tension log")[1].split("\n## ")[0]
    options = set(re.findall(r"--[a-z][a-z-]+", re.sub(r"\x1b\[[0-9;]*m", "", shown))) - {"--help"}
    assert options
    assert {option for option in options if option not in section} == set()
    assert "--today" not in shown
    assert f"hotspots tension {command}" in section


def test_help_says_for_whom_it_is(tension):
    assert "For partners" in " ".join(tension("--help", columns=200).out.split())
