"""The note of the bus: what it says, that it is one sheet, that it asks nobody for anything, and that data stay data."""

from __future__ import annotations

import dataclasses
import io
import re
from html.parser import HTMLParser

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import Point

from hotspots.errors import TableError
from hotspots.maps import offline
from hotspots.maps.note_page import STOP_COLUMNS, NoteContent, build_note_page
from hotspots.tables import ROTA

HOSTILE = "</style></title></svg><script>alert(1)</script><img src=x onerror=alert(1)>\"'`${7*7}{{7*7}}&amp;\\2019"
NAMES = [
    "Erith Riverside car park",
    "Welling Corner, by the library",
    "Lakeside Complex",
    "Sidcup, Hatherley Road junction",
]
POINTS = [Point(551_200, 178_000), Point(546_300, 175_900), Point(547_300, 180_600), Point(546_300, 171_800)]
AREA = shapely.box(546_000, 171_000, 552_000, 181_000).difference(shapely.box(550_000, 173_000, 551_000, 174_000))
GROUNDS = [shapely.box(549_000, 176_000, 549_300, 176_200), shapely.box(547_400, 180_500, 547_600, 180_700)]


def stops(bad="", points=POINTS):
    n = len(points)
    return gpd.GeoDataFrame(
        {
            "site_id": [f"S{at}" for at in range(n)],
            "name": [f"{NAMES[at]}{bad}" for at in range(n)],
            "grid_ref": [f"TQ 5{at} 78{bad}" for at in range(n)],
            "ward": [f"Ward {at}{bad}" if at else None for at in range(n)],
            "hours": [f"Mon-Fri 16:00-23:00{bad}" if at == 1 else None for at in range(n)],
            "access": [f"Two bays at the south end; drop kerb{bad}" if at != 2 else None for at in range(n)],
            "why": [f"Reaches H0{at}: 12.3 incidents a month, most of any place{bad}" for at in range(n)],
        },
        index=range(1, n + 1),
        geometry=points,
        crs=27700,
    )


