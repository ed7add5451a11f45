"""``hotspots backtest``: what is tested, what is said of it, what is written, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from hotspots.analysis.backtest import Plan
from hotspots.cli.backtest import print_backtest
from hotspots.errors import InputError, OutputError
from hotspots.pipeline import backtest as module
from hotspots.pipeline.backtest import BACKTEST_FILES, BacktestRequest, run_backtest
from hotspots.pipeline.held_out import held_out
from hotspots.pipeline.inputs import Inputs, load
from hotspots.settings import Settings, with_hotspots
from hotspots.tables import BACKTEST, check
from tests import conftest as kit

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def inputs(town):
    return Inputs(kit.MONTH, (town.incidents,), (town.boundaries,), areas=("Bexley",))


@pytest.fixture(scope="module")
def done(inputs, tmp_path_factory):
    steps: list[str] = []
    request = BacktestRequest(inputs, tmp_path_factory.mktemp("bt") / "out", Plan(), (150.0,))
    result = run_backtest(request, Settings(), steps.append)
    return result, steps


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_every_file_is_there_and_the_same_bytes_every_time(done, inputs, tmp_path):
    result, steps = done
    assert {path.name for path in result.folder.iterdir()} == set(BACKTEST_FILES)
    assert [step for step in steps if step.startswith("Testing")] == ["Testing 2024-03", "Testing 2024-04"]
    again = run_backtest(BacktestRequest(inputs, tmp_path / "again", Plan(), (150.0,)), Settings())
    assert hashes(again.folder) == hashes(result.folder)


def test_every_method_and_all_three_baselines_are_scored_at_every_origin(done):
    result, _ = done
    check(BACKTEST, result.table)
    methods = set(result.table["method"])
    wanted = {result.method, result.plain, "cells 150 m, last month", "random", "clusters", "lsoa per km²"}
    assert wanted < methods
    assert any(name.startswith("density") for name in methods)
    assert set(result.table.groupby(["method", "share_of_area"]).size()) == {2}
    assert (result.method, result.plain) == ("cells 150 m, half-life 24", "cells 150 m, 12-month count")
    chance = result.table[result.table["method"] == "random"]
    assert chance["pai"].to_numpy() == pytest.approx(1)


def test_the_ranking_is_at_two_per_cent_and_the_best_comes_first(done):
    result, _ = done
    at = result.table[result.table["share_of_area"] == 0.02].groupby("method")["pai"].mean()
    assert result.ranking["pai"].to_dict() == pytest.approx(at.to_dict())
    assert result.ranking["pai"].is_monotonic_decreasing


def test_two_months_are_too_few_to_call_any_method_better(done):
    result, _ = done
    assert result.sentences[0].startswith("Cells 150 m, half-life 24: In 2 of 2 held-out months the 2 % of Bexley")
    assert "too few to call any method better" in result.sentences[0]
    assert result.choice.method == result.plain
    assert len(result.sentences) == 2, "nothing was chosen anew at any origin"
    assert not (result.table["method"] == "auto").any()


def test_snapped_points_are_said_with_the_fair_figure(done):
    result, _ = done
    fair = result.ranking["pai"]["cells 250 m, half-life 24"]
    assert result.warnings[-1].startswith("100 % of the incidents lie on coordinates that at least ten others share")
    assert f"On cells of 250 m the fair figure is PAI {fair:.1f}" in result.warnings[-1]


def test_points_of_their_own_are_not_called_snapped(done, monkeypatch):
    result, _ = done
    monkeypatch.setattr(module, "repeated_share", lambda _: 0.49)
    focus = pd.DataFrame({"zone": ["area"]})
    nothing = cast("Any", dataclasses.make_dataclass("Done", ["left_out"])((("2023-07", "the data lack 2023-08"),)))
    geo = cast("Any", focus.assign(geometry=None))
    said = module._warnings(geo, nothing, result.table, Settings().hotspots, 1)
    assert said == ("Not tested from 2023-07: the data lack 2023-08.",)


def test_the_methods_to_choose_among_come_simplest_first_and_on_cells_of_one_size(done):
    wanted = Settings().hotspots
    names = module._choosable(module.candidates(wanted, (100.0, 150.0)), wanted)
    assert names[:2] == ["cells 150 m, 12-month count", "cells 150 m, 36-month count"]
    assert [name for name in names if "half-life" in name] == [f"cells 150 m, half-life {n}" for n in (6, 12, 24)]
    assert not [name for name in names if "100 m" in name or "last month" in name or name == "random"]
    assert all(name.endswith("cells 150 m") for name in names if name.startswith("density"))
    assert names.index("lsoa per km²") > names.index("cells 150 m, half-life 24")
    assert "clusters" in names


def test_the_document_names_what_is_needed_to_make_it_again(done):
    result, _ = done
    document = json.loads((result.folder / "backtest.json").read_text(encoding="utf-8"))
    assert document["origins"] == ["2024-03", "2024-04"]
    assert document["sentences"] == list(result.sentences)
    assert document["choice"]["method"] == result.choice.method
    assert document["parameters"]["horizon_months"] == 1
    assert document["parameters"]["cell_sizes_m"] == [150.0]
    assert {file["role"] for file in document["inputs"]} == {"incidents", "boundaries"}
    csv = pd.read_csv(result.folder / "backtest.csv", index_col=0)
    assert len(csv) == len(result.table)


def test_an_existing_result_is_replaced_only_when_asked(done, inputs):
    result, _ = done
    before = hashes(result.folder)
    request = BacktestRequest(inputs, result.folder, Plan(), (150.0,))
    with pytest.raises(OutputError, match="exists"):
        run_backtest(request, Settings())
    assert hashes(result.folder) == before


def test_a_short_history_is_one_sentence(inputs, tmp_path):
    early = dataclasses.replace(inputs, month="2024-03")
    with pytest.raises(InputError, match="A backtest needs 13 months in a row"):
        run_backtest(BacktestRequest(early, tmp_path / "out", Plan()), Settings())
    assert not (tmp_path / "out").exists()


def test_the_month_says_how_its_own_method_did(inputs, pack):
    loaded = load(inputs, Settings())
    said = held_out(loaded, Settings(), "Bexley")
    assert said.startswith("In 2 of 2 held-out months the 2 % of Bexley marked by this method")
    assert said in pack.page
    plain = with_hotspots(Settings(), half_life_months=0.0)
    assert "plain count" not in held_out(loaded, plain, "Bexley"), "it is not compared with itself"
    early = load(dataclasses.replace(inputs, month="2024-03"), Settings())
    assert "A backtest needs 13 months" in held_out(early, Settings(), "Bexley")


def test_the_summary_prints_every_method_and_marks_ours(done, capsys):
    result, _ = done
    print_backtest(result)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "Held-out test · Serious violence · Bexley · origins 2024-03 to 2024-04"
    ours = next(line for line in lines if line.startswith(result.method))
    assert ours.endswith("as set")
    assert next(line for line in lines if line.startswith(result.plain)).endswith("chosen")
    for name in {*result.table["method"]}:
        assert any(line.startswith(name) for line in lines), name
    for name in BACKTEST_FILES:
        assert any(line.startswith(name) for line in lines), name


@pytest.mark.parametrize("sizes", ["", "a", "100,", "100;150", "-5", "12345"])
def test_sizes_that_are_none_are_wrong_usage(sizes):
    said = kit.run_cli("backtest", "--month", "2024-05", "--boundaries", "x", f"--cell-sizes={sizes}")
    assert said.code == 2
    assert "write sizes in metres" in " ".join(said.err.replace("│", " ").split())


def test_every_option_and_file_stands_in_the_readme():
    part = README.partition("## Proof\n")[2].partition("\n## ")[0]
    for word in (*BACKTEST_FILES, "--horizon", "--origins", "--cell-sizes", "--out", "--force", "--month"):
        assert re.search(rf"`[^`\n]*{re.escape(word)}", part), word
