"""The invented events tracker of the demonstration: a year from April 2021 to March 2022, as it stood on 31 December.

Facts are the bank holidays of England alone. Terms are plausible; every fixture, fair, venue and body is made up.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from hotspots.data.places import SHAPES_FILE, VENUES, csv_text

REGISTER_DAY = "2021-12-31"
"""What is over before this day is done; a recurring event is over with its rule."""

COLUMNS = (
    *("event_id", "title", "kind", "status", "starts_at", "ends_at", "rrule", "except_on"),
    *("risk", "likelihood", "impact", "expected_attendance", "profile", "dispersal_at", "dispersal_place"),
    *("organiser", "licence_ref", "mitigation", "owner", "reviewed_on", "reviewed_by"),
    *("venue", "longitude", "latitude", "easting", "northing", "place", "notes"),
)

_CLOCK = len("19:30")
_DATE = len("2021-12-31")
_REVIEWED_BEFORE = dt.timedelta(days=9)


class _Kind(NamedTuple):
    """What events of a kind have in common."""

    profile: str
    organiser: str
    owner: str
    mitigation: str
    reference: str = ""
    """Whose reference it carries: SAG (Safety Advisory Group), TEN (temporary event notice), PL (premises licence)."""


class _Event(NamedTuple):
    """A row; ends and dispersal may be a clock alone, which is that of the next day where it is before the start's."""

    starts: str
    ends: str
    title: str
    kind: str
    where: str
    """A venue, ``#`` and the name of a shape, a point in degrees or metres, or nothing."""
    graded: tuple[int, int] | str = ""
    """Likelihood and impact, or the risk as written."""
    people: int | None = None
    leave: str = ""
    rule: str = ""
    without: str = ""
    status: str = ""
    reviewed: str = ""
    notes: str = ""


_KINDS = {
    "amusements": _Kind(
        "families by day, under-25s in the evening",
        "Travelling showmen's company",
        "Events officer",
        "Stewards; no alcohol on site; lights until the site is empty",
        "SAG",
    ),
    "bank holiday": _Kind("", "", "Community safety analyst", ""),
    "community": _Kind(
        "families", "Residents' and traders' association", "Town centre manager", "Stewards; road closed to traffic"
    ),
    "display": _Kind(
        "families, many on foot", "Council events team", "Events officer", "One-way routes; first aid; ticketed", "SAG"
    ),
    "festival": _Kind(
        "families and young adults",
        "Riverside arts trust",
        "Events officer",
        "Stewards; bag searches at the gate",
        "SAG",
    ),
    "football": _Kind(
        "mostly adult men, some visiting by train",
        "Rovers football club",
        "Police match commander",
        "Segregated ends; stewards; spotters from both clubs",
        "SAG",
    ),
    "half term": _Kind("", "Council schools team", "Youth service manager", ""),
    "live music": _Kind(
        "aged 16 to 30", "Wharf arts trust", "Licensing officer", "Search on entry; challenge 25; welfare tent", "PL"
    ),
    "market": _Kind("shoppers of all ages", "Traders' association", "Town centre manager", "Town centre team on site"),
    "night-time": _Kind(
        "aged 18 to 30",
        "Licensed premises' watch",
        "Licensing officer",
        "Door staff; taxi marshals; street pastors",
        "TEN",
    ),
    "procession": _Kind(
        "families and uniformed groups",
        "Council events team",
        "Events officer",
        "Rolling road closure; stewards",
        "SAG",
    ),
    "protest": _Kind(
        "adults and young people", "Campaign group", "Police public order lead", "Organisers to be met", "SAG"
    ),
    "retail": _Kind(
        "shoppers, many under 18",
        "Traders' association",
        "Town centre manager",
        "Extra town centre patrols until closing",
    ),
    "sport": _Kind("all ages", "Athletics club", "Events officer", "Marshals at crossings; first aid", "SAG"),
    "term": _Kind("", "Council schools team", "Youth service manager", ""),
    "vehicles": _Kind(
        "adults with motorcycles", "Riders' club", "Police traffic lead", "Entry by one gate; noise limit", "SAG"
    ),
    "youth": _Kind("aged 11 to 18", "Youth service", "Youth service manager", "Youth workers on site and at bus stops"),
}

