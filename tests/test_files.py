"""How bytes leave: whole folders or nothing, text that no spreadsheet runs, the same GeoPackage twice."""

from __future__ import annotations

import csv
import io
import os
import stat
import subprocess
import sys
import time

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from hotspots import files
from hotspots.errors import OutputError
from hotspots.files import (
    check_target,
    csv_text,
    locked,
    neutral,
    new_folder,
    write_csv,
    write_geopackage,
    write_json,
    write_text,
)
from tests import conftest as kit

RUNS = "=+-@\t\r\n＝＋－＠"


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture
def old(tmp_path):
    """A folder that is there already."""
    folder = tmp_path / "packs" / "2024-05"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("old")
    return folder


def fill(work):
    (work / "b.txt").write_text("new")


def fail_in(target, replace, error):
    with new_folder(target, replace=replace) as work:
        fill(work)
        raise error


# ------------------------------------------------------------------------------------------------ folders


def test_a_folder_appears_whole_with_its_parents(tmp_path):
    target = tmp_path / "deep" / "er" / "2024-05"
    with new_folder(target) as work:
        fill(work)
        assert not target.exists()
        assert work.parent == target.parent
    assert content(target) == {"b.txt": "new"}
    assert kit.names_in(target.parent) == ["2024-05"]


@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyboardInterrupt(), OSError(28, "No space left")])
@pytest.mark.parametrize("replace", [True, False])
def test_a_block_that_fails_leaves_what_was_there(old, error, replace):
    target = old if replace else old.with_name("2024-06")
    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        fail_in(target, replace, error)
    assert kit.names_in(old.parent) == ["2024-05"]
    assert content(old) == {"a.txt": "old"}


def test_an_existing_folder_is_kept_without_leave(old):
    with pytest.raises(OutputError, match=r"2024-05 already exists and is kept; add --force"), new_folder(old):
        pytest.fail("nothing may be made")
    assert content(old) == {"a.txt": "old"}


def test_an_existing_folder_is_replaced_whole_with_leave(old):
    with new_folder(old, replace=True) as work:
        fill(work)
        assert content(old) == {"a.txt": "old"}
    assert content(old) == {"b.txt": "new"}
    assert kit.names_in(old.parent) == ["2024-05"]


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), KeyboardInterrupt()])
def test_a_rename_that_fails_puts_the_old_folder_back(old, monkeypatch, failing, error):
    calls = []
    rename = os.replace

    def replace(source, target):
        calls.append(target)
        if len(calls) == failing:
            raise error
        rename(source, target)

    monkeypatch.setattr("hotspots.files.os.replace", replace)
    wanted = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else OutputError
    with pytest.raises(wanted) as caught, new_folder(old, replace=True) as work:
        fill(work)
    if wanted is OutputError:
        assert "a file in it is probably open in another program" in str(caught.value)
        assert "Close it there" in str(caught.value)
    assert content(old) == {"a.txt": "old"}
    assert kit.names_in(old.parent) == ["2024-05"]


