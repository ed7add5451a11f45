"""``fetch_incidents`` and ``fetch_boundaries``: resuming at any moment, the files, and what ``run`` makes of them."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest

from hotspots.errors import InputError, OutputError, SettingsError
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.download import Client
from hotspots.intake.incidents import read_incidents
from hotspots.intake.lookups import read_lookup, read_population
from hotspots.intake.police_api import asked_outline
from hotspots.pipeline import fetch as pipeline
from hotspots.pipeline.fetch import IncidentsRequest, fetch_incidents, months_between
from hotspots.pipeline.fetch_boundaries import BoundariesRequest, fetch_boundaries
from hotspots.places.areas import outline_of
from hotspots.settings import Areas
from tests.fetch_fixtures import (
    Police,
    Portal,
    Reply,
    Server,
    Time,
    as_json,
    gzipped,
    record,
    services,
    settings,
    wait_for,
)

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = ["2023-01", "2023-02", "2023-03"]
SPAN = "2023-01:2023-03"
SHORT = "2023-01:2023-02"
LIMIT = 40
"""Most incidents in an answer, so that each month is cut."""
MET, KENT = "Metropolitan Police Service", "Kent Police"
TODAY = date(2024, 6, 3)


@dataclasses.dataclass
class Layer:
    """A boundary layer in the place of the town."""

    boundaries: Path


JOBS: dict[Any, Any] = {}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Choose an area once for all runs: that reads the layer, writes nothing, and is the same each time."""
    real = pipeline._job

    def job(request, chosen):
        key = (request.boundaries, request.areas, repr(chosen.areas))
        if key not in JOBS:
            JOBS[key] = real(request, chosen)
        return dataclasses.replace(JOBS[key], request=request, settings=chosen)

    monkeypatch.setattr(pipeline, "_job", job)


