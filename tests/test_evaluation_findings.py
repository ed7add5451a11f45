"""What an evaluation says of itself: which way places moved, how much is known of them, and what stands against it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.errors import InputError
from hotspots.pipeline.evaluate import run_evaluate
from hotspots.pipeline.evaluate_places import Place, focus_key, one_place, uncovered_ring
from hotspots.pipeline.evaluate_result import EvaluateRequest
from hotspots.pipeline.evaluation_findings import evaluation_sentences, evaluation_warnings
from hotspots.pipeline.inputs import Inputs
from hotspots.settings import load_settings
from tests import conftest as kit

NONE = (0.0, 0.0)
COUNTS = ["before", "after"]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A town where burglary rose at High Street in 2024-03 and nowhere else."""
    folder = tmp_path_factory.mktemp("findings")
    rows: list[dict[str, str]] = []
    for month in kit.MONTHS:
        for place in ("High Street", "Station Road", "Border Road", "Old Yard", "Garage Row"):
            n = 14 if place == "High Street" and month >= "2024-03" else 9
            rows += [kit.row(month, place, kit.BURGLARY, **{"Crime ID": f"{len(rows) + k:064x}"}) for k in range(n)]
    (folder / "hotspots.toml").write_text("[evaluate]\nring_m = 100\ncontrols = 2\n", encoding="utf-8")
    return kit.Town(folder, rows)


@pytest.fixture(scope="module")
def settings(town):
    return load_settings(town.folder / "hotspots.toml")


@pytest.fixture(scope="module")
def result(town, settings):
    inputs = Inputs("2024-05", (town.incidents,), (town.boundaries,), ("Bexley",), (kit.BURGLARY,))
    out, register = town.folder / "out", town.folder / "evaluations.csv"
    return run_evaluate(EvaluateRequest(inputs, out, "549260,175760", "2024-03", register), settings)


def changed(result, **evaluation):
    return dataclasses.replace(result, evaluation=dataclasses.replace(result.evaluation, **evaluation))


def listed(result, month, listed_for=()):
    target = dataclasses.replace(result.target, pack_month=pd.Period(month, freq="M"), listed_for=listed_for)
    return dataclasses.replace(result, target=target)


def test_a_rise_is_held_against_rises_and_a_fall_against_falls(result, settings):
    found = result.evaluation
    assert found.difference.estimate == 15
    rose = changed(result, z=1.0, placebos=np.array([-2.0, 0.5, 1.0, 1.5]))
    assert "2 of 4 similar places scored in the same way" in evaluation_sentences(rose, settings)[3]
    assert "rose as far or farther for their size" in evaluation_sentences(rose, settings)[3]
    lower = dataclasses.replace(found.difference, estimate=-15.0)
    fell = changed(result, z=-1.0, placebos=np.array([-2.0, 0.5, 1.0, 1.5]), difference=lower)
    assert "1 of 4 similar places scored in the same way" in evaluation_sentences(fell, settings)[3]
    assert "fell as far or farther for their size" in evaluation_sentences(fell, settings)[3]


@pytest.mark.parametrize(
    ("scored", "said"),
    [
        (5, "Places here vary 2.5 times as much as Poisson counts; the interval allows for it."),
        (4, "Only 4 places here could be scored to tell how much places vary by themselves: the interval takes 2.5"),
        (1, "Only 1 place here could be scored"),
        (0, "No place here could be scored to tell how much places vary by themselves: the interval takes 2.5 times"),
    ],
)
def test_a_spread_taken_from_elsewhere_is_called_so(result, settings, scored, said):
    controls = pd.DataFrame({"placebo_z": [1.0] * scored + [np.nan], "chosen": True, "name": "A", "similar": True})
    sentence = evaluation_sentences(changed(result, spread=2.5, controls=controls), settings)[4]
    assert sentence.startswith(said)
    assert ("mostly from burglary elsewhere, and may be too narrow" in sentence) == (scored < 5)


def test_no_similar_place_is_no_word_on_how_places_vary(result, settings):
    alone = changed(result, placebos=np.array([]))
    said = evaluation_sentences(alone, settings)[3]
    assert said == "No other place that could be scored had about as many incidents before."


def uneven(result, settings, treated, ring, control, control_ring, error=10.0):
    """Return the warnings on counts before of the four zones; the controls are two."""
    counts = result.evaluation.counts.assign(before=[treated, ring, control, control_ring])
    difference = dataclasses.replace(result.evaluation.difference, standard_error=error)
    said = evaluation_warnings(changed(result, counts=counts, difference=difference), settings, NONE, 0)
    return [line for line in said if line.startswith("Before, the target")]


