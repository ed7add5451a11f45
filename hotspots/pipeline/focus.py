"""Which incidents a run is about: a theme, or crime types, typed or of the settings, by day, at night or whenever."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.analysis.rhythm import share_in_hours
from hotspots.errors import InputError, SettingsError
from hotspots.intake.themes import SEPARATOR, unanswered
from hotspots.pack.words import focus_name, month_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.intake.accept import Intake
    from hotspots.settings import Focus as FocusSettings
    from hotspots.settings import Settings

_HALF = 0.5
_LEAST_OF_MONTH = 20
"""Among fewer incidents of a month the share with a time may differ by chance."""


@dataclass(frozen=True)
class Focus:
    """What the run is about."""

    rows: pd.Series
    """True for the incidents in focus, by ``incident_id``."""
    name: str
    """What the sentences call it, in lower case, with the part of the day."""
    theme: str
    """The theme; empty: crime types alone."""
    categories: tuple[str, ...]
    """Crime types in focus that the data hold; with a theme, those of its incidents."""
    absent: tuple[str, ...]
    """Default crime types that the data do not hold."""
    left_out: int
    """Incidents at institutional map points that would be in focus but for the settings."""
    warnings: tuple[str, ...]
    """What the data cannot tell of the theme, or of the part of the day."""
    untimed: int = 0
    """Incidents that would be in focus but have no time to tell the part of the day by."""
    uneven: tuple[pd.Period, ...] = ()
    """Months in which far more or far fewer of them have a time than is usual: no month to compare with others."""


def choose_focus(theme: str, typed: Sequence[str], settings: Settings, intake: Intake) -> Focus:
    """Find the incidents in focus.

    Parameters
    ----------
    theme
        Name of a theme; empty: none.
    typed
        Crime types as typed; with a theme they narrow it.
    settings
        Themes, default crime types, whether institutional map points are left out, and the part of the day.
    intake
        What the files hold.

    Returns
    -------
    Focus
        Rows and names. By day or at night an incident known as a range is in focus where more than half of
        the range lies in that part; one without a time is in neither.

    Raises
    ------
    SettingsError
        The theme or a typed crime type does not exist.
    InputError
        The data cannot tell which incidents carry the theme or when they were, or none is in focus.
    """
    incidents = intake.incidents
    rows = pd.Series(True, index=incidents.index)  # noqa: FBT003
    warnings: tuple[str, ...] = ()
    categories: tuple[str, ...] = tuple(sorted(set(incidents["category"])))
    absent: tuple[str, ...] = ()
    if theme:
        theme, rows, warnings = _carriers(theme, settings, intake)
    if typed or not theme:
        categories, absent = _categories(typed, settings, categories)
        rows = rows & incidents["category"].isin(categories)
    elif theme:
        categories = tuple(sorted(set(incidents.loc[rows, "category"])))
    left_out = 0
    if settings.focus.leave_out_institutional:
        left_out = int((rows & incidents["institutional"]).sum())
        rows = rows & ~incidents["institutional"]
    if left_out and not rows.any():
        raise InputError(
            f"No incident is in focus: all {left_out:,} lie at institutional map points, which the settings leave out; "
            "set leave_out_institutional = false under [focus].",
        )
    if not rows.any():
        raise InputError(f"No incident is in focus: none of {len(rows):,} is {theme or ', '.join(categories)}.")
    name = theme[:1].lower() + theme[1:] if theme else focus_name(categories, typed, settings)
    chosen = Focus(rows, name, theme, categories, absent, left_out, warnings)
    return _in_part(chosen, settings.focus, incidents) if settings.focus.part_of_day else chosen


def _in_part(chosen: Focus, settings: FocusSettings, incidents: pd.DataFrame) -> Focus:
    """Keep the incidents of the part of the day, and say of how many no time tells it."""
    limits = (settings.night_from, settings.night_to)
    start, end = limits if settings.part_of_day == "night" else limits[::-1]
    when = f"{'at night' if settings.part_of_day == 'night' else 'by day'} ({start}–{end})"
    rows = incidents[chosen.rows]
    share = share_in_hours(
        rows["occurred_at"], rows["occurred_until"], rows["time_known"], _minute(start), _minute(end)
    )
    timed = share.dropna()
    if timed.empty:
        raise InputError(
            f"No incident of {chosen.name} has a time, so that none can be told to be {when}: leave part_of_day empty "
            "under [focus], or give a source with times; street-level files know months only.",
        )
    inside = timed.index[timed > _HALF]
    if inside.empty:
        raise InputError(f"No incident is in focus: of {len(timed):,} of {chosen.name} with a time none was {when}.")
    uneven = _uneven(rows["month"], share.notna())
    return dataclasses.replace(
        chosen,
        rows=pd.Series(incidents.index.isin(inside), index=incidents.index),
        name=f"{chosen.name} {when}",
        warnings=(*chosen.warnings, *_of_times(chosen.name, share, uneven)),
        untimed=len(share) - len(timed),
        uneven=uneven,
    )


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)


def _uneven(months: pd.Series, timed: pd.Series) -> tuple[pd.Period, ...]:
    """Return the months in which under half or over twice the usual share of the incidents has a time.

    What is usual is the share in the months of the incidents that have one, their median.
    """
    share = timed.groupby(months).agg(["mean", "size"])
    usual = months[timed].map(share["mean"]).median()
    odd = (share["mean"] < _HALF * usual) | (_HALF * share["mean"] > usual)
    return tuple(share.index[odd & (share["size"] >= _LEAST_OF_MONTH)])


def _of_times(name: str, share: pd.Series, uneven: Sequence[pd.Period]) -> list[str]:
    """Say how many incidents the times cannot place, and where that may pass for a change."""
    said = []
    untimed, level = int(share.isna().sum()), int((share == _HALF).sum())
    if untimed:
        have, are = ("has", "is") if untimed == 1 else ("have", "are")
        said.append(
            f"{untimed:,} of the {len(share):,} incidents of {name} in the files {have} no time and {are} in neither "
            "day nor night: none of them is shown.",
        )
    if level:
        lies, is_ = ("lies", "is") if level == 1 else ("lie", "are")
        said.append(f"{level:,} known as a range {lies} half by day and half at night and {is_} in neither.")
    if uneven:
        said.append(
            f"The share of incidents with a time is under half or over twice the usual in {month_spans(uneven)}: a "
            "change there may be one of how times were written down.",
        )
    return said


def _carriers(name: str, settings: Settings, intake: Intake) -> tuple[str, pd.Series, tuple[str, ...]]:
    """Return the theme as the settings spell it, who carries it, and which sources cannot tell."""
    spelled = {theme.name.casefold(): theme.name for theme in settings.themes}
    theme = spelled.get(name.strip().casefold())
    if theme is None:
        close = difflib.get_close_matches(name.casefold(), spelled, n=1)
        hint = f" Did you mean {spelled[close[0]]!r}?" if close else ""
        raise SettingsError(f"--theme {name!r} is not known.{hint} There are: {', '.join(spelled.values())}.")
    incidents = intake.incidents
    entries = [entry for entry in settings.themes if entry.name.casefold() == theme.casefold()]
    coded = incidents.loc[incidents["offence_code"].notna(), "source"].unique()
    rows_of = incidents["source"].value_counts()
    lacking = unanswered(entries, {source: intake.flags_of[source] for source in rows_of.index}, coded)
    if len(lacking) == len(rows_of):
        source, needed = next(iter(lacking.items()))
        raise InputError(
            f"The data cannot show the theme {theme!r}: {source} has no {needed.removeprefix('a ')}. Give a source "
            "that has, with its column mapped in [[sources]], or choose another theme.",
        )
    warnings = tuple(
        f"{theme}: the {rows_of[source]:,} rows of {source} cannot tell, for want of {needed}; none of them is shown."
        for source, needed in sorted(lacking.items())
    )
    # Entries of one theme may be spelled in capitals here and not there.
    listed = (SEPARATOR + incidents["themes"] + SEPARATOR).str.casefold()
    carried = listed.str.contains(f"{SEPARATOR}{theme.casefold()}{SEPARATOR}", regex=False)
    if not carried.any():
        raise InputError(f"No incident carries the theme {theme!r}, although the data could tell: nothing to map.")
    return theme, carried, warnings


def _categories(
    typed: Sequence[str],
    settings: Settings,
    present: Sequence[str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the crime types in focus that the data hold, and those wanted by default that it does not."""
    folded = {name.casefold(): name for name in present}
    wanted = typed or settings.focus.categories
    found = tuple(
        dict.fromkeys(folded[name.strip().casefold()] for name in wanted if name.strip().casefold() in folded)
    )
    absent = tuple(name for name in wanted if name.strip().casefold() not in folded)
    if typed and absent:
        close = difflib.get_close_matches(absent[0].casefold(), folded, n=1)
        hint = f"did you mean {folded[close[0]]!r}? " if close else ""
        raise SettingsError(f"--category {absent[0]!r} is not in the data; {hint}It has: {', '.join(present)}.")
    if not found:
        raise InputError(
            f"None of the crime types in focus ({', '.join(wanted)}) is in the data, which have: "
            f"{', '.join(present)}; name one with --category.",
        )
    return found, absent
