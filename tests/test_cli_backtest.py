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
from hotspots.analysis.orders import as_set, candidates
from hotspots.cli.backtest import print_backtest
from hotspots.errors import InputError, OutputError
from hotspots.pipeline import backtest as module
from hotspots.pipeline.auto import as_settings, choosable, choose_method
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


def test_points_of_their_own_are_not_called_snapped(done, monkeypatch, inputs):
    result, _ = done
    monkeypatch.setattr("hotspots.pipeline.held_out.repeated_share", lambda _: 0.49)
    focus = load(inputs, Settings()).located
    nothing = cast("Any", dataclasses.make_dataclass("Done", ["left_out"])((("2023-07", "the data lack 2023-08"),)))
    said = module._warnings(focus, nothing, result.table, Settings().hotspots)
    assert said == ("Not tested from 2023-07: the data lack 2023-08.",)


def test_the_methods_to_choose_among_come_simplest_first_and_on_cells_of_one_size(done):
    wanted = Settings().hotspots
    names = [one.name for one in choosable(candidates(wanted, (100.0, 150.0)), wanted)]
    assert names[:2] == ["cells 150 m, 12-month count", "cells 150 m, 36-month count"]
    assert [name for name in names if "half-life" in name] == [f"cells 150 m, half-life {n}" for n in (24, 12, 6)]
    assert not [name for name in names if "100 m" in name or "last month" in name or name == "random"]
    assert all(name.endswith("cells 150 m") for name in names if name.startswith("density"))
    assert names.index("lsoa per km²") > names.index("cells 150 m, half-life 24")
    assert "clusters" in names
    # Wider cells would be compared with places that may be far smaller than one of them.
    wide = dataclasses.replace(wanted, cell_m=wanted.min_width_m + 1)
    assert "clusters" not in [one.name for one in choosable(candidates(wide, (wide.cell_m,)), wide)]


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
    assert said.replace("'", "&#39;") in pack.page
    assert "the fair figure is PAI" in said
    plain = with_hotspots(Settings(), half_life_months=0.0)
    assert "plain count" not in held_out(loaded, plain, "Bexley"), "it is not compared with itself"
    early = load(dataclasses.replace(inputs, month="2024-03"), Settings())
    assert "A backtest needs 13 months" in held_out(early, Settings(), "Bexley")


# The method chosen


def auto():
    return with_hotspots(Settings(), method="auto")


def test_a_method_that_is_set_is_left_as_it_is(inputs):
    chosen = choose_method(load(inputs, Settings()), Settings())
    assert (chosen.settings, chosen.sentences, chosen.document) == (Settings(), (), None)


def test_with_too_little_to_tell_by_the_simplest_is_chosen(inputs):
    loaded = load(inputs, auto())
    chosen = choose_method(loaded, auto())
    assert (chosen.settings.hotspots.method, chosen.settings.hotspots.half_life_months) == ("cells", 0)
    assert chosen.document is not None
    assert chosen.document["method"] == "cells 150 m, 12-month count"
    assert chosen.sentences[0].startswith("cells 150 m, 12-month count is the simplest method, and 2 held-out months")
    assert len(chosen.sentences) == 1


def test_a_history_too_short_to_choose_by_falls_back_and_says_so(inputs):
    early = load(dataclasses.replace(inputs, month="2024-03"), auto())
    chosen = choose_method(early, auto())
    assert chosen.settings.hotspots == with_hotspots(Settings(), method="cells").hotspots
    assert "too short to choose a method by, so that the method is cells" in chosen.sentences[0]


def test_every_method_to_choose_among_is_one_that_settings_can_draw():
    wanted = Settings().hotspots
    tried = choosable(candidates(wanted, (150.0,)), wanted)
    for one in tried:
        again = as_settings(one, wanted)
        assert again.method in one.name
        if again.method == "cells" and not one.name.endswith("36-month count"):
            assert as_set(again).name == one.name
        if again.method in {"clusters", "lsoa"}:
            assert as_set(again).name == one.name
        if again.method == "density":
            assert one.name.startswith(as_set(again).name)


def test_a_run_with_auto_says_what_it_chose_and_why(town, tmp_path):
    settings = tmp_path / "auto.toml"
    settings.write_text('[hotspots]\nmethod = "auto"\n', encoding="utf-8")
    read = town.run(tmp_path / "out", settings=settings)
    assert read.manifest["choice"]["method"] == "cells 150 m, 12-month count"
    assert read.manifest["parameters"]["method"] == "cells"
    assert read.manifest["parameters"]["half_life_months"] == 0
    assert "How the method was chosen" in read.page
    assert read.manifest["choice"]["reason"] in read.page
    assert read.said is not None
    assert read.manifest["choice"]["reason"] in " ".join(read.said.out.split())


def test_the_summary_prints_every_method_and_marks_ours(done, capsys, monkeypatch):
    result, _ = done
    monkeypatch.setenv("COLUMNS", "160")
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
