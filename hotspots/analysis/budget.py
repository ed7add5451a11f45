"""How far down a ranking of places to go: a number of them, a share of the ground, or a share of the incidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hotspots.errors import SettingsError

if TYPE_CHECKING:
    import numpy.typing as npt

    from hotspots.settings import Hotspots

GRACE = 1e-9
"""What rounding may add to a share, in parts."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How far down the ranking to go: exactly one of three.

    Raises
    ------
    SettingsError
        None or several are given, or the one is out of its range.
    """

    share_of_area: float | None = None
    """Most ground, as a share of the searched area; one cell at least."""
    number: int | None = None
    """Hotspots wanted; the walk ends as soon as there are so many."""
    share_of_n: float | None = None
    """Share of the area's own incidents of the window that the cells must hold."""

    def __post_init__(self) -> None:
        given = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        if len(given) != 1:
            named = " and ".join(given) or "none"
            raise SettingsError(f"A budget is one of share_of_area, number and share_of_n, not {named}.")
        name, value = given.popitem()
        if name == "number" and value < 1:
            raise SettingsError(f"The number of hotspots must be at least 1, not {value!r}.")
        if name != "number" and not 0 < value <= 1:
            raise SettingsError(f"The budget {name} must be above 0 and at most 1, not {value!r}.")


def budget_of(settings: Hotspots) -> Budget:
    """Return the budget of the settings: a share where one is set, else the number of hotspots.

    Parameters
    ----------
    settings
        ``[hotspots]``.

    Returns
    -------
    Budget
        The one in force.
    """
    area, n = settings.budget_share_of_area or None, settings.budget_share_of_n or None
    return Budget(share_of_area=area, share_of_n=n, number=None if area or n else settings.max_number)


def affordable(
    budget: Budget,
    ground_m2: npt.NDArray[np.float64],
    own: npt.NDArray[np.int64],
    area_m2: float,
    own_total: int,
) -> int:
    """Return how many of the first places a budget reaches.

    Parameters
    ----------
    budget
        How far to go.
    ground_m2, own
        Ground of each place, and the area's own incidents on it, best place first, each of shape (k,).
    area_m2, own_total
        Of the whole searched area.

    Returns
    -------
    int
        At most k, and at least 1 where there is a place: a share of the area is never passed by the second or a
        later place, a share of the incidents is reached if the places hold so many.
    """
    places = len(ground_m2)
    if budget.share_of_area is not None:
        most = budget.share_of_area * area_m2 * (1 + GRACE)
        return min(places, max(1, int(np.searchsorted(np.cumsum(ground_m2), most, side="right"))))
    if budget.share_of_n is not None:
        wanted = budget.share_of_n * own_total * (1 - GRACE)
        return min(places, 1 + int(np.searchsorted(np.cumsum(own), wanted)))
    return min(places, budget.number or places)
