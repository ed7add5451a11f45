"""``hotspots fetch`` as typed: what it prints, its exit codes, and what Ctrl-C leaves."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys

import pytest

from tests.fetch_fixtures import (
    Police,
    Portal,
    Reply,
    record,
    services,
    wait_for,
)

MONTHS = ["2023-01", "2023-02"]


@pytest.fixture
def police(kit):
    longitude, latitude = kit._TO_DEGREES.transform(549_260, 175_760)
    return Police([record(number, MONTHS[number % 2], longitude, latitude) for number in range(20)])


def toml(folder, server, **changes):
    path = folder / "fetch.toml"
    given = dataclasses.asdict(services(server, requests_per_second=14, retries=0, **changes))
    path.write_text("[services]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    return path


def words(town, folder, server, **changes):
    given = {
        "--area": "Bexley",
        "--months": "2023-01:2023-02",
        "--boundaries": town.boundaries,
        "--out": folder / "data",
        "--settings": toml(folder, server),
        **changes,
    }
    return ["fetch", "incidents", *(str(part) for pair in given.items() for part in pair)]


def test_incidents_are_fetched_and_the_next_command_is_printed_and_works(serve, police, town, kit, tmp_path):
    said = kit.run_cli(*words(town, tmp_path, serve(police)))
    assert (said.code, said.err) == (0, "")
    assert "2023-01    10" in said.out
    assert "3 requests sent." in said.out
    command = said.out.splitlines()[-1].removeprefix("Type next:").strip()
    assert command == (
        f"hotspots run --month 2023-02 --incidents {tmp_path / 'data'} --boundaries {town.boundaries} --area Bexley"
    )
    ran = kit.run_cli(*command.split()[1:], "--out", str(tmp_path / "packs"), "--window-months", "2")
    assert ran.code == 0, ran.err


def test_a_second_run_sends_nothing_and_says_so(serve, police, town, kit, tmp_path):
    server = serve(police)
    kit.run_cli(*words(town, tmp_path, server))
    said = kit.run_cli(*words(town, tmp_path, server))
    assert said.code == 0
    assert "No request sent." in said.out
    assert said.out.count("there already") == 2


def test_a_failure_is_one_sentence_and_exit_code_1(serve, police, town, kit, tmp_path):
    police.hook = lambda asked: Reply(404) if "poly" in asked.fields else None
    said = kit.run_cli(*words(town, tmp_path, serve(police)))
    assert said.code == 1
    assert "404 Not Found: it holds no such month" in said.sentence
    assert "run the same command again" in said.sentence


@pytest.mark.parametrize("months", ["2023", "2023-02:2023-01"])
def test_wrong_months_are_one_sentence(serve, police, town, kit, tmp_path, months):
    said = kit.run_cli(*words(town, tmp_path, serve(police), **{"--months": months}))
    assert said.code == 1
    assert said.sentence.startswith("--months")


def test_ctrl_c_leaves_a_state_that_can_go_on_and_says_so(serve, police, town, kit, tmp_path):
    server = serve(police)
    police.hook = lambda asked: Reply(fault="slow") if asked.fields.get("date") == "2023-02" else None
    command = [sys.executable, "-m", "hotspots", *words(town, tmp_path, server)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: len(server.asked) == 3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert out == ""
    assert err == "Stopped. Finished months and answers are kept: run the same command again to go on.\n"
    assert [path.name for path in (tmp_path / "data").rglob("*.csv")] == ["2023-01-api-street.csv"]
    police.hook = lambda _: None
    server.asked.clear()
    assert kit.run_cli(*words(town, tmp_path, server)).code == 0
    assert [asked.fields.get("date") for asked in server.asked] == [None, "2023-02"]


def test_boundaries_are_fetched_and_the_next_command_is_printed(serve, kit, tmp_path):
    layer = kit.lattice()[["LSOA21CD", "LSOA21NM", "geometry"]].to_crs(4326)
    server = serve(Portal(json.loads(layer.to_json())["features"]))
    out = tmp_path / "with blank"
    given = ["--area", "Bexley", "--neighbours", "--out", str(out), "--settings", str(toml(tmp_path, server))]
    said = kit.run_cli("fetch", "boundaries", *given)
    assert (said.code, said.err) == (0, "")
    assert "16 LSOAs of Bexley and 24 around them." in said.out
    assert "Every LSOA has a neighbour." in said.out
    last = said.out.splitlines()[-1]
    stem = f"'{out}/bexley-and-neighbours-lsoa2021"
    assert f"--boundaries {stem}-bgc.geojson'" in last
    assert f"--lookup {stem}-exact-fit-lookup.csv'" in last
    assert f"--population {stem}-census2021-residents.csv'" in last


def test_a_portal_that_is_gone_says_how_to_do_it_by_hand(serve, kit, tmp_path):
    server = serve(lambda _: Reply(404))
    given = ["--area", "Bexley", "--out", str(tmp_path / "b"), "--settings", str(toml(tmp_path, server))]
    said = kit.run_cli("fetch", "boundaries", *given)
    assert said.code == 1
    assert "By hand: download it from https://geoportal.statistics.gov.uk" in said.sentence
    assert str(tmp_path / "b") in said.sentence


def test_help_is_light_and_names_both():
    code = "import sys\nfrom hotspots.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\nprint(sorted(sys.modules))"
    for given in (["fetch", "--help"], ["fetch", "incidents", "--help"], ["fetch", "boundaries", "--help"]):
        ran = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True, check=True)
        assert "'pandas'" not in ran.stdout
        assert "'urllib.request'" not in ran.stdout
    assert "incidents" in ran.stdout or "boundaries" in ran.stdout
