"""The numbers and words behind the synthetic incidents: what is published, and what is made up.

Published are only the Bexley totals of burglary, drugs, robbery and violence. Everything else is invented:
the other totals, the seasons, the streets and above all the **centres**, which were laid down away from the
borough's real town centres, so that nothing on the demonstration's map says anything about a real place.
"""

from __future__ import annotations

from dataclasses import dataclass

HOME = "Bexley"
FIRST_YEAR = 2019
YEARS = 3
MONTHS = 12 * YEARS

VIOLENCE = "Violence and sexual offences"
ASB = "Anti-social behaviour"

# Rows that will be accepted, by year 2019, 2020, 2021.
TOTALS: dict[str, dict[str, tuple[int, int, int]]] = {
    HOME: {
        "Burglary": (1761, 1030, 757),  # published
        "Drugs": (741, 826, 905),  # published
        "Robbery": (383, 309, 188),  # published
        VIOLENCE: (5308, 5309, 5346),  # published, as "Violence against the person"
        "Possession of weapons": (141, 118, 126),  # invented
        ASB: (2520, 3060, 2640),  # invented
    },
    # The neighbours are invented throughout, at roughly a quarter to a third of a borough's usual volume:
    # enough for the ring around Bexley, and quick to make.
    "Bromley": {
        "Burglary": (320, 240, 200),
        "Drugs": (110, 120, 125),
        "Robbery": (110, 85, 70),
        VIOLENCE: (1240, 1250, 1260),
        "Possession of weapons": (20, 17, 18),
        ASB: (330, 400, 350),
    },
    "Greenwich": {
        "Burglary": (300, 220, 180),
        "Drugs": (190, 210, 215),
        "Robbery": (165, 125, 95),
        VIOLENCE: (1520, 1530, 1550),
        "Possession of weapons": (32, 27, 29),
        ASB: (340, 420, 360),
    },
    "Lewisham": {
        "Burglary": (310, 230, 190),
        "Drugs": (240, 260, 265),
        "Robbery": (215, 160, 120),
        VIOLENCE: (1680, 1690, 1710),
        "Possession of weapons": (40, 34, 36),
        ASB: (350, 430, 370),
    },
}

# January to December, in hundredths of an average month.
SEASONS: dict[str, tuple[int, ...]] = {
    "Burglary": (118, 110, 104, 94, 88, 84, 82, 84, 92, 104, 116, 124),
    "Drugs": (98, 98, 102, 102, 104, 102, 100, 98, 100, 102, 98, 96),
    "Robbery": (104, 98, 98, 94, 96, 96, 98, 96, 100, 108, 110, 102),
    VIOLENCE: (88, 86, 95, 99, 108, 113, 116, 112, 103, 99, 93, 88),
    "Possession of weapons": (92, 92, 98, 102, 106, 108, 106, 102, 102, 100, 96, 96),
    ASB: (72, 76, 88, 102, 116, 124, 132, 126, 108, 100, 84, 72),
}

# How strongly a category gathers in the centres, in hundredths of what violence does.
PULL = {"Burglary": 25, "Drugs": 120, "Robbery": 160, VIOLENCE: 100, "Possession of weapons": 150, ASB: 100}


@dataclass(frozen=True, slots=True)
class Centre:
    """An invented centre of incidents, some 200 m across."""

    street: str
    """Name of its main map point."""
    longitude: float
    latitude: float
    shares: tuple[float, ...]
    """Share of a borough's violence that happens here, for each month since January of the first year."""


def _steady(share: float) -> tuple[float, ...]:
    return (share,) * MONTHS


_EMERGING = tuple(0.001 if month < 26 else 0.001 + 0.0054 * (month - 25) for month in range(MONTHS))  # noqa: PLR2004
_FADING = (0.034,) * 12 + tuple(0.030 - 0.002 * month for month in range(12)) + (0.006,) * 6 + (0.0008,) * 6

CENTRES = (
    Centre("Market Cross", 0.130824, 51.468992, _steady(0.032)),
    Centre("Station Parade", 0.158875, 51.453191, _steady(0.026)),
    Centre("Riverside Walk", 0.164890, 51.489052, _steady(0.020)),
    Centre("Kiln Corner", 0.116919, 51.448560, _steady(0.014)),
    Centre("Westgate", 0.087653, 51.467970, _steady(0.023)),  # on the Greenwich border
    Centre("Southbridge", 0.129017, 51.414708, _steady(0.017)),  # on the Bromley border
    Centre("New Wharf", 0.190857, 51.459792, _EMERGING),  # from March 2021
    Centre("Old Mill Lane", 0.137818, 51.433792, _FADING),  # strong in 2019, gone by the second half of 2021
)

STREET_FIRST = (
    *("Alder", "Ash", "Aspen", "Beech", "Birch", "Bluebell", "Bramble", "Brook", "Cedar", "Chapel", "Cherry"),
    *(
        "Clover",
        "Cooper",
        "Elder",
        "Fern",
        "Fletcher",
        "Foxglove",
        "Harvest",
        "Hazel",
        "Heron",
        "Holly",
        "Juniper",
    ),
    *("Kestrel", "Lantern", "Larch", "Laurel", "Linnet", "Maple", "Meadow", "Mercer", "Orchard", "Plover"),
    *("Poplar", "Primrose", "Quarry", "Rowan", "Saddler", "Spring", "Swift", "Tanner", "Thatcher", "Thistle"),
    *("Weaver", "Wheelwright", "Willow", "Wren"),
)
STREET_SECOND = (
    *("Avenue", "Close", "Crescent", "Drive", "Gardens", "Grove", "Hill", "Lane", "Mews", "Place"),
    *("Rise", "Road", "Street", "Terrace", "Walk", "Way"),
)
INSTITUTIONS = (
    *("Supermarket", "Parking Area", "Shopping Area", "Hospital", "Petrol Station", "Sports/Recreation Area"),
    *("Nightclub", "Police Station", "Park/Open Space", "Pedestrian Subway"),
)

# Outcome and its weight; anti-social behaviour has none.
OUTCOMES = (
    ("Investigation complete; no suspect identified", 52),
    ("Unable to prosecute suspect", 27),
    ("Status update unavailable", 8),
    ("Under investigation", 5),
    ("Awaiting court outcome", 4),
    ("Local resolution", 2),
    ("Offender given a caution", 2),
)
