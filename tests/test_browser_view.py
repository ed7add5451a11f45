"""What the reader chooses on the page: map, tables, legend and address follow together, and say what the frames say."""

from __future__ import annotations

import dataclasses
import re
from itertools import product

import numpy as np
import pandas as pd
import pytest

from hotspots.maps.style import class_colours
from tests import page_fixtures as fixtures

pytestmark = pytest.mark.browser

KINDS = ("Possession of weapons", "Robbery", "Violence and sexual offences")
MONTHS = [f"2021-{month:02d}" for month in range(1, 13)]


def shown(page):
    """Return what the page counts and draws."""
    return page.evaluate(
        """() => {
            const { shown, plain, layers, data, map } = hotspotsPage;
            const group = layers.areas.find((one) => map.hasLayer(one));
            return { plain, total: shown.total, untimed: shown.untimed, areas: [...shown.areas], hotspots: [...shown.hotspots],
                locations: [...shown.locations], classes: shown.classes[group.measure], measure: group.measure,
                fills: group.paths.map((path) => [...path.getElement().classList].find((name) => /^(class-|no-data)/.test(name))) };
        }"""
    )


def chosen(rows, month=None, kinds=None, theme=None, hours=None):
    """Return the selections that a choice leaves."""
    kept = pd.Series(True, index=rows.index)  # noqa: FBT003
    if month:
        kept &= rows["month"] == pd.Period(month, "M")
    if kinds is not None:
        kept &= rows["category"].isin(kinds)
    if theme:
        kept &= rows["themes"].str.split("|").map(lambda names: theme in names)
    if hours is not None:
        kept &= rows["hour_of_week"].isin(hours)
    return rows[kept]


def counts(rows, column, key):
    return rows.groupby(column)["n"].sum().reindex(key, fill_value=0).tolist()


def classes_of(content, rows, measure, month=None):
    n = pd.Series(counts(rows, "lsoa_code", content.areas.index), index=content.areas.index)
    rates = measure.times * n / content.areas[measure.divisor]
    breaks = measure.month_breaks if month else measure.breaks
    numbers = np.searchsorted(breaks, rates, side="right") + 1
    known = content.areas[measure.class_column].notna()
    return [int(number) if there else None for number, there in zip(numbers, known, strict=True)]


def check(page, content, rows, month=None):
    """Compare page and frames after a choice, for every measure."""
    own = content.areas.index[content.areas["zone"] == "area"]
    inside = rows[rows["lsoa_code"].isin(own)]
    for measure in content.measures:
        page.locator(".leaflet-control-layers").hover()
        label = {"rate_per_km2": "per km²", "rate_per_1000": "per 1,000 residents"}[measure.column]
        page.get_by_label(f"Areas: incidents {label}").check()
        seen = shown(page)
        assert seen["total"] == inside["n"].sum()
        assert seen["areas"] == counts(rows, "lsoa_code", content.areas.index)
        assert seen["hotspots"] == counts(rows, "hotspot_id", ["H-b", "H-a", "H-c"])
        assert seen["locations"] == counts(rows, "location_no", content.locations.index)
        expected = classes_of(content, rows, measure, month)
        assert seen["classes"] == expected
        assert seen["fills"] == ["no-data" if number is None else f"class-{number}" for number in expected]
        legend = page.locator(".legend .measure:visible")
        lines = legend.locator("li").all_inner_texts()
        own_classes = [number for number, code in zip(expected, content.areas.index, strict=True) if code in own]
        for number, line in enumerate(lines[: len(measure.breaks) + 1], start=1):
            assert int(line.split("· ")[-1].split()[0]) == own_classes.count(number)
        # The table, row by row, as far as it is on the page.
        page.get_by_role("tab", name="Areas").click()
        table = page.evaluate(
            """(at) => [...document.querySelectorAll("#table-areas tbody tr")].map((row) =>
                [Number(row.dataset.i), row.cells[2].textContent, row.querySelector(`.by-${at} .swatch`).getAttribute("aria-label")])""",
            seen["measure"],
        )
        assert len(table) == len(content.areas)
        for at, count, label in table:
            known = content.areas["n"].notna().iloc[at]
            assert count == (str(seen["areas"][at]) if known else "–")
            assert label == ("no data" if expected[at] is None else f"class {expected[at]}")
    page.get_by_role("tab", name="Hotspots").click()
    column = page.locator("#table-hotspots td.shown").all_text_contents()
    assert column == [str(n) for n in seen["hotspots"]]
    assert f"{inside['n'].sum():,} incident" in page.locator(".shown-count").inner_text()


