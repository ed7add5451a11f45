"""Where the outreach bus of the demonstration may stop, and the services that are there already: all invented."""

from __future__ import annotations

from hotspots.data.places import csv_text

COLUMNS = ("site_id", "name", "status", "hours", "capacity", "reason", "notes", "longitude", "latitude")

_SITES = (
    (
        "P01",
        "Market Cross car park",
        "",
        "Mon-Sat 15:00-23:00",
        "40",
        "",
        "Level, lit, height bar open",
        0.13290,
        51.46840,
    ),
    ("P02", "Weavers Hall forecourt", "", "", "6", "", "Book a week ahead", 0.13225, 51.46790),
    ("P03", "Bus stand Market Cross", "", "", "2", "", "Kerb 14 m; buses until 19:00", 0.13010, 51.46990),
    ("P04", "Station Parade lay-by", "", "", "3", "", "Kerb 18 m", 0.15960, 51.45360),
    (
        "P05",
        "Station Parade Ground, south gate",
        "",
        "Mon-Fri 17:00-22:30",
        "20",
        "",
        "Gate code from the depot",
        0.16150,
        51.45420,
    ),
    ("P06", "Riverside Pavilion car park", "", "", "30", "", "Closed when the river is high", 0.16600, 51.48840),
    ("P07", "Riverside Walk turning circle", "", "", "4", "", "Narrow; no reversing after dark", 0.16420, 51.48980),
    ("P08", "Kiln Corner parade", "", "", "8", "", "Shops open to 20:00", 0.11740, 51.44890),
    (
        "P09",
        "Kiln Corner Youth Centre yard",
        "never",
        "",
        "5",
        "The centre has its own evenings",
        "",
        0.11690,
        51.44850,
    ),
    ("P10", "Westgate Green, north side", "", "", "10", "", "Soft verge in winter", 0.08830, 51.46830),
    (
        "P11",
        "Westgate pharmacy bays",
        "",
        "Mon-Sat 18:30-23:00",
        "4",
        "",
        "After the pharmacy closes",
        0.08920,
        51.46740,
    ),
    ("P12", "Southbridge Show Field gate", "", "", "25", "", "Hard standing by the gate only", 0.13000, 51.41620),
    ("P13", "Southbridge shops", "", "", "6", "", "Kerb 16 m", 0.12930, 51.41500),
    ("P14", "New Wharf quay", "", "", "12", "", "Barrier code from the harbour office", 0.19020, 51.45980),
    ("P15", "Wharf Hall car park", "", "Tue, Thu, Fri 16:00-22:30", "18", "", "", 0.19130, 51.46020),
    ("P16", "Old Mill Playing Field", "", "", "14", "", "Floodlights to 21:00", 0.13870, 51.43440),
    ("P17", "Old Mill Lane, bus turning point", "", "", "3", "", "", 0.13760, 51.43320),
    ("P18", "Foxglove Library", "", "Mon-Fri 19:00-23:00", "9", "", "Toilets open to 19:00", 0.14960, 51.46120),
    ("P19", "Copse Road shops", "", "", "5", "", "", 0.10580, 51.45960),
    ("P20", "Heron Way recreation ground", "", "", "11", "", "Lit path from the estate", 0.17480, 51.46770),
    ("P21", "Fletcher's Field", "", "", "16", "", "", 0.13350, 51.47900),
    ("P22", "Quarry Lane depot", "never", "", "30", "No public access after 18:00", "", 0.15220, 51.44030),
    ("P23", "Larch Grove community hall", "", "Sun 10:00-13:00", "7", "", "Hall lets on weekdays", 0.14180, 51.44870),
    ("P24", "Brook Meadow car park", "", "", "22", "", "", 0.09880, 51.43780),
)

_SERVICES = (
    ("Kiln Corner Youth Centre", "400", "Mon, Wed, Fri 18:00-21:00", 0.11740, 51.44890),
    ("Foxglove homework club", "300", "Mon-Thu 15:30-18:00", 0.14960, 51.46120),
)


def sites_text() -> str:
    """Return the sites as CSV, longitude and latitude in EPSG:4326."""
    return csv_text(COLUMNS, (dict(zip(COLUMNS, map(str, row), strict=True)) for row in _SITES))


def provision_text() -> str:
    """Return the existing services as CSV: name, walk in metres they draw from, hours, longitude and latitude."""
    columns = ("name", "reach_m", "hours", "longitude", "latitude")
    return csv_text(columns, (dict(zip(columns, map(str, row), strict=True)) for row in _SERVICES))
