"""Events of risk: which coming events fall on hotspots, as a ranked list and finished sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.analysis.when import peak_windows, window_words
from hotspots.events.around import MOST_NAMES
from hotspots.events.earlier import MONTHS_AROUND, SAME_PLACE_M, WEEKS_AROUND
from hotspots.events.exposure import DISPERSAL_H, PEAK, REACH_M
from hotspots.maps.words import when
from hotspots.pack.words import listed, number_word
from hotspots.stats.usual import ALPHA
from hotspots.tables import WHEN, check

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import geopandas as gpd

_NAMED_AT_MOST = 5
_LONDON = "Europe/London"


@dataclass(frozen=True)
class EventOfRisk:
    """An event of the ranked list, at its date that ranks highest."""

    place: int
    """In the list, from 1."""
    event_id: str
    occurrence_id: str
    title: str
    when: str
    """For example ``Sat 8 Jun 2024, 15:00–17:00``, and of how many dates it is one; of whole days the dates alone."""
    reason: str
    hotspots: tuple[str, ...]
    """Names of the hotspots within reach, the one of the reason first."""
    stops: tuple[str, ...]
    """Names of the stops around it, where such are given; where there are more, at last how many: ``12 more``."""
    before: str
    """What happened when it was held before; empty where it was not, or nobody looked."""


@dataclass(frozen=True)
class ExposureFindings:
    """What there is to say of the coming events."""

    listed: tuple[EventOfRisk, ...]
    """Events at high risk or within reach of a hotspot, a recurring one once."""
    sentences: tuple[str, ...]
    method: tuple[str, str]
    """Heading and paragraph."""


def coming_period(month: pd.Period) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last microsecond of the month after the given one, on the clock of Great Britain."""
    first, after = ((month + ahead).start_time.tz_localize(_LONDON) for ahead in (1, 2))
    return first.as_unit("us"), (after - pd.Timedelta(microseconds=1)).as_unit("us")


def peak_hours(hotspots: gpd.GeoDataFrame, week: pd.DataFrame) -> pd.DataFrame:
    """Return the busy hours of the hotspots as numbers.

    Parameters
    ----------
    hotspots
        HOTSPOTS: only those with a ``peak_time``, which was tested, have busy hours.
    week
        WHEN of the same run.

    Returns
    -------
    DataFrame
        By ``hotspot_id``, the columns ``PEAK`` of ``hotspots.events.exposure``; in words as ``peak_time`` begins.
    """
    check(WHEN, week)
    rows = {}
    for hotspot, said in hotspots["peak_time"].dropna().items():
        hours = week[week["place_id"] == hotspot]
        if hours.empty:
            continue
        matrix = hours.pivot_table(index="weekday", columns="hour", values="n")
        # It was tested when peak_time was told: here only the window itself is wanted again.
        for window in peak_windows(matrix, alpha=1.0, simulations=1):
            words = window_words(window).partition(",")[0]
            if words == said.partition(",")[0]:
                rows[hotspot] = (window.day, window.days, window.hour, window.hours, words)
    key = pd.Index(rows, dtype="str", name="hotspot_id")
    return pd.DataFrame(list(rows.values()), index=key, columns=list(PEAK))


def exposure_findings(
    exposure: pd.DataFrame,
    occurrences: gpd.GeoDataFrame,
    hotspots: gpd.GeoDataFrame,
    earlier: pd.DataFrame | None = None,
    *,
    period: str,
    reach_m: float = REACH_M,
    dispersal_h: float = DISPERSAL_H,
) -> ExposureFindings:
    """Rank the events of risk, and say why each is one.

    Parameters
    ----------
    exposure
        EXPOSURE.
    occurrences, hotspots
        OCCURRENCES and HOTSPOTS it was made of.
    earlier
        EARLIER of the same events; none: nobody looked.
    period
        When, for example ``June 2024``.
    reach_m, dispersal_h
        As ``exposure`` was made with.

    Returns
    -------
    ExposureFindings
        Finished sentences, also where no event is of risk or the register holds none.
    """
    near = f"within {reach_m:g} m of a hotspot"
    method = ("Events of risk", _method(reach_m, dispersal_h, looked=earlier is not None))
    if exposure.empty:
        return ExposureFindings((), (f"The register holds no event with a date in {period}.",), method)
    rows = exposure.join(occurrences[["title", "starts_at", "ends_at", "risk"]], on="occurrence_id")
    chosen = _listed(rows, hotspots["name"], earlier)
    n_events = rows["event_id"].nunique()
    of = f"{'The only event' if n_events == 1 else f'{number_word(n_events)} events'} in {period}"
    if chosen:
        verb = "is" if len(chosen) == 1 else "are"
        start = of if n_events == 1 else f"Of {of}, {number_word(len(chosen))}"
        said = [f"{start} {verb} of risk: high risk as written, or {near}."]
    else:
        none = f"{of} is neither" if n_events == 1 else f"None of the {of} is"
        said = [f"{none} of high risk as written {'nor' if n_events == 1 else 'or'} {near}."]
    said += [_named(event) for event in chosen[:_NAMED_AT_MOST]]
    if len(chosen) > _NAMED_AT_MOST:
        left = len(chosen) - _NAMED_AT_MOST
        said.append(f"{number_word(left, capital=True)} more {'stands' if left == 1 else 'stand'} in the list.")
    said += [*_unplaced(rows), *_hours(rows, hotspots), *_before(earlier, reach_m)]
    return ExposureFindings(tuple(chosen), tuple(said), method)


