"""The sections of ``hotspots.toml`` and their defaults; every number carries its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass, field

BRITISH_NATIONAL_GRID_EPSG = 27700

METHODS = ("cells", "clusters", "density", "lsoa")
AUTO = "auto"
"""The method with the best score on months it had not seen."""
CELL_SHAPES = ("hexagon", "square")
PARTS_OF_DAY = ("", "day", "night")
SERIOUS_VIOLENCE = ("Violence and sexual offences", "Robbery", "Possession of weapons")


@dataclass(frozen=True, slots=True)
class Report:
    """``[report]``: the words on the page that only the partnership can choose."""

    title: str = ""
    """Title of the page; empty: made from the focus and the area."""
    marking: str = ""
    """Marking line at the top of every page, for example ``OFFICIAL``; empty: none."""
    notice: str = ""
    """A warning that the page must carry, for example that its data are synthetic; empty: none."""
    source: str = ""
    """Where the incidents come from; empty: the forces that the files name."""


@dataclass(frozen=True, slots=True)
class Areas:
    """``[areas]``: how points meet LSOA polygons."""

    analysis_epsg: int = BRITISH_NATIONAL_GRID_EPSG
    """Projected, metric CRS of every calculation."""
    context_m: float = 1000.0
    """Width of the ring around the area that stays in the analysis as context."""
    edge_tolerance_m: float = 20.0
    """Generalisation tolerance of the layer: how far a point may lie from the LSOA its publisher named."""
    time_zone: str = "Europe/London"
    """Time zone of the area: every time is brought to it."""
    wards: str = ""
    """CSV with the ward of each LSOA (an ONS best-fit lookup), relative to the settings file; empty: no wards."""
    forces: dict[str, str] = field(default_factory=dict)
    """District name → police force, where the built-in table does not know the district."""


@dataclass(frozen=True, slots=True)
class Focus:
    """``[focus]``: the crime types that form the hotspots."""

    name: str = "Serious violence"
    """How the page calls the focus while the default categories are in use."""
    categories: tuple[str, ...] = SERIOUS_VIOLENCE
    """Names as police.uk writes them. One that is absent from the data is named in the summary."""
    leave_out_institutional: bool = False
    """Leave incidents at map points such as hospitals and police stations, which attract recording, out of focus."""
    part_of_day: str = ""
    """``day`` or ``night``: only incidents whose time is known and lies in it; empty: all, with a time or without."""
    night_from: str = "19:00"
    """When the night begins, HH:MM on the local clock; the day is the rest."""
    night_to: str = "07:00"
    """When it ends: from this minute on it is day."""


@dataclass(frozen=True, slots=True)
class Harm:
    """``[harm]``: weights per offence code, only used where an incident has one; counts always stand beside them."""

    table: str = ""
    """CSV with the columns ``offence_code`` and ``weight``; relative to the settings file; empty: no weights."""
    published_by: str = ""
    """Whose weights they are, for example ``ONS Crime Severity Score``."""
    release: str = ""
    """Which release: the weights of one offence differ between releases."""


@dataclass(frozen=True, slots=True)
class Hotspots:
    """``[hotspots]``: what counts as a hotspot."""

    method: str = "cells"
    """How hotspots are found: one of ``METHODS``, or ``AUTO``."""
    window_months: int = 12
    """Months up to and including the month asked for."""
    radius_m: float | None = None
    """DBSCAN radius; none: chosen and reported."""
    min_incidents: int | None = None
    """DBSCAN minimum of incidents within the radius, the same everywhere; none: chosen and reported."""
    min_width_m: float = 150.0
    """A hotspot is drawn no smaller than this across."""
    max_width_m: float = 300.0
    """While the parameters are chosen, a denser place is cut until it is no wider than this."""
    min_per_month: float = 1.0
    """Fewest incidents a month, on average over the window."""
    min_in_window: int = 5
    """Fewest incidents in the whole window, however short it is: fewer are no place to send anyone for."""
    max_number: int = 10
    """Most hotspots on the list, where neither share below is set."""
    budget_share_of_area: float = 0.0
    """Instead of a number: most ground of all hotspots, as a share of the searched area; 0: not used."""
    budget_share_of_n: float = 0.0
    """Instead of a number: the share of the area's incidents of the window to be held; 0: not used."""
    cell_shape: str = "hexagon"
    """Cells of the method ``cells``: ``hexagon`` or ``square``."""
    cell_m: float = 150.0
    """Their size across flats."""
    history_months: int = 60
    """Months of history that rank them, as far as the files reach."""
    half_life_months: float = 24.0
    """After so many months an incident counts half in the ranking; 0: the months of the window count alike."""
    cells_max_width_m: float = 500.0
    """Adjoining top cells are joined up to this width; two hexagons of 150 m are 312 m wide."""
    cells_top_share: float = 0.02
    """With a number of hotspots: the top cells on so much of the area are joined before the best are listed."""
    life_months: int = 24
    """Months at which the method is run again to follow each hotspot, this one included, as far as the files reach."""
    bandwidth_m: float | None = None
    """Radius of the quartic kernel of the method ``density``; none: chosen and reported."""


