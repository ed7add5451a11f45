"""The page as text: stable bytes, a policy that names every part, and data that stays data."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import folium
import geopandas as gpd
import pandas as pd
import pytest

from hotspots.errors import OutputError, SettingsError, TableError
from hotspots.maps import offline, panel
from hotspots.maps.content import MonthCount
from hotspots.maps.layers import build_map, measure_names
from hotspots.maps.page import build_page
from hotspots.maps.payload import build_payload
from hotspots.maps.spark import sparks
from tests import page_fixtures as fixtures

TILES = "https://{s}.tile.example.org/{z}/{x}/{y}.png"


class Page(HTMLParser):
    """The tags, text and inline parts of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self.styles, self.data, self.text = [], [], [], "", []
        self._open = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in {"script", "style"}:
            self._open = (tag, dict(attrs).get("type"))

    def handle_endtag(self, tag):
        if tag in {"script", "style"}:
            self._open = None

    def handle_data(self, data):
        if self._open is None:
            self.text.append(data)
        elif self._open == ("script", "application/json"):
            self.data += data
        else:
            (self.scripts if self._open[0] == "script" else self.styles).append(data)

    @property
    def policy(self):
        [content] = [
            a["content"] for t, a in self.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
        ]
        return {part.split()[0]: part.split()[1:] for part in content.split(";")}


@pytest.fixture(scope="module")
def text():
    return build_page(fixtures.content())


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


@pytest.fixture(scope="module")
def hostile():
    return build_page(fixtures.content(bad=fixtures.BAD))


def test_the_same_content_gives_the_same_bytes(text):
    assert build_page(fixtures.content()) == text


def test_a_fresh_process_gives_the_same_bytes(text):
    code = "import sys; from tests import page_fixtures as f; from hotspots.maps.page import build_page; sys.stdout.buffer.write(build_page(f.content()).encode())"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent.parent, capture_output=True, check=True
    )
    assert out.stdout == text.encode()


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
    assert len(page.scripts) == 4
    assert len(page.styles) == 2


def test_nothing_in_the_page_can_be_loaded_from_outside(page):
    for tag, attributes in page.tags:
        assert attributes.get("href", "#").startswith("#")
        for name in ("src", "srcset", "action", "data", "poster", "background", "style", "xlink:href"):
            assert name not in attributes, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert tag not in {"link", "iframe", "object", "embed", "img", "base", "form"}
    for style in page.styles:
        assert not re.search(r"@import|url\((?!\s*[\"']?(?:data:|#))", style)
        assert "#VML" not in style
    for script in page.scripts:
        assert "sourceMappingURL" not in script
        assert not re.search(r"\bfetch\(|XMLHttpRequest|importScripts|sendBeacon|WebSocket", script)
    own = "".join(page.scripts[2:])
    assert not re.search(r"\.innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", own)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", own + page.styles[1])


def test_folium_keeps_its_frame_and_its_class_lists():
    before = (list(folium.Map.default_js), list(folium.Map.default_css))
    chart = build_map(fixtures.content().measures, (51.45, 0.15), None)
    assert isinstance(chart, folium.Map)
    assert (folium.Map.default_js, folium.Map.default_css) == before
    assert chart.default_js == chart.default_css == []
    control = [child for child in chart._children.values() if isinstance(child, folium.LayerControl)]
    chart.get_root().render()
    assert list(control[0].overlays) == [
        "Hotspots",
        "Events",
        "Incident locations",
        "Hotspots of the month shown",
        "Density of the window",
        "Community tensions",
        "Roads, water and places",
    ]
    hidden = [getattr(child, "kind", "") for child in chart._children.values() if not getattr(child, "show", True)]
    assert hidden == ["areas", "density", "tensions"]
    assert list(control[0].base_layers) == ["Areas: incidents per km²", "Areas: incidents per 1,000 residents"]


def test_layer_names_are_never_data_and_never_twice():
    bad = tuple(dataclasses.replace(measure, column="<img src=x>") for measure in fixtures.content().measures)
    assert measure_names(bad) == ["Areas: measure 1", "Areas: measure 2"]
    same = fixtures.content().measures[:1] * 2
    assert len(set(measure_names(same))) == 2


def test_what_must_be_read_without_scripts_is_in_the_text(page):
    said = "".join(page.text)
    words = fixtures.words()
    for sentence in (words.title, words.subtitle, words.marking, *words.notices, *words.headline, *words.sources):
        assert sentence in said
    for heading, paragraph in words.method:
        assert heading in said
        assert paragraph in said
    for name in fixtures.hotspots()["name"]:
        assert name in said
    for code in fixtures.areas().index:
        assert code in said
    for title in fixtures.events()["title"]:
        assert title in said
    assert "Jun 2021: missing from the input" in said
    assert "not tested" in said


