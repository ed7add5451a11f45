"""The quality gate: what the input is like, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.maps.quality_page import TOPIC_TITLES, QualityContent
from hotspots.pack import words
from hotspots.pack.previous import read_previous
from hotspots.pipeline import checks
from hotspots.pipeline.content import incident_sources, notices
from hotspots.pipeline.inputs import load
from hotspots.pipeline.revisions import revised
from hotspots.tables import QUALITY, check
from hotspots.tables.quality import STATUSES, TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from hotspots.pipeline.inputs import Inputs, Loaded
    from hotspots.settings import Settings

_LINES = 6
_OF_A_KIND = 3
_MONTHS_NAMED = 4


@dataclass(frozen=True)
class CheckResult:
    """What ``hotspots check`` found."""

    loaded: Loaded
    quality: pd.DataFrame
    """QUALITY."""
    area: str
    """What the sentences call the area."""


def run_check(
    inputs: Inputs,
    settings: Settings,
    previous: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> CheckResult:
    """Look at the input of a month without making anything of it.

    Parameters
    ----------
    inputs, settings
        Files and choices, as for a month's pack.
    previous
        Folder of an earlier pack, to name the files that have been revised since.
    progress
        Called with a few words before each step.

    Returns
    -------
    CheckResult
        The tables as loaded, and what is to be said of them.

    Raises
    ------
    InputError
        The input cannot be used: a file is missing or not what it was given as, the month is not in the
        files, or nothing is in focus; or ``previous`` is no pack.
    SettingsError
        The month is no month, an area or a typed crime type does not exist, or the CRS is not metric.
    """
    earlier = read_previous(previous) if previous is not None else None
    loaded = load(inputs, settings, progress)
    return CheckResult(loaded, assess(loaded, earlier), area_of(inputs, loaded))


def assess(loaded: Loaded, previous: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Say what the input is like, topic by topic.

    Parameters
    ----------
    loaded
        The tables of the job; nothing of them is changed.
    previous
        The manifest of an earlier pack, from ``read_previous``.

    Returns
    -------
    DataFrame
        QUALITY in the order of the topics; within one, totals come before months.
    """
    found = [
        *checks.rows(loaded),
        *checks.rejects(loaded),
        *checks.unlocated(loaded),
        *checks.coverage(loaded),
        *checks.institutional(loaded),
        *checks.published_codes(loaded),
        *checks.repeats(loaded),
        *checks.categories(loaded),
        *revised(loaded, previous),
    ]
    table = pd.DataFrame(found, columns=checks.Check._fields)
    order = table["topic"].map(TOPICS.index)
    table = table.iloc[order.argsort(kind="stable")].set_index(pd.RangeIndex(1, len(table) + 1, name="check_no"))
    texts = dict.fromkeys(("topic", "source", "month", "measure", "status", "said"), "str")
    return check(QUALITY, table.astype({**texts, "value": float})[list(QUALITY.columns)])


def findings(quality: pd.DataFrame, most: int = _OF_A_KIND) -> pd.DataFrame:
    """Bring the rows of a table to what a person must read, the worst first.

    Months of one finding become one sentence, about the latest, that names the others; where all months
    together are a finding of the same status, that one stands for them. Of a topic and source that is in
    order throughout only its first row stays.

    Parameters
    ----------
    quality
        QUALITY.
    most
        How many findings of one kind, such as revised files, are told before the others are counted.

    Returns
    -------
    DataFrame
        ``topic``, ``source``, ``status`` and ``said``, on the keys of the rows that stand for others.
    """
    wrong = quality[quality["status"] != "ok"]
    told: dict[int, str] = {}
    for _, group in wrong.groupby(["topic", "source", "measure", "status"], sort=False):
        told |= _of_one_kind(group, most)
    troubled = set(zip(wrong["topic"], wrong["source"], strict=True))
    whole = quality[(quality["status"] == "ok") & (quality["month"] == "")].drop_duplicates(["topic", "source"])
    told |= {
        key: said
        for key, topic, source, said in whole[["topic", "source", "said"]].itertuples()
        if (topic, source) not in troubled
    }
    kept = quality.loc[sorted(told), ["topic", "source", "status"]]
    kept["said"] = pd.Series(told, dtype="str")
    worst: pd.DataFrame = kept.iloc[(-kept["status"].map(STATUSES.index)).argsort(kind="stable")]
    return worst