def test_on_opening_all_is_shown_as_the_frames_say(opened):
    content = fixtures.content()
    with opened(content) as (page, _):
        seen = shown(page)
        assert seen["plain"]
        assert seen["classes"] == classes_of(content, content.selections, content.measures[0])
        assert seen["areas"] == counts(content.selections, "lsoa_code", content.areas.index)
        assert not page.locator("#table-hotspots .shown").first.is_visible()
        assert page.locator(".shown-what").inner_text() == "All 11 months"
        assert not page.get_by_role("button", name="Reset").is_visible()
        assert page.url.count("#") == 0


@pytest.mark.parametrize("month", ["2021-01", "2021-11", "2021-12"])
def test_a_month_moves_everything(opened, month):
    content = fixtures.content()
    with opened(content) as (page, _):
        slider = page.get_by_role("slider", name="Month shown")
        slider.focus()
        for _ in range(12):
            page.keyboard.press("ArrowLeft")
        for _ in range(MONTHS.index(month)):
            page.keyboard.press("ArrowRight")
        rows = chosen(content.selections, month)
        check(page, content, rows, month)
        name = content.months[MONTHS.index(month)].label
        assert page.locator(".shown-what").inner_text() == name
        assert slider.get_attribute("aria-valuetext").startswith(name)
        drawn = (fixtures.drawn()["month"] == pd.Period(month, "M")).sum()
        assert page.locator(".folium-map path.drawn").count() == drawn
        page.get_by_role("button", name="All 11 months").click()
        assert shown(page)["plain"]
        check(page, content, content.selections)


def test_a_month_that_is_missing_is_no_data_and_not_zero(opened):
    content = fixtures.content()
    with opened(content) as (page, _):
        page.locator(".bars g").nth(5).click()
        seen = shown(page)
        assert set(seen["fills"]) == {"no-data"}
        assert page.locator(".shown-count").inner_text() == "missing from the input"
        page.locator(".bars g").nth(5).click()
        assert shown(page)["plain"]


@pytest.mark.parametrize("kinds", [KINDS[:1], KINDS[1:], ()])
def test_crime_types_can_be_chosen_with_the_keyboard(opened, kinds):
    content = fixtures.content()
    with opened(content) as (page, _):
        summary = page.locator(".filter[data-by=kinds] summary")
        summary.focus()
        page.keyboard.press("Enter")
        for name in KINDS:
            if name not in kinds:
                page.get_by_role("checkbox", name=name).focus()
                page.keyboard.press("Space")
        page.keyboard.press("Escape")
        assert not page.get_by_role("checkbox", name=KINDS[0]).is_visible()
        assert summary.evaluate("(node) => node === document.activeElement")
        check(page, content, chosen(content.selections, kinds=kinds))
        page.get_by_role("button", name="Reset").click()
        assert shown(page)["plain"]


def test_a_theme_can_be_chosen(opened):
    content = fixtures.content()
    with opened(content) as (page, _):
        for name in ("Gangs", "Youth"):
            page.get_by_label("Theme").select_option(label=name)
            check(page, content, chosen(content.selections, theme=name))


@pytest.mark.parametrize(
    ("days", "start", "end"), [((4, 5), 20, 2), ((6,), 22, 1), (range(7), 7, 19), ((), 0, 24), ((2,), 0, 24)]
)
def test_an_evening_past_midnight_belongs_to_its_day(opened, days, start, end):
    content = fixtures.content()
    span = range(start, end if end > start else end + 24)
    hours = {(day * 24 + hour) % 168 for day, hour in product(days, span)}
    with opened(content) as (page, _):
        page.get_by_text("Days and hours", exact=False).first.click()
        for at, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
            page.get_by_role("checkbox", name=name).set_checked(at in days)
        page.locator("[data-end=from]").select_option(value=str(start))
        page.locator("[data-end=to]").select_option(value=str(end))
        page.keyboard.press("Escape")
        rows = chosen(content.selections, hours=hours)
        check(page, content, rows)
        untimed = content.selections[content.selections["hour_of_week"] < 0]
        own = content.areas.index[content.areas["zone"] == "area"]
        left_out = untimed["lsoa_code"].isin(own).sum()
        assert f"{left_out} without one known hour are left out" in page.locator(".shown-count").inner_text()


