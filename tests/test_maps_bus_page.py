"""The bus page as text: stable bytes, a policy that names every part, data that stays data, and no place of an incident."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hotspots.errors import TableError
from hotspots.maps import bus_panel
from hotspots.maps.bus_content import Groups, PlanView, Rules
from hotspots.maps.bus_curve import amount, drawing
from hotspots.maps.bus_page import OVERLAYS, build_bus_page
from hotspots.maps.bus_payload import build_bus_payload
from tests import bus_fixtures as fixtures
from tests.columns_fixtures import read_column
from tests.test_maps_page import Page, strings


@pytest.fixture(scope="module")
def text():
    return build_bus_page(fixtures.content())


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


@pytest.fixture(scope="module")
def hostile():
    return build_bus_page(fixtures.content(bad=fixtures.BAD))


def data_of(text):
    return json.loads(text.split('id="page-data">')[1].split("</script>")[0])


def test_the_same_content_gives_the_same_bytes(text):
    code = "import sys; from tests import bus_fixtures as f; from hotspots.maps.bus_page import build_bus_page; sys.stdout.buffer.write(build_bus_page(f.content()).encode())"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent.parent, capture_output=True, check=True
    )
    assert build_bus_page(fixtures.content()) == text
    assert out.stdout == text.encode()


def test_what_was_lent_is_not_changed():
    content = fixtures.content()
    names = ("areas", "hotspots", "sites", "neighbours", "zones", "provision", "curve", "rota")
    before = {name: getattr(content, name).copy() for name in names}
    held = content.groups
    arrays = {field.name: getattr(held, field.name).copy() for field in dataclasses.fields(held)}
    build_bus_page(content)
    for name, copy in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(content, name)), pd.DataFrame(copy))
    for name, copy in arrays.items():
        assert np.array_equal(getattr(held, name), copy)


def test_the_policy_holds_the_hash_of_every_inline_part_and_nothing_more(page):
    def hashes(parts):
        return [f"'sha256-{base64.b64encode(hashlib.sha256(p.encode()).digest()).decode()}'" for p in parts]

    assert page.policy == {
        "default-src": ["'none'"],
        "script-src": hashes(page.scripts),
        "style-src": hashes(page.styles),
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert (len(page.scripts), len(page.styles)) == (4, 2)


def test_nothing_in_the_page_can_be_loaded_from_outside(page):
    for tag, attributes in page.tags:
        assert attributes.get("href", "#").startswith("#")
        for name in ("src", "srcset", "action", "data", "poster", "background", "style", "xlink:href"):
            assert name not in attributes, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert tag not in {"link", "iframe", "object", "embed", "img", "base", "form"}
    own = "".join(page.scripts[2:])
    assert not re.search(
        r"\.innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bfetch\(|XMLHttp|sendBeacon",
        own,
    )
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", own + page.styles[1])


def test_the_data_are_areas_sites_and_totals_and_no_place_of_an_incident():
    points, _ = fixtures.demand()
    content = fixtures.content()
    data = build_bus_payload(content)
    assert set(data) == {
        "origin", "unit", "title", "ranges", "areas", "outline", "neighbours", "hotspots", "zones", "provision",
        "sites", "at", "groups", "total", "plans", "rules", "curve", "backdrop",
    }  # fmt: skip
    assert set(data["groups"]) == {"weight", "n", "counts", "sites", "level", "levels"}
    assert len(data["at"]) == 2 * len(content.sites)
    # Fewer groups than points, and no coordinate of a point in what is not a shape.
    assert len(data["groups"]["weight"]) < len(points)
    held = json.dumps({key: data[key] for key in ("sites", "groups", "plans", "rules", "curve", "provision")})
    numbers = set(re.findall(r"\d+\.\d+", held))
    assert not [point for point in points.tolist() if {str(point[0]), str(point[1])} <= numbers]


@pytest.mark.parametrize("decay", [False, True])
def test_the_coverage_comes_back_as_it_was(decay):
    content = fixtures.content(decay=decay)
    data = build_bus_payload(content)["groups"]
    held = content.groups
    assert np.array_equal(np.concatenate([[0], np.cumsum(read_column(data["counts"]))]), held.indptr)
    assert np.array_equal(read_column(data["sites"]), held.indices)
    assert np.array_equal(np.array(data["levels"])[read_column(data["level"])], held.data)
    assert data["weight"] == held.weight.tolist()
    assert data["n"] == held.n_month.tolist()
    assert len(data["levels"]) == (4 if decay else 1)


def test_sites_plans_and_rules_in_the_data():
    content = fixtures.content()
    data = build_bus_payload(content)
    keys = content.sites.index.tolist()
    assert [site["id"] for site in data["sites"]] == keys
    assert [plan["sites"] for plan in data["plans"]] == [
        [keys.index(key) for key in plan.site_ids] for plan in content.plans
    ]
    assert [plan["kind"] for plan in data["plans"]] == ["best", "alternative", "alternative", "current"]
    standing = {site["id"]: site["status"] for site in data["sites"] if site["status"] != "candidate"}
    assert standing == {keys[3]: "fixed", keys[7]: "never", keys[19]: "never"}
    assert data["sites"][19]["reason"] == "inside a no-stop zone"
    assert data["sites"][3]["reason"] == "agreed with the housing association"
    assert data["rules"]["radius"] == 400 / 1.3
    assert data["rules"]["apart"] == 900
    assert data["rules"]["wards"] == [[label, list(held)] for label, held in content.rules.at_least_one]
    assert data["rules"]["hotspots"] == [[label, list(held)] for label, held in content.rules.one_per_hotspot]
    ranks = dict(content.hotspots["rank"].items())
    for site, ids in zip(data["sites"], content.sites["hotspot_ids"], strict=True):
        assert site["hotspots"] == sorted(ranks[key] for key in ids.split())


def test_a_site_that_the_list_bars_is_barred_without_a_rule():
    rules = dataclasses.replace(fixtures.content().rules, barred={})
    data = build_bus_payload(fixtures.content(rules=rules))
    assert [(s["status"], s["reason"]) for s in data["sites"] if s["status"] == "never"] == [
        ("never", "red route"),
        ("never", ""),
    ]


def test_along_streets_there_is_no_circle():
    rules = dataclasses.replace(fixtures.content().rules, walk_factor=None)
    assert rules.radius_m is None
    text = build_bus_page(fixtures.content(rules=rules))
    assert data_of(text)["rules"]["radius"] is None
    assert "reach of a stop" not in text
    assert f'"{OVERLAYS["reach"]}" :' not in Page(text).scripts[3]


@pytest.mark.parametrize(
    ("factor", "said"), [(1.0, "400 m on foot<"), (1.3, "400 m on foot, 308 m in a straight line")]
)
def test_the_legend_says_how_far_a_stop_reaches(factor, said):
    rules = dataclasses.replace(fixtures.content().rules, walk_factor=factor)
    assert f"reach of a stop: {said}" in build_bus_page(fixtures.content(rules=rules))


def test_what_must_be_read_without_scripts_is_in_the_text(page):
    said = "".join(page.text)
    content = fixtures.content()
    words = content.words
    for sentence in (words.title, words.subtitle, words.marking, *words.notices, *words.headline, words.proven):
        assert sentence in said
    for heading, paragraph in words.method:
        assert heading in said
        assert paragraph in said
    for heading, sentences in words.findings:
        assert heading in said
        assert all(sentence in said for sentence in sentences)
    assert all(name in said for name in content.sites["name"])
    assert all(plan.title in said for plan in content.plans)
    assert "Since March 2020." in said
    assert "Christmas holiday" in said
    assert "from here on each stop adds clearly less" in said


def test_the_stops_of_the_best_plan_stand_in_their_order_and_the_others_by_reach():
    content = fixtures.content()
    names = content.sites["name"]
    assert [row["name"] for row in bus_panel.stop_rows(content)] == [names[key] for key in content.plans[0].site_ids]
    others = bus_panel.other_rows(content)
    assert len(others) == len(names) - 4
    never = [names.iloc[7], names.iloc[19]]
    assert sorted(row["name"] for row in others[-2:]) == sorted(never)
    covered = content.sites.set_index("name")["covered"]
    reaches = [covered[row["name"]] for row in others[:-2]]
    assert reaches == sorted(reaches, reverse=True)
    assert next(row for row in others if row["name"] == never[0])["small"].startswith("never: red route · ")
    assert bus_panel.stop_rows(content)[0]["small"] == "fixed · Crayford"


def test_plans_say_what_they_have_more_and_less_than_the_best():
    content = fixtures.content()
    best, _, third, current = bus_panel.plan_rows(content)
    assert best["small"] == []
    assert best["less"] == "–"
    names, (first, _, other, _) = content.sites["name"], content.plans
    assert third["small"] == [
        "with " + ", ".join(names[key] for key in other.site_ids if key not in first.site_ids),
        "without " + ", ".join(names[key] for key in first.site_ids if key not in other.site_ids),
    ]
    assert third["less"] == f"−{amount(first.reach - other.reach)}"
    assert current["small"][-1] == "Since March 2020."
    better = dataclasses.replace(content.plans[3], reach=first.reach + 2, title="Larger")
    same = dataclasses.replace(content.plans[1], reach=first.reach)
    changed = dataclasses.replace(content, plans=(first, same, better))
    assert [row["less"] for row in bus_panel.plan_rows(changed)] == ["–", "0", "+2.0"]


def test_the_legend_counts_the_areas_inside_the_line():
    content = fixtures.content()
    own = content.areas[content.areas["zone"] == "area"]["need_class"].value_counts()
    made = bus_panel.legend(content)
    assert [line.areas for line in made.classes] == [int(own.get(number, 0)) for number in range(1, 6)]
    assert (made.no_data, made.no_data_inside) == (1, 0)
    assert made.classes[1].words == "2 – under 5"


def test_the_rota_says_a_week_and_an_evening_once():
    content = fixtures.content()
    rows = bus_panel.rota_rows(content)
    assert len(rows) == 32
    assert [row["week"] for row in rows if row["week"]] == [
        "Week 1, from Tue 4 Jan 2022",
        "Week 2, from Tue 11 Jan 2022",
        "Week 3, from Tue 18 Jan 2022",
        "Week 4, from Tue 25 Jan 2022",
    ]
    assert [row["day"] for row in rows[:4]] == ["Tue 4 Jan", "", "Thu 6 Jan", ""]
    assert [row["on"] for row in rows[:3]] == ["Christmas holiday", "", ""]
    assert [row["clock"] for row in rows[:2]] == ["16:30–19:15", "19:45–22:30"]
    assert [row["travel"] for row in rows[:2]] == ["", "17 min"]
    best = content.plans[0].site_ids
    assert content.rota is not None
    assert [row["stop"] for row in rows] == [best.index(key) + 1 for key in content.rota["site_id"]]
    assert bus_panel.rota_rows(dataclasses.replace(content, rota=None)) == []
    assert 'id="panel-rota"' not in build_bus_page(fixtures.content(rota=None))
    assert 'id="panel-rota"' not in build_bus_page(fixtures.content(rota=content.rota.iloc[:0]))


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.0"), (0.049, "<0.1"), (0.05, "0.1"), (0.26, "0.3"), (99.94, "99.9"), (99.95, "100"), (1234.5, "1,234")],
)
def test_an_amount_is_said_without_false_precision(value, said):
    assert amount(value) == said


def test_the_curve_lies_in_its_frame():
    content = fixtures.content()
    made = drawing(content)
    scale = made.scale
    reaches = content.curve["reach"].tolist()
    for stops, reach, (x, y) in zip(content.curve.index, reaches, made.points, strict=True):
        assert x == pytest.approx(scale["left"] + stops * scale["wide"], abs=0.01)
        assert y == pytest.approx(scale["base"] - reach * scale["tall"], abs=0.01)
    assert scale["most"] == 8
    assert scale["top"] >= max(reaches)
    assert scale["top"] * scale["tall"] == 160
    assert made.path.startswith(f"M{made.points[0][0]} {made.points[0][1]}L")
    assert made.path.count("L") == 7
    assert made.knee == (*made.points[4], 5)
    assert [word for _, word in made.rows] == ["0", "20", "40", "60"]
    assert [y for y, _ in made.rows] == sorted((y for y, _ in made.rows), reverse=True)
    assert [word for _, word in made.columns] == [str(stops) for stops in range(9)]
    assert f"4: {amount(reaches[3])}" in made.label


@pytest.mark.parametrize(
    ("highest", "words"),
    [(4.0, ["0", "1", "2", "3", "4"]), (0.9, ["0", "0.5", "1"]), (1_450.0, ["0", "500", "1,000", "1,500"])],
)
def test_the_lines_across_stand_at_round_numbers(highest, words):
    content = fixtures.content()
    curve = content.curve.assign(reach=content.curve["reach"] / content.curve["reach"].max() * highest)
    plans = tuple(dataclasses.replace(plan, reach=highest / 2) for plan in content.plans)
    made = drawing(dataclasses.replace(content, curve=curve, plans=plans))
    assert [word for _, word in made.rows] == words


def test_plans_beyond_the_curve_are_within_its_frame():
    content = fixtures.content()
    keys = content.sites.index
    large = PlanView("Large", tuple(keys[:20]), 95.0, 0.3)
    changed = dataclasses.replace(content, plans=(*content.plans, large))
    made = drawing(changed)
    assert (made.scale["most"], made.scale["top"]) == (20, 100)
    assert [word for _, word in made.columns if word] == [str(stops) for stops in range(0, 21, 2)]
    empty = drawing(dataclasses.replace(content, curve=content.curve.iloc[:0]))
    assert (empty.path, empty.knee) == ("", None)
    assert 'id="curve"' not in build_bus_page(fixtures.content(curve=content.curve.iloc[:0]))


def test_the_curve_says_what_is_not_proven_and_what_was_wanted():
    rows = bus_panel.curve_rows(fixtures.content())
    assert [row["stops"] for row in rows] == list(range(1, 9))
    assert rows[3]["small"] == "wanted"
    assert rows[4]["small"] == "from here on each stop adds clearly less"
    assert rows[7]["small"] == f"not proven: {amount(fixtures.content().curve['bound'].iloc[7])} at most"
    assert rows[0]["gain"] == rows[0]["reach"]


def test_every_hostile_text_is_escaped_in_the_markup(hostile, page):
    parsed = Page(hostile)
    assert [tag for tag, _ in parsed.tags] == [tag for tag, _ in page.tags]
    assert parsed.scripts == page.scripts
    assert [style.rpartition("@page{")[0] for style in parsed.styles[1:]] == [
        style.rpartition("@page{")[0] for style in page.styles[1:]
    ]
    said = "".join(parsed.text)
    content = fixtures.content(bad=fixtures.BAD)
    assert content.rota is not None
    fields = [
        dataclasses.asdict(content.words),
        content.sites["name"].tolist(),
        [[plan.title, plan.note] for plan in content.plans],
        content.rota["on"].dropna().tolist(),
    ]
    for field in strings(fields):
        assert field in said, field


def test_every_hostile_text_is_whole_in_the_data_and_cannot_leave_it(hostile):
    written = hostile.split('id="page-data">')[1].split("</script>")[0]
    assert not set(written) & set("<>&\u2028\u2029")
    held = set(strings(json.loads(written)))
    content = fixtures.content(bad=fixtures.BAD)
    tables: Any = (
        (content.areas, ("lsoa_name", "borough")),
        (content.sites, ("name", "hours", "notes", "ward")),
        (content.neighbours, ("borough",)),
        (content.zones, ("name",)),
        (content.provision, ("name", "hours")),
    )
    for frame, columns in tables:
        for column in columns:
            assert set(frame[column].dropna()) <= held
    assert set(content.sites.index) <= held
    assert {sentence for sentences in content.why.values() for sentence in sentences} <= held
    assert set(content.rules.barred.values()) <= held


@pytest.mark.parametrize("name", ["hotspots", "zones", "provision", "neighbours"])
def test_empty_frames_make_a_page(name):
    frame = getattr(fixtures.content(), name).iloc[:0]
    text = build_bus_page(dataclasses.replace(fixtures.content(), **{name: frame}))
    if name in OVERLAYS:
        assert f'"{OVERLAYS[name]}" :' not in Page(text).scripts[3]
    if name in {"zones", "provision"}:
        absent: Any = {name: None}
        assert build_bus_page(fixtures.content(**absent)) == text


def test_the_layers_that_there_is_something_to_draw_for(page):
    script = page.scripts[3]
    assert [kind for kind, name in OVERLAYS.items() if name and f'"{name}" :' in script] == [
        "areas", "zones", "reach", "hotspots", "provision", "candidates",
    ]  # fmt: skip


def groups_with(**changes):
    return dataclasses.replace(fixtures.content().groups, **changes)


FAULTS = [
    ({"areas": fixtures.areas().to_crs(4326)}, "projected CRS"),
    ({"sites": fixtures.content().sites.to_crs(3857)}, "sites of a bus page are in EPSG:3857"),
    ({"zones": fixtures.zones().to_crs(3857)}, "zones of a bus page"),
    ({"areas": fixtures.areas().drop(columns=["need", "zone"])}, "areas of a bus page lack zone, need"),
    ({"sites": fixtures.content().sites.drop(columns="covered")}, "sites of a bus page lack covered"),
    ({"hotspots": fixtures.hotspot_places().drop(columns="rank")}, "hotspots of a bus page lack rank"),
    ({"sites": fixtures.content().sites.assign(status="perhaps")}, "SITES"),
    ({"curve": fixtures.content().curve.assign(share=2.0)}, "CURVE"),
    ({"rota": fixtures.content().rota.drop(columns="on")}, "ROTA"),  # type: ignore[union-attr]
    ({"provision": fixtures.provision().drop(columns="hours")}, "PROVISION"),
    ({"breaks": (2.0, 5.0, 10.0)}, "classes 1 to 4"),
    ({"plans": ()}, "at least one plan"),
    ({"plans": (PlanView("Best plan", ("S999",), 1.0, 0.1),)}, "Best plan of a bus page: 'S999'"),
    ({"rules": Rules(4, 400.0, fixed=("S999",))}, "fixed sites of a bus page: 'S999'"),
    ({"rules": Rules(4, 400.0, barred={"S999": "x"})}, "barred sites of a bus page: 'S999'"),
    ({"rules": Rules(4, 400.0, at_least_one=(("Erith", (40,)),))}, "rule of Erith"),
    ({"rules": Rules(4, 400.0, one_per_hotspot=(("Broadway", (-1,)),))}, "rule of Broadway"),
    ({"groups": groups_with(weight=np.ones(2))}, "does not fit together"),
    ({"groups": groups_with(n_month=np.ones(2))}, "does not fit together"),
    ({"groups": groups_with(data=np.ones(2))}, "does not fit together"),
    ({"groups": groups_with(indptr=fixtures.content().groups.indptr[::-1])}, "does not fit together"),
    ({"groups": groups_with(indices=fixtures.content().groups.indices + 39)}, "beyond its 40 sites"),
    ({"groups": groups_with(indices=fixtures.content().groups.indices - 40)}, "beyond its 40 sites"),
    ({"groups": groups_with(data=fixtures.content().groups.data * 1.5)}, "share above 1"),
    ({"groups": groups_with(weight=-fixtures.content().groups.weight)}, "below 0"),
    ({"total": float("nan")}, "without end"),
]


@pytest.mark.parametrize(("changes", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_what_cannot_be_drawn_is_refused(changes, said):
    with pytest.raises(TableError, match=re.escape(said)):
        build_bus_page(fixtures.content(**changes))


def test_areas_without_need_are_hatched_not_refused():
    areas = fixtures.areas().copy()
    for column in ("need", "need_per_km2", "need_class"):
        areas[column] = areas[column].mask(areas["zone"] != "none")
    text = build_bus_page(fixtures.content(areas=areas))
    assert f"no data · {len(areas):,}</li>" in text


def test_nobody_is_reached_where_no_site_reaches():
    none = Groups(np.zeros(0), np.zeros(0), np.zeros(1, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0))
    data = build_bus_payload(fixtures.content(groups=none, total=0.0))
    assert data["groups"]["weight"] == []
    assert data["total"] == 0


def test_the_page_is_small_for_many_sites():
    rng = np.random.default_rng(3)
    reached = [rng.choice(500, 25, replace=False) for _ in range(5_000)]
    many = Groups(
        rng.random(5_000),
        rng.random(5_000),
        np.arange(5_001) * 25,
        np.concatenate(reached),
        rng.choice([0.25, 0.5, 0.75, 1.0], 125_000),
    )
    text = build_bus_page(fixtures.content(count=500, groups=many, total=5_000.0))
    assert len(text.encode()) < 5_000_000


def test_frames_that_have_no_crs_but_are_empty_are_no_fault():
    empty = gpd.GeoDataFrame({"name": []}, geometry=[])
    assert build_bus_page(fixtures.content(zones=empty))
