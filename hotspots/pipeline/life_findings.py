"""What the earlier months say of the hotspots, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotspots.pack.words import listed, month_name, months_word, number_word
from hotspots.stats.trend import LIFE_MONTHS
from hotspots.tables.hotspots import STATUSES

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.analysis.life import Life


def life_findings(hotspots: gpd.GeoDataFrame, life: Life) -> tuple[str, ...]:
    """Say which hotspots are new, which last, which rise or fall, and which are none any more.

    Parameters
    ----------
    hotspots
        HOTSPOTS.
    life
        What ``life_of`` returned for them.

    Returns
    -------
    tuple of str
        Finished sentences, also where there is too little to look back on.
    """
    looked = len(life.months)
    if looked == 1:
        told = _statuses(hotspots)
        why = "No earlier month was looked at: the files hold none with a whole window, or life_months is 1."
        return (f"{told} {why}",) if told else (f"{why} Which hotspots are new cannot be told.",)
    sentences = [_statuses(hotspots), _how(life)]
    if looked < LIFE_MONTHS:
        sentences.append(
            f"With {months_word(looked)} to look at, and not the {LIFE_MONTHS} that a trend needs, only new and seen "
            "before are told apart."
        )
    gone = int(life.past["succeeded_by"].isna().sum())
    if gone:
        verb, noun = ("was a hotspot", "place") if gone == 1 else ("were hotspots", "places")
        sentences.append(
            f"{number_word(gone, capital=True)} {noun} {verb} in an earlier month and {'is' if gone == 1 else 'are'} "
            "none now."
        )
    return tuple(filter(None, sentences))


def _statuses(hotspots: gpd.GeoDataFrame) -> str:
    parts = []
    for status in STATUSES:
        ranks = sorted(int(rank) for rank in hotspots.loc[hotspots["status"] == status, "rank"])
        if ranks:
            many, verb = len(ranks) > 1, "are" if len(ranks) > 1 else "is"
            said = f"number{'s' if many else ''} {listed([str(rank) for rank in ranks])} {verb} {status}"
            parts.append(said)
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _how(life: Life) -> str:
    return (
        f"The same method was run for each of {months_word(len(life.months))} from {month_name(life.months[0])}; "
        "new came in and stayed, sporadic comes and goes, persistent is in at least nine of ten of them, and "
        "intensifying or diminishing have a trend beyond chance (Mann-Kendall, corrected by Benjamini and Hochberg)."
    )