def test_what_a_shared_change_would_do_is_said_where_it_is_much(result, settings):
    assert result.evaluation.size == (2.0, 2.0)
    assert uneven(result, settings, 20, 370, 60, 80) == [
        "Before, the target and its ring held 390 incidents, the controls 70 on average: if every place had fallen by "
        "10 % alike, that alone would look like 32 fewer."
    ]
    assert uneven(result, settings, 20, 370, 60, 80, error=64.1) == []
    assert uneven(result, settings, 20, 370, 60, 80, error=64.0)
    assert "would look like 20 more." in uneven(result, settings, 20, 30, 200, 300)[0]
    no_ring = dataclasses.replace(settings, evaluate=dataclasses.replace(settings.evaluate, ring_m=0.0, per_area=True))
    assert "the target held 390 incidents, the controls 70 for its size" in uneven(result, no_ring, 390, 0, 140, 0)[0]


def test_counts_before_are_brought_to_the_length_of_the_time_after(result, settings):
    sides = dataclasses.replace(result.sides, after=result.sides.after[:1])
    shorter = dataclasses.replace(result, sides=sides)
    assert "held 200 incidents, the controls 20 on average" in uneven(shorter, settings, 300, 300, 120, 0, error=1)[0]


def test_ground_without_data_is_said_of_the_target_and_of_its_ring(result, settings):
    def said(*uncovered):
        return [line for line in evaluation_warnings(result, settings, uncovered, 0) if "without data" in line]

    assert said(0.01, 0.01) == []
    assert said(0.2, 0.0) == ["20 % of the target lies on ground without data: nothing there is counted."]
    assert said(0.0, 0.3) == ["30 % of the ring around it lies on ground without data: nothing there is counted."]


def test_the_share_of_a_ring_without_data():
    ground, covered = shapely.box(-50, -50, 50, 50), shapely.box(-1000, -1000, 50, 1000)
    ring = shapely.difference(shapely.buffer(ground, 100), ground)
    want = 1 - ring.intersection(covered).area / ring.area
    assert 0.2 < want < 0.5
    assert uncovered_ring(ground, 100, covered) == pytest.approx(want)
    assert uncovered_ring(ground, 0, covered) == 0
    assert uncovered_ring(ground, 100, shapely.box(-1000, -1000, 1000, 1000)) == pytest.approx(0)


def test_a_target_listed_for_something_else_is_not_said_to_fall_back(result, settings):
    def first(*listed_for):
        return evaluation_warnings(listed(result, "2024-02", listed_for), settings, NONE, 0)[0]

    assert "was listed because it was high, so that it falls back by itself, as the controls do" in first()
    assert first("Burglary") == first()
    assert "was listed for Drugs and Robbery, not for burglary: whether it was high" in first("Drugs", "Robbery")
    assert "falls back by itself, as" not in first("Drugs", "Robbery")


@pytest.mark.parametrize(
    ("month", "named", "early"),
    [("2024-02", 0, False), ("2024-01", 0, False), ("2023-12", 0, True), ("2023-06", 0, True), ("2023-06", 1, False)],
)
def test_an_old_pack_has_let_its_target_fall_back_already(result, settings, month, named, early):
    said = evaluation_warnings(listed(result, month), settings, NONE, named)[0]
    assert ("give a pack of the month before the start" in said) == early
    assert "from before the start" not in said


def test_what_a_pack_was_about_is_kept_with_the_place():
    ground = shapely.box(0, 0, 1, 1)
    place = Place("H01", ground, pd.Period("2024-02", freq="M"), ("Drugs",))
    assert one_place([place], "Here").listed_for == ("Drugs",)
    assert focus_key("Weapons", ["Robbery"]) == ("Weapons",)
    assert focus_key("", ["Robbery", "Drugs"]) == focus_key("", ["Drugs", "Robbery"]) == ("Drugs", "Robbery")


def test_the_document_holds_the_ground_of_each_control(result):
    document = json.loads((result.folder / "evaluation.json").read_text(encoding="utf-8"))
    chosen = [one["wkt"] for one in document["controls"] if one["chosen"]]
    assert [shapely.from_wkt(wkt).area for wkt in chosen] == pytest.approx(
        [10_000 * one["area_ha"] for one in document["controls"] if one["chosen"]]
    )
    assert all(one["wkt"] is None for one in document["controls"] if not one["chosen"])


def test_without_any_month_to_look_for_controls_in_it_is_one_sentence(town, settings):
    longer = dataclasses.replace(
        settings,
        evaluate=dataclasses.replace(settings.evaluate, months_before=9),
        hotspots=dataclasses.replace(settings.hotspots, window_months=2),
    )
    gone = tuple(path for path in sorted(town.incidents.iterdir()) if path.name not in {"2024-01", "2024-02"})
    assert len(gone) == len(kit.MONTHS) - 2
    inputs = Inputs("2024-05", gone, (town.boundaries,), ("Bexley",), (kit.BURGLARY,))
    request = EvaluateRequest(inputs, town.folder / "no", "549260,175760", "2024-03", town.folder / "no.csv")
    with pytest.raises(InputError, match="The files hold no month of 2024-01 to 2024-02, the months before the start"):
        run_evaluate(request, longer)
