"""The embedded demonstration: a real outline of four boroughs, synthetic incidents, invented events and tensions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from hotspots.data.bus import provision_text, sites_text
from hotspots.data.places import SHAPES_FILE, csv_text, grounds_text, venues_text, wards_text
from hotspots.data.register import register_text
from hotspots.data.streets import read_outline
from hotspots.data.synthetic import incident_texts
from hotspots.data.tensions import demo_tensions
from hotspots.errors import OutputError
from hotspots.files import new_folder, write_text
from hotspots.pipeline.inputs import Inputs
from hotspots.pipeline.month import MonthRequest, MonthResult, run_month
from hotspots.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OUTLINE = "bexley-and-neighbours-lsoa2011-bsc.geojson"

DEMO_SEED = 2021
DEMO_MONTH = "2021-12"

NOTICE = (
    "Synthetic data: every incident, event, tension and ward on this page is invented. Bexley's yearly totals are the "
    "published ones; its neighbours are thinner than in truth."
)
_MARK = "Synthetic data: every incident"


@dataclass(frozen=True, slots=True)
class DemoInputs:
    """Where the inputs of the demonstration lie."""

    incidents: Path
    """Folder of monthly files, as a data.police.uk download unpacks."""
    boundaries: Path
    """Outline of the LSOAs, GeoJSON in EPSG:4326: super-generalised, for the demonstration only."""
    events: Path
    """The events tracker: CSV of a year of invented events in local times."""
    venues: Path
    """CSV of the invented venues that it names, longitude and latitude in EPSG:4326."""
    grounds: Path
    """GeoJSON of the invented routes and grounds that it names, in EPSG:4326."""
    tensions: Path
    """The tension log: CSV of a year of invented entries."""
    wards: Path
    """CSV of the invented ward of each LSOA of Bexley."""
    sites: Path
    """CSV of the invented places where the outreach bus may stop."""
    services: Path
    """CSV of the invented services that are there already."""
    settings: Path
    """Settings that mark every page made of these inputs as synthetic."""


SETTINGS = f"""[report]
marking = "Synthetic data"
notice = "{NOTICE}"
source = "synthetic, invented for this demonstration"

[areas]
wards = "wards.csv"

[bus]
provision = "services.csv"
"""


def outline_text() -> str:
    """Return the packaged outline of Bexley, Bromley, Greenwich and Lewisham as GeoJSON text."""
    return resources.files("hotspots.data").joinpath(OUTLINE).read_bytes().decode("utf-8")


def incident_files(seed: int = DEMO_SEED) -> dict[str, str]:
    """Make the synthetic incidents of 2019 to 2021.

    Parameters
    ----------
    seed
        Not negative. The same seed gives the same text on every platform.

    Returns
    -------
    dict[str, str]
        Relative file name → text, see :func:`hotspots.data.synthetic.incident_texts`.

    Raises
    ------
    ValueError
        The seed is negative.
    """
    return incident_texts(read_outline(outline_text()), seed)


def write_demo_inputs(folder: Path, seed: int = DEMO_SEED) -> DemoInputs:
    """Write the demonstration's inputs: synthetic incidents, the outline, invented events, tensions and wards.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist, and replaced whole if it does.
    seed
        Not negative. The same seed gives the same bytes on every platform.

    Returns
    -------
    DemoInputs
        What was written.

    Raises
    ------
    ValueError
        The seed is negative.
    OutputError
        The folder or a file cannot be written.
    """
    texts = {f"incidents/{name}": text for name, text in incident_files(seed).items()}
    texts |= {OUTLINE: outline_text(), "wards.csv": wards_text(read_outline(outline_text())), "hotspots.toml": SETTINGS}
    texts |= {"events.csv": register_text(), "venues.csv": venues_text(), SHAPES_FILE: grounds_text()}
    entries = demo_tensions(DEMO_MONTH)
    texts["tensions.csv"] = csv_text(tuple(entries[0]), entries)
    texts |= {"sites.csv": sites_text(), "services.csv": provision_text()}
    with new_folder(folder, replace=True) as work:
        for name, text in texts.items():
            write_text(work / name, text)
    return DemoInputs(
        incidents=folder / "incidents",
        boundaries=folder / OUTLINE,
        events=folder / "events.csv",
        venues=folder / "venues.csv",
        grounds=folder / SHAPES_FILE,
        tensions=folder / "tensions.csv",
        wards=folder / "wards.csv",
        sites=folder / "sites.csv",
        services=folder / "services.csv",
        settings=folder / "hotspots.toml",
    )


def run_demo(out: Path, progress: Callable[[str], None] | None = None) -> MonthResult:
    """Run the main job on the embedded demonstration.

    Parameters
    ----------
    out
        Folder for ``inputs`` and the pack ``2021-12``; an earlier demonstration there is replaced.
    progress
        Called with a few words before each step.

    Returns
    -------
    MonthResult
        As of ``run_month``.

    Raises
    ------
    OutputError
        The folder holds something that is no earlier demonstration, or cannot be written.
    """
    _refuse_foreign(out)
    if progress is not None:
        progress("Making synthetic incidents")
    made = write_demo_inputs(out / "inputs")
    inputs = Inputs(DEMO_MONTH, (made.incidents,), (made.boundaries,), areas=("Bexley",))
    request = MonthRequest(
        inputs, out, events=made.events, tensions=made.tensions, force=True, settings_file=made.settings
    )
    return run_month(request, load_settings(made.settings), progress)


def _refuse_foreign(out: Path) -> None:
    """Keep a pack of real data that lies where the demonstration would go."""
    pack = out / DEMO_MONTH
    try:
        manifest = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
        # Of an earlier version the notice may go on otherwise.
        foreign = not any(str(notice).startswith(_MARK) for notice in manifest.get("notices", []))
    except (OSError, ValueError, AttributeError, TypeError):
        foreign = pack.exists()
    inputs = out / "inputs"
    foreign = foreign or (inputs.exists() and not (inputs / OUTLINE).is_file())
    if foreign:
        raise OutputError(f"{out} holds something that is no earlier demonstration and is kept; give another --out.")
