"""What there is to say across the border: what crosses the line, what lies beyond it, and whether crime moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hotspots.pack.words import listed, month_spans, number_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from hotspots.analysis.displacement import Displacements
    from hotspots.pipeline.window import Window
    from hotspots.settings import Settings

_NAMED_AT_MOST = 5
_KILOMETRE_M = 1000.0


@dataclass(frozen=True)
class Sides:
    """Of which neighbours anything is known."""

    heard: tuple[str, ...]
    """Boroughs around the area with data, by name."""
    silent: tuple[str, ...]
    """Boroughs around the area of which nothing is known, by name."""
    sentences: tuple[str, ...]
    """Why, of each that is silent."""


def neighbour_sides(areas: gpd.GeoDataFrame, window: Window, quiet: pd.Index, area: str) -> Sides:
    """Tell of which neighbours the files hold the window.

    Parameters
    ----------
    areas
        AREAS with zones and forces.
    window
        The job's months.
    quiet
        LSOAs in whose borough no row of any crime type lies: what ``quiet_areas`` returned.
    area
        What the area is called.

    Returns
    -------
    Sides
        Neighbours are the boroughs of the zone ``ring``.
    """
    ring = areas[areas["zone"] == "ring"]
    if ring.empty:
        said = f"The boundary layer holds nothing around {area}: nothing is known of its neighbours."
        return Sides((), (), (said,))
    known = window.known.reindex(ring.index) & ~ring.index.isin(quiet)
    sentences = []
    for force, group in ring[~known].groupby(ring["force"].fillna("")):
        boroughs = sorted(set(group["borough"]))
        covered = window.covered.loc[group.index, list(window.months)].any()
        lacking = list(covered.index[~covered])
        side = f"{boroughs[0]}'s side" if len(boroughs) == 1 else f"the side of {listed(boroughs)}"
        its = "its side" if len(boroughs) == 1 else "their side"
        if not force:
            why, side = f"No police force is known for {listed(boroughs)}", its
        elif len(lacking) == len(covered):
            why = f"{force} is in no file of these months"
        elif lacking:
            why = f"{force} lacks {month_spans(lacking)}"
        else:
            why, side = f"No row of any crime type lies in {listed(boroughs)}", its
        sentences.append(f"{why}: nothing is known of {side}.")
    heard, silent = (tuple(sorted(set(ring.loc[rows, "borough"]))) for rows in (known, ~known))
    return Sides(heard, silent, tuple(sentences))


def border_findings(
    hotspots: gpd.GeoDataFrame,
    neighbours: gpd.GeoDataFrame,
    crossings: pd.DataFrame,
    moved: Displacements,
    sides: Sides,
    *,
    area: str,
    focus: str,
    settings: Settings,
) -> tuple[str, ...]:
    """Say what crosses the line, which hotspots of the neighbours lie near it, and whether crime moved.

    Parameters
    ----------
    hotspots, neighbours
        HOTSPOTS of the area, and NEIGHBOURS.
    crossings
        What ``border_crossings`` returned.
    moved
        What ``displacement_hints`` returned.
    sides
        What ``neighbour_sides`` returned.
    area, focus
        What the area is called, and the incidents, the latter in lower case.
    settings
        How far from the area the neighbours' hotspots were looked for, and how many are listed at most.

    Returns
    -------
    tuple of str
        Finished sentences, also where nothing was found or nothing is known.
    """
    return (
        *_crossing(hotspots, crossings, area),
        *_near(neighbours, sides, area, settings),
        *_over_the_line(moved, sides, area, focus),
        *_next_door(hotspots, moved, focus),
        *sides.sentences,
    )


def _crossing(hotspots: gpd.GeoDataFrame, crossings: pd.DataFrame, area: str) -> list[str]:
    """Say of each hotspot over the line where it reaches, those that reach alike together."""
    if hotspots.empty:
        return []
    ranks: dict[tuple[str, str], list[int]] = {}
    for hotspot, rank in hotspots["rank"].sort_values().items():
        of = crossings[crossings["hotspot_id"] == hotspot]
        over = of.loc[(of["overlap_m2"] > 0) & (of["borough"] != ""), "borough"].tolist()
        touched = of.loc[of["overlap_m2"] == 0, "borough"].tolist()
        if over:
            ranks.setdefault(("cross", f"the line into {listed(over)}"), []).append(rank)
        elif touched:
            ranks.setdefault(("touch", f"the line with {listed(touched)}"), []).append(rank)
        elif len(of):
            ranks.setdefault(("reach", "over the line where the layer holds no LSOA, such as water"), []).append(rank)
    if not ranks:
        return [f"No hotspot of {area} crosses or touches its line."]
    return [f"{_numbers(found)} {_verb(verb, found)} {where}." for (verb, where), found in ranks.items()]


def _numbers(ranks: list[int]) -> str:
    return f"Number{'' if len(ranks) == 1 else 's'} {listed([str(rank) for rank in ranks])}"


def _verb(verb: str, ranks: list[int]) -> str:
    if len(ranks) > 1:
        return verb
    return f"{verb}es" if verb.endswith(("s", "ch")) else f"{verb}s"


def _near(neighbours: gpd.GeoDataFrame, sides: Sides, area: str, settings: Settings) -> list[str]:
    """Say which hotspots of the neighbours lie near, and whether their month is beyond chance."""
    if not sides.heard:
        return []
    within = f"within {_distance(settings.areas.context_m)} of {area}"
    if neighbours.empty:
        return [f"By the same method, no hotspot of {_either(sides.heard)} lies {within}."]
    ordered = neighbours.sort_values("rank")
    counts = ordered.groupby("borough").size().sort_values(ascending=False, kind="stable")
    parts = [f"{number_word(count)} of {borough}" for borough, count in counts.items()]
    named = [_place(row) for row in ordered.head(_NAMED_AT_MOST).to_dict("records")]
    if len(ordered) > len(named):
        named.append(f"and {number_word(len(ordered) - len(named))} more")
    places, how = "; ".join(named), "drawn by the same method"
    if len(ordered) >= settings.hotspots.max_number:  # others may be near that are not listed
        busiest = f"The busiest {_plural('hotspot', len(ordered))} of the neighbours {within}, {how}"
        return [f"{busiest} ({listed(parts)}): {places}.", *_changed(ordered)]
    first = f"{number_word(counts.iloc[0], capital=True)} {_plural('hotspot', counts.iloc[0])} of {counts.index[0]}"
    lie = "lies" if len(ordered) == 1 else "lie"
    said = [f"{listed([first, *parts[1:]])} {lie} {within}, {how}: {places}."]
    rest = [borough for borough in sides.heard if borough not in counts.index]
    if rest:
        said.append(f"None lies so near in {_either(rest)}.")
    return [*said, *_changed(ordered)]


def _place(row: dict[str, Any]) -> str:
    where = f"{_distance(row['distance_m'])} from the line" if row["distance_m"] else "on the line"
    return f"{row['name']} ({row['n']:,} incidents, {row['n_month'] or 'none'} this month, {where})"


def _changed(neighbours: gpd.GeoDataFrame) -> list[str]:
    """Say which months of the neighbours' hotspots are beyond chance."""
    if (neighbours["change"] == "untested").all():
        return []
    said = [
        f"{row['name']} is {row['change']} what is usual there: {row['n_month']:,}, usually {row['usual_low']:,} to "
        f"{row['usual_high']:,}."
        for row in neighbours[neighbours["change"].isin(["above", "below"])].to_dict("records")
    ]
    nothing = "Its month is not" if len(neighbours) == 1 else "In none of these is the month"
    return said or [f"{nothing} beyond chance."]


