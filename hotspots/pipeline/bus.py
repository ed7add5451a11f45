"""``hotspots bus plan``: where the outreach bus should stop, written as a folder of the month's pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.files import check_target
from hotspots.maps.bus_page import build_bus_page
from hotspots.maps.note_page import build_note_page
from hotspots.pipeline.bus_content import bus_content
from hotspots.pipeline.bus_findings import headline, why
from hotspots.pipeline.bus_given import LONDON, first_monday, read_given, time_ahead
from hotspots.pipeline.bus_ground import ground_of, wanted_incidents
from hotspots.pipeline.bus_note import note_content
from hotspots.pipeline.bus_plan import make_plan, need_of
from hotspots.pipeline.bus_wishes import judge_sites
from hotspots.pipeline.bus_write import BUS_FILES, BusResult, Written, write_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotspots.pipeline.bus_given import BusRequest
    from hotspots.settings import Settings


def run_bus_plan(request: BusRequest, settings: Settings, progress: Callable[[str], None] | None = None) -> BusResult:
    """Plan the stops of the outreach bus, and write the plan.

    Parameters
    ----------
    request, settings
        Files and wishes.
    progress
        Called with a few words before each step.

    Returns
    -------
    BusResult
        The folder as written, and what it says.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, no site can be a stop, or there is nothing to reach.
    SettingsError
        The wishes contradict each other, or a setting cannot be used.
    OutputError
        The folder exists, a file is held open, or it cannot be written.
    """
    say = progress or (lambda _: None)
    target = request.out or (request.pack / "bus" if request.pack is not None else Path("bus"))
    check_target(target, replace=request.force, own=BUS_FILES)
    bus = settings.bus
    ground = ground_of(request.pack, request.inputs, settings, progress)
    say(f"Reading {request.sites.name}")
    given = read_given(request, settings, ground)
    candidates = judge_sites(
        given.intake.sites, ground, bus, name=request.sites.name, chosen=given.chosen, zones=given.zones
    )
    incidents = ground.incidents if given.own is not None else wanted_incidents(ground, bus)
    need = need_of(ground, incidents, bus, own=given.own, provision=given.provision)
    first = request.first or first_monday(ground.month + 1)
    ahead, days = time_ahead(request, settings, ground, first)
    found = make_plan(
        candidates,
        need,
        bus,
        first=first,
        days=days,
        current=given.current,
        network=given.network,
        progress=progress,
    )
    say("Writing the plan")
    since = pd.Timestamp(first).tz_localize(LONDON)
    reasons = why(found, ahead, settings.events.near_m, since)
    content = bus_content(found, ground, settings, why=reasons, zones=given.zones, provision=given.provision)
    note = note_content(found, ground, settings, why=reasons, first=first, days=days)
    notes = (*given.notes, *candidates.notes, *found.rota.sentences)
    result = BusResult(target, ground, found, headline(found, bus, ground.area), notes)
    written = Written(build_bus_page(content), build_note_page(note), reasons, first)
    write_plan(result, written, given, request, settings)
    return result
