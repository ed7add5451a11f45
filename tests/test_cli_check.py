"""``hotspots check``: a quiet table, the worst first, and the command to type next."""

from __future__ import annotations

import itertools
import re
import shlex
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from hotspots.cli.app import app
from tests import conftest as kit

OPTIONS = {
    "--month": True,
    "--boundaries": True,
    "--incidents": False,
    "--area": False,
    "--category": False,
    "--theme": False,
    "--lookup": False,
    "--previous": False,
    "--settings": False,
}
"""Option → is it required?"""


def words(town, **changes):
    """Words of a ``hotspots check``, as Town.options makes those of a run."""
    return ["check", *town.options(Path(), **({"out": None} | changes))[1:]]


@pytest.fixture(scope="module")
def said(town):
    done = kit.run_cli(*words(town))
    assert (done.code, done.err) == (0, "")
    return done


def table_of(out):
    """(topic, status, sentence) of every row of the table."""
    found, topic = [], ""
    for line in out.splitlines():
        row = re.fullmatch(r"(\w*) +(warning|note|ok) +(\S.*?) *", line)
        if row:
            topic = row[1] or topic
            found.append((topic, row[2], row[3]))
    return found


def test_the_options_are_those_of_the_command():
    command = cast("Any", typer.main.get_command(app)).commands["check"]
    found = {parameter.opts[0]: parameter for parameter in command.params if parameter.name != "help"}
    assert {name: parameter.required for name, parameter in found.items()} == OPTIONS
    assert all(parameter.help for parameter in found.values())
    help_text = kit.run_cli("check", "--help", columns=200)
    assert help_text.code == 0
    assert set(OPTIONS) <= set(re.findall(r"--[a-z]+", help_text.out))


def test_it_opens_with_what_it_looked_at_and_one_sentence(said):
    lines = said.out.splitlines()
    assert lines[0] == "Quality of the input · Bexley · 2024-05"
    assert lines[2] == "Nothing stands in the way. Three notes to read."


def test_topics_with_notes_come_before_topics_in_order(said):
    rows = table_of(said.out)
    assert ("coverage", "note") in [row[:2] for row in rows]
    worst: dict[str, str] = {}
    for topic, status, _ in rows:
        worst.setdefault(topic, status)
    order = [("warning", "note", "ok").index(status) for status in worst.values()]
    assert order == sorted(order)
    runs = [topic for topic, _ in itertools.groupby(row[0] for row in rows)]
    assert list(worst) == runs, "a topic stands in one place"
    assert set(worst) == {
        *("rows", "rejects", "unlocated", "coverage", "institutional"),
        *("agreement", "vintage", "repeats", "categories", "revised"),
    }
    assert ("rows", "ok", "police.uk: 428 rows read, 413 accepted and 15 rejected, in all months.") in rows


def test_warnings_come_first(town, tmp_path):
    held = [row for row in town.rows if row["Month"] not in {"2023-10", "2023-11"}]
    done = kit.run_cli(*words(town, incidents=kit.write_street(tmp_path / "in", held)))
    assert done.code == 0, "a finding is no error"
    assert done.out.splitlines()[2] == "One warning: forces and months. Three notes to read."
    topic, status, sentence = table_of(done.out)[0]
    assert (topic, status) == ("coverage", "warning")
    assert sentence.startswith(f"{kit.MET} lacks 2023-10 to 2023-11: no data, not zero")


