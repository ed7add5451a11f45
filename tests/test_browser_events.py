"""Events and tensions on the page in the real Chromium: signs, the strip of days, grounds and routes, wards."""

from __future__ import annotations

import dataclasses
import itertools

import pandas as pd
import pytest

from hotspots.maps import words
from tests import agenda_fixtures as agenda
from tests import page_fixtures as fixtures

pytestmark = pytest.mark.browser

SHAPES = {"high": "M14 2.8 26 24.2 2 24.2z", "medium": "M14 2.5 25.5 14 14 25.5 2.5 14z"}
DISC = "M14 3a11 11 0 1 1 0 22a11 11 0 1 1 0-22z"


def of_days(first, last):
    """Return the ids of the events with a date between two days, in order of time."""
    dates = agenda.dates()
    days = dates.assign(first=dates["starts_at"].dt.strftime("%Y-%m-%d"), last=dates["ends_at"].dt.strftime("%Y-%m-%d"))
    held = set(days.loc[(days["first"] <= last) & (days["last"] >= first), "event_id"])
    ordered = agenda.events().sort_values("starts_at", kind="stable").index
    return [key for key in ordered if key in held]


def by_first_date(keys, first, last):
    """Return the ids in the order of their first date between two days."""
    dates = agenda.dates()
    days = dates.assign(day=dates["starts_at"].dt.strftime("%Y-%m-%d"), end=dates["ends_at"].dt.strftime("%Y-%m-%d"))
    days = days[(days["day"] <= last) & (days["end"] >= first)]
    begins = days.groupby("event_id")["starts_at"].min()
    return sorted(keys, key=lambda key: (begins[key], keys.index(key)))


def shown(page):
    """Return what table, map and strip show: ids of events."""
    return page.evaluate(
        """() => {
            const { data } = hotspotsPage;
            const ids = (nodes) => [...nodes].map((node) => data.events[Number(node.dataset.i)].id);
            const marks = data.events.filter((e, i) => hotspotsPage.markOf("events", i)?.isConnected).map((e) => e.id);
            return { table: ids(document.querySelectorAll("#table-events tbody tr:not([hidden])")), marks,
                strip: ids(document.querySelectorAll(".line:not(.left)")),
                span: [0, 1].map((at) => document.querySelector(`.end-${at}`).getAttribute("aria-valuetext")) };
        }"""
    )


def check(page, first, last, span):
    wanted = of_days(first, last)
    seen = shown(page)
    assert seen["strip"] == wanted
    assert seen["table"] == by_first_date(wanted, first, last)
    placed = agenda.events()["geometry"].notna()
    assert seen["marks"] == [key for key in wanted if placed[key]]
    assert seen["span"] == span
    assert page.locator("#choose-events .said").inner_text().startswith(f"{len(wanted)} of 60 events")


def at_day(page, day):
    """Return where a day of the strip lies on the screen, counted from 1 December 2021, beside the names of the months."""
    box = page.locator(".days").bounding_box()
    wide, names = page.evaluate(
        "() => { const w = document.querySelector('.days').clientWidth; return [w, Math.round(Math.min(150, w * 0.34))]; }"
    )
    return box["x"] + 1 + names + (day + 0.5) * (wide - names - 26) / 62, box["y"] + 12


def test_a_sign_has_the_shape_of_its_risk_and_the_letter_of_its_kind(opened):
    with opened(agenda.content(periods=())) as (page, _):
        found = page.evaluate(
            """() => hotspotsPage.data.events.map((e, i) => {
                const of = (node) => node && [node.querySelector("path").getAttribute("d"), node.querySelector("text").textContent,
                    parseFloat(getComputedStyle(node.querySelector("path")).strokeWidth), getComputedStyle(node.querySelector("path")).strokeDasharray];
                return { risk: e.risk, kind: e.kind, at: e.at, mark: of(hotspotsPage.markOf("events", i)?.querySelector("svg")),
                    row: of(document.querySelector(`#table-events tr[data-i="${i}"] svg`)) }; })"""
        )
        small = page.evaluate(
            """() => [...document.querySelectorAll(".mark.of-events")].map((m) => m.getBoundingClientRect())
                .filter((b) => b.width < 24 || b.height < 24).length"""
        )
    widths = {"high": 4, "medium": 2.5, "low": 1.5, None: 1}
    assert {one["risk"] for one in found} == set(widths)
    for one in found:
        shape, letter, width, dashes = one["row"]
        assert shape == SHAPES.get(one["risk"], DISC)
        assert letter == one["kind"][0].upper()
        assert width == widths[one["risk"]]
        assert (dashes == "none") == (one["risk"] is not None)
        assert one["mark"] == (one["row"] if one["at"] else None)
    assert small == 0