def test_choices_add_up(opened):
    content = fixtures.content()
    with opened(content) as (page, _):
        totals = []
        for month in range(12):
            page.evaluate("(month) => hotspotsPage.show({ month })", month)
            totals.append(shown(page)["areas"])
        assert np.array(totals).sum(axis=0).tolist() == counts(content.selections, "lsoa_code", content.areas.index)


def test_what_a_test_said_is_not_recoloured_by_a_choice(opened):
    content = fixtures.content()
    labels = ["below", "usual", "above"]
    expected = [
        f"class-{labels.index(change) + 1}" if change in labels else "no-data" for change in content.areas["change"]
    ]
    with opened(content) as (page, _):
        page.locator(".leaflet-control-layers").hover()
        page.get_by_label("Areas: change of the month, tested").check()
        assert shown(page)["fills"] == expected
        page.evaluate("() => hotspotsPage.show({ month: 3 })")
        assert shown(page)["fills"] == expected
        legend = page.locator(".legend .measure:visible")
        assert (
            legend.locator(".legend-title").inner_text() == f"{content.tested[0].title}: does not follow what is chosen"
        )
        assert legend.locator("li").last.inner_text().strip().startswith("not tested")
        page.get_by_role("tab", name="Areas").click()
        said = page.locator("#table-areas tbody tr[data-i='29'] td.by:visible").inner_text()
        assert said.startswith("above usual")


def test_the_address_brings_back_what_was_seen(opened, browser):
    content = fixtures.content()
    with opened(content) as (page, _):
        page.get_by_role("tab", name="Areas").click()
        page.locator(".leaflet-control-layers").hover()
        page.get_by_label("Areas: incidents per 1,000 residents").check()
        page.get_by_role("checkbox", name="Incident locations").uncheck()
        page.evaluate("() => hotspotsPage.show({ month: 9, kinds: [0, 2], theme: 0, days: [4, 5], from: 18, to: 3 })")
        page.evaluate("() => hotspotsPage.choose('areas', 7)")
        page.evaluate("() => hotspotsPage.map.setView([51.46, 0.17], 15, { animate: false })")
        page.wait_for_timeout(400)
        before = shown(page)
        fragment = page.url.partition("#")[2]
        card = page.locator("#card-areas").inner_text()
    for part in ("tab=areas", "by=rate_per_1000", "month=2021-10", "types=0.2", "theme=0", "days=5.6", "hours=18-3"):
        assert part in fragment
    assert fixtures.BAD not in fragment
    with opened(content, fragment) as (page, _):
        assert shown(page) == before
        assert page.locator("#card-areas").inner_text() == card
        assert page.get_by_role("tab", name="Areas").get_attribute("aria-selected") == "true"
        assert page.locator("canvas.locations").count() == 0
        assert page.evaluate("() => [hotspotsPage.map.getZoom(), hotspotsPage.map.getCenter().lng.toFixed(3)]") == [
            15,
            "0.170",
        ]
        page.evaluate("() => { location.hash = 'month=2021-02'; }")
        page.wait_for_function("() => hotspotsPage.view.month === 1")
        assert page.locator("canvas.locations").count() == 1
        assert shown(page)["areas"] == counts(chosen(content.selections, "2021-02"), "lsoa_code", content.areas.index)


@pytest.mark.parametrize(
    "fragment",
    [
        "month=2030-01&types=x.99&days=9&hours=30-2&theme=77&place=hotspots.none&at=a_b_c&tab=none&by=none&layers=none",
        "place=areas",
        "<img src=x onerror=alert(1)>",
        "at=1__2",
    ],
)
def test_an_address_that_means_nothing_breaks_nothing(opened, fragment):
    with opened(fixtures.content(), fragment) as (page, _):
        assert page.locator("path.area").count() == 30
        assert page.locator("#card-hotspots").is_visible()
        assert shown(page)["total"] >= 0