def test_the_last_line_is_the_run_with_the_same_input(town, tmp_path, said):
    command = said.out.splitlines()[-1].removeprefix("Type next:  ")
    if sys.platform == "win32":
        pytest.skip("the line is quoted for another shell")
    assert shlex.split(command) == ["hotspots", *town.options(tmp_path, out=None)]
    settings = tmp_path / "my settings.toml"
    settings.write_text('[[themes]]\nname = "On the street"\ncategories = ["Robbery"]\n', encoding="utf-8")
    lookup = tmp_path / "lookup.csv"
    lookup.write_text("LSOA11CD,LSOA21CD,CHGIND\nE01990001,E01000019,U\n", encoding="utf-8")
    given = {"area": ["Bexley", "Greenwich"], "theme": "On the street", "lookup": lookup, "settings": settings}
    done = kit.run_cli(*words(town, category=[kit.ROBBERY], **given))
    assert done.code == 0, done.err
    typed = shlex.split(done.out.splitlines()[-1].removeprefix("Type next:  "))
    expected = town.options(tmp_path, out=None, category=[kit.ROBBERY], **given)
    assert sorted(typed[2:]) == sorted(expected[1:])
    again = kit.run_cli(*typed[1:], "--out", str(tmp_path / "out"))
    assert again.code == 0, again.err


def test_revised_files_are_named(town, pack, tmp_path):
    rows = [*town.rows, *[kit.row(month, "High Street", kit.ASB) for month in kit.MONTHS[:12]]]
    done = kit.run_cli(*words(town, incidents=kit.write_street(tmp_path / "in", rows), previous=pack.folder))
    *revised, whole = [row for row in table_of(done.out) if row[0] == "revised"]
    assert whole[1:] == ("ok", "2 of 14 files are those of the pack of 2024-05, 0 are new.")
    assert {status for _, status, _ in revised} == {"note"}
    assert len(revised) == 12, "as many as a year has months"
    assert all(
        f"{month}-metropolitan-street.csv, " in sentence
        for month, (_, _, sentence) in zip(kit.MONTHS[:12], revised, strict=True)
    )
    assert "55 → 56 rows since the pack of 2024-05." in revised[0][2]
    assert "--previous" not in done.out.splitlines()[-1]


def test_more_than_a_year_of_revised_files_is_counted(town, pack, tmp_path):
    rows = [*town.rows, *[kit.row(month, "High Street", kit.ASB) for month in kit.MONTHS]]
    done = kit.run_cli(*words(town, incidents=kit.write_street(tmp_path / "in", rows), previous=pack.folder))
    *revised, _ = [sentence for topic, _, sentence in table_of(done.out) if topic == "revised"]
    assert len(revised) == 12
    assert revised[-1].endswith("; and 2 more like it.")


def test_input_that_cannot_be_used_is_exit_code_1_and_one_sentence(town, tmp_path):
    assert kit.run_cli(*words(town, month="2022-01")).sentence.startswith("The files hold no month 2022-01")
    missing = kit.run_cli(*words(town, previous=tmp_path))
    assert missing.code == 1
    assert missing.sentence == (
        f"{tmp_path} is no pack: it holds no manifest.json; give a folder such as packs/2024-04."
    )
    assert kit.run_cli("check", "--month", "2024-05").code == 2


def test_nothing_is_written(town, tmp_path):
    done = kit.run_cli(*words(town), cwd=tmp_path)
    assert done.code == 0
    assert kit.names_in(tmp_path) == []


def test_it_fits_the_terminal_and_steers_nothing(town, tmp_path):
    name = "[bold]\x1b[31mRobbery"
    rows = [row | {"Crime type": name} if row["Crime type"] == kit.BURGLARY else row for row in town.rows]
    rows += [kit.row(kit.MONTH, "High Street", kit.ROBBERY, **{"Crime ID": "x", "Longitude": "east"})]
    folder = kit.write_street(tmp_path / "in", rows)
    (folder / "\x1b[31m-street.csv").write_bytes(
        (folder / kit.MONTH / f"{kit.MONTH}-metropolitan-street.csv").read_bytes()
    )
    done = kit.run_cli(*words(town, incidents=folder), columns=80)
    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    table, _, _ = done.out.partition("Type next")
    assert max(map(len, table.splitlines())) <= 80
    assert "rejected: bad coordinates" in " ".join(table.split())