def test_the_legend_counts_the_signs_on_the_map(opened):
    events = agenda.events()
    with opened(agenda.content()) as (page, _):
        for value, first, last in (("", "2021-12-01", "2022-01-31"), ("0", "2021-12-01", "2021-12-31")):
            page.evaluate("() => document.getElementById('tab-panel-events').click()")
            page.get_by_label("When").select_option(value=value)
            held = events.loc[of_days(first, last)]
            held = held[held["geometry"].notna()]
            said = page.evaluate(
                "() => [...document.querySelectorAll('.key')].filter((k) => !k.hidden).map((k) => [k.dataset.risk ?? k.dataset.kind, Number(k.lastElementChild.textContent)])"
            )
            wanted = held["risk"].fillna("none").value_counts().to_dict() | held["kind"].value_counts().to_dict()
            assert dict(said) == wanted
            assert [key for key, _ in said][:4] == ["high", "medium", "low", "none"]
        page.evaluate("() => { hotspotsPage.freeDays('2021-12-30_2021-12-30'); }")
        page.locator("[data-by=risk]").select_option(value="high")
        page.get_by_label("When").select_option(value="2021-12-30_2021-12-30")
        none = page.locator(".keys.empty").count()
        assert none == (0 if (events.loc[of_days("2021-12-30", "2021-12-30"), "risk"] == "high").any() else 2)


def test_the_strip_has_a_line_for_each_event_and_its_dates(opened):
    with opened(agenda.content()) as (page, _):
        page.get_by_role("tab", name="Events").click()
        assert page.locator(".line").count() == 60
        region = page.get_by_role("region", name="Events by day")
        assert (
            region.get_by_role("img")
            .get_attribute("aria-label")
            .startswith("60 events by day, 1 Dec 2021 – 31 Jan 2022")
        )
        lines = page.evaluate(
            """() => [...document.querySelectorAll(".line")].map((line) => ({ id: hotspotsPage.data.events[line.dataset.i].id,
                title: line.querySelector("title").textContent, rects: [...line.querySelectorAll("rect.date")].map((r) => Number(r.getAttribute("width"))),
                signs: line.querySelectorAll("svg.date").length, path: line.querySelector("svg.date path")?.getAttribute("d") }))"""
        )
        step = page.evaluate("() => document.querySelector('.weekend').getBBox().width") / 62
        names = page.locator(".named").all_text_contents()
    dates = agenda.dates().groupby("event_id").size()
    events = agenda.events()
    for line in lines:
        row = events.loc[line["id"]]
        assert line["title"].startswith(f"{row['title']}: ")
        days = (row["ends_at"].normalize() - row["starts_at"].normalize()).days + 1
        if dates[line["id"]] > 1:
            # Ticks, one a date.
            assert (len(line["rects"]), line["signs"]) == (dates[line["id"]], 0)
            assert set(line["rects"]) == {2.5}
        else:
            assert (len(line["rects"]), line["signs"]) == (int(days > 1), 1)
            assert line["path"] == SHAPES.get(row["risk"], DISC)
            assert all(width > step for width in line["rects"])
    assert sum(dates > 1) == agenda.RECURRING
    assert all(name.endswith("…") for name in names if len(name) > 25)
    starts = [events.loc[line["id"], "starts_at"] for line in lines]
    assert starts == sorted(starts)