def _over_the_line(moved: Displacements, sides: Sides, area: str, focus: str) -> list[str]:
    """Say whether crime moved from the area to what lies around it."""
    if not sides.heard:
        return []
    if moved.border is None:
        why = moved.refused or "too few other months are held"
        return [f"Whether {focus} moved across the line is not tested: {why}."]
    found = moved.border
    here = f"{area} has {found.n_month:,} (usual {_span(found.usual)})"
    around = f"the LSOAs around it {found.ring_n_month:,} (usual {_span(found.ring_usual)})"
    if found.hint:
        return [
            f"A hint, no proof, that {focus} moved across the line this month: {here}, {around}. A season, an "
            "operation or a change in recording can do the same."
        ]
    usual = found.usual[0] <= found.n_month <= found.usual[1]
    around_usual = found.ring_usual[0] <= found.ring_n_month <= found.ring_usual[1]
    end = ", each within chance" if usual and around_usual else "; only a fall here with a rise there would be one"
    return [f"No sign that {focus} moved across the line this month: {here}, {around}{end}."]


def _next_door(hotspots: gpd.GeoDataFrame, moved: Displacements, focus: str) -> list[str]:
    """Say whether crime moved from a hotspot to the ground around it, and where that could not be told."""
    table = moved.hotspots
    if table.empty:
        return []
    start = f"{focus} moved from a hotspot into the streets around it"
    if moved.refused:
        return [f"Whether {start} is not tested: {moved.refused}."]
    told = int(table["displacement_p_adjusted"].notna().sum())
    if not told:
        few = "the hotspot holds" if len(table) == 1 else f"all {len(table):,} hotspots hold"
        return [f"Whether {start} cannot be told: {few} too few incidents, there or around."]
    hints = table[table["displacement"]].join(hotspots["rank"]).sort_values("rank")
    reach = f"within {_distance(moved.width_m)}"
    if hints.empty:
        of = f"{told:,} of {len(table):,} {_plural('hotspot', len(table))} {'holds' if told == 1 else 'hold'}"
        return [
            f"No sign that {start}: none fell while what lies {reach} rose, both beyond chance ({of} "
            "enough incidents to tell)."
        ]
    return [
        f"A hint, no proof, that {focus} moved from number {row['rank']} into the streets around it: "
        f"{row['n_month']:,} there this month ({row['others_mean']:.1f} in an average other month), "
        f"{row['ring_n_month']:,} {reach} of it (usual {_span((row['ring_usual_low'], row['ring_usual_high']))})."
        for row in hints.to_dict("records")
    ]


def _distance(metres: float) -> str:
    """Return for example ``1 km``, ``1.5 km`` or ``350 m``, to the nearest ten metres."""
    tens = max(round(metres / 10), 1) * 10
    return f"{tens / _KILOMETRE_M:g} km" if tens >= _KILOMETRE_M else f"{tens} m"


def _span(usual: tuple[int, int]) -> str:
    return f"{usual[0]:,}–{usual[1]:,}"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _either(names: Sequence[str]) -> str:
    """Return ``A``, ``A or B``, ``A, B or C``."""
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
