"""Community tensions on a page, where a log was given: rows of their table, and the wards on the map.

Partner tier and above only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotspots.maps import words
from hotspots.maps.encode import encode_shape

if TYPE_CHECKING:
    from hotspots.maps.content import PageContent

TREND_SIGNS: Final = {"risen": "↑", "fallen": "↓", "same": "=", "new": "N"}
"""A ward's level against three months ago; new: it has one now and had none."""

_EPSG = 4326


def tension_rows(content: PageContent) -> list[dict[str, Any]]:
    """Return the table of the wards, in the order of the frame; none where no log was given.

    Parameters
    ----------
    content
        The page's content.

    Returns
    -------
    list of dict
        ``ward``, ``label``, ``trend`` with its ``sign``, ``n`` current entries, and whether it is ``placed`` on the
        map.
    """
    if content.tensions is None:
        return []
    placed = content.tensions.geometry.notna() & ~content.tensions.geometry.is_empty
    return [
        {
            "ward": str(row.Index),
            "label": str(row.label),
            "trend": str(row.trend),
            "sign": TREND_SIGNS[row.trend],
            "n": words.count(row.n_current),
            "placed": bool(there),
        }
        for row, there in zip(content.tensions.itertuples(), placed, strict=True)
    ]


def has_grounds(content: PageContent) -> bool:
    """Say whether a ward of the log lies on the map."""
    return any(row["placed"] for row in tension_rows(content))


def tension_payload(content: PageContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    """Return the wards that lie on the map for the page's script.

    Parameters
    ----------
    content
        The page's content.
    origin
        The page's origin, from ``origin_of``.

    Returns
    -------
    list of dict
        Name, level and trend as the label on the map says them, and the ground.
    """
    if content.tensions is None or not has_grounds(content):
        return []
    there = content.tensions.geometry.notna() & ~content.tensions.geometry.is_empty
    return [
        {
            "ward": str(row.Index),
            "said": f"{words.count(row.level)} {TREND_SIGNS[row.trend]}",
            "shape": encode_shape(row.geometry, origin),
        }
        for row in content.tensions[there].to_crs(_EPSG).itertuples()
    ]