def test_a_new_folder_that_cannot_be_renamed_is_one_error(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hotspots.files.os.replace", refuse)
    with pytest.raises(OutputError, match="cannot be written"), new_folder(tmp_path / "x") as work:
        fill(work)
    assert kit.names_in(tmp_path) == []


def test_an_error_of_the_family_comes_out_as_it_is(tmp_path):
    with pytest.raises(OutputError, match=r"^mine$"), new_folder(tmp_path / "x"):
        raise OutputError("mine")


def test_leftovers_of_runs_killed_long_ago_go_and_a_running_one_stays(old):
    made = []
    for name, age in (
        (".2024-05.aa.part", 48),
        (".2024-05.bb.old", 48),
        (".2024-05.cc.part", 1),
        (".2024-06.dd.part", 48),
    ):
        folder = old.parent / name
        folder.mkdir()
        (folder / "x").write_text("x")
        os.utime(folder, (time.time() - 3600 * age,) * 2)
        made.append(name)
    with new_folder(old, replace=True) as work:
        fill(work)
    assert kit.names_in(old.parent) == [made[2], made[3], "2024-05"]


@pytest.mark.parametrize("where", ["target", "parent"])
def test_a_file_in_the_way_is_named_before_any_work(tmp_path, where):
    blocking = tmp_path / "packs"
    blocking.write_text("mine")
    target = blocking if where == "target" else blocking / "2024-05"
    for replace in (True, False):
        with pytest.raises(OutputError, match=r"packs is a file where a folder is needed"):
            check_target(target, replace=replace)
    assert blocking.read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_the_folder_is_as_private_as_the_user_wants_it(tmp_path):
    before = os.umask(0o077)
    try:
        with new_folder(tmp_path / "x") as work:
            fill(work)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o700


def test_a_parent_that_cannot_be_made_is_one_error(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "mkdir", refuse)
    with (
        pytest.raises(OutputError, match=r"cannot be written \(Permission denied\); check --out"),
        new_folder(tmp_path / "x"),
    ):
        pytest.fail("nothing may be made")


# ------------------------------------------------------------------------------------------------ text


@pytest.mark.parametrize(
    "text",
    ["=HYPERLINK(0)", "@x", "-1+1", "+44", "\tx", "\r=1", "\n=1", " =1+1", "   @x", "＝1", "－1", "=", "  \t=1"],
)
def test_text_that_a_spreadsheet_would_run_is_marked(text):
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("value", ["", " ", "High Street", "a=b", "1-1", "'=1", "x@y", -1, -0.5, True, None, 3])
def test_anything_else_stays(value):
    assert neutral(value) is value


def read_back(path):
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_no_cell_of_any_text_runs_or_breaks_its_row(texts, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    write_csv(
        path,
        pd.DataFrame({"text": pd.Series(texts, dtype="str"), "n": -1.5}, index=pd.RangeIndex(len(texts), name="k")),
    )
    header, *rows = read_back(path)
    assert header == ["k", "text", "n"]
    assert [row[::2] for row in rows] == [[str(number), "-1.5"] for number in range(len(texts))]
    for text, (_, cell, _) in zip(texts, rows, strict=True):
        assert not cell.lstrip(" ")[:1] or cell.lstrip(" ")[0] not in RUNS
        assert cell.removeprefix("'" if cell != text else "") == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("text", ["a\r=1+1", "a\r\n=1+1", "a\n=1+1", 'a"\r"=1'])
def test_a_line_end_inside_text_starts_no_new_row(tmp_path, text):
    write_csv(tmp_path / "x.csv", pd.DataFrame({"a": [text], "b": [1]}))
    raw = (tmp_path / "x.csv").read_bytes()
    assert b"\r" not in raw
    assert len(read_back(tmp_path / "x.csv")) == 2


def test_numbers_stay_numbers_unrounded(tmp_path):
    frame = pd.DataFrame(
        {
            "negative": [-0.1, -1e-17, 1 / 3],
            "whole": pd.array([-1, None, 3], dtype="Int64"),
            "mixed": pd.array([-2, "-2+1", None], dtype=object),
            "kind": pd.Categorical(["-1+1", "b", None]),
            "text": pd.array(["=1", None, "b"], dtype="string"),
        },
        index=pd.Index(["=a", "b", "c"], name="key"),
    )
    write_csv(tmp_path / "x.csv", frame)
    _, *rows = read_back(tmp_path / "x.csv")
    assert rows == [
        ["'=a", "-0.1", "-1", "-2", "'-1+1", "'=1"],
        ["b", "-1e-17", "", "'-2+1", "b", ""],
        ["c", repr(1 / 3), "3", "", "", "b"],
    ]


def test_a_csv_has_a_mark_no_geometry_and_leaves_the_frame_as_it_was(tmp_path):
    frame = gpd.GeoDataFrame({"a": ["=1"]}, geometry=[Point(0, 0)], crs=27700, index=pd.Index(["k"], name="key"))
    before = frame.copy(deep=True)
    write_csv(tmp_path / "x.csv", frame)
    assert (tmp_path / "x.csv").read_bytes() == b"\xef\xbb\xbfkey,a\nk,'=1\n"
    pd.testing.assert_frame_equal(frame, before)


def test_text_keeps_its_line_ends_and_a_lone_surrogate_is_no_error(tmp_path):
    write_text(tmp_path / "a" / "x", "a\r\nb\né\ud800")
    assert (tmp_path / "a" / "x").read_bytes() == b"a\r\nb\n\xc3\xa9?"


def test_json_is_plain_and_refuses_what_is_no_number(tmp_path):
    write_json(tmp_path / "x", {"b": "é", "a": [1]})
    assert (tmp_path / "x").read_text(encoding="utf-8") == '{\n  "b": "é",\n  "a": [\n    1\n  ]\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "y", {"a": float("nan")})


# ------------------------------------------------------------------------------------------------ GeoPackage


def layers():
    key = pd.Index(["=a", "b"], name="key")
    full = gpd.GeoDataFrame(
        {"month": pd.PeriodIndex(["2024-05", "2024-04"], freq="M"), "flag": [True, False]},
        geometry=[box(0, 0, 1, 1), box(0, 0, 2, 2)],
        crs=27700,
        index=key,
    )
    placeless = gpd.GeoDataFrame(
        {"title": ["t", "u"]}, geometry=gpd.GeoSeries([None, None], crs=27700, index=key), index=key
    )
    return {"full": full, "placeless": placeless, "empty": full.iloc[:0]}


def test_a_geopackage_holds_its_layers_and_gives_the_same_bytes_twice(tmp_path):
    for name in ("a.gpkg", "b.gpkg"):
        write_geopackage(tmp_path / name, layers())
        time.sleep(1.1 if name == "a.gpkg" else 0)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    assert [name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")] == ["full", "placeless", "empty"]
    full = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="full")
    assert list(full.columns) == ["key", "month", "flag", "geometry"]
    assert list(full["month"]) == ["2024-05", "2024-04"]
    assert list(full["key"]) == ["=a", "b"]
    assert full.crs.to_epsg() == 27700
    assert full.geometry.geom_equals(layers()["full"].geometry.reset_index(drop=True)).all()
    assert pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="placeless").geometry.isna().all()
    assert len(pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="empty")) == 0