def test_spans_of_the_list_stand_on_the_strip_and_the_other_way_round(opened):
    with opened(agenda.content()) as (page, _):
        page.get_by_role("tab", name="Events").click()
        check(page, "2022-01-01", "2022-01-31", ["Sat 1 Jan 2022", "Mon 31 Jan 2022"])
        page.get_by_label("When").select_option(label="1–7 Jan")
        check(page, "2022-01-01", "2022-01-07", ["Sat 1 Jan 2022", "Fri 7 Jan 2022"])
        last = page.get_by_role("slider", name="Last day of the events shown")
        last.focus()
        for _ in range(3):
            page.keyboard.press("PageUp")
        # Four weeks are one of the list again.
        assert page.get_by_label("When").input_value() == "3"
        check(page, "2022-01-01", "2022-01-28", ["Sat 1 Jan 2022", "Fri 28 Jan 2022"])
        page.keyboard.press("ArrowLeft")
        assert page.locator("#choose-events option:checked").first.inner_text() == "1 Jan 2022 – 27 Jan 2022"
        check(page, "2022-01-01", "2022-01-27", ["Sat 1 Jan 2022", "Thu 27 Jan 2022"])
        page.keyboard.press("Home")
        check(page, "2022-01-01", "2022-01-01", ["Sat 1 Jan 2022", "Sat 1 Jan 2022"])
        for _ in range(40):
            page.keyboard.press("Shift+ArrowRight")
        check(page, "2022-01-31", "2022-01-31", ["Mon 31 Jan 2022", "Mon 31 Jan 2022"])
        page.get_by_role("slider", name="First day of the events shown").focus()
        page.keyboard.press("Home")
        assert page.get_by_label("When").input_value() == ""
        assert shown(page)["span"] == ["Wed 1 Dec 2021", "Mon 31 Jan 2022"]
        assert len(shown(page)["table"]) == 60


def test_days_can_be_dragged_and_clicked(opened):
    with opened(agenda.content()) as (page, _):
        page.get_by_role("tab", name="Events").click()
        page.mouse.move(*at_day(page, 3))
        page.mouse.down()
        page.mouse.move(*at_day(page, 7))
        page.mouse.move(*at_day(page, 9))
        page.mouse.up()
        check(page, "2021-12-04", "2021-12-10", ["Sat 4 Dec 2021", "Fri 10 Dec 2021"])
        # The last day by its end.
        end = page.locator(".end-1").bounding_box()
        assert end["width"] >= 24
        assert end["height"] >= 24
        page.mouse.move(end["x"] + 4, end["y"] + 12)
        page.mouse.down()
        page.mouse.move(*at_day(page, 20))
        page.mouse.up()
        check(page, "2021-12-04", "2021-12-21", ["Sat 4 Dec 2021", "Tue 21 Dec 2021"])
        page.mouse.click(*at_day(page, 40))
        check(page, "2022-01-10", "2022-01-10", ["Mon 10 Jan 2022", "Mon 10 Jan 2022"])
        # A name chooses its event, and leaves the days alone.
        page.locator(".line:not(.left)").first.scroll_into_view_if_needed()
        box = page.locator(".line:not(.left)").first.bounding_box()
        page.mouse.click(box["x"] + 40, box["y"] + 10)
        assert page.locator(".line.chosen").count() == 1
        assert page.locator(".line.chosen").get_attribute("class") == "line chosen"
        assert page.locator("#card-events").is_visible()
        check(page, "2022-01-10", "2022-01-10", ["Mon 10 Jan 2022", "Mon 10 Jan 2022"])


def test_the_address_keeps_free_days(opened):
    with opened(agenda.content()) as (page, _):
        page.get_by_role("tab", name="Events").click()
        page.mouse.move(*at_day(page, 29))
        page.mouse.down()
        page.mouse.move(*at_day(page, 34))
        page.mouse.up()
        page.wait_for_timeout(300)
        fragment = page.url.partition("#")[2]
        assert f"period={agenda.FREE}" in fragment
        assert page.locator("#choose-events .said").inner_text().endswith("(30 Dec 2021 – 4 Jan 2022)")
    with opened(agenda.content(), fragment) as (page, _):
        check(page, "2021-12-30", "2022-01-04", ["Thu 30 Dec 2021", "Tue 4 Jan 2022"])
        page.get_by_label("When").select_option(label="Jan 2022")
        page.wait_for_timeout(300)
        assert "period" not in page.url