def test_hotspots_stand_by_rank(page):
    said = "".join(page.text)
    assert said.index("Station Road") < said.index("Broadway") < said.index("Pier Road")


def test_the_legend_counts_the_areas_inside_the_line(text):
    areas = fixtures.areas()
    own = areas[areas["zone"] == "area"]["map_class"].value_counts()
    legend = text.split('data-measure="0"')[1].split("</div>")[0]
    counts = [int(n) for n in re.findall(r"</svg> [^<]*?· (\d+)(?: LSOAs?)?</li>", legend)]
    assert counts == [int(own.get(number, 0)) for number in range(1, 6)] + [1]
    assert "no data · 1" in legend


def test_an_entry_for_no_data_only_where_there_is_some():
    areas = fixtures.areas()
    known = areas[areas["map_class"].notna()]
    assert "no data · 1</li>" in build_page(fixtures.content())
    assert "no data · " not in "".join(Page(build_page(fixtures.content(areas=known))).text)


def test_every_hostile_text_is_escaped_in_the_markup(hostile, page):
    parsed = Page(hostile)
    # The same tags as the harmless page: no text became markup.
    assert [tag for tag, _ in parsed.tags] == [tag for tag, _ in page.tags]
    assert len(parsed.scripts) == len(page.scripts)
    assert parsed.scripts == page.scripts
    # But for the marking, written by the numbers of its signs.
    assert [style.rpartition("@page{")[0] for style in parsed.styles[1:]] == [
        style.rpartition("@page{")[0] for style in page.styles[1:]
    ]
    assert parsed.styles[0] == page.styles[0]
    said = "".join(parsed.text)
    fields = {
        "words": dataclasses.asdict(fixtures.words(fixtures.BAD)),
        "hotspots": fixtures.hotspots(fixtures.BAD)[["name"]].to_dict("list"),
        "areas": fixtures.areas(fixtures.BAD)[["lsoa_name"]].to_dict("list"),
        "events": fixtures.events(fixtures.BAD)[["title", "kind", "notes"]].to_dict("list"),
        "months": [month.label for month in fixtures.months(fixtures.BAD)],
        "measures": [measure.title for measure in fixtures.content(bad=fixtures.BAD).measures],
        "tested": [dataclasses.asdict(tested)["labels"] for tested in fixtures.content(bad=fixtures.BAD).tested],
        "periods": [period.title for period in fixtures.content(bad=fixtures.BAD).periods],
        "kinds": fixtures.selections(fixtures.BAD)["category"].unique().tolist(),
        "themes": [f"Gangs{fixtures.BAD}", f"Youth{fixtures.BAD}"],
    }
    for field in strings(fields):
        if field != fields["words"]["month_short"]:
            assert field in said, field
    assert html.escape(fixtures.BAD, quote=False).split()[0] in hostile


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings(part)


def test_every_hostile_text_is_whole_in_the_data_and_cannot_leave_it(hostile):
    written = hostile.split('id="page-data">')[1].split("</script>")[0]
    assert not set(written) & set("<>&\u2028\u2029")
    data = json.loads(written)
    held = set(strings(data))
    for column in ("lsoa_name", "borough"):
        assert set(fixtures.areas(fixtures.BAD)[column]) <= held
    assert set(fixtures.locations(fixtures.BAD)["street"].dropna()) <= held
    assert set(fixtures.neighbours(fixtures.BAD)["borough"]) <= held
    for column in ("name", "top_category", "grid_ref", "lsoa_codes"):
        assert set(fixtures.hotspots(fixtures.BAD)[column].dropna()) <= held
    for column in ("title", "kind", "notes"):
        assert set(fixtures.events(fixtures.BAD)[column].dropna()) <= held


def test_what_was_lent_is_not_changed():
    content = fixtures.content()
    before = {f.name: getattr(content, f.name) for f in dataclasses.fields(content)}
    copies = {name: value.copy() for name, value in before.items() if isinstance(value, gpd.GeoDataFrame)}
    outline = content.outline.wkb
    build_page(content)
    for name, copy in copies.items():
        after = getattr(content, name)
        assert after is before[name]
        pd.testing.assert_frame_equal(pd.DataFrame(after), pd.DataFrame(copy))
        assert after.crs == copy.crs
    assert content.outline.wkb == outline


def test_tiles_add_one_host_to_the_policy_and_say_so():
    text = build_page(fixtures.content(tiles=TILES))
    page = Page(text)
    assert page.policy["img-src"] == ["data:", "https://*.tile.example.org"]
    assert [key for key, value in page.policy.items() if any("http" in part for part in value)] == ["img-src"]
    assert "asks tile.example.org for pictures" in "".join(page.text)
    assert "L.tileLayer" in page.scripts[3]