@dataclass(frozen=True, slots=True)
class Map:
    """``[map]``: choices of the page."""

    class_breaks_per_km2: tuple[float, ...] = ()
    """Four rising lower bounds of classes 2 to 5; empty: round numbers chosen from the data."""
    class_breaks_per_1000: tuple[float, ...] = ()
    """The same for the rate per 1,000 residents."""
    backdrop: str = ""
    """File of ``hotspots basemap build``, relative to the settings file; empty: outlines alone."""


@dataclass(frozen=True, slots=True)
class Evaluate:
    """``[evaluate]``: choices of ``hotspots evaluate``."""

    ring_m: float = 300.0
    """Width of the ring around each place, into which crime may have moved; 0: no ring."""
    reach_m: float = 200.0
    """A point or a line, such as a stop of the bus, stands for the ground so far around it."""
    controls: int = 3
    """Most places that are suggested as controls."""
    months_before: int = 0
    """Months before the start that are counted; 0: as many as after it."""
    per_area: bool = False
    """Weigh controls by their area instead of one by one."""


@dataclass(frozen=True, slots=True)
class Events:
    """``[events]``: how the events tracker grades risk, and how often an event is looked at again."""

    risk_medium_from: int = 6
    """Likelihood × impact, 1 to 25, from which a risk is medium; below it is low."""
    risk_high_from: int = 12
    """The same for high."""
    review_high_days: int = 14
    """An event of high risk is due for review so many days after the last one."""
    review_medium_days: int = 30
    """The same for medium risk, and where none is given."""
    review_low_days: int = 90
    """The same for low risk."""
    near_m: float = 400.0
    """An event and a hotspot, or two events, belong together within so many metres."""
    dispersal_h: float = 1.0
    """How long a crowd takes to go home after the end, or from its dispersal time on."""
    dispersal_stops: str = ""
    """Points where crowds disperse, such as bus stops and stations, relative to the settings file; empty: none."""


@dataclass(frozen=True, slots=True)
class Tensions:
    """``[tensions]``: the community tension log."""

    level_labels: tuple[str, ...] = ("level 1", "level 2", "level 3", "level 4", "level 5", "level 6")
    """What the six levels are called, level 1 first."""
    level_1_is_worst: bool = False
    """Level 1 is the most tense of the six; else level 6 is."""
    review_after_days: int = 28
    """An entry without a review date is due for review so many days after it was reported or last reviewed."""
    not_personal: tuple[str, ...] = ()
    """Names of places and bodies that the check for personal data takes for a person's, as they are written."""


