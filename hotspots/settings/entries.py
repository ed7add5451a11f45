"""The parts of ``hotspots.toml`` that may be listed several times: ``[[sources]]`` and ``[[themes]]``."""

from __future__ import annotations

from dataclasses import dataclass, field

from hotspots.settings.sections import SERIOUS_VIOLENCE

SOURCE_FORMATS = ("police.uk", "csv", "excel", "json")
DATE_ORDERS = ("dmy", "mdy")

PLACES: tuple[tuple[str, ...], ...] = (("easting", "northing"), ("longitude", "latitude"), ("x", "y"), ("postcode",))
"""Ways to say where: one of them is mapped, whole."""

SOURCE_COLUMNS = (
    *("id", "date", "time", "until", "until_time", "month", "year", "day", "hour", "minute"),
    *("category", "offence_code", "force", "street", "lsoa"),
    *(column for way in PLACES for column in way),
)
"""Our names that a source may map to titles of its own."""


@dataclass(frozen=True, slots=True)
class Flag:
    """When an incident carries a flag; of the column itself nothing is kept."""

    column: str
    """Title of the column, or its position from 1."""
    any_of: tuple[str, ...] = ()
    """Values that mean yes, without regard to case; empty: yes, y, true, t, 1, x."""
    below: float | None = None
    """Yes where the column is a number below this, for example the victim's age."""
    at_least: float | None = None
    """Yes where the column is a number of at least this."""


@dataclass(frozen=True, slots=True)
class Source:
    """``[[sources]]``: incidents in somebody else's shape, and what their columns are to us."""

    name: str = ""
    """What the summary calls the source, and what keeps its ids apart from those of others."""
    path: str = ""
    """File, folder (``police.uk`` only) or pattern such as ``exports/*.csv``; relative to the settings file."""
    format: str = ""
    """One of ``SOURCE_FORMATS``; empty: by the file's ending."""
    encoding: str = ""
    """Empty: UTF-8 or UTF-16 by their marks, else Windows-1252."""
    delimiter: str = ""
    """Empty: comma, semicolon, tab or bar, whichever the first lines agree on."""
    sheet: str = ""
    """Sheet of a workbook; empty: the first one."""
    header_row: int = 1
    """Row with the titles; 0: none, and columns are named by their position from 1."""
    records: str = ""
    """Where in a JSON document the records are, as a dotted path; empty: the document's only list."""
    epsg: int | None = None
    """CRS of ``x`` and ``y``; none: only where the values leave no doubt."""
    date_order: str = ""
    """``dmy`` or ``mdy``; empty: found in the dates themselves."""
    time_zone: str = ""
    """Zone of times without an offset; empty: that of ``[areas]``."""
    month: str = ""
    """Month of every row (YYYY-MM), where no column tells."""
    force: str = ""
    """Police force whose area the source covers, where no column tells."""
    category: str = ""
    """Crime type of every row, where no column tells."""
    postcodes: str = ""
    """Postcode directory, where ``columns`` has a postcode; relative to the settings file."""
    columns: dict[str, str] = field(default_factory=dict)
    """Our name, one of ``SOURCE_COLUMNS`` → their title, or its position from 1."""
    categories: dict[str, str] = field(default_factory=dict)
    """Their crime type → the standard name; one that is not listed stays as it is and is named."""
    flags: dict[str, Flag] = field(default_factory=dict)
    """Name of a flag, such as ``knife`` → the column that tells."""


@dataclass(frozen=True, slots=True)
class Theme:
    """``[[themes]]``: which incidents a theme is about.

    An incident carries the theme when it meets every condition that is given. A theme may be listed several
    times: it is then carried by what meets any of its entries.
    """

    name: str = ""
    categories: tuple[str, ...] = ()
    """Crime types, any of which will do; empty: no condition."""
    offence_codes: tuple[str, ...] = ()
    """Offence codes, any of which will do; ``*`` at the end stands for any ending; empty: no condition."""
    flags: tuple[str, ...] = ()
    """Flags of the sources, any of which will do; empty: no condition."""


DEFAULT_THEMES = (
    Theme("Serious violence", categories=SERIOUS_VIOLENCE),
    Theme("Serious youth violence", categories=SERIOUS_VIOLENCE, flags=("victim_under_25",)),
    Theme("Weapon enabled violence", categories=SERIOUS_VIOLENCE, flags=("knife", "gun", "weapon")),
    Theme("Gangs", flags=("gang",)),
    Theme("Organised crime networks", flags=("organised_crime",)),
)
"""The four themes of the partnership's strategy, and serious violence; those in settings replace their namesakes."""
