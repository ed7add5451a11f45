"""``hotspots run``: the main job."""

from __future__ import annotations

from pathlib import Path

from hotspots.cli import options as opt
from hotspots.cli.report import print_month, progress


def run_command(
    *,
    month: opt.Month,
    incidents: opt.Incidents = None,
    boundaries: opt.Boundaries,
    area: opt.Area = None,
    category: opt.Category = None,
    theme: opt.Theme = None,
    window_months: opt.WindowMonths = None,
    events: opt.Events = None,
    tensions: opt.Tensions = None,
    lookup: opt.Lookup = None,
    population: opt.Population = None,
    previous: opt.Previous = None,
    tiles: opt.Tiles = None,
    out: opt.Out = Path("packs"),
    settings: opt.SettingsFile = None,
    force: opt.Force = False,
) -> None:
    """Make the month's pack: hotspots, one offline map, tables, and every rejected row."""
    with progress() as say:
        from hotspots.pipeline.inputs import Inputs  # noqa: PLC0415 - slow libraries load only for a job
        from hotspots.pipeline.month import MonthRequest, run_month  # noqa: PLC0415
        from hotspots.settings import load_settings, with_hotspots  # noqa: PLC0415

        path = opt.settings_path(settings)
        chosen = with_hotspots(load_settings(path), window_months=window_months)
        inputs = Inputs(
            month=month,
            incidents=tuple(incidents or ()),
            boundaries=tuple(boundaries),
            areas=tuple(area or ()),
            categories=tuple(category or ()),
            theme=theme or "",
            lookup=lookup,
            population=population,
        )
        request = MonthRequest(inputs, out, events, tiles, force, path, previous, tensions)
        result = run_month(request, chosen, say)
    print_month(result)