@pytest.mark.parametrize(
    "period",
    ["2022-01-09_2022-01-02", "2021-11-30_2022-01-02", "2022-13-01_2022-14-01", "_", "x_y", "99", "2022-01-02"],
)
def test_days_that_are_none_open_as_usual(opened, period):
    with opened(agenda.content(), f"tab=events&period={period}") as (page, _):
        check(page, "2022-01-01", "2022-01-31", ["Sat 1 Jan 2022", "Mon 31 Jan 2022"])


def test_more_rows_than_fit_scroll_in_their_box(opened):
    for width in (1440, 390):
        with opened(agenda.content(), viewport={"width": width, "height": 844}) as (page, _):
            page.get_by_role("tab", name="Events").click()
            page.get_by_label("When").select_option(label="Jan 2022")
            found = page.evaluate(
                """() => { const box = document.querySelector(".days"); const b = box.getBoundingClientRect();
                    const first = document.querySelector(".line:not(.left)").getBoundingClientRect();
                    const head = document.querySelector(".days-head").getBoundingClientRect();
                    return [box.scrollHeight > box.clientHeight, b.height, box.scrollWidth <= box.clientWidth, first.top - head.bottom]; }"""
            )
            assert found[0]
            assert found[1] < 340
            assert found[2]
            page.get_by_label("When").select_option(label="1–7 Jan")
            held = page.evaluate(
                """() => { const box = document.querySelector(".days"); const row = document.querySelector(".line:not(.left)");
                    return row.getBoundingClientRect().top >= box.getBoundingClientRect().top && row.getBoundingClientRect().top < box.getBoundingClientRect().bottom; }"""
            )
            assert held


def test_on_paper_the_strip_has_its_events_and_no_controls(opened):
    with opened(agenda.content()) as (page, _):
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert page.locator(".days").is_visible()
        assert not page.locator(".end").first.is_visible()
        assert page.locator(".line:visible").count() == len(of_days("2022-01-01", "2022-01-31"))
        box = page.locator(".days").bounding_box()
        assert box["height"] > 15 * len(of_days("2022-01-01", "2022-01-31"))


def test_without_events_there_is_no_strip(opened):
    with opened(fixtures.content(events=fixtures.without(fixtures.events()), near=None)) as (page, _):
        assert page.locator(".days").count() == 0


def test_a_ground_and_a_route_are_drawn_with_their_sign_and_say_whose_they_are(opened):
    with opened(agenda.content()) as (page, _):
        page.evaluate("() => document.getElementById('tab-panel-events').click()")
        page.get_by_label("When").select_option(value="")
        assert page.locator(".folium-map path.event-ground").count() == 2
        look = page.evaluate(
            """() => [...document.querySelectorAll(".folium-map path.event-ground")].map((path) => { const s = getComputedStyle(path);
                return [s.strokeDasharray !== "none", s.stroke, s.fill]; })"""
        )
        assert [one[:2] for one in look] == [[True, "rgb(122, 31, 162)"]] * 2
        assert sorted(one[2] for one in look) == ["none", "rgb(122, 31, 162)"]
        for path, title in ((0, "March"), (1, "Fair")):
            at = page.evaluate(
                """(at) => { const path = document.querySelectorAll(".folium-map path.event-ground")[at];
                    const m = path.getScreenCTM(); const p = path.getPointAtLength(path.getTotalLength() * 0.13); return [p.x + m.e, p.y + m.f]; }""",
                path,
            )
            page.mouse.move(2, 2)
            page.mouse.move(*at)
            page.wait_for_selector(".tip")
            assert title in page.locator(".tip").inner_text()
        page.locator("[data-by=risk]").select_option(value="high")
        held = agenda.events().loc[[agenda.ROUTE, agenda.GROUND], "risk"].eq("high").sum()
        assert page.locator(".folium-map path.event-ground").count() == held


def test_hostile_titles_are_text_on_the_strip(opened):
    with opened(agenda.content(bad=fixtures.BAD)) as (page, _):
        page.get_by_role("tab", name="Events").click()
        assert fixtures.BAD.split()[0] in page.locator(".line title").first.text_content()
        assert page.locator("img, .days image, .days svg[onload]").count() == 0
        page.evaluate("() => hotspotsPage.map.addLayer(hotspotsPage.layers.tensions)")
        assert fixtures.BAD.split()[0] in page.locator(".ward").first.text_content()
        assert page.locator(".ward img, .ward svg").count() == 0