_CALENDAR = (
    _Event("2021-04-02", "2021-04-02", "Good Friday", "bank holiday", ""),
    _Event("2021-04-05", "2021-04-05", "Easter Monday", "bank holiday", ""),
    _Event("2021-04-19", "2021-07-23", "Summer term", "term", ""),
    _Event("2021-05-03", "2021-05-03", "Early May bank holiday", "bank holiday", ""),
    _Event("2021-05-31", "2021-05-31", "Spring bank holiday", "bank holiday", ""),
    _Event("2021-05-31", "2021-06-04", "May half term", "half term", ""),
    _Event("2021-08-30", "2021-08-30", "Summer bank holiday", "bank holiday", ""),
    _Event("2021-09-02", "2021-12-17", "Autumn term", "term", ""),
    _Event("2021-10-25", "2021-10-29", "October half term", "half term", ""),
    _Event("2021-12-27", "2021-12-28", "Christmas and Boxing Day (substitute days)", "bank holiday", ""),
    _Event("2022-01-03", "2022-01-03", "New Year's Day (substitute day)", "bank holiday", "", reviewed="2021-12-15"),
    _Event("2022-01-04", "2022-04-01", "Spring term", "term", "", reviewed="2021-12-15"),
    _Event("2022-02-14", "2022-02-18", "February half term", "half term", "", reviewed="2021-12-15"),
)