def _named(event: EventOfRisk) -> str:
    stops = f"; stops around: {listed(list(event.stops))}" if event.stops else ""
    return f"{event.title}, {event.when}: {event.reason}{stops}."


def _listed(rows: pd.DataFrame, names: pd.Series, earlier: pd.DataFrame | None) -> list[EventOfRisk]:
    """Return the events of risk in the order of their highest date."""
    of_risk = rows[(rows["risk"] == "high") | rows["hotspot_id"].notna()]
    dates = rows.groupby("event_id")["occurrence_id"].nunique()
    held = {} if earlier is None else earlier.to_dict("index")
    found: list[EventOfRisk] = []
    ordered = of_risk.sort_values("rank", kind="stable")
    ordered = ordered.assign(name=ordered["hotspot_id"].map(names))
    near = ordered.dropna(subset="name")
    by_date = near.groupby("occurrence_id")["name"].agg(tuple).to_dict()
    grounds = near[near["on_ground"]].groupby("occurrence_id")["name"].agg(tuple).to_dict()
    for first in ordered.drop_duplicates("event_id").to_dict("records"):
        event, around = first["event_id"], by_date.get(first["occurrence_id"], ())
        one_of = f" (one of {dates[event]} dates)" if dates[event] > 1 else ""
        found.append(
            EventOfRisk(
                place=len(found) + 1,
                event_id=event,
                occurrence_id=first["occurrence_id"],
                title=first["title"],
                when=when(first["starts_at"], first["ends_at"]) + one_of,
                reason=_reason(first["reason"], around, grounds.get(first["occurrence_id"], ())),
                hotspots=around,
                stops=_stops(first["stops"]),
                before=_short(held[event]) if event in held else "",
            )
        )
    return found


def _reason(reason: str, around: tuple[str, ...], grounds: tuple[str, ...]) -> str:
    """Return the reason of an event's first hotspot with the others around: those on whose ground it lies, the rest."""
    on, also = ([name.partition(" ")[0] for name in names] for names in (grounds, around[max(len(grounds), 1) :]))
    if on:
        reason = reason.replace(f"on the ground of {on[0]}", f"on the ground of {listed(on)}", 1)
    return reason + (f"; also within reach of {listed(also)}" if also else "")


def _stops(cell: str) -> tuple[str, ...]:
    names = tuple(filter(None, cell.split("; ")))
    return names if len(names) <= MOST_NAMES else (*names[:-1], names[-1].removeprefix("and "))


def _unplaced(rows: pd.DataFrame) -> list[str]:
    titles = rows.loc[rows["concurrent"].isna()].drop_duplicates("event_id")["title"].tolist()
    if not titles:
        return []
    have = "event has no place and is" if len(titles) == 1 else "events have no place and are"
    return [f"{number_word(len(titles), capital=True)} {have} compared with no hotspot: {_some(titles)}."]


def _hours(rows: pd.DataFrame, hotspots: gpd.GeoDataFrame) -> list[str]:
    """Say where hours could not be compared."""
    near = rows["hotspot_id"].dropna().unique()
    if not len(near):
        return []
    known = int(hotspots.loc[near, "peak_time"].notna().sum())
    if not known:
        return ["No busy hours are known of the hotspots near them: hours are not compared."]
    if known == len(near):
        return []
    return [f"Busy hours are known of {known} of the {len(near)} hotspots near them: only these are compared by hours."]