# ------------------------------------------------------------------------------------------------ the table and the card


def when_of(page, key):
    return page.evaluate(
        """(key) => { const i = hotspotsPage.data.events.findIndex((e) => e.id === key);
            return document.querySelector(`#table-events tr[data-i="${i}"]`).cells[2].textContent; }""",
        key,
    )


def test_the_table_and_the_card_tell_the_dates_of_the_days_chosen(opened):
    with opened(agenda.content()) as (page, _):
        page.get_by_role("tab", name="Events").click()
        when = page.get_by_label("When")
        wanted = {
            "": "every week; 9 dates: Wed 1, Wed 8, Wed 15 Dec 2021, … Wed 26 Jan 2022, 09:00–11:00",
            "0": "every week; 5 dates: Wed 1, Wed 8, Wed 15, Wed 22, Wed 29 Dec 2021, 09:00–11:00",
            "1": "every week; 4 dates: Wed 5, Wed 12, Wed 19, Wed 26 Jan 2022, 09:00–11:00",
            "2": "every week; 1 date: Wed 5 Jan 2022, 09:00–11:00",
        }
        page.evaluate("() => hotspotsPage.choose('events', hotspotsPage.data.events.findIndex((e) => e.id === 'V000'))")
        for value, said in wanted.items():
            when.select_option(value=value)
            assert when_of(page, "V000") == said
            assert said in page.locator("#card-events").inner_text()
            label = page.evaluate(
                "() => hotspotsPage.markOf('events', hotspotsPage.data.events.findIndex((e) => e.id === 'V000')).getAttribute('aria-label')"
            )
            assert label == f"Event, football: Football number 0 on the long green, {said}, low risk"
            assert (
                label.partition(": ")[2].replace("green, ", "green: ")
                in page.locator(".line title").all_text_contents()
            )
        # Days across the turn of the year, and a span without a date of it.
        page.evaluate("() => hotspotsPage.freeDays('2021-12-28_2022-01-06')")
        when.select_option(value="2021-12-28_2022-01-06")
        assert when_of(page, "V000") == "every week; 2 dates: Wed 29 Dec 2021, Wed 5 Jan 2022, 09:00–11:00"
        page.evaluate("() => hotspotsPage.freeDays('2022-01-06_2022-01-07')")
        when.select_option(value="2022-01-06_2022-01-07")
        assert when_of(page, "V000") == wanted[""]
        assert when_of(page, "V030") == hotspots_words("V030")
    with opened(agenda.content(), java_script_enabled=False) as (page, _):
        body = page.locator("#table-events tbody").inner_text()
        assert "every week; 9 dates here, the first Wed 1 Dec 2021, 09:00–11:00" in body
        assert page.locator("#table-events tbody .name").all_inner_texts() == [
            agenda.events().loc[key, "title"] for key in of_days("2021-12-01", "2022-01-31")
        ]


def hotspots_words(key):
    row = agenda.events().loc[key]
    return words.when(row["starts_at"], row["ends_at"])


