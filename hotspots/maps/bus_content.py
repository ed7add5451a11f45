"""What the page of the outreach bus shows: labelled frames, coverage and finished sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class BusWords:
    """Every sentence on the page, as plain text; the page escapes it."""

    title: str
    """For example ``Outreach bus · Bexley · December 2021``."""
    subtitle: str
    """For example ``4 stops of 40 sites · 152.3 incidents a month of need``."""
    marking: str
    """Marking line on top; empty: none."""
    notices: tuple[str, ...]
    """Warnings that must be seen, such as ``Synthetic data: every incident is invented``."""
    headline: tuple[str, ...]
    """Two or three sentences that can be read aloud, about the best plan."""
    method: tuple[tuple[str, str], ...]
    """Heading and paragraph, in reading order."""
    sources: tuple[str, ...]
    """Sources with their licence lines."""
    proven: str = ""
    """Whether the best plan is proven best, and if not how far off it can be; empty: not told."""
    need_title: str = "Need per km², incidents a month"
    """Legend title of the areas' classes."""
    unit: str = "incidents a month"
    """What need and reach are counted in."""
    findings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What else was found: heading and sentences, in reading order."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan that can be shown with one press."""

    title: str
    """For example ``Best plan``, ``Alternative 1``, ``Plan in force``."""
    site_ids: tuple[str, ...]
    """Its stops in the order of their numbers."""
    reach: float
    """What it reaches, in the unit of the need."""
    share: float
    """The same as a share of all need, 0 to 1."""
    note: str = ""
    """One sentence about it; empty: none."""
    kind: Literal["best", "alternative", "current"] = "alternative"


@dataclass(frozen=True, slots=True)
class Groups:
    """Demand with the same coverage put together: what a set of sites reaches can be summed over these.

    The reach of a set of sites is the sum over the groups of ``weight`` times the largest share that a site of the set
    has there. ``indptr``, ``indices`` and ``data`` are a compressed sparse matrix by columns, a column per group: the
    sites of group ``g`` stand at ``indptr[g]`` up to ``indptr[g + 1]``.
    """

    weight: NDArray[np.float64]
    """Need of each group."""
    n_month: NDArray[np.float64]
    """Incidents a month of each group, as counted."""
    indptr: NDArray[np.intp]
    indices: NDArray[np.intp]
    """Positions of sites in ``BusContent.sites``."""
    data: NDArray[np.float64]
    """Share of the group's need that a stop at the site meets, above 0 and up to 1."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the plan was asked to keep; the page says which of it the reader's own choice keeps."""

    stops: int
    """Stops wanted."""
    reach_m: float
    """How far people walk to a stop, in metres."""
    walk_factor: float | None = 1.0
    """A walk is so many times the straight line; none: along streets, so that a reach is no circle."""
    min_separation_m: float = 0.0
    """Least straight line between two stops; 0: none asked for."""
    one_per_hotspot: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Hotspot and the positions of the sites of which one at most may be chosen."""
    at_least_one: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Ward or borough and the positions of the sites of which one at least is chosen."""
    fixed: tuple[str, ...] = ()
    """Sites that every plan holds."""
    barred: Mapping[str, str] = field(default_factory=dict)
    """Sites that no plan holds, each with the reason in words."""

    @property
    def radius_m(self) -> float | None:
        """Radius of the circle that a stop reaches on the map, in metres; none where walks follow streets."""
        return None if self.walk_factor is None else self.reach_m / self.walk_factor


@dataclass(frozen=True, slots=True)
class BusContent:
    """Everything that goes onto the page. Frames are labelled, in one projected CRS, and are not changed."""

    words: BusWords
    areas: gpd.GeoDataFrame
    """By ``lsoa_code``: ``lsoa_name``, ``borough``, ``zone`` (area, ring, beyond), ``need`` in the unit of the words,
    ``need_per_km2``, ``need_class`` from 1 to ``len(breaks) + 1``; the last three empty: no data."""
    breaks: tuple[float, ...]
    """Rising lower bounds of ``need_per_km2`` of the second and every later class."""
    outline: BaseGeometry
    """Outline of the area."""
    neighbours: gpd.GeoDataFrame
    """Boroughs around, simplified, for the ground: ``borough`` and geometry."""
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS; ``rank``, ``name`` and the geometry are enough."""
    sites: gpd.GeoDataFrame
    """SITES with ``ward`` (may be empty), ``hotspot_ids`` (blanks between them) and ``covered``, what a stop there
    reaches by itself."""
    groups: Groups
    total: float
    """All need, reached by a site or not."""
    plans: tuple[PlanView, ...]
    """The best first; at least one."""
    rules: Rules
    curve: pd.DataFrame
    """CURVE."""
    rota: pd.DataFrame | None = None
    """ROTA of the best plan; none or no rows: no rota was made."""
    why: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sentences about a site by ``site_id``: hotspots, incidents within reach, what serves them, events near."""
    zones: gpd.GeoDataFrame | None = None
    """Grounds where the bus may not stop: ``name`` and polygons; none: none given."""
    provision: gpd.GeoDataFrame | None = None
    """PROVISION; none: none given."""
    backdrop: dict[str, Any] | None = None
    """Roads, water and place names, as ``backdrop.Backdrop.payload``; none: outlines alone."""
