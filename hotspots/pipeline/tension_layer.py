"""The tension log on the month's page: the levels of its wards and their ground.

Partner tier and above only.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from hotspots.events.tensions import hotspots_in_risen_wards, ward_key
from hotspots.pipeline.tension_findings import level_words, tense_hotspot_sentences
from hotspots.pipeline.tensions import list_tensions
from hotspots.places.areas import outline_of
from hotspots.tables.tensions import PARTNERS

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from hotspots.maps.content import PageContent
    from hotspots.pipeline.tensions import TensionList
    from hotspots.settings import Tensions

NO_ENTRY = "no current entry"
PAST_REVIEW = "past review"


def month_log(path: Path | None, month: pd.Period, settings: Tensions) -> TensionList | None:
    """Read the tension log as it stood on the last day of a month.

    Parameters
    ----------
    path
        The log; none: there is none.
    month
        The month of the meeting: its last day is the day of the levels, whatever today is.
    settings
        ``[tensions]``.

    Returns
    -------
    TensionList or None
        What is known on that day.

    Raises
    ------
    InputError
        The log cannot be read.
    """
    return None if path is None else list_tensions(path, settings, month.end_time.date())


def log_rejects(log: TensionList | None) -> pd.DataFrame | None:
    """Return the rows of a log that were not used, without their values.

    Parameters
    ----------
    log
        What was read; none: there is no log.

    Returns
    -------
    DataFrame or None
        REJECTS. Of personal data the kind is named; every other value is left out, since it may be personal too.
    """
    if log is None:
        return None
    return log.rejects.assign(value=log.rejects["value"].where(log.rejects["reason"] == "personal_data"))


def ward_grounds(wards: pd.DataFrame, areas: gpd.GeoDataFrame, settings: Tensions) -> gpd.GeoDataFrame:
    """Return the wards of the log with their ground and words, as a page shows them.

    Parameters
    ----------
    wards
        WARD_TENSIONS, in the order wanted.
    areas
        AREAS with ``ward`` and ``zone``; only those of the area itself have a ground here. Names are compared by
        ``ward_key``.
    settings
        ``[tensions]``.

    Returns
    -------
    GeoDataFrame
        By ``ward``, in the order given and the CRS of the areas: ``level`` (Int64, empty where no entry is current),
        ``label`` in words (where nothing counts but entries past their review: that, and how tense they are), ``trend``
        against three months ago (risen, fallen, same, or new where there was none), ``n_current`` entries, and the
        ground, empty where no LSOA of the area is in a ward of that name.
    """
    own = areas[(areas["zone"] == "area") & areas["ward"].notna()]
    keys = own["ward"].astype("str").map(ward_key)
    grounds: dict[str, BaseGeometry] = {str(key): outline_of(own[keys == key]) for key in keys.unique()}
    trends = [_trend(*row) for row in wards[["level", "level_before", "risen"]].to_numpy()]
    columns = ("level", "level_overdue")
    levels, late = ([None if pd.isna(level) else int(level) for level in wards[name]] for name in columns)
    labels = [_label(one, old, settings) for one, old in zip(levels, late, strict=True)]
    frame = gpd.GeoDataFrame(
        {
            "level": pd.array(levels, dtype="Int64"),
            "label": pd.array(labels, dtype="str"),
            "trend": pd.array(trends, dtype="str"),
            "n_current": wards["n_current"].to_numpy(),
        },
        geometry=[grounds.get(ward_key(str(ward))) for ward in wards.index],
        crs=areas.crs,
    )
    return frame.set_index(pd.Index(wards.index, dtype="str", name="ward"))


def _label(level: int | None, overdue: int | None, settings: Tensions) -> str:
    """Return the level in words; where nothing counts, whether that is because nobody looked again."""
    if level is not None:
        return level_words(level, settings)
    return NO_ENTRY if overdue is None else f"{PAST_REVIEW}, up to {level_words(overdue, settings)}"


def _trend(level: Any, before: Any, risen: Any) -> str:  # noqa: ANN401 - one row of the wards
    """Return how a level compares with the one of three months ago."""
    if pd.isna(level):
        return "same" if pd.isna(before) else "fallen"
    if pd.isna(before):
        return "new"
    return "risen" if risen else "same" if level == before else "fallen"


def with_tensions(
    content: PageContent, log: TensionList | None, areas: gpd.GeoDataFrame, settings: Tensions
) -> PageContent:
    """Put what the tension log says on a page.

    Parameters
    ----------
    content
        The month's page.
    log
        What was read; none: the page stays as it is.
    areas
        AREAS with ``ward``.
    settings
        ``[tensions]``.

    Returns
    -------
    PageContent
        With the wards, the sentences, and the notice for whom the page is.
    """
    if log is None:
        return content
    tense = hotspots_in_risen_wards(content.hotspots, log.wards, areas["ward"])
    words = dataclasses.replace(
        content.words,
        notices=(*content.words.notices, PARTNERS),
        tensions=(*log.sentences, *tense_hotspot_sentences(tense, content.hotspots)),
    )
    return dataclasses.replace(content, words=words, tensions=ward_grounds(log.wards, areas, settings))