def _of_one_kind(group: pd.DataFrame, most: int) -> dict[int, str]:
    """Return the sentences of one kind of finding, by key."""
    whole = group.loc[group["month"] == "", "said"]
    if whole.empty:
        *others, _ = [pd.Period(month, freq="M") for month in group["month"]]
        also = words.month_spans(others)
        if len(others) > _MONTHS_NAMED:
            also = f"{len(others)} other months since {others[0]}"
        return {int(group.index[-1]): _with(group["said"].iloc[-1], f"also {also}" if also else "")}
    told = {int(key): said for key, said in zip(whole.index[:most], whole, strict=False)}
    more = len(whole) - len(told)
    last = max(told)
    told[last] = _with(told[last], f"and {more:,} more like it" if more else "")
    return told


def _with(said: str, more: str) -> str:
    return f"{said.removesuffix('.')}; {more}." if more else said


def headline(quality: pd.DataFrame) -> str:
    """Return the sentence on top: how many warnings of what, and how many notes."""
    told = findings(quality, most=len(quality))
    counts = told["status"].value_counts()
    warnings, notes = int(counts.get("warning", 0)), int(counts.get("note", 0))
    noted = f"{words.number_word(notes, capital=True)} note{'' if notes == 1 else 's'} to read."
    if not warnings:
        return f"Nothing stands in the way.{f' {noted}' if notes else ''}"
    topics = dict.fromkeys(told.loc[told["status"] == "warning", "topic"])
    named = words.listed([TOPIC_TITLES[topic].lower() for topic in topics])
    count = words.number_word(warnings, capital=True)
    return f"{count} warning{'' if warnings == 1 else 's'}: {named}.{f' {noted}' if notes else ''}"


def quality_lines(quality: pd.DataFrame, *, without: Collection[str] = ()) -> list[str]:
    """Return the first lines of a summary: warnings, then notes, then how many more there are.

    Parameters
    ----------
    quality
        QUALITY.
    without
        Topics that the summary tells in another place.

    Returns
    -------
    list of str
        At most six lines; none where all is in order.
    """
    told = findings(quality[~quality["topic"].isin(list(without))])
    told = told[told["status"] != "ok"]
    lines = [f"{status.capitalize()}: {said}" for status, said in zip(told["status"], told["said"], strict=True)]
    if len(lines) <= _LINES:
        return lines
    return [*lines[: _LINES - 1], f"{len(lines) - _LINES + 1} more findings: see quality.html."]


def area_of(inputs: Inputs, loaded: Loaded) -> str:
    """Return what the sentences call the area: its boroughs with data, or how many there are."""
    return words.area_name(inputs.areas, loaded.areas[loaded.window.known])


def quality_content(loaded: Loaded, quality: pd.DataFrame, area: str, settings: Settings) -> QualityContent:
    """Return the content of the quality page.

    Parameters
    ----------
    loaded
        The tables of the job.
    quality
        QUALITY.
    area
        What the title calls the area.
    settings
        The settings in force: marking, notice and source.

    Returns
    -------
    QualityContent
        Finished sentences and the table.
    """
    accounts = loaded.intake.accounts
    told = findings(quality, most=len(quality))
    wrong = told[told["status"] != "ok"]
    window = words.months_word(len(loaded.window.months))
    return QualityContent(
        title=f"Quality of the input · {area} · {words.month_name(loaded.month)}",
        subtitle=f"{accounts['read'].sum():,} rows of {len(accounts):,} files; the window holds {window}",
        marking=settings.report.marking,
        notices=tuple(notices(settings, loaded)),
        headline=headline(quality),
        findings=tuple(zip(wrong["status"], wrong["topic"], wrong["said"], strict=True)),
        sources=incident_sources(loaded, settings),
        quality=quality,
    )