def visits(weeks=4, per_evening=2, evenings=4, bad="", on="school holiday"):
    rows = []
    for evening in range(weeks * evenings):
        day = pd.Timestamp("2026-12-01 16:30", tz="Europe/London") + pd.DateOffset(
            days=7 * (evening // evenings) + evening % evenings
        )
        for order in range(per_evening):
            at = (evening * per_evening + order) % 4
            rows.append(
                {
                    "week": evening // evenings + 1,
                    "evening": evening + 1,
                    "order": order + 1,
                    "starts_at": day + pd.Timedelta(minutes=185 * order),
                    "ends_at": day + pd.Timedelta(minutes=185 * order + 175),
                    "site_id": f"S{at}",
                    "name": NAMES[at] + bad,
                    "demand": 5.0,
                    "travel_min": 10.0 * order,
                    "on": f"{on}{bad}" if on and evening >= 12 else None,
                }
            )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(ROTA.columns), index=pd.RangeIndex(1, len(rows) + 1, name="visit_no"))
    for name in ("starts_at", "ends_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.as_unit("us").dt.tz_convert("Europe/London")
    whole = dict.fromkeys(("week", "evening", "order"), "int64") | dict.fromkeys(("demand", "travel_min"), "float64")
    return frame.astype(whole | dict.fromkeys(("site_id", "name", "on"), "str"))


def content(bad="", **changes):
    fields = {
        "title": f"Outreach bus · Bexley{bad}",
        "marking": f"OFFICIAL{bad}",
        "notices": (f"Synthetic data{bad}",),
        "plan": (f"Four stops reach 41 % of the need.{bad}", f"No other four reach more.{bad}"),
        "stops": stops(bad),
        "visits": visits(bad=bad),
        "given_up": (f"The bus stays in on Fri 25 Dec 2026: Christmas.{bad}",),
        "assumed": (f"Young people walk 400 m.{bad}", f"School holidays from terms.csv.{bad}"),
        "sources": (f"Incidents: the exercise{bad}", "OGL"),
        "area": gpd.GeoSeries([AREA], crs=27700),
        "hotspots": gpd.GeoSeries(GROUNDS, crs=27700),
        "reach_m": 1_400.0,
        "circle_m": 308.0,
    }
    return NoteContent(**(fields | changes))


class Page(HTMLParser):
    """Tags, text, and the cells of each table."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.style = [], [], ""
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in = tag
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self._cell = []

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self._in = ""
        if tag in {"td", "th"}:
            self.tables[-1][-1].append(" ".join("".join(self._cell or []).split()))
            self._cell = None

    def handle_data(self, data):
        if self._in == "style":
            self.style += data
            return
        if self._cell is not None:
            self._cell.append(f" {data}")
        self.text.append(data)

    @property
    def said(self):
        return " ".join(" ".join(self.text).split())

    def names(self, tag, kind=""):
        return [attrs for name, attrs in self.tags if name == tag and (not kind or attrs.get("class") == kind)]


@pytest.fixture(scope="module")
def page():
    return Page(build_note_page(content()))


# ------------------------------------------------------------------------------------------------ what it says


def test_it_says_the_plan_what_is_assumed_and_what_was_given_up(page):
    for words in ("Outreach bus · Bexley", "Synthetic data", "Four stops reach 41 %", "No other four reach more.", "School holidays from terms.csv.", "Christmas", "Incidents: the exercise"):  # fmt: skip
        assert words in page.said
    assert page.said.count("OFFICIAL") == 2
    order = [page.said.index(words) for words in ("OFFICIAL", "Synthetic data", "Four stops reach", "Assumed", "could not keep", "Stops: each reaches 1,400 m on foot", "Rota 2026 Week", "Incidents: the exercise")]  # fmt: skip
    assert order == sorted(order)


def test_the_table_of_stops(page):
    head, *rows = page.tables[0]
    assert head == ["No.", "Stop, kerb and access", "Grid reference", "Ward", "Open", "Why"]
    assert rows[0] == ["1", "Erith Riverside car park Two bays at the south end; drop kerb", "TQ 50 78", "–", "always", "Reaches H00: 12.3 incidents a month, most of any place"]  # fmt: skip
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert rows[1][3:5] == ["Ward 1", "Mon-Fri 16:00-23:00"]
    assert rows[2][1] == "Lakeside Complex"
    empty = stops().assign(grid_ref=None, why=None)
    assert Page(build_note_page(content(stops=empty))).tables[0][1][2::3] == ["–", "–"]


def test_the_rota_by_week_and_evening(page):
    head, *rows = page.tables[1]
    assert head == ["Week", "Evening", "Stop 1", "Stop 2", "Note"]
    assert len(rows) == 16
    assert rows[0] == ["Week 1", "Tue 1 Dec 16:30–22:30", "1 Erith Riverside car park 16:30–19:25", "2 Welling Corner, by the library 19:35–22:30", ""]  # fmt: skip
    assert rows[1] == ["Wed 2 Dec 16:30–22:30", "3 Lakeside Complex 16:30–19:25", "4 Sidcup, Hatherley Road junction 19:35–22:30", ""]  # fmt: skip
    assert [row[0] for row in rows[::4]] == ["Week 1", "Week 2", "Week 3", "Week 4"]
    assert [row[-1] for row in rows] == [""] * 12 + ["school holiday"] * 4
    dates = [attrs["datetime"] for attrs in page.names("time")]
    assert dates[::5] == ["2026-12-01", "2026-12-09", "2026-12-17", "2026-12-25"]
    assert [attrs["rowspan"] for attrs in page.names("th", "week") if "rowspan" in attrs] == ["4"] * 4


def test_an_evening_with_fewer_stops_has_a_dash_and_no_note_no_column():
    rota = visits(weeks=1, on="").drop(index=4).reset_index(drop=True)
    rota.index = pd.RangeIndex(1, len(rota) + 1, name="visit_no")
    head, *rows = Page(build_note_page(content(visits=rota))).tables[1]
    assert head == ["Week", "Evening", "Stop 1", "Stop 2"]
    assert rows[1] == ["Wed 2 Dec 16:30–19:25", "3 Lakeside Complex 16:30–19:25", "–"]


def test_stops_are_in_the_order_of_their_numbers():
    turned = stops()[::-1]
    assert build_note_page(content(stops=turned)) == build_note_page(content())


def test_a_rota_over_the_new_year_has_both_years_and_none_has_none():
    assert "Rota 2026–2027" in Page(build_note_page(content(visits=visits(weeks=5)))).said
    page = Page(build_note_page(content(visits=visits(0), given_up=(), assumed=(), notices=(), marking="")))
    assert page.tables[1] == [["Week", "Evening", "Stop 1"], ["No evening takes place."]]
    assert "Assumed" not in page.said
    assert "could not keep" not in page.said
    assert not page.names("p", "marking")
    assert not page.names("ul", "notices")
    assert not page.names("span", "marking-again")
    assert re.search(r"Rota\s+Week", page.said)


# ------------------------------------------------------------------------------------------------ the map


def numbers(path):
    return [float(text) for text in re.findall(r"-?[\d.]+", path)]


def test_the_map_draws_what_the_tables_say(page):
    assert page.said.count("Map of the area with 4 stops and 2 hotspots, numbered as in the table. Circles: 308 m around each stop.") == 1  # fmt: skip
    [svg] = page.names("svg")
    _, _, wide, tall = numbers(svg["viewbox"])
    assert svg["role"] == "img"
    assert svg["aria-labelledby"] == page.names("title")[1]["id"]
    [area] = page.names("path", "area")
    assert area["d"].count("M") == area["d"].count("z") == 2  # the hole too
    assert len(page.names("path", "hotspot")) == 2
    circles = page.names("circle", "reach")
    dots = [attrs for attrs in page.names("circle") if "class" not in attrs]
    assert [(one["cx"], one["cy"]) for one in circles] == [(one["cx"], one["cy"]) for one in dots]
    assert [one["r"] for one in dots] == ["2.5"] * 4
    # One scale for everything: 260 of the 280 units of height are the ten kilometres of the area.
    scale = 260 / 10_000
    assert {one["r"] for one in circles} == {f"{308 * scale:.1f}"}
    for one, point in zip(circles, POINTS, strict=True):
        assert float(one["cx"]) == pytest.approx(10 + (point.x - 545_992) * scale, abs=0.06)
        assert float(one["cy"]) == pytest.approx(10 + (181_000 - point.y) * scale, abs=0.06)
    at = numbers(area["d"])
    assert (min(at[::2]), max(at[::2])) == pytest.approx((10 + 8 * scale, 10 + 6_008 * scale), abs=0.06)
    assert (min(at[1::2]), max(at[1::2])) == pytest.approx((10, 270), abs=0.06)
    assert (wide, tall) == pytest.approx((20 + 6_008 * scale, 296), abs=0.6)
    # A bar of 2 km, the longest round one below 90 units.
    [bar] = page.names("path", "bar")
    assert float(bar["d"].split("h")[1].split("v")[0]) == pytest.approx(2_000 * scale, abs=0.06)
    assert "2 km, north is up" in page.said
    assert "stop hotspot within reach" in page.said


def test_a_number_stands_beside_its_stop_and_within_the_map():
    corners = [Point(546_000, 171_000), Point(552_000, 181_000)]
    page = Page(build_note_page(content(stops=stops(points=corners), visits=visits(0), circle_m=0.0)))
    _, _, wide, _ = numbers(page.names("svg")[0]["viewbox"])
    for square, dot in zip(page.names("rect"), [a for a in page.names("circle") if "class" not in a], strict=True):
        left, top = float(square["x"]), float(square["y"])
        assert 0 <= left <= wide - 14
        assert top >= 0
        assert not left < float(dot["cx"]) < left + 14
    texts = [attrs for attrs in page.names("text") if "class" not in attrs]
    for text, square in zip(texts, page.names("rect"), strict=True):
        assert [float(text[at]) - float(square[at]) for at in "xy"] == pytest.approx([7, 7])
    assert not page.names("circle", "reach")
    assert "Circles" not in page.said
    assert "within reach" not in page.said


def test_words_for_one_of_each_and_for_none():
    one = content(stops=stops(points=POINTS[:1]), visits=visits(0), hotspots=gpd.GeoSeries(GROUNDS[:1], crs=27700))
    assert "with 1 stop and 1 hotspot, numbered" in Page(build_note_page(one)).said
    none = dataclasses.replace(one, hotspots=gpd.GeoSeries([], crs=27700))
    page = Page(build_note_page(none))
    assert "with 1 stop, numbered" in page.said
    assert not page.names("span", "key hotspot-key")


def test_a_small_area_has_a_bar_in_metres():
    small = content(stops=stops(points=POINTS[:1]), visits=visits(0), area=gpd.GeoSeries([], crs=27700))
    page = Page(build_note_page(small))
    assert re.search(r"\b200 m, north is up", page.said)
    nothing = dataclasses.replace(small, stops=stops(points=[]))
    assert "with 0 stops" in Page(build_note_page(nothing)).said


def test_corners_that_nobody_sees_are_left_out():
    round_area = gpd.GeoSeries([Point(549_000, 176_000).buffer(4_000, quad_segs=5_000)], crs=27700)
    assert len(build_note_page(content(area=round_area))) < 40_000
    parts = gpd.GeoSeries([shapely.union_all(GROUNDS), None, shapely.Polygon()], crs=27700)
    page = Page(build_note_page(content(hotspots=parts)))
    assert [attrs["d"].count("M") for attrs in page.names("path", "hotspot")] == [2]


# ------------------------------------------------------------------------------------------------ alone and safe


def test_the_policy_lets_in_nothing_but_the_style_sheet(page):
    [policy] = [a["content"] for a in page.names("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"].strip() in {"", "'none'"}
    assert directives["style-src"] == offline.policy((), (page.style,), None).split("style-src ")[1].split(";")[0]
    assert "unsafe" not in policy


def test_there_is_no_script_no_inline_style_and_no_address(page):
    text = build_note_page(content())
    assert not {"script", "img", "link", "iframe", "form", "object", "a"} & {tag for tag, _ in page.tags}
    assert not [attrs for _, attrs in page.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text


def test_every_text_is_escaped():
    page, plain = Page(build_note_page(content(HOSTILE))), Page(build_note_page(content()))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    said = "".join(page.text)
    for words in (
        *("Bexley", "OFFICIAL", "Synthetic data", "of the need.", "reach more.", "Christmas.", "400 m.", "terms.csv."),
        *("the exercise", "Lakeside Complex", "TQ 50 78", "Ward 1", "23:00", "drop kerb", "of any place", "holiday"),
    ):
        assert words + HOSTILE in said, words


def test_the_same_content_gives_the_same_bytes_and_is_not_changed():
    first = content()
    before = first.stops.copy(deep=True), first.visits.copy(deep=True), first.area.copy(deep=True)
    assert build_note_page(first) == build_note_page(content())
    pd.testing.assert_frame_equal(first.stops, before[0])
    pd.testing.assert_frame_equal(first.visits, before[1])
    assert first.area.geom_equals_exact(before[2], 0).all()


@pytest.mark.parametrize("column", STOP_COLUMNS)
def test_a_table_of_stops_without_a_column_is_refused(column):
    with pytest.raises(TableError, match=f"The stops of the page have no column '{column}'"):
        build_note_page(content(stops=stops().drop(columns=column)))


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(TableError, match="ROTA breaks its contract: week"):
        build_note_page(content(visits=visits().assign(week=0)))
    with pytest.raises(TableError, match="The rota visits S3, which is not among the stops of the page"):
        build_note_page(content(stops=stops()[:3]))
    degrees = gpd.GeoSeries(GROUNDS, crs=27700).to_crs(4326)
    for change in ({"hotspots": degrees}, {"area": degrees}, {"stops": stops().to_crs(4326)}):
        with pytest.raises(TableError, match="not in one CRS"):
            build_note_page(content(**change))


# ------------------------------------------------------------------------------------------------ in Chromium


def opened(browser, path, built, **options):
    path.write_bytes(build_note_page(built).encode())
    context = browser.new_context(offline=True, **options)
    tab = context.new_page()
    faults: list[str] = []
    tab.on("console", lambda message: faults.append(message.text))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("dialog", lambda dialog: faults.append(dialog.message))
    tab.on("request", lambda request: faults.extend([] if request.url == path.as_uri() else [request.url]))
    tab.goto(path.as_uri())
    return context, tab, faults


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (340, "dark")])
def test_the_page_opens_from_a_file_in_silence_and_fits(browser, tmp_path, width, scheme):
    context, tab, faults = opened(
        browser, tmp_path / "note.html", content(HOSTILE), viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    assert faults == []
    assert wide <= 0
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(19, 27, 33)"}[scheme]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("weeks", "evenings", "per_evening", "sheets", "scheme"),
    [(4, 4, 2, 1, "light"), (4, 4, 2, 1, "dark"), (12, 6, 2, 2, "light"), (4, 4, 4, 2, "light")],
)
def test_on_paper_it_is_one_sheet_and_a_longer_rota_repeats_its_head(
    browser, tmp_path, weeks, evenings, per_evening, sheets, scheme
):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    built = content(visits=visits(weeks, per_evening, evenings))
    context, tab, faults = opened(browser, tmp_path / "note.html", built, color_scheme=scheme)
    tab.emulate_media(media="print", color_scheme=scheme)
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    data = tab.pdf(prefer_css_page_size=True, print_background=True)
    context.close()
    assert faults == []
    assert ground == "rgb(255, 255, 255)"
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    assert len(pages) == sheets
    assert {tuple(round(float(side)) for side in sheet.mediabox[2:]) for sheet in pages} == {(595, 842)}
    texts = [" ".join(sheet.extract_text().split()) for sheet in pages]
    assert "Four stops reach 41 %" in texts[0]
    assert "Grid reference" in texts[0]
    assert "Incidents: the exercise" in texts[-1]
    if sheets > 1:
        assert all("Evening Stop 1 Stop 2" in text for text in texts)