def test_without_tiles_there_is_no_tile_layer(page):
    assert "L.tileLayer" not in page.scripts[3]
    assert "asks" not in "".join(page.text)


@pytest.mark.parametrize(
    "template",
    [
        "OpenStreetMap",
        "ftp://tile.example.org/{z}/{x}/{y}.png",
        "https://tile.example.org/tiles.png",
        "https://tile.example.org/{z}/{x}/{y}.png?key={key}",
        "https://a b/{z}/{x}/{y}.png",
        "https://evil.org; script-src *//{z}/{x}/{y}",
        "https://user@tile.example.org/{z}/{x}/{y}.png",
        'https://tile.example.org"/{z}/{x}/{y}.png',
    ],
)
def test_a_tile_template_that_is_none_is_refused(template):
    with pytest.raises(SettingsError, match="is no tile address"):
        build_page(fixtures.content(tiles=template))


@pytest.mark.parametrize("name", ["hotspots", "events", "locations", "neighbours"])
def test_empty_frames_make_a_page(name):
    empty = fixtures.without(getattr(fixtures.content(), name))
    text = build_page(fixtures.content(**{name: empty}))
    assert {"hotspots": "No place stands out", "events": "No events are in the register"}.get(name, "") in text


def test_a_page_without_measures_is_refused():
    with pytest.raises(TableError, match="at least one measure"):
        build_page(fixtures.content(measures=()))


def test_a_class_beyond_the_legend_is_refused():
    short = dataclasses.replace(fixtures.content().measures[0], breaks=(20.0,))
    with pytest.raises(TableError, match="holds class 5"):
        build_page(fixtures.content(measures=(short,)))


def test_a_map_without_any_data_is_hatched_not_refused():
    areas = fixtures.areas()
    for column in ("n", "n_month", "rate_per_km2", "rate_per_1000", "map_class", "map_class_per_1000"):
        areas[column] = areas[column].mask(areas["area_km2"] > 0)
    text = build_page(fixtures.content(areas=areas))
    assert "no data · 30</li>" in text


def test_degrees_are_refused():
    with pytest.raises(TableError, match="projected CRS"):
        build_page(fixtures.content(areas=fixtures.areas().to_crs(4326)))


def test_two_crs_are_refused():
    with pytest.raises(TableError, match="hotspots of a page"):
        build_page(fixtures.content(hotspots=fixtures.hotspots().to_crs(3857)))


def test_a_frame_that_breaks_its_contract_is_refused():
    with pytest.raises(TableError, match="HOTSPOTS"):
        build_page(fixtures.content(hotspots=fixtures.hotspots().drop(columns="change")))


@pytest.mark.parametrize("text", ["a </script> b", "x <!-- y", "'<SCRIPT'"])
def test_a_script_that_would_end_early_is_refused(text):
    with pytest.raises(OutputError, match="end it early"):
        offline.inline_script(text)


def test_without_leaflet_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(offline, "_LEAFLET", "XStatic-Not-Here")
    with pytest.raises(OutputError, match="pip install"):
        offline.leaflet()


def test_a_long_areas_table_is_cut_in_the_text_and_whole_in_the_data(monkeypatch):
    monkeypatch.setattr("hotspots.maps.panel.STATIC_AREAS", 10)
    text = build_page(fixtures.content())
    table = text.split('id="table-areas"')[1].split("</table>")[0]
    assert table.count("<tr data-i=") == 10
    assert "the first 10 of 30" in table
    assert len(json.loads(text.split('id="page-data">')[1].split("</script>")[0])["areas"]["code"]) == 30


def test_a_hotspot_of_one_map_point_says_so(text):
    body = text.split('id="table-hotspots"')[1].split("</table>")[0]
    assert body.count("one map point") == (fixtures.hotspots()["n_points"] == 1).sum() == 1


@pytest.mark.parametrize(("counts", "said"), [((None, None, 7), "1 month"), ((3, None, 0), "2 months")])
def test_counts_are_of_the_months_held_not_of_those_asked_for(counts, said):
    months = tuple(MonthCount(f"Jan {2020 + at}", n, f"{2020 + at}-01") for at, n in enumerate(counts))
    body = build_page(fixtures.content(months=months, selections=fixtures.selections().iloc[:0]))
    assert body.count(f">{said}</th>") == 4
    assert f'"window":"{said}"' in body


# Through the months, and across the line


def test_the_rank_in_front_of_a_name_is_left_to_the_disc():
    named = fixtures.hotspots().assign(name=["H02 Broadway", "H01 Station Road", "H03 Pier Road"])
    content = fixtures.content(hotspots=named)
    assert [row["name"] for row in panel.hotspot_rows(content)] == ["Station Road", "Broadway", "Pier Road"]
    assert [h["name"] for h in build_payload(content)["hotspots"]] == ["Station Road", "Broadway", "Pier Road"]


