"""The words beside the bus map: every table as plain rows, for the page's static part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from hotspots.maps import words
from hotspots.maps.bus_curve import amount
from hotspots.maps.bus_payload import sites
from hotspots.maps.panel import Legend, LegendClass

if TYPE_CHECKING:
    from hotspots.maps.bus_content import BusContent, PlanView


def stop_rows(content: BusContent) -> list[dict[str, Any]]:
    """Return the stops of the best plan in their order."""
    held = {site["id"]: site for site in sites(content)}
    return [_site_row(held[key]) for key in content.plans[0].site_ids]


def other_rows(content: BusContent) -> list[dict[str, Any]]:
    """Return the other sites, what reaches most by itself first, those that are never a stop last."""
    chosen = set(content.plans[0].site_ids)
    others = [site for site in sites(content) if site["id"] not in chosen]
    others.sort(key=lambda site: (site["status"] == "never", -site["covered"]))
    return [_site_row(site) for site in others]


def _site_row(site: dict[str, Any]) -> dict[str, Any]:
    return {"name": site["name"], "small": _small(site), "covered": amount(site["covered"])}


def _small(site: dict[str, Any]) -> str:
    """Return the quiet line under a site's name, as the script writes it too."""
    ranks = [str(rank) for rank in site["hotspots"]]
    near = f"hotspot{'' if len(ranks) == 1 else 's'}\u00a0{', '.join(ranks)}" if ranks else None
    reason = f": {site['reason']}" if site["status"] == "never" and site["reason"] else ""
    standing = None if site["status"] == "candidate" else site["status"] + reason
    return " · ".join(filter(None, [standing, site["ward"], near]))


def plan_rows(content: BusContent) -> list[dict[str, Any]]:
    """Return the plans: reach, share, and in which stops each differs from the best."""
    names = {str(key): str(name) for key, name in content.sites["name"].items()}
    best = content.plans[0]
    return [
        {
            "title": plan.title,
            "small": _differs(plan, best, names),
            "reach": amount(plan.reach),
            "share": words.share(plan.share),
            "less": _less(plan, best),
        }
        for plan in content.plans
    ]


def _differs(plan: PlanView, best: PlanView, names: dict[str, str]) -> list[str]:
    """Return the quiet lines under a plan: the stops that it has more and less than the best, and its note."""
    more = ", ".join(names[key] for key in plan.site_ids if key not in best.site_ids)
    fewer = ", ".join(names[key] for key in best.site_ids if key not in plan.site_ids)
    return [line for line in (f"with {more}" if more else "", f"without {fewer}" if fewer else "", plan.note) if line]


def _less(plan: PlanView, best: PlanView) -> str:
    """Return by how much a plan reaches less than the best; a dash for the best itself."""
    if plan is best:
        return words.NONE
    less = best.reach - plan.reach
    return f"\N{MINUS SIGN}{amount(less)}" if less > 0 else f"+{amount(-less)}" if less < 0 else "0"


def curve_rows(content: BusContent) -> list[dict[str, Any]]:
    """Return CURVE in words."""
    return [
        {
            "stops": int(stops),
            "reach": amount(row.reach),
            "share": words.share(row.share),
            "gain": amount(row.gain),
            "small": " · ".join(_about(row, int(stops), content)),
        }
        for stops, row in zip(content.curve.index, cast("Any", content.curve.itertuples(index=False)), strict=True)
    ]


def _about(row: Any, stops: int, content: BusContent) -> list[str]:  # noqa: ANN401 - one row of CURVE
    said = ["wanted"] if stops == content.rules.stops else []
    said += ["from here on each stop adds clearly less"] if row.knee else []
    return said if row.optimal else [*said, f"not proven: {amount(row.bound)} at most"]


def rota_rows(content: BusContent) -> list[dict[str, Any]]:
    """Return ROTA by week and evening; a day is said once an evening, and ``stop`` is the number on the map."""
    if content.rota is None or content.rota.empty:
        return []
    numbers = {key: number for number, key in enumerate(content.plans[0].site_ids, start=1)}
    rows: list[dict[str, Any]] = []
    before = (0, 0)
    for row in cast("Any", content.rota.itertuples()):
        date = words.when(row.starts_at, pd.NaT).partition(", ")[0]
        first = (row.week, row.evening) != before
        rows.append(
            {
                "week": "" if row.week == before[0] else f"Week {row.week}, from {date}",
                "day": date.rpartition(" ")[0] if first else "",
                "on": words.said(row.on) or "" if first else "",
                "clock": f"{row.starts_at:%H:%M}–{row.ends_at:%H:%M}",
                "stop": numbers.get(str(row.site_id)),
                "name": str(row.name),
                "need": amount(row.demand),
                "travel": f"{row.travel_min:.0f} min" if row.travel_min else "",
            }
        )
        before = (row.week, row.evening)
    return rows


def legend(content: BusContent) -> Legend:
    """Return the legend of the need; counts are of the areas inside the line."""
    own = content.areas["zone"] == "area"
    classes = content.areas["need_class"]
    counts = classes[own].value_counts()
    lines = tuple(
        LegendClass(number, text, int(counts.get(number, 0)))
        for number, text in enumerate(words.class_ranges(content.breaks), start=1)
    )
    return Legend(content.words.need_title, lines, int(classes.isna().sum()), int(classes[own].isna().sum()))


def signs(content: BusContent) -> dict[str, Any]:
    """Return which signs the legend explains."""
    standing = {site["status"] for site in sites(content)}
    reach, radius = content.rules.reach_m, content.rules.radius_m
    walk = f"{words.count(round(reach))} m on foot"
    straight = None if radius is None or round(radius) == round(reach) else f"{words.count(round(radius))} m"
    return {
        "ring": bool((content.areas["zone"] != "area").any()),
        "hotspots": bool(len(content.hotspots)),
        "fixed": "fixed" in standing,
        "never": "never" in standing,
        "reach": None if radius is None else walk + (f", {straight} in a straight line" if straight else ""),
        "zones": content.zones is not None and len(content.zones) > 0,
        "provision": content.provision is not None and len(content.provision) > 0,
    }