def _before(earlier: pd.DataFrame | None, reach_m: float) -> list[str]:
    """Say what happened when the events were held before."""
    if earlier is None:
        return []
    if earlier.empty:
        return ["None of them is known to have been held before."]
    beyond = earlier[earlier["told"].isin(["more", "fewer"])].to_dict("records")
    said = [_beyond(row, reach_m) for row in beyond]
    names = {told: rows["title"].tolist() for told, rows in earlier.groupby("told")}
    if "usual" in names:
        said.append(
            f"When held before, {_some(names['usual'])} had neither more nor fewer incidents around than chance "
            "explains."
        )
    if "too few" in names:
        said.append(f"When held before, {_some(names['too few'])} had too few incidents around to tell.")
    if "not compared" in names:
        said.append(f"The files hold nothing to compare the earlier dates of {_some(names['not compared'])} with.")
    return said


def _beyond(row: Mapping[Hashable, Any], reach_m: float) -> str:
    """Say what was beyond chance around one event."""
    what = row["title"] if row["matched_by"] == "event" else f"an event like {row['title']}, of its kind at its place,"
    times = "once" if row["n_times"] == 1 else f"{number_word(row['n_times'])} times"
    incidents = "incident" if row["n"] == 1 else "incidents"
    return (
        f"When {what} was held before ({times}), {row['n']:,} {incidents} lay within {reach_m:g} m {_units(row)}, "
        f"where {row['expected']:.1f} are expected from {_compared(row)}: {row['told']} than chance explains."
    )


def _units(row: Mapping[Hashable, Any]) -> str:
    one = row["n_units"] == 1
    if row["unit"] == "days":
        return "on its day" if one else f"on its {row['n_units']:,} days"
    return "in its month" if one else f"in its {row['n_units']:,} months"


def _compared(row: Mapping[Hashable, Any]) -> str:
    n = row["n_compared_units"]
    if row["unit"] == "days":
        return f"{n:,} like {'day' if n == 1 else 'days'} (same weekday, up to {WEEKS_AROUND} weeks away)"
    return f"{n:,} {'month' if n == 1 else 'months'} up to {MONTHS_AROUND} before or after"


def _short(row: Mapping[Hashable, Any]) -> str:
    """Return what happened before, for a cell of the list."""
    if row["told"] == "not compared":
        return "nothing to compare its earlier dates with"
    counts = f"{row['n']:,} incident{'' if row['n'] == 1 else 's'} {_units(row)}, {row['expected']:.1f} expected"
    ends = {"too few": "too few to tell", "usual": "within chance"}
    told = ends.get(row["told"], f"{row['told']} than chance explains")
    return f"{counts}: {told}"


def _some(titles: list[str]) -> str:
    """Return titles as a person lists them, the first few by name."""
    left = len(titles) - _NAMED_AT_MOST
    if left <= 0:
        return listed(titles)
    return listed([*titles[:_NAMED_AT_MOST], f"{number_word(left)} more"])


def _method(reach_m: float, dispersal_h: float, *, looked: bool) -> str:
    """Return how the list came about."""
    hours = f"{dispersal_h:g} hour{'' if dispersal_h == 1 else 's'}"
    order = (
        "Events are put in order by reasons, one after the other, and by no score: risk as written; place (on a "
        f"hotspot's ground, within {reach_m:g} m of one, near none, not given); other events within that distance at "
        "the same time; hours within the hotspot's busy hours; distance. Where a time of dispersal is written, "
        f"the event lasts {hours} from it at least. Busy hours are known only where incidents have times; a "
        "hotspot without them is compared by place alone."
    )
    if not looked:
        return order
    return (
        f"{order} An event that was held before, or one of its kind within {SAME_PLACE_M:g} m, is compared with the "
        f"same weekdays up to {WEEKS_AROUND} weeks around or, where the files know months alone, with the months up "
        f"to {MONTHS_AROUND} around, a day's event then being a small part of its month. The test is the exact "
        "conditional one of two Poisson counts, two-sided, with the correction of Benjamini and Hochberg over the "
        f"events ({100 * ALPHA:.0f} %). A difference does not say that the event made it: season, weather and other "
        "events can do the same."
    )
