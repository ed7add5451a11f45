"""The quality page: what it says, that it asks nobody for anything, and that data stay data."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from hotspots.errors import TableError
from hotspots.maps import offline
from hotspots.maps.quality_page import TOPIC_TITLES, QualityContent, build_quality_page
from hotspots.tables import QUALITY
from hotspots.tables.quality import TOPICS

HOSTILE = "</style></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'`${7*7}{{7*7}}&amp;\\2019"
ROWS = [
    ("rows", "police.uk", "", "read", 300.0, "ok", "police.uk: 300 rows read."),
    ("rows", "police.uk", "", "accepted", 250.0, "ok", "police.uk: 300 rows read."),
    ("rows", "police.uk", "2024-04", "read", 1_150.0, "ok", "April."),
    ("rows", "police.uk", "2024-04", "accepted", 130.0, "ok", "April."),
    ("rows", "", "", "outside", 4.0, "ok", "4 rows lie outside."),
    ("rejects", "police.uk", "", "no_location", 50.0, "ok", "50 rows rejected."),
    ("unlocated", "police.uk", "", "share", 0.125, "note", "An eighth is lost."),
    ("unlocated", "police.uk", "", "rows", 50.0, "ok", "An eighth is lost."),
    ("unlocated", "police.uk", "2024-04", "share", 0.25, "warning", "A quarter is lost in April."),
    ("unlocated", "police.uk", "2024-04", "rows", 25.0, "ok", "A quarter is lost in April."),
    ("coverage", "Met", "", "rows", 90.0, "ok", "Met: 2 of 3 months."),
    ("coverage", "Met", "", "missing", 1.0, "warning", "Met lacks 2024-03."),
    ("coverage", "Met", "2024-03", "missing", np.nan, "warning", "Met has no rows in 2024-03."),
    ("coverage", "Met", "2024-04", "thin", 10.0, "warning", "Met has 10 rows in 2024-04."),
    ("coverage", "Met", "2024-05", "rows", 80.0, "ok", "Met: 80 rows in 2024-05."),
    ("coverage", "Kent", "", "missing", 3.0, "note", "No file is from Kent."),
    ("agreement", "police.uk", "", "share", 0.9999, "ok", "Kept but for one."),
    ("agreement", "Export", "", "not_named", np.nan, "ok", "No codes."),
    ("vintage", "police.uk", "", "layer", 7.0, "ok", "Of the layer."),
]


def table(rows):
    columns = ["topic", "source", "month", "measure", "value", "status", "said"]
    frame = pd.DataFrame(rows, columns=columns, index=pd.RangeIndex(1, len(rows) + 1, name="check_no"))
    return frame.astype(dict.fromkeys(set(columns) - {"value"}, "str") | {"value": float})


def content(bad="", rows=ROWS, **changes):
    quality = table(rows)
    quality[["source", "said"]] += bad
    fields = {
        "title": f"Quality of the input · Bexley · May 2024{bad}",
        "subtitle": f"300 rows of 2 files{bad}",
        "marking": f"OFFICIAL{bad}",
        "notices": (f"Synthetic data{bad}",),
        "headline": f"Two warnings: rows.{bad}",
        "findings": (("warning", "coverage", f"Met lacks 2024-03.{bad}"), ("note", "unlocated", f"Lost.{bad}")),
        "sources": (f"Incidents: the exercise{bad}", "OGL"),
        "quality": quality,
    }
    return QualityContent(**(fields | changes))


class Page(HTMLParser):
    """Tags, text by section, and the cells of each table."""

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

    def handle_endtag(self, tag):
        self._in = ""
        if tag in {"td", "th"}:
            self.tables[-1][-1].append(" ".join("".join(self._cell or []).split()))
            self._cell = None

    def handle_data(self, data):
        if self._in == "style":
            self.style += data
        elif self._cell is not None:
            self._cell.append(f" {data}")
        self.text.append(data)

    def names(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def page():
    return Page(build_quality_page(content()))


# ------------------------------------------------------------------------------------------------ what it says


def test_one_sentence_first_then_the_findings_then_the_topics(page):
    said = " ".join(" ".join(page.text).split())
    order = ["OFFICIAL", "Two warnings: rows.", "Met lacks 2024-03.", "Lost.", "Rows read", "Rejected rows"]
    places = [said.index(words) for words in order]
    assert places == sorted(places)
    assert [attrs["id"] for attrs in page.names("section")] == [topic for topic in TOPICS if topic in dict(column())]
    links = [attrs["href"] for attrs in page.names("a")]
    assert links == ["#coverage", "#unlocated"]
    for words in ("Synthetic data", "300 rows of 2 files", "Incidents: the exercise", "OGL"):
        assert words in said


def column():
    return [(row[0], row[5]) for row in ROWS]


def test_months_are_tables_of_numbers(page):
    rows, unlocated, coverage = (by_title(page, title) for title in ("Read", "Share", "Rows"))
    assert rows == [
        ["Month", "Read", "Accepted", "Rejected"],
        ["All months", "300", "250", "–"],
        ["2024-04", "1,150", "130", "–"],
    ]
    assert unlocated == [
        ["Month", "Rows", "Share", "Finding"],
        ["All months", "50", "12 %", "i note"],
        ["2024-04", "25", "25 %", "! warning"],
    ]
    assert coverage == [
        ["Month", "Rows", "Finding"],
        ["Window", "90", "! warning"],
        ["2024-03", "–", "! warning Met has no rows in 2024-03."],
        ["2024-04", "10", "! warning Met has 10 rows in 2024-04."],
        ["2024-05", "80", ""],
    ]


def by_title(page, heading):
    """The first table by month with a column of this name, without a share where it is not asked for."""
    found = [rows for rows in page.tables if rows[0][0] == "Month" and heading in rows[0]]
    return next(rows for rows in found if heading == "Share" or "Share" not in rows[0])


def test_everything_else_is_a_sentence_with_its_status_and_number(page):
    rows = [row for rows in page.tables if rows[0] == ["Status", "Finding", "Number"] for row in rows[1:]]
    assert rows == [
        ["✓ ok", "4 rows lie outside.", "4"],
        ["✓ ok", "50 rows rejected.", "50"],
        ["i note", "No file is from Kent.", "3"],
        ["✓ ok", "Kept but for one.", "over 99 %"],
        ["✓ ok", "No codes.", "–"],
        ["✓ ok", "Of the layer.", "7"],
    ]
    whole = [(*ROWS[16][:4], 1.0, *ROWS[16][5:])]
    assert "100\u202f%" in build_quality_page(content(rows=whole))


def test_a_topic_carries_its_worst_status(page):
    text = build_quality_page(content())
    heads = re.findall(r"<h2>(.*?) <span class=\"chip (\w+)\">", text)
    assert heads == [
        ("Rows read", "ok"),
        ("Rejected rows", "ok"),
        ("Rows without a location", "warning"),
        ("Forces and months", "warning"),
        ("Published LSOA codes", "ok"),
        ("Vintage of the codes", "ok"),
    ]


def test_a_status_is_a_word_and_a_mark_of_its_own(page):
    text = build_quality_page(content())
    marks = dict(
        re.findall(r'<span class="chip (\w+)"><span class="mark" aria-hidden="true">(.)</span>\1</span>', text)
    )
    assert marks == {"ok": "✓", "note": "i", "warning": "!"}
    assert text.count('class="chip') == len(re.findall(r"</span>(?:ok|note|warning)</span>", text))


def test_without_marking_notices_and_findings_their_places_are_gone():
    bare = Page(build_quality_page(content(marking="", notices=(), findings=())))
    classes = {attrs.get("class") for _, attrs in bare.tags}
    assert not classes & {"marking", "marking-again", "notices", "findings"}
    assert classes >= {"headline", "sections", "sources"}


def test_every_topic_has_a_title_and_a_reason():
    rows = [(topic, "", "", "x", 1.0, "ok", "Said.") for topic in TOPICS]
    page = Page(build_quality_page(content(rows=rows)))
    assert [attrs["id"] for attrs in page.names("section")] == list(TOPICS) == list(TOPIC_TITLES)
    assert len([attrs for attrs in page.names("p") if attrs.get("class") == "why"]) == len(TOPICS)


# ------------------------------------------------------------------------------------------------ alone and safe


def test_the_policy_lets_in_nothing_but_the_style_sheet(page):
    [policy] = [a["content"] for a in page.names("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"].strip() in {"", "'none'"}
    assert directives["style-src"] == offline.policy((), (page.style,), None).split("style-src ")[1].split(";")[0]
    assert "unsafe" not in policy


def test_there_is_no_script_no_inline_style_and_no_address(page):
    text = build_quality_page(content())
    assert not {"script", "img", "link", "iframe", "form", "object"} & {tag for tag, _ in page.tags}
    assert not [attrs for _, attrs in page.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text


def test_every_text_is_escaped():
    page = Page(build_quality_page(content(HOSTILE)))
    plain = Page(build_quality_page(content()))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    said = "".join(page.text)
    # Title twice, subtitle, marking twice, notice, headline, two findings, a source, and the table's own texts.
    assert said.count(HOSTILE) >= 15
    for words in ("May 2024", "300 rows of 2 files", "OFFICIAL", "Synthetic data", "Two warnings: rows.", "exercise"):
        assert words + HOSTILE in said


def test_the_same_content_gives_the_same_bytes_and_is_not_changed():
    first = content()
    before = first.quality.copy(deep=True)
    assert build_quality_page(first) == build_quality_page(content())
    pd.testing.assert_frame_equal(first.quality, before)


def test_a_table_that_breaks_its_contract_is_refused():
    broken = dataclasses.replace(content(), quality=table(ROWS).assign(status="fine"))
    with pytest.raises(TableError, match="QUALITY breaks its contract: status"):
        build_quality_page(broken)
    assert QUALITY.index.name == "check_no"


@pytest.mark.parametrize(("month", "good"), [("2024-05", True), ("", True), ("May", False), ("2024-05-01", False)])
def test_a_month_is_a_month(month, good):
    rows = [("rows", "a", month, "read", 1.0, "ok", "A.")]
    if good:
        assert build_quality_page(content(rows=rows))
    else:
        with pytest.raises(TableError, match="month"):
            build_quality_page(content(rows=rows))


# ------------------------------------------------------------------------------------------------ in Chromium


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_the_page_opens_from_a_file_in_silence_and_fits(browser, tmp_path, width, scheme):
    path = tmp_path / "quality.html"
    path.write_bytes(build_quality_page(content(HOSTILE)).encode())
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True)
    tab = context.new_page()
    faults: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: faults.append(message.text))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("dialog", lambda dialog: faults.append(dialog.message))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(path.as_uri())
    wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    mark = tab.evaluate("getComputedStyle(document.querySelector('.warning .mark')).backgroundColor")
    context.close()
    assert (faults, asked) == ([], [path.as_uri()])
    assert wide <= 0
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(19, 27, 33)"}[scheme]
    assert mark != ground
