"""The quality of the input as one page: sentences and tables, no script, nothing asked of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

from hotspots.maps import offline, words
from hotspots.tables import QUALITY, check
from hotspots.tables.quality import STATUSES, TOPICS

if TYPE_CHECKING:
    from collections.abc import Sequence

TOPIC_TITLES = {
    "rows": "Rows read",
    "rejects": "Rejected rows",
    "unlocated": "Rows without a location",
    "coverage": "Forces and months",
    "institutional": "Points that attract recording",
    "agreement": "Published LSOA codes",
    "vintage": "Vintage of the codes",
    "repeats": "Repeated rows",
    "categories": "Crime types",
    "revised": "Revised since the earlier pack",
}
"""What a reader calls each topic."""

_WHY = {
    "rows": "Every row is accounted for: read = accepted + rejected.",
    "rejects": "Each of these rows stands in rejects.csv, with its file, row and value.",
    "unlocated": "They are on no map and in no count by area. 5 to 15 % are usual in street-level files.",
    "coverage": "A month that a force's files lack is no data, never zero; a thin one is probably incomplete.",
    "institutional": "Hospitals, police stations, shopping areas: where incidents are recorded, not always happened.",
    "agreement": "How often the join puts a row into the LSOA that its publisher named.",
    "vintage": "LSOA codes of 2011 and 2021 mix in published files; the lookup brings them together.",
    "repeats": "Of rows with the same ID one is kept; rows without an ID are all kept.",
    "categories": "A crime type without a standard name is in focus only where its own name is asked for.",
    "revised": "police.uk revises months it has published: numbers of an earlier pack may no longer be had.",
}
_MARKS = {"ok": "✓", "note": "i", "warning": "!"}
_BY_MONTH = {
    "rows": {"read": "Read", "accepted": "Accepted", "rejected": "Rejected"},
    "unlocated": {"rows": "Rows", "share": "Share"},
    "coverage": {"rows": "Rows"},
}
"""Topics told by month: the measures that are its columns, and their headings."""

_TOTALS = {"coverage": "Window"}
"""What the row of all months is called, where it is not all months that were read."""


@dataclass(frozen=True, slots=True)
class QualityContent:
    """What the page shows; every text is taken as plain text."""

    title: str
    """For example ``Quality of the input · Bexley · May 2024``."""
    subtitle: str
    """For example ``18,867 rows of 24 files; the window holds 12 months``."""
    marking: str
    """Marking line on top; empty: none."""
    notices: tuple[str, ...]
    """Warnings that every page of the pack carries."""
    headline: str
    """One sentence: how many warnings of what."""
    findings: tuple[tuple[str, str, str], ...]
    """Status, topic and sentence of what must be read, the worst first."""
    sources: tuple[str, ...]
    """Where the data come from, and their licences."""
    quality: pd.DataFrame
    """QUALITY."""


def build_quality_page(content: QualityContent) -> str:
    """Write one offline page without scripts.

    Parameters
    ----------
    content
        Finished sentences and QUALITY; nothing of it is changed.

    Returns
    -------
    str
        A whole HTML document; its Content-Security-Policy allows its own style sheet and nothing else. The
        same content gives the same bytes.

    Raises
    ------
    TableError
        The table breaks its contract.
    """
    check(QUALITY, content.quality)
    style = offline.asset("quality.css")
    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text: str = environment.from_string(offline.asset("quality.html.j2")).render(
        policy=offline.policy((), (style,), None),
        style=Markup(style),  # noqa: S704 - our own style sheet
        content=content,
        marks=_MARKS,
        titles=TOPIC_TITLES,
        sections=[_section(topic, group) for topic, group in _by_topic(content.quality)],
    )
    return text


def _by_topic(quality: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    parts = [(topic, quality[quality["topic"] == topic]) for topic in TOPICS]
    return [(topic, part) for topic, part in parts if len(part)]


def _section(topic: str, quality: pd.DataFrame) -> dict[str, Any]:
    """Return a topic as the template writes it: months as tables of numbers, the rest as a list of sentences."""
    columns = _BY_MONTH.get(topic, {})
    monthly = set(quality.loc[quality["month"] != "", "source"])
    in_tables = quality["source"].isin(monthly) & quality["measure"].isin([*columns, "missing", "thin"])
    sources = list(dict.fromkeys(quality.loc[in_tables, "source"]))
    return {
        "topic": topic,
        "title": TOPIC_TITLES[topic],
        "why": _WHY[topic],
        "status": max(quality["status"], key=STATUSES.index),
        "headings": list(columns.values()),
        "tables": [
            _table(topic, source, quality[in_tables & (quality["source"] == source)], list(columns))
            for source in sources
        ],
        "rows": [
            {"status": row["status"], "said": row["said"], "value": _value(row["measure"], row["value"])}
            for row in quality[~in_tables].to_dict("records")
        ],
    }


def _table(topic: str, source: str, quality: pd.DataFrame, measures: Sequence[str]) -> dict[str, Any]:
    """Return one row for all months together and one per month: its numbers, and what is not in order."""
    rows = []
    for month, group in quality.groupby("month"):
        numbers = group.set_index("measure")["value"].rename({"thin": "rows"})
        wrong = group[group["status"] != "ok"]
        rows.append(
            {
                "month": month or _TOTALS.get(topic, "All months"),
                "all": not month,
                "numbers": [_value(name, numbers.get(name)) for name in measures],
                "wrong": [
                    # A share says for itself what is wrong with it; a missing month does not.
                    {"status": status, "said": "" if name == "share" else said}
                    for name, status, said in zip(wrong["measure"], wrong["status"], wrong["said"], strict=True)
                ],
            },
        )
    return {"source": source, "rows": rows, "wrong": bool((quality["status"] != "ok").any())}


def _value(measure: str, value: Any) -> str:  # noqa: ANN401 - one cell of a frame
    """Return a count or a share as a reader sees it; a dash where there is none."""
    if measure != "share" or pd.isna(value):
        return words.count(value)
    shown, whole = words.share(value), words.share(1)
    return f"over {words.share(0.99)}" if shown == whole and value < 1 else shown