def test_cancelled_events_stay_in_the_table_alone(opened):
    content = agenda.content(events=agenda.some_cancelled())
    with opened(content) as (page, _):
        page.get_by_role("tab", name="Events").click()
        for value, first, last in (("1", "2022-01-01", "2022-01-31"), ("0", "2021-12-01", "2021-12-31")):
            page.get_by_label("When").select_option(value=value)
            wanted = of_days(first, last)
            live = [key for key in wanted if key not in agenda.CANCELLED]
            seen = shown(page)
            assert seen["table"] == by_first_date(wanted, first, last)
            assert seen["strip"] == live
            assert not set(seen["marks"]) & set(agenda.CANCELLED)
            said = page.locator("#choose-events .said").inner_text()
            title = dict(enumerate(("Dec 2021", "Jan 2022")))[int(value)]
            assert said == f"{len(live)} of 56 events ({title}), and {len(wanted) - len(live)} cancelled"
            assert len(live) < len(wanted)
            placed = agenda.events().loc[live, "geometry"].notna().sum()
            counts = page.locator(".key:not([hidden])[data-kind] b:last-child").all_inner_texts()
            assert sum(map(int, counts)) == placed
        assert page.locator(".line").count() == 56
        assert (
            page.get_by_role("region", name="Events by day").get_by_role("img").get_attribute("aria-label")[:9]
            == "56 events"
        )
        assert page.locator(".folium-map path.event-ground").count() == 0
        rows = page.locator("#table-events tr.off")
        assert rows.count() == 4
        for look in rows.locator(".name").evaluate_all(
            "(all) => all.map((one) => getComputedStyle(one).textDecorationLine)"
        ):
            assert look == "line-through"
        assert all("cancelled" in text for text in rows.all_text_contents())
        page.locator("#table-events tr.off:not([hidden]) .pick").first.click()
        card = page.locator("#card-events").inner_text()
        assert "cancelled, so it is not on the map" in card
        # The lines of the strip still lead to their own events.
        page.locator(".line:not(.left)").last.scroll_into_view_if_needed()
        name = page.locator(".line:not(.left) title").last.text_content()
        box = page.locator(".line:not(.left)").last.bounding_box()
        page.mouse.click(box["x"] + 40, box["y"] + 10)
        assert name.startswith(page.locator("#card-events h3").inner_text())
        assert page.locator(".line.chosen title").text_content() == name


def test_an_event_that_ends_at_midnight_is_not_of_the_next_day(opened):
    table = agenda.events()
    for key, ends in (("V030", "2022-01-01 00:00"), ("V031", "2022-01-01 00:01")):
        table.loc[key, "starts_at"] = pd.Timestamp("2021-12-31 18:00", tz="Europe/London")
        table.loc[key, "ends_at"] = pd.Timestamp(ends, tz="Europe/London")
    with opened(agenda.content(events=table, dates=None)) as (page, _):
        seen = shown(page)["table"]
        assert "V030" not in seen
        assert "V031" in seen


def test_the_card_tells_of_the_crowd_and_the_hotspots_around(opened):
    table = agenda.events()
    for name, value in {"expected_attendance": 2500, "profile": "Families", "dispersal_place": "the station"}.items():
        table.loc["V030", name] = value
    base = agenda.content()
    near = pd.DataFrame({"hotspot_id": [base.hotspots.index[0]], "event_id": ["V030"], "distance_m": [70.0]})
    with opened(agenda.content(events=table, near=near)) as (page, _):
        page.evaluate(
            "() => hotspotsPage.choose('events', hotspotsPage.data.events.findIndex((e) => e.id === 'V030'), { from: 'table' })"
        )
        page.get_by_role("tab", name="Events").click()
        told = page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('#card-events dt')].map((dt) => [dt.textContent, dt.nextSibling.textContent]))"
        )
        assert told["People"] == "2,500 expected at the busiest time"
        assert (told["Profile"], told["Leaving"], told["Status"]) == ("Families", "the station", "planned")
        assert told["Hotspots"].endswith(", 70 m away")


def test_the_card_lies_over_the_strip_of_days(opened):
    base = agenda.content()
    # The strip begins lower, as under the sentences of a full month.
    ahead = tuple(
        f"Sentence {i} on an event of the coming month, which takes two lines of the panel." for i in range(13)
    )
    with opened(dataclasses.replace(base, words=dataclasses.replace(base.words, coming=ahead))) as (page, _):
        page.get_by_role("tab", name="Events").click()
        page.locator("#table-events tr:not([hidden]) .pick").first.click()
        met = 0
        for top in range(0, 300, 10):
            page.evaluate("(top) => { document.querySelector('.panel').scrollTop = top; }", top)
            over, meets = page.evaluate(
                """() => { const button = document.querySelector("#card-events .print-card"); const b = button.getBoundingClientRect();
                    const head = document.querySelector(".days-head").getBoundingClientRect();
                    const at = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.8]].map(([x, y]) => document.elementFromPoint(b.x + x * b.width, b.y + y * b.height));
                    return [at.every((one) => one === button), head.top < b.top && head.bottom > b.bottom]; }"""
            )
            assert over
            met += meets
        assert met > 0


# ------------------------------------------------------------------------------------------------ tensions