def test_a_status_is_a_word_in_the_table_a_sign_on_the_disc_and_a_sentence_on_the_card():
    content = fixtures.content()
    rows = panel.hotspot_rows(content)
    assert [row["small"].partition(" · ")[0] for row in rows] == ["new", "persistent", "crosses the line"]
    first, second, third = build_payload(content)["hotspots"]
    assert [h["sign"] for h in (first, second, third)] == ["N▲", "=", ""]
    assert first["life"] == "new: seen since Nov 2021, in 2 of 12 months looked at"
    assert (third["life"], third["status"]) == (None, None)
    assert second["moved"].startswith("fell while the ground around it rose (9, usual 1–8)")
    assert first["moved"] is None
    assert panel.status_signs(content) == [("N", "new"), ("=", "persistent")]


def test_a_spark_breaks_where_a_month_is_missing_and_says_its_numbers():
    line = sparks(fixtures.content())["H-a"]
    counts = list(fixtures.counts().loc["H-a"])
    assert line.label == f"Incidents by month, Jan 2021 to Dec 2021: {', '.join(map(str, counts))}"
    moves = re.findall(r"([ML])(\d+) ([\d.]+)", line.path)
    assert [kind for kind, _, _ in moves] == ["M", *"LLLL", "M", *"LLLLL"]
    assert [int(x) for _, x, _ in moves] == [2 * at for at in range(12) if at != 5]
    highest = max(counts)
    assert [float(y) for _, _, y in moves] == [round(14 - 14 * n / highest, 1) for n in counts]
    assert line.end == (22.0, float(moves[-1][2]))
    assert build_page(fixtures.content()).count('<svg class="spark"') == 3


@pytest.mark.parametrize("counts", [None, fixtures.counts().iloc[:, :1]])
def test_without_two_months_there_is_no_spark(counts):
    assert '<svg class="spark"' not in build_page(fixtures.content(counts=counts))


def test_places_that_were_hotspots_and_those_of_the_neighbours_stand_in_tables():
    content = fixtures.content()
    assert [(row["name"], row["seen"], row["month"], row["n"]) for row in panel.past_rows(content)] == [
        ("H-y", "Nov 2021", "2", "14"),
        ("Old Yard", "Jul 2021", "0", "11"),
    ]
    assert panel.beside_rows(content) == [
        {"name": "Nextham Lane", "change": "above", "month": "6", "usual": "0–5", "n": "31"}
    ]
    page = build_page(content)
    assert "Earlier hotspots that are none now (2)" in page
    assert "Hotspots of the neighbours near the line (1)" in page
    bare = build_page(fixtures.content(past=None, beside=None))
    assert "Earlier hotspots" not in bare
    assert "Hotspots of the neighbours" not in bare
    assert build_payload(fixtures.content(beside=None))["beside"] == []


def test_neighbours_hotspots_in_another_crs_are_refused():
    with pytest.raises(TableError, match="The beside of a page are in EPSG:4326"):
        build_page(fixtures.content(beside=fixtures.beside().to_crs(4326)))


# Old browsers

NEWER = (
    r"\.at\(", r"\.findLast(Index)?\(", r"\.to(Sorted|Reversed|Spliced)\(", r"\.with\(", r"\bstructuredClone\b", r"\b(Object|Map)\.groupBy\b",
    r"\bObject\.hasOwn\b", r"\bPromise\.(withResolvers|any)\b", r"\bstatic \{", r"\.(union|intersection|difference|isSubsetOf)\(",
    r"\bcheckVisibility\b", r"/[a-z]*v[a-z]*\.test", r"\bawait import\b", r"\bIterator\.", r"\bURL\.canParse\b",
)  # fmt: skip
NEWER_STYLE = (
    r"@layer\b",
    r"@container\b",
    r"@scope\b",
    r"color-mix\(",
    r"\blight-dark\(",
    r"^\s*&",
    r"\boklch\(",
    r"\d(?:dvw|svh|lvh)\b",
)


def test_scripts_and_styles_keep_to_what_browsers_of_four_years_ago_know(page):
    # Leaflet is older than that.
    for script in (page.scripts[2], page.scripts[3]):
        assert [pattern for pattern in NEWER if re.search(pattern, script)] == []
    style = page.styles[1]
    assert [pattern for pattern in NEWER_STYLE if re.search(pattern, style, re.MULTILINE)] == []
    assert re.findall(r"[^{};]*:has\([^{]*", style.split("@supports selector(:has(*))")[0]) == []
    # The height of a phone's window is newer: the line before it says the same for the others.
    assert re.search(r"height: 100vh; height: 100dvh", style)
