"""``hotspots demo``: the same job on data that ships with the package; it replaces its own output and nothing else."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys

import pandas as pd
import pytest

from hotspots.data.invented import TOTALS
from hotspots.demo import DEMO_MONTH, NOTICE, OUTLINE
from hotspots.pack.folder import PACK_FILES
from hotspots.tables.tensions import PARTNERS
from tests import conftest as kit

SERIOUS = {"Violence and sexual offences", "Robbery", "Possession of weapons"}


def test_a_second_run_replaces_the_first_with_the_same_bytes(demo):
    assert demo.pack.hashes == demo.first
    assert kit.names_in(demo.out) == ["2021-12", "inputs"]
    assert set(demo.first) == set(PACK_FILES)
    print(f"\nhotspots demo: {demo.seconds:.1f} s")  # noqa: T201 - a figure for the note


def test_every_row_is_accounted_for(demo):
    counts, rejects = demo.pack.manifest["counts"], demo.pack.csv("rejects")
    assert counts["read"] == counts["accepted"] + counts["rejected"]
    assert counts["accepted"] == counts["located"] + counts["outside"]
    assert len(rejects) == counts["rejected"]
    assert set(rejects["reason"]) == {"no_location", "repeated_id"}
    assert counts["accepted"] == sum(sum(years) for borough in TOTALS.values() for years in borough.values())


def test_the_last_year_in_the_area_is_the_published_total(demo):
    wanted = {category: years[2] for category, years in TOTALS["Bexley"].items()}
    # Published for 2021, see ../shared/domain.md.
    assert (wanted["Burglary"], wanted["Drugs"], wanted["Robbery"], wanted["Violence and sexual offences"]) == (
        757,
        905,
        188,
        5346,
    )
    incidents = demo.pack.layer("incidents")
    own = incidents[incidents["zone"] == "area"]
    assert own["category"].value_counts().to_dict() == wanted
    assert own["month"].str[:4].unique().tolist() == ["2021"]
    areas = demo.pack.csv("areas")
    assert areas.loc[areas["zone"] == "area", "n"].sum() == sum(wanted[name] for name in SERIOUS)


def test_the_emerging_place_is_found_and_said_to_be_above(demo):
    hotspots = demo.pack.csv("hotspots").reset_index()
    assert len(hotspots) == 10
    assert list(hotspots["rank"]) == list(range(1, 11))
    ordered = hotspots.sort_values(["n", "n_month"], ascending=False)
    assert list(ordered["rank"]) == list(hotspots["rank"])
    by_name = hotspots.set_index(hotspots["name"].str[4:].str.partition(",")[0])
    wharf = by_name.loc["New Wharf"]
    assert (wharf["change"], wharf["n_month"] > wharf["usual_high"]) == ("above", True)
    assert list(hotspots.loc[hotspots["change"] != "usual", "hotspot_id"]) == [wharf["hotspot_id"]]
    fading = by_name.loc["Old Mill Lane / Lantern Close"]
    assert (fading["status"], wharf["status"]) == ("diminishing", "new")
    assert set(by_name["status"]) == {"new", "persistent", "diminishing"}
    assert by_name.loc["Westgate / Aspen Avenue", "cross_border"]
    line = next(line for line in demo.pack.said.out.splitlines() if "New Wharf" in line)
    assert line.split()[-2:] == ["above,", "new"]
    assert f"(number {wharf['rank']}) is above what is usual there" in demo.pack.page


def test_the_page_says_that_it_is_synthetic(demo):
    page = demo.pack.page
    body = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)
    assert NOTICE.replace("'", "&#39;") in body or NOTICE in body
    assert "Synthetic data" in body
    assert demo.pack.manifest["notices"] == [NOTICE, PARTNERS]
    assert len(page.encode()) < 5_000_000


def test_its_inputs_lie_beside_it_in_the_shape_of_a_download(demo):
    files = sorted((demo.out / "inputs" / "incidents").rglob("*-street.csv"))
    assert len(files) == 36
    assert (demo.out / "inputs" / OUTLINE).is_file()
    first = pd.read_csv(files[0], dtype=str)
    assert list(first.columns) == kit.HEADER


def test_the_command_it_shows_next_can_be_typed(demo, tmp_path):
    last = demo.pack.said.out.splitlines()[-1]
    assert last.startswith("Type next: ")
    if sys.platform == "win32":
        pytest.skip("the line is quoted for the Windows shell")
    words = shlex.split(last.partition(":")[2])
    assert words[0] == "hotspots"
    said = kit.run_cli(*words[1:], cwd=tmp_path)
    assert said.code == 0, said.err
    page = (tmp_path / "packs" / "2021-11" / "map.html").read_text(encoding="utf-8")
    assert "Synthetic data: every incident" in page, "invented crime stays marked, whoever runs it"
    assert "Incidents: Metropolitan" not in page


@pytest.mark.parametrize("manifest", [None, "{", "[]", '{"notices": null}', '{"notices": ["other"]}'])
def test_a_pack_of_something_else_is_kept(tmp_path, manifest):
    pack = tmp_path / DEMO_MONTH
    pack.mkdir()
    (pack / "mine.txt").write_text("mine")
    if manifest is not None:
        (pack / "manifest.json").write_text(manifest)
    said = kit.run_cli("demo", "--out", str(tmp_path))
    assert said.code == 1
    assert "is no earlier demonstration and is kept; give another --out" in said.sentence
    assert (pack / "mine.txt").read_text() == "mine"
    assert kit.names_in(tmp_path) == [DEMO_MONTH]


def test_inputs_of_something_else_are_kept(tmp_path):
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "mine.txt").write_text("mine")
    said = kit.run_cli("demo", "--out", str(tmp_path))
    assert (said.code, "is kept" in said.sentence) == (1, True)
    assert kit.names_in(tmp_path / "inputs") == ["mine.txt"]


def test_out_on_a_file_is_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("mine")
    said = kit.run_cli("demo", "--out", str(tmp_path / "taken"))
    assert (said.code, "taken is a file" in said.sentence) == (1, True)


def test_a_pack_of_the_demonstration_is_no_place_for_a_real_run(demo, tmp_path):
    """A run beside a demonstration asks for --force like any other, and names the pack."""
    shutil.copytree(demo.pack.folder, tmp_path / DEMO_MONTH)
    words = ["run", "--month", DEMO_MONTH, "--incidents", str(demo.out / "inputs" / "incidents")]
    words += ["--boundaries", str(demo.out / "inputs" / OUTLINE), "--out", str(tmp_path)]
    said = kit.run_cli(*words)
    assert (said.code, "add --force" in said.sentence) == (1, True)
    assert json.loads((tmp_path / DEMO_MONTH / "manifest.json").read_text(encoding="utf-8"))["notices"] == [
        NOTICE,
        PARTNERS,
    ]