def test_the_fixed_date_holds_for_this_file_only(tmp_path):
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2011-11-11T00:00:00.000Z"})
    try:
        write_geopackage(tmp_path / "a.gpkg", layers())
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2011-11-11T00:00:00.000Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    assert files.FIXED_DATE.encode() in (tmp_path / "a.gpkg").read_bytes()


def test_a_geopackage_that_cannot_be_written_is_one_error(tmp_path):
    with pytest.raises(OutputError, match=r"x\.gpkg cannot be written"):
        write_geopackage(tmp_path / "missing" / "x.gpkg", layers())
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_what_somebody_else_put_into_a_folder_is_not_replaced(tmp_path):
    for name in ("a.csv", "a.csv-wal", "~$a.csv"):
        (tmp_path / name).write_text("x")
    check_target(tmp_path, replace=True, own=("a.csv",))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"also holds notes\.txt"):
        check_target(tmp_path, replace=True, own=("a.csv",))
    check_target(tmp_path, replace=True)


# ------------------------------------------------------------------------------------------------ registers


ADD = """
import sys, time
from pathlib import Path
from hotspots.files import locked, replace_file
path = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with locked(path):
        held = int(path.read_bytes()) if path.exists() else 0
        time.sleep(0.002)
        replace_file(path, str(held + 1).encode())
"""


def test_what_several_runs_add_at_once_is_not_lost(tmp_path):
    path = tmp_path / "deep" / "register.csv"
    runs = [subprocess.Popen([sys.executable, "-c", ADD, str(path), "15"]) for _ in range(4)]
    assert [run.wait(timeout=60) for run in runs] == [0] * 4
    assert path.read_bytes() == b"60"
    assert kit.names_in(path.parent) == ["register.csv"]


def test_a_run_waits_for_another_and_says_so_when_that_takes_long(tmp_path):
    path = tmp_path / "register.csv"
    with (
        locked(path),
        pytest.raises(OutputError, match=r"register\.csv is being written by another run for over 0\.1 s; try again"),
        locked(path, wait_s=0.1),
    ):
        pass
    with locked(path, wait_s=0.0):
        assert kit.names_in(tmp_path) == [".register.csv.lock"]
    assert kit.names_in(tmp_path) == []


def test_a_lock_that_a_killed_run_left_binds_nobody(tmp_path):
    path = tmp_path / "register.csv"
    hold = "import sys, time\nfrom pathlib import Path\nfrom hotspots.files import locked\n"
    hold += "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", hold, str(path)], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline().strip() == b"held"
        with pytest.raises(OutputError, match="another run"), locked(path, wait_s=0.0):
            pass
        run.kill()
    assert kit.names_in(tmp_path) == [".register.csv.lock"]
    with locked(path, wait_s=5.0):
        pass
    assert kit.names_in(tmp_path) == []


def test_a_lock_ends_with_the_block_that_fails(tmp_path):
    def fail():
        with locked(tmp_path / "register.csv"):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    with locked(tmp_path / "register.csv", wait_s=0.0):
        pass


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("mine")
    target = tmp_path / "file" / "register.csv"
    with (
        pytest.raises(OutputError, match=r"register\.csv cannot be locked for writing .*check its folder"),
        locked(target),
    ):
        pass


def test_the_text_of_a_csv_is_what_is_written(tmp_path):
    frame = pd.DataFrame({"a": ["=1", "x\r\ny"], "b": [0.1, 2.0]}, index=pd.Index([1, 2], name="no"))
    write_csv(tmp_path / "t.csv", frame)
    assert (tmp_path / "t.csv").read_bytes() == csv_text(frame).encode()
    assert csv_text(frame) == '\ufeffno,a,b\n1,\'=1,0.1\n2,"x\ny",2.0\n'
