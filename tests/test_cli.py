"""The command line: its options are a contract, its words are plain, its exit codes are 0, 1 and 2."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from hotspots import __version__
from hotspots.cli.app import app
from hotspots.cli.report import print_month, printable, quoted
from hotspots.pipeline.inputs import Inputs
from hotspots.pipeline.month import MonthRequest, run_month
from hotspots.settings import Settings
from tests import conftest as kit

ROOT = Path(__file__).parents[1]

# Names and options are a contract.
CONTRACT = """
hotspots demo [--out DIR]
hotspots run --month 2024-05 [--incidents PATH …] --boundaries PATH [--boundaries PATH …]
             [--area "Bexley" …] [--category NAME …] [--theme NAME] [--window-months 12] [--events PATH] [--tensions PATH]
             [--lookup PATH] [--population PATH] [--previous DIR] [--tiles URL] [--out packs] [--settings hotspots.toml] [--force]
"""
COMMANDS = {text.split()[0]: text for text in CONTRACT.split("hotspots ") if text.strip()}
REQUIRED = {"run": {"--month", "--boundaries"}, "demo": set()}
REPEATABLE = {"run": {"--incidents", "--boundaries", "--area", "--category"}, "demo": set()}


def options_of(command):
    """Options of the contract, in its order, each once."""
    return list(dict.fromkeys(re.findall(r"--[a-z][a-z-]*", COMMANDS[command])))


def commands():
    return cast("Any", typer.main.get_command(app)).commands


def parameters(command):
    return {
        parameter.opts[0]: parameter
        for parameter in commands()[command].params
        if parameter.opts[0].startswith("--") and parameter.name != "help"
    }


# ------------------------------------------------------------------------------------------------ the contract


def test_there_are_the_commands_of_the_contract():
    assert set(commands()) >= set(COMMANDS) == {"demo", "run"}, "later issues add, none takes away"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_exactly_the_options_of_the_contract(command):
    found = parameters(command)
    assert list(found) == options_of(command)
    assert {name for name, parameter in found.items() if parameter.required} == REQUIRED[command]
    assert {name for name, parameter in found.items() if parameter.multiple} == REPEATABLE[command]
    assert all(len(parameter.opts) == 1 and not parameter.secondary_opts for parameter in found.values())


def test_the_defaults_are_those_of_the_contract():
    run = parameters("run")
    assert Path(run["--out"].default) == Path("packs")
    assert run["--force"].default is False
    assert all(
        run[name].default is None for name in ("--window-months", "--events", "--lookup", "--population", "--tiles")
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_every_option_and_says_what_it_is_for(command):
    said = kit.run_cli(command, "--help", columns=200)
    assert (said.code, said.err) == (0, "")
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", said.out))
    assert shown == {*options_of(command), "--help"}
    assert all(parameter.help for parameter in parameters(command).values())


def test_help_lists_the_commands_and_is_the_answer_to_no_words():
    said = kit.run_cli("--help", columns=100)
    assert said.code == 0
    assert all(command in said.out for command in COMMANDS)
    assert "--version" in said.out
    assert "--install-completion" not in said.out
    assert "Usage" in kit.run_cli().out + kit.run_cli().err


def test_the_readme_describes_every_option_of_run():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| `(--[a-z-]+)`", text, re.MULTILINE)
    assert sorted(described) == sorted(options_of("run"))


def test_the_script_of_the_package_is_this_command_line():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"hotspots": "hotspots.cli:main"}


# ------------------------------------------------------------------------------------------------ real processes


def hotspots(*words, env=None, **options):
    command = [sys.executable, "-m", "hotspots", *words]
    return subprocess.run(
        command, capture_output=True, timeout=120, check=False, env={**os.environ, **(env or {})}, **options
    )


def test_version():
    done = hotspots("--version")
    assert (done.returncode, done.stdout.decode().strip(), done.stderr) == (0, f"hotspots {__version__}", b"")


def test_bad_data_is_exit_code_1_and_one_sentence(town, tmp_path):
    done = hotspots(*town.options(tmp_path, boundaries=tmp_path / "no.gpkg"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert re.fullmatch(rb"Error: --boundaries \S+no\.gpkg does not exist; [^\n]+\n", done.stderr)


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", "--nonsense"],
        ["walk"],
        ["demo", "--force"],
        ["run", "--month", "2024-05", "--incidents", "x"],
    ],
)
def test_wrong_usage_is_exit_code_2(words):
    said = kit.run_cli(*words)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert "Usage" in said.err


@pytest.mark.parametrize(
    "month", ["2024-13", "2024-5", "May 2024", "2024-05-01", "", "24-05", "2024-00", "２０２４-05"]
)
def test_a_malformed_month_is_wrong_usage(town, tmp_path, month):
    said = kit.run_cli(*town.options(tmp_path, month=month), columns=120)
    assert said.code == 2
    assert "YYYY-MM" in said.err
    assert kit.names_in(tmp_path) == []


def test_a_window_that_is_no_number_is_wrong_usage(town, tmp_path):
    assert kit.run_cli(*town.options(tmp_path, window_months="a year")).code == 2


def test_a_console_that_cannot_write_a_name_still_gets_its_summary(town, tmp_path):
    rows = [row | {"Location": row["Location"].replace("High Street", "Heol y Tŵr ☃")} for row in town.rows]
    words = town.options(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows))
    done = hotspots(*words, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Heol y T?r ?" in done.stdout
    assert b"Open the map:" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one child")
def test_ctrl_c_stops_with_a_word_and_changes_nothing(tmp_path):
    out = tmp_path / "demo"
    command = [sys.executable, "-m", "hotspots", "demo", "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not out.exists() and time.monotonic() < deadline:  # the inputs are being written
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)
    assert (process.returncode, *said) == (130, b"", b"Stopped; no pack was changed.\n")
    assert not (out / "2021-12").exists()
    assert [name for name in kit.names_in(out) if name.endswith(".part")] == []


# ------------------------------------------------------------------------------------------------ what a run says


def test_the_summary_accounts_and_names_what_is_missing(pack):
    out = pack.said.out
    assert pack.said.err == ""
    lines = [re.sub(r"\s+", " ", line).strip() for line in out.splitlines()]
    counts = pack.manifest["counts"]
    assert lines[0] == "Serious violence · Bexley · 2024-05"
    for line in (
        f"Rows read {counts['read']} 14 files",
        f"accepted {counts['accepted']}",
        f"located in an LSOA {counts['located']} published LSOA code kept in 100.00 %",
        f"outside the layer {counts['outside']}",
        f"rejected {counts['rejected']}",
        "no_location 14 Violence and sexual offences 14",
        "repeated_id 1 1 differ in place from the row kept",
        "Events in period 3 1 rejected, see rejects.csv",
        "Months used 12 2023-06 to 2024-05",
        f"Hotspots 3 100 % of incidents on {100 * pack.csv('hotspots')['share_of_area'].sum():.1f} % of the area, in-sample",
        "H01 High Street, Bexley 001A 76 21 0–12 above",
        "H02 Station Road, Bexley 003C 37 4 0–8",
        "Not in the data: Possession of weapons.",
        "No file of the window is from Kent Police: no data, not zero, in its 12 LSOAs (Dartford).",
        f"Pack {pack.folder}",
    ):
        assert line in lines, line
    for path in pack.folder.iterdir():
        assert sum(line.startswith(path.name) for line in lines) == 1
    assert re.match(r"Open the map: (xdg-open|open|explorer) .*map\.html'?$", lines[-1])


def test_the_summary_fits_the_terminal(town, tmp_path, capsys, monkeypatch):
    inputs = Inputs(kit.MONTH, (town.incidents,), (town.boundaries,), areas=("Bexley",))
    result = run_month(MonthRequest(inputs, tmp_path), Settings())
    for columns in (80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        print_month(result)
        out = capsys.readouterr().out
        tables = out[: out.index("Three hotspots")]
        assert max(map(len, tables.splitlines())) <= columns
        assert "High Street, Bexley 001A" in tables


def test_a_join_that_often_disagrees_points_to_the_lookup(town, tmp_path):
    rows = [row | {"LSOA code": "E01099999"} if row["Location"].endswith("High Street") else row for row in town.rows]
    said = kit.run_cli(*town.options(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows)))
    assert re.search(r"published LSOA code kept in \d\d\.\d\d %; try --lookup", said.out)


def test_names_of_the_data_are_shown_as_they_are_and_steer_nothing(town, tmp_path):
    names = ["[/]", "[bold]Robbery[/bold]", ":warning:", "\x1b[31mred"]
    places = ["High Street", "Station Road", "Old Yard", "Garage Row"]
    rows = list(town.rows)
    for name, place in zip(names, places, strict=True):
        for number in range(150):
            identity = {"Crime ID": f"{name} {number}", "Location": name}
            rows.append(kit.row(kit.MONTH, place, kit.VIOLENCE, **identity))
        gone = {"Longitude": "", "Latitude": "", "LSOA code": "", "Crime ID": name}
        rows += [kit.row(kit.MONTH, place, name, **gone)] * 20
    rows = [row | {"Crime ID": f"{number}"} for number, row in enumerate(rows)]
    said = kit.run_cli(*town.options(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows)))
    assert said.code == 0, said.err
    table = said.out[said.out.index("Hotspot ") :]
    for name in names:
        assert f"{printable(name)}, Bexley" in table
    assert "no_location" in said.out
    assert sum(f"{printable(name)} 20" in said.out for name in names) == 3, "three are named, the others counted"
    assert "\x1b" not in said.out


def test_an_error_shows_names_as_they_are(town, tmp_path):
    said = kit.run_cli(*town.options(tmp_path, area="[/]:warning:\x1b[31m\nx"))
    assert "[/]:warning:" in said.sentence
    assert "\x1b" not in said.err


def test_printable_and_quoted():
    assert printable("a\tb\x07\u202e☃é") == "a�b��☃é"
    if sys.platform != "win32":
        assert shlex.split(quoted(Path("a b/it's"))) == ["a b/it's"]


def test_the_command_shown_for_the_map_works_with_blanks(town, tmp_path):
    said = kit.run_cli(*town.options(tmp_path / "my packs"))
    last = said.out.splitlines()[-1].partition(":")[2]
    if sys.platform != "win32":
        assert Path(shlex.split(last)[1]).is_file()