@dataclass(frozen=True, slots=True)
class Bus:
    """``[bus]``: what the plan of the outreach bus is to reach, and how."""

    stops: int = 4
    """Places the bus stops at in a cycle."""
    walk_m: float = 400.0
    """How far young people walk to it."""
    walk_factor: float = 1.3
    """A walk is so many times the straight line, where no street network is given."""
    distance_decay: bool = False
    """Count what is farther away less: whole within a quarter of the reach, then three, two and one quarter."""
    min_separation_m: float = 0.0
    """Least straight line between two stops."""
    one_per_hotspot: bool = True
    """At most one stop within reach of the ground of a hotspot."""
    serve: tuple[str, ...] = ()
    """Wards or boroughs each of which gets a stop at least."""
    crime_types: tuple[str, ...] = ("Anti-social behaviour",)
    """Crime types that the bus is for, beside the themes."""
    themes: tuple[str, ...] = ("Serious violence", "Serious youth violence")
    """Themes that the bus is for."""
    only_hotspots: bool = False
    """Count only what lies on the ground of a hotspot."""
    persistence: bool = True
    """Count a place less, the fewer months of the window it had incidents in."""
    sessions: tuple[str, ...] = ("Tue, Thu, Fri, Sat 16:30-22:30",)
    """Evenings of a week that the bus is out."""
    stops_per_evening: int = 2
    """Stops of one evening, one after another."""
    cycle_weeks: int = 4
    """Weeks of the rota."""
    closed_on: tuple[str, ...] = ()
    """Days on which the bus does not go out, YYYY-MM-DD."""
    speed_kmh: float = 18.0
    """Of the bus between two stops of an evening."""
    most_travel_min: float = 30.0
    """Longest way between two stops of an evening."""
    alternatives: int = 3
    """Next best plans to show beside the best."""
    differ_by: int = 1
    """Stops in which they differ from the best and from each other, at least."""
    alike_m: float = 200.0
    """In such alternatives sites within this straight line are one stop: the other side of a road is none."""
    time_limit_s: float = 60.0
    """Longest search for one plan; what is not proven best by then says how far off it can be."""
    provision: str = ""
    """File of existing services, relative to the settings file; empty: none."""
    provision_share: float = 1.0
    """How much of the need within their reach existing services meet: 1 is all of it."""
    exclude: str = ""
    """Layer of polygons where the bus may not stop, relative to the settings file; empty: none."""
    demand: str = ""
    """Layer of points with a column ``weight``, instead of incidents; relative to the settings file; empty: none."""
    sites_source: str = ""
    """Whose sites these are and under which licence, for the pages; empty: not said."""
    network: str = ""
    """Layer of streets to walk along, relative to the settings file; empty: straight lines."""


@dataclass(frozen=True, slots=True)
class Services:
    """``[services]``: where ``hotspots fetch`` asks; a service that has moved is a change of one line."""

    police_url: str = "https://data.police.uk/api"
    """The data.police.uk API, without a method."""
    arcgis_url: str = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
    """The ArcGIS REST services of the ONS Open Geography Portal."""
    lsoa_2021_layer: str = "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5"
    """Name of the service with the polygons of LSOA 2021: BGC is generalised to 20 m and clipped to the coast."""
    lsoa_2011_layer: str = "LSOA_Dec_2011_Boundaries_Generalised_Clipped_BGC_EW_V3"
    """The same of LSOA 2011."""
    lookup_layer: str = "LSOA11_LSOA21_LAD22_EW_LU_v5"
    """Name of the service with the exact-fit lookup (V3) from LSOA 2011 to LSOA 2021."""
    residents_url: str = "https://www.nomisweb.co.uk/api/v01/dataset/NM_2021_1.data.csv"
    """Census 2021, table TS001 (usual residents), as CSV from Nomis."""
    requests_per_second: float = 5.0
    """Most requests a second; the police API allows 15."""
    timeout_s: float = 60.0
    """How long a silent service is waited for; a whole answer may take ten times as long."""
    retries: int = 5
    """How often a request that failed for a passing reason is sent again."""
