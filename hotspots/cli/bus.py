"""``hotspots bus``: where the outreach bus should stop, and the list of places where it may."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.report import console_of, printable, progress

if TYPE_CHECKING:
    from hotspots.pipeline.bus_write import BusResult

bus = typer.Typer(
    name="bus",
    help="Plan the stops of the outreach bus.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_FILES = {
    "bus.html": "page on which sites are switched on and off",
    "note.html": "one page for drivers and the meeting, to print",
    "plan.csv": "the best plan, the next best and the plan in force",
    "sites.csv": "every site, what it reaches and why",
    "curve.csv": "reach by number of stops",
    "rota.csv": "evenings, times and stops",
    "rota.ics": "the same for a calendar",
    "rejects.csv": "rows of the site list that were not used",
    "bus.json": "wishes, proof, inputs and versions",
}

Sites = Annotated[Path, typer.Option(metavar="PATH", help="Where the bus may stop: CSV, workbook or point layer.")]
Pack = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The month's pack, such as packs/2024-05; else the input options.")
]
MonthOption = Annotated[str | None, typer.Option(metavar="YYYY-MM", help="The month, without --pack.")]
BoundaryOption = Annotated[
    list[Path] | None, typer.Option(metavar="PATH", help="LSOA polygons, without --pack. Repeatable.")
]
Stops = Annotated[int | None, typer.Option(metavar="N", help="Stops of a cycle.", show_default="4")]
ReachM = Annotated[
    float | None, typer.Option(metavar="M", help="How far young people walk to it, in metres.", show_default="400")
]
Fixed = Annotated[
    Path | None,
    typer.Option(metavar="CSV", help="Sites to keep: a choice saved from the page, or a list of site_id."),
]
Current = Annotated[Path | None, typer.Option(metavar="CSV", help="The plan in force, scored beside the best.")]
Sessions = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HOURS",
        help="Evenings of a week, such as 'Tue, Thu 16:30-22:30'. Repeatable.",
        show_default="Tue, Thu, Fri, Sat 16:30-22:30",
    ),
]
First = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="First day of the rota.", show_default="first Monday of the next month"),
]
Events = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Events tracker, for terms, holidays and what is on nearby.")
]
PlanOut = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the plan.", show_default="bus in the pack"),
]


@bus.command("plan")
def plan_command(
    *,
    sites: Sites,
    pack: Pack = None,
    month: MonthOption = None,
    incidents: opt.Incidents = None,
    boundaries: BoundaryOption = None,
    area: opt.Area = None,
    stops: Stops = None,
    reach_m: ReachM = None,
    fixed: Fixed = None,
    current: Current = None,
    sessions: Sessions = None,
    first: First = None,
    events: Events = None,
    settings: opt.SettingsFile = None,
    out: PlanOut = None,
    force: opt.ReplaceResult = False,
) -> None:
    """Where should the bus stop? The plan that reaches most, the next best, the curve and a rota."""
    with progress() as say:
        from hotspots.errors import SettingsError  # noqa: PLC0415 - slow libraries load only for a job
        from hotspots.pipeline.bus import run_bus_plan  # noqa: PLC0415
        from hotspots.pipeline.bus_given import BusRequest, first_day  # noqa: PLC0415
        from hotspots.pipeline.inputs import Inputs  # noqa: PLC0415
        from hotspots.settings import load_settings, with_bus  # noqa: PLC0415

        path = opt.settings_path(settings)
        chosen = with_bus(load_settings(path), stops=stops, walk_m=reach_m, sessions=sessions)
        inputs = None
        if month is not None or boundaries or incidents:
            if month is None or not boundaries:
                raise SettingsError("Without --pack give --month and --boundaries, and --incidents as for run.")
            inputs = Inputs(month, tuple(incidents or ()), tuple(boundaries), areas=tuple(area or ()))
        request = BusRequest(
            sites,
            pack=pack,
            inputs=inputs,
            fixed=fixed,
            current=current,
            events=events,
            first=None if first is None else first_day(first),
            out=out,
            force=force,
            settings_file=path,
        )
        result = run_bus_plan(request, chosen, say)
    print_plan(result)


def print_plan(result: BusResult) -> None:
    """Print the plan: sentences, stops, alternatives, what was left out, and the files.

    Parameters
    ----------
    result
        What the plan made.
    """
    console = console_of()
    wide = not console.is_terminal
    for line in result.sentences:
        console.print(Text(printable(line)), soft_wrap=wide)
    console.print()
    console.print(_stops(result))
    console.print()
    console.print(_plans(result))
    console.print()
    for line in result.notes:
        console.print(Text(printable(line)), soft_wrap=wide)
    console.print(Text(f"Plan      {result.folder}"), soft_wrap=True)
    for name, what in _FILES.items():
        console.print(Text.assemble(f"  {name:<12} ", (what, "dim")), soft_wrap=True)
    console.print()
    again = "hotspots bus plan … --fixed choice.csv --force"
    console.print(Text.assemble("Next      open bus.html, save your choice, then ", (again, "bold")), soft_wrap=True)


def _table(*columns: str, left: int = 2) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for position, title in enumerate(columns):
        table.add_column(title, justify="left" if position < left else "right")
    return table


def _stops(result: BusResult) -> Table:
    """Return the stops of the best plan."""
    table = _table("", "Stop", "ward", "incidents a month", "need without it", left=3)
    rows = result.found.plan[result.found.plan["alternative"] == 1]
    for row in rows.to_dict("records"):
        ward = row["ward"] if isinstance(row["ward"], str) else ""
        fixed = " (fixed)" if row["status"] == "fixed" else ""
        table.add_row(
            str(row["stop_no"]),
            Text(printable(f"{row['name']}{fixed}")),
            Text(printable(ward)),
            f"{row['n_month']:.1f}",
            f"{row['gain']:.1f} % less",
        )
    return table


def _plans(result: BusResult) -> Table:
    """Return the plans with what they reach."""
    table = _table("Plan", "", "of the need")
    from hotspots.pipeline.bus_findings import alternative_notes  # noqa: PLC0415 - loaded by the job

    found = result.found
    rows = list(zip(found.solutions, alternative_notes(found), strict=True))
    for number, (solution, note) in enumerate(rows, start=1):
        table.add_row(str(number), Text(printable(note)), f"{solution.reach:.1f} %")
    if found.current is not None:
        table.add_row("now", "The plan in force.", f"{found.current.reach:.1f} %")
    return table


Source = Annotated[
    Path, typer.Option("--from", metavar="PATH", help="Points: bus stops, stations, car parks, any table or layer.")
]
Within = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Borough they must lie in; else the whole layer. Repeatable.")
]
Where = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN=VALUE", help="Only points with such a value, as fclass=parking. Repeatable."),
]
NameColumn = Annotated[
    str, typer.Option("--name", metavar="COLUMN", help="Column with the names.", show_default="the usual one")
]
ApartM = Annotated[float, typer.Option(metavar="M", help="Points of one name so near each other are one site.")]
SitesOut = Annotated[Path, typer.Option(metavar="CSV", help="The list.")]
ReplaceFile = Annotated[bool, typer.Option("--force", help="Replace a list that is there.")]


@bus.command("sites")
def sites_command(
    *,
    source: Source,
    boundaries: opt.Boundaries,
    within: Within = None,
    where: Where = None,
    name: NameColumn = "",
    apart_m: ApartM = 100.0,
    settings: opt.SettingsFile = None,
    out: SitesOut = Path("sites.csv"),
    force: ReplaceFile = False,
) -> None:
    """Make a list of places where the bus may stop, to be edited by hand."""
    with progress() as say:
        from hotspots.pipeline.bus_sites import SitesRequest, make_sites, parse_where  # noqa: PLC0415
        from hotspots.settings import load_settings  # noqa: PLC0415

        request = SitesRequest(
            source,
            tuple(boundaries),
            tuple(within or ()),
            where=parse_where(where or ()),
            name_column=name,
            apart_m=apart_m,
            out=out,
            force=force,
        )
        result = make_sites(request, load_settings(opt.settings_path(settings)), say)
    console = console_of()
    console.print(
        Text(
            f"{result.read:,} rows read, {result.inside:,} of them in the area; {result.joined:,} put together with "
            f"one of their name nearby, {result.written:,} sites written."
        ),
        soft_wrap=not console.is_terminal,
    )
    for why, count in result.skipped.items():
        console.print(Text(printable(f"  {count:,} left out: {why}")), soft_wrap=True)
    console.print(Text(f"Sites     {result.path}"), soft_wrap=True)
    console.print(Text("          set status to fixed or never, add hours and notes on kerb and access", style="dim"))
    console.print(
        Text.assemble("Next      ", (f"hotspots bus plan --pack packs/… --sites {result.path}", "bold")), soft_wrap=True
    )
