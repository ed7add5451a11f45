"""The README, the notebooks and the settings file shown there are contracts: what they say is true."""

import dataclasses
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hotspots.settings import SOURCE_COLUMNS, Flag, Settings, Source, Theme, settings_from

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _settings_shown():
    block = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert block is not None
    return block[1]


def test_settings_shown_are_the_defaults():
    assert settings_from(tomllib.loads(_settings_shown())) == Settings()


def test_every_setting_is_shown():
    shown = _settings_shown()
    for section in dataclasses.fields(Settings):
        if section.name in {"sources", "themes"}:
            continue
        assert f"[{section.name}]" in shown
        for setting in dataclasses.fields(getattr(Settings(), section.name)):
            assert re.search(rf"^#? ?{setting.name} = ", shown, re.MULTILINE), setting.name


@pytest.mark.parametrize("kind", [Source, Flag, Theme])
def test_every_setting_of_a_list_is_in_a_table(kind):
    for setting in dataclasses.fields(kind):
        assert re.search(rf"^\|.*`{setting.name}`", README, re.MULTILINE), setting.name


def test_every_column_of_a_source_is_in_a_table():
    for column in SOURCE_COLUMNS:
        assert re.search(rf"^\|.*`{column}`", README, re.MULTILINE), column


def test_the_source_shown_is_one_that_works():
    for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL):
        settings_from(tomllib.loads(block))


def test_every_option_of_run_is_in_the_table():
    shown = subprocess.run(
        [sys.executable, "-m", "hotspots", "run", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
    ).stdout
    options = set(re.findall(r"--[a-z][a-z-]+", shown)) - {"--help"}
    assert options == set(re.findall(r"^\| `(--[a-z-]+)`", README, re.MULTILINE))


def test_the_two_commands_are_there():
    assert "pip install . && hotspots demo" in README
    assert 'pip install -e ".[dev]" && pytest' in README


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links_lead_somewhere(target):
    assert (ROOT / target).exists()


MADE = {"month.ipynb": {"map.html"}, "held_out.ipynb": {"summary.csv", "hit-rate.svg"}}


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_run_and_are_stored_without_outputs(path, tmp_path):
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells)
    code = "\n".join("".join(cell["source"]) for cell in cells)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, timeout=300)
    assert MADE[path.name] <= {made.name for made in tmp_path.rglob("*")}
