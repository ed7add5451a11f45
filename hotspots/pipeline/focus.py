"""Which incidents a run is about: a theme, or crime types, typed or of the settings."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import InputError, SettingsError
from hotspots.intake.themes import SEPARATOR, unanswered
from hotspots.pack.words import focus_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.intake.accept import Intake
    from hotspots.settings import Settings


@dataclass(frozen=True)
class Focus:
    """What the run is about."""

    rows: pd.Series
    """True for the incidents in focus, by ``incident_id``."""
    name: str
    """What the sentences call it, in lower case."""
    theme: str
    """The theme; empty: crime types alone."""
    categories: tuple[str, ...]
    """Crime types in focus that the data hold; with a theme, those of its incidents."""
    absent: tuple[str, ...]
    """Default crime types that the data do not hold."""
    left_out: int
    """Incidents at institutional map points that would be in focus but for the settings."""
    warnings: tuple[str, ...]
    """What the data cannot tell of the theme."""


def choose_focus(theme: str, typed: Sequence[str], settings: Settings, intake: Intake) -> Focus:
    """Find the incidents in focus.

    Parameters
    ----------
    theme
        Name of a theme; empty: none.
    typed
        Crime types as typed; with a theme they narrow it.
    settings
        Themes, default crime types, and whether institutional map points are left out.
    intake
        What the files hold.

    Returns
    -------
    Focus
        Rows and names.

    Raises
    ------
    SettingsError
        The theme or a typed crime type does not exist.
    InputError
        The data cannot tell which incidents carry the theme, or none is in focus.
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
    return Focus(rows, name, theme, categories, absent, left_out, warnings)


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
