"""What the tension log says, in sentences for the brief.

Partner tier and above only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.events.tensions import RISE_MONTHS
from hotspots.pack.words import listed, month_name, number_word
from hotspots.tables.tensions import LEVELS

if TYPE_CHECKING:
    from hotspots.settings import Tensions


def tension_sentences(wards: pd.DataFrame, settings: Tensions, today: pd.Timestamp) -> tuple[str, ...]:
    """Say for the brief where tension is, where it has risen, and what is past its review.

    Partner tier and above only.

    Parameters
    ----------
    wards
        WARD_TENSIONS.
    settings
        ``[tensions]``.
    today
        The day they are of.

    Returns
    -------
    tuple of str
        Finished sentences, also where the log is empty.
    """
    if wards.empty:
        return ("The tension log holds no entry.",)
    held = wards[wards["level"].notna()]
    return (*_now(held, settings, today), *_risen(wards, settings), *_overdue(wards, settings))


def tense_hotspot_sentences(found: pd.DataFrame, hotspots: pd.DataFrame) -> tuple[str, ...]:
    """Say which hotspots lie in wards whose level has risen.

    Parameters
    ----------
    found
        TENSE_HOTSPOTS.
    hotspots
        HOTSPOTS: ``rank`` by ``hotspot_id``.

    Returns
    -------
    tuple of str
        One sentence a ward; none where no hotspot lies in one.
    """
    ranks = found["hotspot_id"].map(hotspots["rank"].to_dict())
    sentences = []
    for ward, numbers in ranks.groupby(found["ward"]):
        named = [f"{int(rank)}" for rank in sorted(numbers)]
        many = len(named) > 1
        sentences.append(
            f"Hotspot{'s' if many else ''} {listed(named)} {'lie' if many else 'lies'} in {ward}, where the level of "
            "tension has risen."
        )
    return tuple(sentences)


def level_words(level: int, settings: Tensions) -> str:
    """Return for example ``level 3``, with its label where the settings have one: ``level 3 (label)``."""
    label = settings.level_labels[level - 1]
    return f"level {level}" if label.casefold() == f"level {level}" else f"level {level} ({label})"


def by_tension(levels: pd.Series, settings: Tensions) -> pd.Series:
    """Return numbers that order levels by tension.

    Parameters
    ----------
    levels
        Levels 1 to 6, empty where there is none.
    settings
        Which end is the worst.

    Returns
    -------
    Series
        On the same index whole numbers, higher for more tension, 0 for none.
    """
    numbers = levels.astype("Int64")
    return (LEVELS + 1 - numbers if settings.level_1_is_worst else numbers).fillna(0).astype("int64")


def _entries(count: int) -> str:
    return f"{number_word(count)} {'entry' if count == 1 else 'entries'}"


def _now(held: pd.DataFrame, settings: Tensions, today: pd.Timestamp) -> tuple[str, ...]:
    on = f"On {today.day} {month_name(today.to_period('M'))}"
    count, number = int(held["n_current"].sum()), len(held)
    if not number:
        return (f"{on} no entry of the tension log is current.",)
    tense = by_tension(held["level"], settings)
    worst = sorted(str(name) for name in held.index[tense == tense.max()])
    level = level_words(int(held["level"][tense == tense.max()].iloc[0]), settings)
    verb, wards = "is" if count == 1 else "are", "one ward" if number == 1 else f"{number_word(number)} wards"
    return (
        f"{on} {_entries(count)} of the tension log {verb} current, in {wards}; the most tense "
        f"{'is' if len(worst) == 1 else 'are'} {listed(worst)}, at {level}.",
    )


def _risen(wards: pd.DataFrame, settings: Tensions) -> tuple[str, ...]:
    risen = wards[wards["risen"]]
    ago = f"{number_word(RISE_MONTHS)} months ago"
    if risen.empty:
        return (f"No ward is above its level of {ago}.",)
    parts = []
    for ward, row in zip(risen.index, risen.to_dict("records"), strict=True):
        now = f"{level_words(int(row['level']), settings)} now, from {_entries(int(row['n_current']))}"
        then = "none then"
        if not pd.isna(row["level_before"]):
            then = f"{level_words(int(row['level_before']), settings)} then, from {_entries(int(row['n_before']))}"
        parts.append(f"{ward} ({now}; {then})")
    many = len(parts) > 1
    return (
        f"{number_word(len(parts), capital=True)} ward{'s are' if many else ' is'} above {'their' if many else 'its'} "
        f"level of {ago}: {listed(parts)}. These are counts of a few reports; none is tested.",
    )


def _overdue(wards: pd.DataFrame, settings: Tensions) -> tuple[str, ...]:
    late = wards[wards["n_overdue"] > 0]
    if late.empty:
        return ()
    count = int(late["n_overdue"].sum())
    parts = [
        f"{ward} ({number_word(int(row['n_overdue']))}, up to {level_words(int(row['level_overdue']), settings)})"
        for ward, row in zip(late.index, late.to_dict("records"), strict=True)
    ]
    verb, do = ("is", "does") if count == 1 else ("are", "do")
    said = _entries(count)
    return (
        f"{said[:1].upper()}{said[1:]} {verb} past review and {do} not count until somebody looks again: "
        f"{listed(parts)}.",
    )