def test_ward_labels_without_room_are_counted(opened):
    with opened(agenda.content()) as (page, _):
        said = page.locator(".wards-left")
        assert said.text_content() == ""
        page.evaluate("() => hotspotsPage.map.addLayer(hotspotsPage.layers.tensions)")
        assert said.text_content() == ""
        page.evaluate("() => hotspotsPage.map.setView([51.4585, 0.1755], 11, { animate: false })")
        hidden = "() => [...document.querySelectorAll('.ward')].filter((n) => n.style.visibility === 'hidden').length"
        n = page.evaluate(hidden)
        assert n > 1
        assert said.text_content() == f"{n} ward labels find no room on the map at this zoom."
        # Wards that are out of sight want no room.
        page.evaluate("() => hotspotsPage.map.setView([51.4585, 0.1755], 17, { animate: false })")
        assert page.evaluate(hidden) > 3
        assert said.text_content() in {"", "1 ward label finds no room on the map at this zoom."}
        page.evaluate("() => hotspotsPage.map.setView([51.4585, 0.1755], 11, { animate: false })")
        page.evaluate("() => hotspotsPage.map.removeLayer(hotspotsPage.layers.tensions)")
        assert said.text_content() == ""


def test_tensions_are_shown_when_asked_for_and_collide_with_nothing(opened):
    with opened(agenda.content()) as (page, _):
        assert page.locator(".ward").count() == 0
        page.locator(".leaflet-control-layers").hover()
        page.get_by_role("checkbox", name="Community tensions").check()
        assert page.locator(".folium-map path.ward-line").count() == 7
        assert page.locator(".signs .of-tensions").is_visible()
        page.mouse.move(600, 880)
        for zoom in (None, 13, 15):
            if zoom:
                page.evaluate("(zoom) => hotspotsPage.map.setView([51.4585, 0.1755], zoom, { animate: false })", zoom)
            boxes = page.evaluate(
                """() => { const box = (node) => { const b = node.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };
                    const seen = (node) => getComputedStyle(node).visibility === "visible";
                    return { wards: [...document.querySelectorAll(".ward")].filter(seen).map(box),
                        others: [...document.querySelectorAll(".mark, .badge, .leaflet-control, .legend, .place:not(.ward)")].filter(seen).map(box) }; }"""
            )
            if zoom is None:
                assert len(boxes["wards"]) == 7
                said = page.locator(".ward").all_inner_texts()
                assert [" ".join(words.split()) for words in said][:2] == [
                    "Riverside 5 ↑",
                    "St Mary's and St James 4 =",
                ]
            hits = [(a, b) for a, b in itertools.combinations(boxes["wards"], 2) if meets(a, b)]
            hits += [(a, b) for a in boxes["wards"] for b in boxes["others"] if meets(a, b)]
            assert hits == []
        page.wait_for_timeout(300)
        assert "tensions" in page.url
        fragment = page.url.partition("#")[2]
        page.locator(".leaflet-control-layers").hover()
        page.get_by_role("checkbox", name="Community tensions").uncheck()
        assert page.locator(".ward, .folium-map path.ward-line").count() == 0
    with opened(agenda.content(), fragment) as (page, _):
        assert page.locator(".ward").count() == 7


def meets(a, b):
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]


def test_signs_that_go_give_room_to_wards(opened):
    with opened(agenda.content()) as (page, _):
        page.evaluate("() => hotspotsPage.map.addLayer(hotspotsPage.layers.tensions)")
        where = "() => [...document.querySelectorAll('.ward')].map((node) => node.style.transform)"
        before = page.evaluate(where)
        page.evaluate("() => hotspotsPage.map.removeLayer(hotspotsPage.layers.events)")
        assert page.evaluate(where) != before
        assert page.evaluate(
            "() => [...document.querySelectorAll('.ward')].every((n) => n.style.visibility === 'visible')"
        )


def test_without_a_log_there_is_no_switch(opened):
    with opened(agenda.content(tensions=None)) as (page, _):
        assert page.get_by_role("checkbox", name="Community tensions", include_hidden=True).count() == 0
        assert page.locator(".tensions").count() == 0
        assert page.evaluate("() => hotspotsPage.layers.tensions === undefined && !('tensions' in hotspotsPage.data)")