def test_events_are_chosen_by_days_and_risk(opened):
    with opened(fixtures.content()) as (page, _):
        page.get_by_role("tab", name="Events").click()
        rows = page.locator("#table-events tbody tr")
        assert rows.count() == 2
        page.get_by_label("When").select_option(label="20 Dec")
        assert page.locator("#table-events tbody tr:visible .name").all_inner_texts() == ["Night market"]
        assert page.locator(".mark.of-events").count() == 0
        assert page.locator("#choose-events .said").inner_text() == "1 of 2 events (20 Dec)"
        page.get_by_label("When").select_option(index=0)
        page.locator("[data-by=risk]").select_option(label="high")
        assert page.locator("#table-events tbody tr:visible .name").all_inner_texts() == ["Football, home match"]
        assert page.locator(".mark.of-events").count() == 1
        page.wait_for_timeout(300)
        assert "risk=high" in page.url


def test_the_card_says_crime_types_and_the_events_within_reach(opened):
    content = fixtures.content()
    with opened(content) as (page, _):
        page.evaluate("() => hotspotsPage.choose('hotspots', 1)")
        card = page.locator("#card-hotspots").inner_text()
        mine = content.selections[content.selections["hotspot_id"] == "H-a"]
        for kind, n in mine.groupby("category")["n"].sum().items():
            assert f"{kind} {n}" in card
        assert "Football, home match" in card
        assert "71 m away, high risk" in card
        assert page.locator("#card-hotspots .spark").count() == 1
        page.evaluate("() => hotspotsPage.choose('events', 0)")
        page.get_by_role("tab", name="Events").click()
        assert "2 · Broadway, 71 m away" in page.locator("#card-events").inner_text()


def test_a_card_can_be_printed_alone(opened):
    with opened(fixtures.content()) as (page, _):
        page.evaluate("() => { window.print = () => { window.printed = document.documentElement.className; }; }")
        page.get_by_role("button", name="Print this card").click()
        assert "card-only" in page.evaluate("() => window.printed")
        page.emulate_media(media="print")
        assert page.locator("#card-hotspots").is_visible()
        assert page.locator(".marking").is_visible()
        for selector in (".stage", "#table-hotspots", "#panel-events", ".headline"):
            assert not page.locator(selector).is_visible(), selector
        page.evaluate("() => dispatchEvent(new Event('afterprint'))")
        assert "card-only" not in page.evaluate("() => document.documentElement.className")


def test_the_week_is_a_table(opened):
    week = fixtures.week()
    with opened(fixtures.content()) as (page, _):
        page.get_by_text("Incidents by day and hour").click()
        cells = page.locator(".week tbody td")
        assert cells.count() == 168
        busiest = int(week["n"].to_numpy().argmax())
        assert cells.nth(busiest).get_attribute("class") == "shade-5"
        assert cells.first.inner_text() == "·"
        assert cells.first.get_attribute("class") == "shade-0"


def test_without_choices_there_are_no_controls(opened):
    content = fixtures.content()
    plain = content.selections.assign(category="Robbery", themes="Gangs", hour_of_week=-1)
    with opened(dataclasses.replace(content, selections=plain, week=None, drawn=None, bands=None, near=None)) as (
        page,
        _,
    ):
        assert page.locator(".filter, .pickone").count() == 0
        assert page.get_by_role("button", name="All 11 months").is_visible()
        assert page.get_by_text("Incidents by day and hour").count() == 0
        assert page.locator(".signs .of-drawn, .signs .of-density").count() == 0


def test_the_skip_link_leads_to_the_tables(opened):
    with opened(fixtures.content()) as (page, _):
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name="Skip to the tables")
        assert link.evaluate("(node) => node === document.activeElement")
        assert link.is_visible()
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.id") == "tables"
        assert "#tables" not in page.url


def test_fills_are_the_colours_of_the_style(opened):
    with opened(fixtures.content()) as (page, _):
        page.evaluate("() => hotspotsPage.show({ month: 11 })")
        got = page.evaluate(
            "() => hotspotsPage.layers.areas[0].paths.map((p) => [p.options.className, getComputedStyle(p.getElement()).fill])"
        )
        for name, fill in got:
            number = re.search(r"class-(\d)", name)
            if number:
                colour = class_colours(5)[int(number.group(1)) - 1]
                assert fill == f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)})"