@pytest.fixture(scope="session")
def records():
    """Three months of 60 incidents each, around and in the town; every fifth is anti-social behaviour."""
    random = np.random.default_rng(7)
    to_degrees = pyproj.Transformer.from_crs(27700, 4326, always_xy=True)
    found = []
    for number in range(180):
        x, y = 547_000 + 5500 * random.random(), 175_500 + 2000 * random.random()
        kind = "anti-social-behaviour" if number % 5 == 0 else "robbery" if number % 5 == 1 else "violent-crime"
        longitude, latitude = to_degrees.transform(x, y)
        found.append(record(number, MONTHS[number // 60], longitude, latitude, category=kind))
    return found


def fetch(server, town, out, *, months=SPAN, areas=("Bexley",), client=None, chosen=None, say=None):
    chosen = chosen or settings(server)
    moment = Time()
    client = client or Client(chosen.services, sleep=moment.sleep, clock=moment.clock, say=say)
    request = IncidentsRequest((town.boundaries,), tuple(areas), months, out)
    return fetch_incidents(request, chosen, say, client)


def tree(folder):
    """Every file below a folder, hidden ones too, with its bytes; the server's port left out."""
    return {
        path.relative_to(folder).as_posix(): re.sub(rb"(?<=127\.0\.0\.1:)\d+", b"", path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lines_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def crimes(server):
    return [(asked.fields["date"], asked.fields["poly"]) for asked in server.asked if "poly" in asked.fields]


def uninterrupted(town, records, out, months):
    """A run with a limit that makes it cut: its files, and the number of its requests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "*")
        server = Server(Police(records, limit=LIMIT))
        result = fetch(server, town, out, months=months)
        server.close()
    return tree(out), result.requests


@pytest.fixture(scope="session")
def whole(town, records, tmp_path_factory):
    return uninterrupted(town, records, tmp_path_factory.mktemp("whole-fetch") / "data", SPAN)


@pytest.fixture(scope="session")
def short(town, records, tmp_path_factory):
    """The same of two months, for the loops that stop everywhere."""
    return uninterrupted(town, records, tmp_path_factory.mktemp("short-fetch") / "data", SHORT)


# ------------------------------------------------------------------------------------------------ the files


def test_a_file_a_month_appears_and_nothing_else(serve, town, records, tmp_path):
    server = serve(Police(records))
    result = fetch(server, town, tmp_path / "data")
    names = [f"{month}/{month}-api-street.{kind}" for month in MONTHS for kind in ("csv", "json")]
    assert list(tree(tmp_path / "data")) == names
    assert [month.month for month in result.months] == MONTHS
    assert result.requests == len(server.asked) == 4
    assert result.notes == ()


def test_every_incident_of_the_area_and_its_ring_is_there_once(serve, town, records, tmp_path, kit):
    fetch(serve(Police(records, limit=LIMIT)), town, tmp_path / "data")
    layer = kit.lattice()
    bexley = outline_of(layer[layer["LSOA21NM"].str.startswith("Bexley")])
    points = gpd.GeoSeries.from_xy(
        [float(entry["location"]["longitude"]) for entry in records],
        [float(entry["location"]["latitude"]) for entry in records],
        crs=4326,
    ).to_crs(27700)
    wanted = {entry["persistent_id"] for entry, near in zip(records, points.dwithin(bexley, 1000), strict=True) if near}
    written = [
        line["Crime ID"] for month in MONTHS for line in lines_of(tmp_path / "data" / month / f"{month}-api-street.csv")
    ]
    assert wanted - {""} <= set(written)
    named = [identity for identity in written if identity]
    assert len(named) == len(set(named))


def test_the_district_decides_the_force(serve, town, records, tmp_path, kit):
    fetch(serve(Police(records)), town, tmp_path / "data")
    layer = kit.lattice().assign(borough=lambda frame: frame["LSOA21NM"].str.rpartition(" ")[0])
    seen = set()
    for month in MONTHS:
        for line in lines_of(tmp_path / "data" / month / f"{month}-api-street.csv"):
            assert line["LSOA code"] == line["LSOA name"] == ""
            point = gpd.GeoSeries.from_xy([float(line["Longitude"])], [float(line["Latitude"])], crs=4326).to_crs(
                27700
            )[0]
            borough = layer[layer.intersects(point)]["borough"]
            seen.add(line["Falls within"])
            assert line["Falls within"] == line["Reported by"] == (KENT if (borough == "Dartford").all() else MET)
    assert seen == {MET, KENT}


def test_a_run_reads_the_folder(serve, town, records, tmp_path):
    fetch(serve(Police(records)), town, tmp_path / "data")
    intake = read_incidents([tmp_path / "data"])
    assert len(intake.rejects) == 0
    assert len(intake.incidents) == sum(len(lines_of(path)) for path in (tmp_path / "data").rglob("*.csv"))
    assert set(intake.coverage["force"]) == {MET, KENT}


def test_the_note_beside_a_month_says_what_was_asked(serve, town, records, tmp_path):
    server = serve(Police(records))
    fetch(server, town, tmp_path / "data")
    path = tmp_path / "data" / "2023-01" / "2023-01-api-street.csv"
    note = json.loads(path.with_suffix(".json").read_bytes())
    assert note["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert note["outline"] == [server.asked[1].fields["poly"]]
    assert (note["area"], note["context_m"], note["rows"]) == ("Bexley", 1000, len(lines_of(path)))
    assert "Open Government Licence" in note["licence"]


def test_a_place_at_the_very_edge_of_the_layer_has_its_force_and_one_beyond_has_none(serve, town, kit, tmp_path):
    to_degrees = pyproj.Transformer.from_crs(27700, 4326, always_xy=True)
    near, far = to_degrees.transform(550_000, 177_510), to_degrees.transform(550_000, 177_900)
    odd = [record(1, "2023-01", *near), record(2, "2023-01", *far), record(3, "2023-01", *near, location_type="BTP")]
    odd.append(record(4, "2023-01", *near, category="cyber-crime"))
    result = fetch(serve(Police(odd)), town, tmp_path, months="2023-01")
    lines = lines_of(tmp_path / "2023-01" / "2023-01-api-street.csv")
    assert [line["Falls within"] for line in lines] == [MET, "", MET, MET]
    assert [line["Reported by"] for line in lines] == [MET, "", "British Transport Police", MET]
    assert lines[3]["Crime type"] == "Cyber crime"
    assert any("1 rows lie in no district" in note for note in result.notes)
    assert any("kept as the API calls them: cyber-crime" in note for note in result.notes)


def test_a_row_without_a_place_is_kept_without_a_force(serve, town, tmp_path):
    entry = {**record(1, "2023-01", 0.15, 51.46), "location": None}
    fetch(
        serve(lambda asked: as_json([entry]) if "poly" in asked.fields else Reply(404)),
        town,
        tmp_path,
        months="2023-01",
    )
    (line,) = lines_of(tmp_path / "2023-01" / "2023-01-api-street.csv")
    assert (line["Location"], line["Longitude"], line["Falls within"]) == ("No Location", "", "")


def test_gzip_changes_nothing(serve, town, records, tmp_path, whole):
    police = Police(records, limit=LIMIT)
    fetch(serve(lambda asked: gzipped(police(asked))), town, tmp_path / "data")
    assert {name: data for name, data in tree(tmp_path / "data").items() if name.endswith("csv")} == {
        name: data for name, data in whole[0].items() if name.endswith("csv")
    }


# ------------------------------------------------------------------------------------------------ which months


def test_months_that_are_not_published_are_named_and_not_asked(serve, town, records, tmp_path):
    server = serve(Police(records, months=["2023-02", "2023-03"]))
    result = fetch(server, town, tmp_path, months="2023-01:2023-04")
    assert {month for month, _ in crimes(server)} == {"2023-02", "2023-03"}
    assert [month.month for month in result.months] == ["2023-02", "2023-03"]
    assert result.notes == ("Not published, so not fetched: 2023-01, 2023-04 (the API holds 2023-02 to 2023-03).",)


def test_where_none_is_published_that_is_the_answer(serve, town, records, tmp_path):
    with pytest.raises(
        InputError, match=r"Of 2019-01:2019-02 no month is published \(the API holds 2023-01 to 2023-03\)"
    ):
        fetch(serve(Police(records)), town, tmp_path / "data", months="2019-01:2019-02")
    assert not (tmp_path / "data").exists()


def test_without_the_list_every_month_is_asked(serve, town, records, tmp_path):
    police = Police(records)
    server = serve(lambda asked: Reply(404) if asked.path.endswith("dates") else police(asked))
    assert len(fetch(server, town, tmp_path).months) == 3


def test_a_month_without_any_incident_is_no_zero(serve, town, records, tmp_path):
    server = serve(Police(records, months=["2023-01", "2023-04"]))
    result = fetch(server, town, tmp_path, months="2023-01:2023-04")
    assert not (tmp_path / "2023-04").exists()
    assert any("2023-04 holds no incident at all, which is no data" in note for note in result.notes)
    assert not (tmp_path / ".fetch").exists()


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2023-01", ["2023-01"]),
        (" 2022-12:2023-02 ", ["2022-12", "2023-01", "2023-02"]),
        ("2023-05:2023-05", ["2023-05"]),
    ],
)
def test_spans_of_months(text, months):
    assert months_between(text) == months


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023",
        "2023-13",
        "2023-1",
        "2023-01:",
        "2023-02:2023-01",
        "2023-01..2023-02",
        "1900-01:2023-01",
        "٢٠٢٣-٠١",
        "2023-01\n2023-02",
    ],
)
def test_spans_that_are_none(text):
    with pytest.raises(SettingsError, match="--months"):
        months_between(text)


# ------------------------------------------------------------------------------------------------ areas


def test_an_unknown_area_is_said_before_anything_is_asked(serve, town, records, tmp_path):
    server = serve(Police(records))
    with pytest.raises(SettingsError, match="Bexly"):
        fetch(server, town, tmp_path, areas=["Bexly"])
    assert server.asked == []


def test_a_district_whose_force_nobody_knows_is_said_before_anything_is_asked(serve, town, records, tmp_path, kit):
    layer = kit.lattice()
    layer["LSOA21NM"] = layer["LSOA21NM"].str.replace("Bexley", "Newland")
    path = tmp_path / "layer.geojson"
    layer.to_crs(4326).to_file(path, driver="GeoJSON")
    server = serve(Police(records))
    strange = Layer(path)
    with pytest.raises(SettingsError, match=r'force of Newland is not known.*forces = \{ "Newland" ='):
        fetch(server, strange, tmp_path / "data", areas=["Newland"])
    assert server.asked == []
    chosen = dataclasses.replace(settings(server), areas=Areas(forces={"newland": "New Police"}))
    fetch(server, strange, tmp_path / "data", areas=["Newland"], months="2023-01", chosen=chosen)
    forces = {line["Falls within"] for line in lines_of(tmp_path / "data" / "2023-01" / "2023-01-api-street.csv")}
    assert forces == {"New Police", MET, KENT}


def test_a_file_of_another_area_is_not_taken_for_this_one(serve, town, records, tmp_path):
    server = serve(Police(records))
    fetch(server, town, tmp_path, areas=["Dartford"], months="2023-02")
    before, asked = tree(tmp_path), len(server.asked)
    with pytest.raises(InputError, match=r"2023-02-api-street\.csv was fetched for Dartford and does not hold all"):
        fetch(server, town, tmp_path)
    assert tree(tmp_path) == before
    assert len(server.asked) == asked


def test_a_file_of_a_wider_area_will_do(serve, town, records, tmp_path):
    server = serve(Police(records))
    fetch(server, town, tmp_path, areas=[], months="2023-02")
    asked = len(server.asked)
    result = fetch(server, town, tmp_path, months="2023-02")
    assert len(server.asked) == asked
    assert result.months[0].rows is None


# ------------------------------------------------------------------------------------------------ going on


def test_what_is_finished_is_not_asked_again(serve, town, records, tmp_path, whole):
    server = serve(Police(records, limit=LIMIT))
    fetch(server, town, tmp_path, months="2023-02")
    server.asked.clear()
    fetch(server, town, tmp_path)
    assert {month for month, _ in crimes(server)} == {"2023-01", "2023-03"}
    assert tree(tmp_path) == whole[0]
    server.asked.clear()
    result = fetch(server, town, tmp_path)
    assert server.asked == []
    assert [month.rows for month in result.months] == [None] * 3


def interrupted(client: Client, stop_at: int, when: str) -> Client:
    """Stop as Ctrl-C would: before a request is sent, or after its answer came and before anyone saw it."""
    real, count = client.ask, itertools.count(1)

    def ask(question: Any, parse: Any) -> Any:
        stop = next(count) == stop_at
        if stop and when == "before":
            raise KeyboardInterrupt
        answer = real(question, parse)
        if stop:
            raise KeyboardInterrupt
        return answer

    client.ask = ask  # type: ignore[method-assign]
    return client


def no_month_is_half_written(out, whole):
    """Whatever is visible in a folder of months is whole."""
    for name, data in tree(out).items():
        if not name.startswith(".fetch"):
            assert data == whole[0][name], name


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_stop_at_every_request(serve, town, records, tmp_path, short, when):
    files, n_requests = short
    police = Police(records, limit=LIMIT)
    server = serve(police)
    for stop_at in range(1, n_requests + 1):
        out = tmp_path / f"{stop_at}"
        client = interrupted(Client(services(server), sleep=lambda _: None), stop_at, when)
        server.asked.clear()
        with pytest.raises(KeyboardInterrupt):
            fetch(server, town, out, months=SHORT, client=client)
        no_month_is_half_written(out, short)
        first = crimes(server)
        server.asked.clear()
        fetch(server, town, out, months=SHORT)
        assert tree(out) == files
        again = crimes(server)
        lost = first[-1:] if when == "after" and stop_at > 1 else []
        assert set(again) & set(first) == set(lost)
        assert len(first) + len(again) == n_requests - 1 + len(lost)


def test_a_stop_at_every_write(serve, town, records, tmp_path, short, monkeypatch):
    """Every file is made by one rename: stop before each and after each, as a dead process would, without cleaning."""
    files, n_requests = short
    server = serve(Police(records, limit=LIMIT))
    real = os.replace
    for stop_at, after in ((number // 2, bool(number % 2)) for number in itertools.count(2)):
        out, count = tmp_path / f"{stop_at}{after}", itertools.count(1)

        def dying(source, target, count=count, stop_at=stop_at, after=after):
            stop = next(count) == stop_at
            if not stop or after:
                real(source, target)
            if stop:
                raise KeyboardInterrupt

        monkeypatch.setattr("hotspots.files.os.replace", dying)
        server.asked.clear()
        try:
            fetch(server, town, out, months=SHORT)
            assert stop_at > len(files)
            break
        except KeyboardInterrupt:
            no_month_is_half_written(out, short)
        monkeypatch.setattr("hotspots.files.os.replace", real)
        fetch(server, town, out, months=SHORT)
        assert tree(out) == files
        assert len(crimes(server)) <= n_requests  # the list of months apart: one answer at most was lost


def test_a_process_killed_without_a_word(serve, town, records, tmp_path, whole):
    files, n_requests = whole
    stop_at = n_requests - 3
    police = Police(records, limit=LIMIT)
    server = serve(police)
    toml = tmp_path / "hotspots.toml"
    given = dataclasses.asdict(services(server, requests_per_second=14))
    toml.write_text("[services]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    out = tmp_path / "data"
    words = ["fetch", "incidents", "--area", "Bexley", "--months", SPAN, "--boundaries", str(town.boundaries)]
    command = [sys.executable, "-m", "hotspots", *words, "--out", str(out), "--settings", str(toml)]
    police.hook = lambda _: Reply(fault="slow") if len(server.asked) >= stop_at else None
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: len(server.asked) >= stop_at)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    no_month_is_half_written(out, whole)
    assert list((out / ".fetch").rglob("*.json"))
    police.hook = lambda _: None
    server.asked.clear()
    fetch(server, town, out)
    assert tree(out) == files
    assert len(crimes(server)) == n_requests - 1 - (stop_at - 2)


def test_answers_from_before_a_monthly_update_are_not_put_together_with_later_ones(serve, town, records, tmp_path):
    police = Police(records, limit=LIMIT)
    server = serve(police)
    police.hook = lambda _: Reply(500) if len(server.asked) > 3 else None
    with pytest.raises(InputError, match="500"):
        fetch(server, town, tmp_path, months="2023-01")
    before = crimes(server)[:2]
    police.hook, police.months = lambda _: None, [*MONTHS, "2023-04"]
    server.asked.clear()
    fetch(server, town, tmp_path, months="2023-01")
    assert crimes(server)[:2] == before
    assert not (tmp_path / ".fetch").exists()


def test_leftovers_of_a_kill_in_the_middle_of_a_write_are_swept(serve, town, records, tmp_path, whole):
    (tmp_path / "2023-01").mkdir()
    (tmp_path / "2023-01" / ".2023-01-api-street.csv.0badcafe.part").write_bytes(b"Crime ID,Mon")
    (tmp_path / ".fetch" / "2023-02" / "old").mkdir(parents=True)
    (tmp_path / ".fetch" / "2023-02" / "old" / "0.json").write_bytes(b"[[")
    fetch(serve(Police(records, limit=LIMIT)), town, tmp_path)
    assert tree(tmp_path) == whole[0]


def test_an_error_in_the_middle_keeps_what_was_answered_and_says_so(serve, town, records, tmp_path, whole):
    police = Police(records, limit=LIMIT)
    server = serve(police)
    police.hook = lambda asked: Reply(500) if asked.fields.get("date") == "2023-02" else None
    with pytest.raises(
        InputError, match=r"the incidents of 2023-02: .*What was fetched is kept: run the same command again"
    ):
        fetch(server, town, tmp_path)
    assert list(tree(tmp_path)) == ["2023-01/2023-01-api-street.csv", "2023-01/2023-01-api-street.json"]
    police.hook = lambda _: None
    fetch(server, town, tmp_path)
    assert tree(tmp_path) == whole[0]


def test_faults_of_every_kind_change_nothing_in_the_files(serve, town, records, tmp_path, whole):
    police = Police(records, limit=LIMIT)
    server = serve(police)
    bad = itertools.cycle(
        [
            Reply(429, headers={"Retry-After": "2"}),
            None,
            Reply(500),
            None,
            Reply(fault="drop"),
            None,
            Reply(200, b"[{"),
            None,
        ]
    )
    police.hook = lambda _: next(bad)
    said: list[str] = []
    fetch(server, town, tmp_path, say=said.append)
    assert tree(tmp_path) == whole[0]
    assert any("429 Too Many Requests; asking again in 2 s" in line for line in said)


def test_progress_names_month_requests_and_rows(serve, town, records, tmp_path):
    said: list[str] = []
    fetch(serve(Police(records)), town, tmp_path, say=said.append)
    assert any(re.fullmatch(r"2023-02 \(2 of 3\): 3 requests, \d+ rows", line) for line in said)


# ------------------------------------------------------------------------------------------------ odd folders


def test_a_file_that_nobody_vouches_for_is_kept_and_named(serve, town, records, tmp_path):
    server = serve(Police(records))
    fetch(server, town, tmp_path, months="2023-01")
    path = tmp_path / "2023-01" / "2023-01-api-street.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    assert any(
        "was changed after it was fetched" in note for note in fetch(server, town, tmp_path, months="2023-01").notes
    )
    for damage in (
        b"",
        b"{}",
        b'{"outline": 5, "sha256": ""}',
        b'{"outline": ["x"], "sha256": ""}',
        b"\xff",
        b"[" * 99999,
    ):
        path.with_suffix(".json").write_bytes(damage)
        notes = fetch(server, town, tmp_path, months="2023-01").notes
        assert any("nothing beside it says" in note for note in notes), damage


@pytest.mark.parametrize("text", ["0,0:1,1:0,1:1,0", "51,0:51,0:51,0"])
def test_a_note_whose_outline_is_no_polygon_vouches_for_nothing(serve, town, records, tmp_path, text):
    server = serve(Police(records))
    fetch(server, town, tmp_path, months="2023-01")
    path = tmp_path / "2023-01" / "2023-01-api-street.json"
    path.write_text(json.dumps({"outline": [text], "sha256": "", "area": "x"}))
    with pytest.raises(InputError, match="was fetched for x and does not hold all of the area"):
        fetch(server, town, tmp_path, months="2023-01")


def test_a_download_in_the_same_folder_is_named(serve, town, records, tmp_path):
    (tmp_path / "2023-01").mkdir()
    (tmp_path / "2023-01" / "2023-01-metropolitan-street.csv").write_text("x")
    notes = fetch(serve(Police(records)), town, tmp_path, months="2023-01").notes
    assert any("holds 2023-01-metropolitan-street.csv too" in note for note in notes)


def test_a_folder_that_cannot_be_written_is_an_output_error(serve, town, records, tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(serve(Police(records)), town, tmp_path / "data")


# ------------------------------------------------------------------------------------------------ real answers


@pytest.mark.real
def test_real_answers_pass_the_whole_path(serve, real, tmp_path):
    answers = {}
    for path in sorted((real / "police" / "api-ward-json").glob("*.json")):
        document = json.loads(path.read_bytes())
        answers[document[0]["month"]] = document
    server = serve(Police([entry for document in answers.values() for entry in document], limit=90))
    layer = real / "boundaries" / "lsoa2011" / "E09000011.json"
    town = Layer(layer)
    fetch(server, town, tmp_path / "data", areas=["Greenwich"], months="2018-04:2018-06")
    intake = read_incidents([tmp_path / "data"])
    assert len(intake.incidents) + len(intake.rejects) == sum(map(len, answers.values()))
    assert set(intake.rejects["reason"]) <= {"repeated_id"}
    assert set(intake.coverage["force"]) == {MET}
    for month, document in answers.items():
        lines = lines_of(tmp_path / "data" / month / f"{month}-api-street.csv")
        assert sorted(
            (line["Crime ID"], line["Longitude"], line["Latitude"], line["Location"]) for line in lines
        ) == sorted(
            (
                entry["persistent_id"],
                entry["location"]["longitude"],
                entry["location"]["latitude"],
                entry["location"]["street"]["name"],
            )
            for entry in document
        )


@pytest.mark.real
def test_the_real_outline_of_bexley_is_covered(real):
    layer = read_boundaries([real / "boundaries" / "lsoa2021" / "london-2021-lsoa-gen20.zip"], epsg=27700).areas
    goal = outline_of(layer[layer["borough"] == "Bexley"])
    parts = asked_outline(goal, epsg=27700, context_m=1000)
    edge = gpd.GeoSeries([goal.buffer(1000).segmentize(10)], crs=27700).to_crs(4326)[0]
    assert gpd.GeoSeries(parts).union_all().covers(edge)


# ------------------------------------------------------------------------------------------------ boundaries


@pytest.fixture(scope="session")
def portal_features(kit):
    layer = kit.lattice()[["LSOA21CD", "LSOA21NM", "geometry"]].to_crs(4326)
    return json.loads(layer.to_json())["features"]


def ask_boundaries(server, out, **changes):
    moment = Time()
    chosen = settings(server)
    client = Client(chosen.services, sleep=moment.sleep, clock=moment.clock)
    request = BoundariesRequest(**{"areas": ("Bexley",), "out": out, "today": TODAY, **changes})
    return fetch_boundaries(request, chosen, None, client)


NAMES = [
    "README.md",
    "bexley-lsoa2021-bgc.geojson",
    "bexley-lsoa2021-census2021-residents.csv",
    "bexley-lsoa2021-exact-fit-lookup.csv",
]


def test_the_layer_the_lookup_and_the_residents_are_written_and_read_back(serve, portal_features, tmp_path):
    result = ask_boundaries(serve(Portal(portal_features)), tmp_path / "b")
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == NAMES
    layer, lookup, residents = (file.path for file in result.files)
    areas = read_boundaries([layer], epsg=27700).areas
    assert set(areas["borough"]) == {"Bexley"}
    assert set(areas["vintage"]) == {2021}
    assert len(areas) == result.files[0].rows == 16
    table, _ = read_lookup(lookup)
    assert set(table["lsoa21"]) == set(areas.index)
    people, _ = read_population(residents)
    assert set(people.index) == set(areas.index)
    assert [file.rows for file in result.files] == [16, 16, 16]
    assert "Every polygon is valid." in result.notes


def test_with_neighbours_the_context_is_there(serve, portal_features, tmp_path):
    result = ask_boundaries(serve(Portal(portal_features)), tmp_path, neighbours=True)
    areas = read_boundaries([result.files[0].path], epsg=27700).areas
    assert result.files[0].path.name == "bexley-and-neighbours-lsoa2021-bgc.geojson"
    assert areas["borough"].value_counts().to_dict() == {"Bexley": 16, "Greenwich": 12, "Dartford": 12}
    assert result.notes[0] == "16 LSOAs of Bexley and 24 around them."


def test_the_vintage_2011_has_no_residents_of_2021(serve, portal_features, tmp_path):
    old = [
        {**one, "properties": {name.replace("21", "11"): value for name, value in one["properties"].items()}}
        for one in portal_features
    ]
    result = ask_boundaries(serve(Portal(old, short="11")), tmp_path, vintage=2011)
    assert [file.path.name for file in result.files] == [
        "bexley-lsoa2011-bgc.geojson",
        "bexley-lsoa2011-exact-fit-lookup.csv",
    ]
    assert set(read_boundaries([result.files[0].path], epsg=27700).areas["vintage"]) == {2011}
    assert any("none are fetched for the vintage 2011" in note for note in result.notes)


def test_the_same_answers_give_the_same_bytes(serve, portal_features, tmp_path):
    ask_boundaries(serve(Portal(portal_features)), tmp_path / "a")
    ask_boundaries(serve(Portal(portal_features, page=3)), tmp_path / "b")
    files = [tree(tmp_path / name) for name in "ab"]
    assert files[0] == files[1]


def test_the_readme_says_where_from_and_replaces_its_own_entry_only(serve, portal_features, tmp_path):
    server = serve(Portal(portal_features))
    mine = "# Mine\r\n\r\nA note.\xe9\n".encode("latin-1")
    (tmp_path / "README.md").write_bytes(mine)
    result = ask_boundaries(server, tmp_path)
    first = (tmp_path / "README.md").read_bytes()
    assert first.startswith(mine.rstrip())
    for file in result.files:
        assert f"sha256 | `{hashlib.sha256(file.path.read_bytes()).hexdigest()}`".encode() in first
        assert first.count(f"## `{file.path.name}`".encode()) == 1
    for words in (
        "EW_BGC_V5",
        "Open Government Licence v3.0",
        "database right 2024",
        "2024-06-03",
        "TS001",
        "EPSG:4326",
        "16 LSOAs of Bexley",
    ):
        assert words.encode() in first, words
    (tmp_path / "README.md").write_bytes(first + b"\nBelow.\n")
    ask_boundaries(server, tmp_path, today=date(2025, 1, 2))
    second = (tmp_path / "README.md").read_bytes()
    assert second == (first + b"\nBelow.\n").replace(b"2024-06-03", b"2025-01-02").replace(b"right 2024", b"right 2025")
    ask_boundaries(server, tmp_path, areas=("Greenwich",), today=date(2025, 1, 2))
    third = (tmp_path / "README.md").read_bytes()
    assert third.startswith(second.rstrip())
    assert third.count(b"\n## `") == 6


def test_an_invalid_polygon_is_counted_and_named(serve, portal_features, tmp_path):
    broken = json.loads(json.dumps(portal_features))
    bexley = next(one for one in broken if one["properties"]["LSOA21NM"] == "Bexley 001A")
    ring = bexley["geometry"]["coordinates"][0]
    spike = [
        ring[0],
        [ring[0][0] + 1e-5, ring[0][1] + 1e-5],
        [ring[0][0] + 2e-5, ring[0][1]],
        [ring[0][0], ring[0][1] + 1e-5],
    ]
    bexley["geometry"]["coordinates"][0] = [*ring[:-1], *spike, ring[-1]]
    code = bexley["properties"]["LSOA21CD"]
    result = ask_boundaries(serve(Portal(broken)), tmp_path)
    assert f"1 polygons are invalid as published and repaired on reading: {code}." in result.notes
    assert f"repaired on reading: {code}" in (tmp_path / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", ["Super_Output", "LOOKUP", "nomis"])
def test_a_failure_at_any_step_writes_nothing_and_says_how_to_do_it_by_hand(serve, portal_features, tmp_path, step):
    portal = Portal(portal_features)
    portal.hook = lambda asked: Reply(404) if step in asked.path else None
    with pytest.raises(
        InputError, match=r"404 .*By hand: download it from https://geoportal\.statistics\.gov\.uk.* put the file into "
    ):
        ask_boundaries(serve(portal), tmp_path / "b")
    assert not (tmp_path / "b").exists() or tree(tmp_path / "b") == {}


def test_a_layer_that_does_not_pass_is_not_written(serve, portal_features, tmp_path):
    apart = json.loads(json.dumps(portal_features))
    for number, one in enumerate(apart):
        one["geometry"]["coordinates"] = [
            [[x + number * 0.02, y] for x, y in ring] for ring in one["geometry"]["coordinates"]
        ]
    with pytest.raises(InputError, match="16 of 16 LSOAs touch no other"):
        ask_boundaries(serve(Portal(apart)), tmp_path / "b")
    assert tree(tmp_path / "b") == {}


def test_coordinates_that_are_no_degrees_are_refused(serve, portal_features, tmp_path, kit):
    metres = json.loads(kit.lattice()[["LSOA21CD", "LSOA21NM", "geometry"]].to_json())["features"]
    with pytest.raises(InputError, match="degrees"):
        ask_boundaries(serve(Portal(metres)), tmp_path / "b")


def test_swapped_axes_are_refused(serve, portal_features, tmp_path):
    swapped = json.loads(json.dumps(portal_features))
    for one in swapped:
        one["geometry"]["coordinates"] = [[[y, x] for x, y in ring] for ring in one["geometry"]["coordinates"]]
    with pytest.raises(InputError, match="longitude before latitude"):
        ask_boundaries(serve(Portal(swapped)), tmp_path / "b")


@pytest.mark.parametrize("changes", [{"areas": ()}, {"vintage": 2001}])
def test_what_cannot_be_asked_is_said_at_once(serve, portal_features, tmp_path, changes):
    server = serve(Portal(portal_features))
    with pytest.raises(SettingsError, match="Give at least one --area, and --vintage 2011 or 2021"):
        ask_boundaries(server, tmp_path, **changes)
    assert server.asked == []


@pytest.mark.real
def test_real_polygons_pass_the_whole_path(serve, real, tmp_path):
    layer = gpd.read_file(real / "boundaries" / "lsoa2021" / "london-2021-lsoa-gen20.zip").to_crs(4326)
    near = layer[layer["LSOA21NM"].str.rpartition(" ")[0].isin(["Bexley", "Greenwich", "Bromley", "Lewisham"])]
    features = json.loads(near[["LSOA21CD", "LSOA21NM", "geometry"]].to_json())["features"]
    result = ask_boundaries(serve(Portal(features, page=100)), tmp_path, neighbours=True)
    areas = read_boundaries([result.files[0].path], epsg=27700).areas
    assert (areas["borough"] == "Bexley").sum() == (near["LSOA21NM"].str.rpartition(" ")[0] == "Bexley").sum() > 100
    assert set(areas["borough"]) == {"Bexley", "Greenwich", "Bromley"}
    assert "Every LSOA has a neighbour." in result.notes
