"""The invented tension log of the demonstration: no real place, agency contact or event stands behind an entry.

The wards are called after the invented centres of ``hotspots.data.invented``.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import NamedTuple


class _Kind(NamedTuple):
    theme: str
    source: str
    eep: str
    summary: str
    response: str


_KINDS = {
    "youth": _Kind(
        "Young people",
        "Youth service",
        "evidenced",
        "Two groups of young people argue after school; staff hear talk of meeting at the weekend.",
        "Youth workers on site on Fridays",
    ),
    "online": _Kind(
        "Online threats",
        "Schools liaison",
        "potential",
        "A video with threats between groups is passed on in several schools.",
        "Schools told; families supported",
    ),
    "hate": _Kind(
        "Hate crime",
        "Council community safety",
        "experienced",
        "Stickers and graffiti against a faith group on lamp posts and shutters.",
        "Removed within a day; reassurance patrols",
    ),
    "housing": _Kind(
        "Housing",
        "Housing association",
        "experienced",
        "Tenants complain of noise and drug dealing in stairwells and feel unheard.",
        "Meeting with tenants; lighting repaired",
    ),
    "shops": _Kind(
        "Town centre",
        "Business forum",
        "experienced",
        "Shop staff report shoplifting with threats, and ask what is done.",
        "Town centre team visits each week",
    ),
    "bikes": _Kind(
        "Nuisance vehicles",
        "Neighbourhood forum",
        "experienced",
        "Off-road bikes in the park at weekends; residents talk of stopping them themselves.",
        "Joint operation planned",
    ),
    "stabbing": _Kind(
        "Serious violence",
        "Police neighbourhood team",
        "evidenced",
        "After a stabbing friends of the injured speak of revenge; parents keep children at home.",
        "Weapon sweeps; mediation offered",
    ),
    "protest": _Kind(
        "Protest",
        "Police neighbourhood team",
        "potential",
        "A protest and a counter-protest are announced for the same afternoon.",
        "Organisers met; plan agreed",
    ),
}
# Months back, day, ward, level, kind, and what became of it: open, reviewed, closed, or late for its review.
_ENTRIES = """
11 04 Market Cross    2 shops    closed
11 19 Kiln Corner     3 youth    closed
11 23 Station Parade  2 housing  closed
10 03 Market Cross    2 hate     closed
10 11 Riverside       2 bikes    closed
10 26 Kiln Corner     4 stabbing closed
09 02 Kiln Corner     4 online   closed
09 09 Westgate        2 housing  closed
09 17 Market Cross    3 shops    closed
09 28 Station Parade  1 youth    closed
08 06 Southbridge     2 bikes    closed
08 14 Kiln Corner     3 youth    closed
08 20 Market Cross    2 shops    closed
07 01 Riverside       2 bikes    closed
07 12 New Wharf       1 housing  closed
07 22 Westgate        3 hate     closed
06 05 Market Cross    2 shops    closed
06 15 Station Parade  2 protest  closed
06 25 Southbridge     1 bikes    closed
05 03 Kiln Corner     3 youth    closed
05 10 New Wharf       2 youth    closed
05 18 Old Mill Lane   2 housing  late
05 27 Market Cross    2 shops    closed
04 08 Westgate        2 hate     closed
04 16 Riverside       2 bikes    closed
04 22 Kiln Corner     3 online   closed
03 02 Market Cross    3 protest  closed
03 09 New Wharf       2 youth    reviewed
03 17 Station Parade  2 housing  reviewed
03 24 Kiln Corner     3 youth    closed
02 06 Market Cross    2 shops    reviewed
02 13 Westgate        3 hate     late
02 21 New Wharf       3 online   reviewed
01 04 Riverside       2 youth    reviewed
01 12 New Wharf       4 stabbing reviewed
01 19 Southbridge     2 bikes    late
00 03 Market Cross    2 shops    open
00 09 New Wharf       4 online   open
00 16 Riverside       3 youth    open
00 24 Kiln Corner     1 housing  open
"""
_STEP_DAYS = 28


def demo_tensions(month: str) -> tuple[dict[str, str], ...]:
    """Return the entries of an invented tension log of the year to a month.

    Parameters
    ----------
    month
        The last month, ``2021-12``.

    Returns
    -------
    tuple of dict
        Forty entries, oldest first: columns of TENSIONS and ``tension_id`` → text, dates as ISO. The same month gives
        the same entries; what is reviewed was reviewed by the end of that month, and what is late was due before it.
    """
    year, number = int(month[:4]), int(month[5:7])
    made: list[dict[str, str]] = []
    counts: dict[int, int] = {}
    end = dt.date(year, number, calendar.monthrange(year, number)[1])
    for line in _ENTRIES.strip().splitlines():
        back, day = line[:5].split()
        ward, (level, kind_name, state) = line[6:21].strip(), line[22:].split()
        months = 12 * year + number - 1 - int(back)
        reported = dt.date(months // 12, months % 12 + 1, int(day))
        counts[reported.year] = counts.get(reported.year, 0) + 1
        kind = _KINDS[kind_name]
        made.append(
            {
                "tension_id": f"T{reported.year}-{counts[reported.year]:03d}",
                "reported_on": reported.isoformat(),
                "source": kind.source,
                "eep": kind.eep,
                "level": level,
                "theme": kind.theme,
                "ward": ward,
                "summary": kind.summary,
                "response": "" if state == "open" else kind.response,
                **_reviews(reported, end, state),
            }
        )
    return tuple(made)


def _reviews(reported: dt.date, end: dt.date, state: str) -> dict[str, str]:
    """Return when an entry was reviewed, by whom, and when it is due."""
    step = dt.timedelta(days=_STEP_DAYS)
    if state in {"open", "late"}:
        return {"review_on": (reported + step).isoformat(), "reviewed_on": "", "reviewed_by": ""}
    seen = min(reported + step, end)
    following = "" if state == "closed" else (end + step).isoformat()
    return {"review_on": following, "reviewed_on": seen.isoformat(), "reviewed_by": "Tasking group"}