# fmt: off
_RECURRING = (
    _Event("2021-04-06 09:00", "16:00", "Market Cross Market", "market", "0.1311,51.4689", (2, 2), 1200,
           rule="FREQ=WEEKLY;BYDAY=TU,SA", without="2021-07-03 2021-12-25 2021-12-28 2022-01-01",
           reviewed="2021-11-02"),
    _Event("2021-04-21 17:30", "19:30", "Park Football for Under-16s", "youth", "Old Mill Playing Field", (2, 2), 60,
           rule="FREQ=WEEKLY;BYDAY=WE;UNTIL=20210721", without="2021-06-02"),
    _Event("2021-04-24 10:00", "13:00", "Food Bank Collection", "community", "Weavers Hall", (1, 2), 120,
           rule="FREQ=MONTHLY;BYDAY=-1SA", without="2021-12-25", reviewed="2021-12-01"),
    _Event("2021-04-25 08:00", "13:00", "Southbridge Car Boot Sale", "market", "Southbridge Show Field", (2, 2), 900,
           rule="FREQ=WEEKLY;BYDAY=SU;UNTIL=20210926", without="2021-06-13"),
    _Event("2021-05-02 10:00", "14:00", "Wharf Farmers' Market", "market", "#Wharf quay", (1, 2), 700,
           rule="FREQ=MONTHLY;BYDAY=1SU;UNTIL=20211003", without="2021-08-01"),
    _Event("2021-06-04 22:00", "02:00", "Street Pastors' Patrol", "night-time", "0.1297,51.4683", (1, 2), 12,
           rule="FREQ=WEEKLY;BYDAY=FR,SA", without="2021-12-24 2021-12-25", reviewed="2021-11-19",
           notes="Volunteers; a patrol, not a crowd"),
    _Event("2021-06-13 15:00", "17:00", "Bandstand Concerts", "community", "0.1651,51.4887", (1, 1), 200,
           rule="FREQ=MONTHLY;BYDAY=2SU,4SU;UNTIL=20210912"),
    _Event("2021-07-26 10:00", "15:00", "Holiday Activity Days", "youth", "Kiln Corner Youth Centre", (2, 3), 90,
           rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20210827"),
    _Event("2021-08-14 15:00", "17:00", "Rovers home match", "football", "Station Parade Ground", (3, 3), 1100, "17:00",
           rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=SA;UNTIL=20220326", without="2022-01-01 2022-01-15",
           reviewed="2021-12-20", notes="The match of 15 January has a row of its own"),
    _Event("2021-09-07 18:30", "21:00", "Kiln Corner Youth Club", "youth", "Kiln Corner Youth Centre", (3, 3), 70,
           "21:00", rule="FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20220331", reviewed="2021-11-23",
           without="2021-10-26 2021-10-28 2021-12-21 2021-12-23 2021-12-28 2021-12-30 2022-02-15 2022-02-17"),
    _Event("2021-11-25 17:00", "21:00", "Late Opening Thursdays", "retail", "Market Cross Square", (3, 2), 2500,
           rule="FREQ=WEEKLY;BYDAY=TH;UNTIL=20211223"),
    _Event("2022-02-25 18:00", "21:00", "Roller Skate Nights", "youth", "Riverside Pavilion", (2, 3), 150,
           rule="FREQ=WEEKLY;BYDAY=FR;COUNT=5", without="2022-03-11", reviewed="2021-12-06"),
)

_ONCE = (
    _Event("2021-04-10 15:00", "17:00", "Rovers v Wanderers", "football", "Station Parade Ground", (2, 3), 900,
           "17:00"),
    _Event("2021-04-24 10:00", "13:00", "Spring Clean-up Day", "community", "Old Mill Playing Field", (1, 1), 80),
    _Event("2021-05-01 15:00", "17:00", "Rovers v Town", "football", "Station Parade Ground", (3, 3), 1200, "17:00"),
    _Event("2021-05-02 09:30", "12:30", "May Day Fun Run", "sport", "#River run", (1, 2), 600),
    _Event("2021-05-22 11:00", "20:00", "Riverside Food Festival", "festival", "550430,178870", (2, 3), 2500, "20:00"),
    _Event("2021-05-28 19:00", "22:30", "Under-18s Club Night", "live music", "Wharf Hall", (4, 3), 400, "22:30",
           notes="Parents asked to collect; last buses at 23:10"),
    _Event("2021-06-05 18:30", "23:00", "Big Screen Football Night", "night-time", "Market Cross Square", (4, 3), 1500,
           "22:45"),
    _Event("2021-06-10 16:00", "2021-06-13 21:00", "Southbridge Fair", "amusements", "#Show field", (3, 4), 4000,
           notes="Four days; border with Bromley, joint plan"),
    _Event("2021-06-19 12:00", "20:00", "Midsummer Street Party", "community", "0.1315,51.4696", "low", 800),
    _Event("2021-07-03 12:00", "18:00", "Station Parade Carnival", "procession", "#Carnival route", (3, 4), 6000,
           "18:00", notes="Route ends at Market Cross"),
    _Event("2021-07-10 13:00", "19:00", "Riverside Gala", "festival", "Riverside Pavilion", (2, 3), 3000,
           status="cancelled", notes="Called off: no stewards"),
    _Event("2021-07-17 17:00", "23:00", "Wharf Food and Music Night", "live music", "#Wharf quay", (3, 3), 1800,
           "23:00"),
    _Event("2021-07-24 12:00", "17:00", "Kiln Corner Fun Day", "community", "547250,174330", (2, 3), 500),
    _Event("2021-07-31 15:00", "17:00", "Rovers v Borough (friendly)", "football", "Station Parade Ground", (2, 2),
           500),
    _Event("2021-08-21 12:00", "21:00", "Mela by the River", "festival", "Riverside Pavilion", (2, 4), 3500, "21:00"),
    _Event("2021-08-28 13:00", "22:00", "Sound System Day", "live music", "#Wharf quay", (4, 4), 2200, "22:00",
           notes="Fights after the last one; dispersal plan"),
    _Event("2021-09-04 10:00", "16:00", "Motorcycle Meet", "vehicles", "Westgate Green", (3, 2), 350),
    _Event("2021-09-25 18:00", "22:30", "Youth Boxing Show", "sport", "Riverside Pavilion", (3, 3), 450, "22:30"),
    _Event("2021-10-02 21:00", "03:00", "Students' Welcome Night", "night-time", "0.1299,51.4694", (4, 3), 900,
           "02:30"),
    _Event("2021-10-13 19:45", "21:45", "Rovers v United (cup)", "football", "Station Parade Ground", (3, 4), 1600,
           "21:45"),
    _Event("2021-10-29 17:00", "20:30", "Halloween Trail", "community", "Market Cross Square", (3, 3), 1400, "20:30"),
    _Event("2021-10-30 22:00", "2021-10-31 03:00", "Halloween Club Night", "night-time", "Wharf Hall", (4, 3), 600,
           "03:00", notes="The clocks go back during the night: six hours"),
    _Event("2021-11-05 18:00", "21:00", "Bonfire Display", "display", "Old Mill Playing Field", (3, 4), 5000, "20:30"),
    _Event("2021-11-14 10:15", "12:00", "Remembrance Parade", "procession", "#Parade route", (1, 3), 700),
    _Event("2021-11-27 20:00", "07:00", "Charity Sleep-out", "community", "Foxglove Library", (1, 2), 60),
    _Event("2021-12-03 17:00", "20:30", "Winter Lights Switch-on", "community", "Market Cross Square", (3, 3), 3000,
           "19:15", notes="Crowd leaves in one go"),
    _Event("2021-12-31 21:00", "00:30", "New Year Fireworks", "display", "Westgate Green", (4, 4), 4500, "00:20",
           reviewed="2021-12-13", notes="Border with Greenwich; joint plan"),
    _Event("2022-01-15 15:00", "17:00", "Rovers v Athletic", "football", "Station Parade Ground", (4, 4), 1900, "17:00",
           reviewed="2021-12-30", notes="Derby; visiting supporters arrive by train"),
    _Event("2022-01-22 18:00", "23:30", "Wharf Winter Sessions", "live music", "Wharf Hall", (4, 3), 700, "23:15",
           status="proposed", reviewed="2021-12-10", notes="Licence not granted yet; under-18s until 21:00"),
    _Event("2022-02-05 16:30", "19:00", "Lantern Walk", "procession", "548050,176560", (2, 3), 900,
           reviewed="2021-12-08"),
    _Event("2022-02-08 19:45", "21:45", "Rovers v United (cup replay)", "football", "Station Parade Ground", (3, 4),
           1500, "21:45", reviewed="2021-12-21"),
    _Event("2022-02-12 12:00", "15:00", "March for Youth Services", "protest", "", (3, 3), 400,
           notes="Route not agreed yet"),
    _Event("2022-03-12 19:00", "22:30", "Under-18s Club Night", "live music", "Wharf Hall", (4, 3), 400, "22:30",
           reviewed="2021-12-22"),
    _Event("2022-03-19 12:00", "20:00", "Spring Fun Fair", "amusements", "#Show field", (3, 3), 2500, "20:00",
           reviewed="2021-11-15"),
    _Event("2022-03-22 19:00", "21:00", "Youth Cup Semi-final", "football", "Station Parade Ground", (2, 3), 500,
           reviewed="2021-12-21"),
)
# fmt: on


def register_rows() -> tuple[dict[str, str], ...]:
    """Return the rows of the invented register.

    Returns
    -------
    tuple of dict
        Sixty rows by start: column of ``COLUMNS`` → text, local times as ISO. The same each time.
    """
    numbers: dict[str, int] = {}
    rows = []
    for event in sorted((*_CALENDAR, *_RECURRING, *_ONCE), key=lambda event: (event.starts, event.title)):
        year = event.starts[:4]
        numbers[year] = numbers.get(year, 0) + 1
        rows.append(dict.fromkeys(COLUMNS, "") | _row(event, f"{year}-{numbers[year]:03d}"))
    return tuple(rows)


def register_text() -> str:
    """Return the register as CSV: a row an event, by start."""
    return csv_text(COLUMNS, register_rows())


def _row(event: _Event, number: str) -> dict[str, str]:
    """Return what a row says; what it leaves out is that of its kind."""
    kind = _KINDS[event.kind]
    likelihood, impact = ("", "") if isinstance(event.graded, str) else map(str, event.graded)
    crowd = event.people is not None
    return {
        "event_id": f"E{number}",
        "title": event.title,
        "kind": event.kind,
        "status": _status(event),
        "starts_at": event.starts,
        "ends_at": _later(event.starts, event.ends),
        "rrule": event.rule,
        "except_on": event.without,
        "risk": event.graded if isinstance(event.graded, str) else "",
        "likelihood": likelihood,
        "impact": impact,
        "expected_attendance": f"{event.people}" if crowd else "",
        "profile": kind.profile,
        "dispersal_at": _later(event.starts, event.leave) if event.leave else "",
        "dispersal_place": VENUES[event.where][2] if event.leave and event.where in VENUES else "",
        "organiser": kind.organiser,
        "licence_ref": f"{kind.reference}/{number.replace('-', '/')}" if kind.reference else "",
        "mitigation": kind.mitigation,
        "owner": kind.owner,
        **_review(event),
        **_place(event.where),
        "notes": event.notes,
    }


def _status(event: _Event) -> str:
    """Return done for what was held by the register's day, though what recurs is done only with its rule."""
    last = event.rule.partition("UNTIL=")[2] or "9999" if event.rule else _later(event.starts, event.ends)
    return event.status or ("done" if last.replace("-", "") <= REGISTER_DAY.replace("-", "") else "planned")


def _later(starts: str, clock: str) -> str:
    """Return a time after a start; a clock before the start's is that of the next day."""
    if len(clock) > _CLOCK:
        return clock
    day = dt.date.fromisoformat(starts[:_DATE]) + dt.timedelta(days=clock < starts[-_CLOCK:])
    return f"{day} {clock}"


def _review(event: _Event) -> dict[str, str]:
    """Return the last review: of what is done the one before it; none where nobody looked yet."""
    day = event.reviewed
    if not day and _status(event) in {"done", "cancelled"}:
        day = f"{dt.date.fromisoformat(event.starts[:_DATE]) - _REVIEWED_BEFORE}"
    return {"reviewed_on": day, "reviewed_by": "Safety Advisory Group" if day else ""}


def _place(where: str) -> dict[str, str]:
    """Return the columns in which a place is written."""
    if where.startswith("#"):
        return {"place": SHAPES_FILE + where}
    numbers = where.split(",")
    if len(numbers) == 1:
        return {"venue": where}
    return dict(zip(("longitude", "latitude") if "." in where else ("easting", "northing"), numbers, strict=True))
