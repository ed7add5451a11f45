"""``hotspots evaluate``: what changed at a place since something was done there, against places like it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.report import console_of, printable, progress

if TYPE_CHECKING:
    from hotspots.pipeline.evaluate_result import EvaluateResult

_FILES = {
    "evaluation.csv": "incidents by zone and month",
    "evaluation.json": "the result with sentences, method, inputs and versions",
    "evaluation.png": "figure for a report",
    "evaluation.svg": "the same for print",
    "controls.csv": "every place that could be a control, and why it was chosen or not",
}
_ZONES = {
    "treated": "{name}",
    "treated_ring": "  ring of {ring:g} m around it",
    "control": "{controls}",
    "control_ring": "  rings of {ring:g} m around them",
}


def _start(text: str) -> str:
    if re.fullmatch(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?", text) is None:
        raise typer.BadParameter("write it YYYY-MM or YYYY-MM-DD, such as 2024-05 or 2024-05-13.")
    return text


Target = Annotated[
    str,
    typer.Option(
        metavar="PLACE",
        help="Hotspot of the pack (H03, its name or its id), easting and northing (548200,175300), grid reference, "
        "or a layer (FILE, FILE#name).",
    ),
]
Start = Annotated[
    str, typer.Option(callback=_start, metavar="DATE", help="When it began: YYYY-MM, or a day, YYYY-MM-DD.")
]
Pack = Annotated[Path | None, typer.Option(metavar="DIR", help="Pack whose hotspots can be named, from before.")]
Name = Annotated[str | None, typer.Option(metavar="TEXT", help="What the target is called.")]
Control = Annotated[
    list[str] | None,
    typer.Option(metavar="PLACE", help="Place where nothing was done, as --target; else suggested. Repeatable."),
]
Register = Annotated[Path, typer.Option(metavar="CSV", help="Register the result is added to.")]


def evaluate_command(
    *,
    target: Target,
    start: Start,
    month: opt.Month,
    boundaries: opt.Boundaries,
    incidents: opt.Incidents = None,
    area: opt.Area = None,
    category: opt.Category = None,
    theme: opt.Theme = None,
    pack: Pack = None,
    name: Name = None,
    control: Control = None,
    register: Register = Path("evaluations.csv"),
    lookup: opt.Lookup = None,
    settings: opt.SettingsFile = None,
    out: opt.ResultOut = Path("evaluation"),
    force: opt.ReplaceResult = False,
) -> None:
    """Did it work? A place before and after a start, against similar places where nothing was done."""
    with progress() as say:
        from hotspots.pipeline.evaluate import run_evaluate  # noqa: PLC0415 - slow libraries load only for a job
        from hotspots.pipeline.evaluate_result import EvaluateRequest  # noqa: PLC0415
        from hotspots.pipeline.inputs import Inputs  # noqa: PLC0415
        from hotspots.settings import load_settings  # noqa: PLC0415

        path = opt.settings_path(settings)
        chosen = load_settings(path)
        inputs = Inputs(
            month=month,
            incidents=tuple(incidents or ()),
            boundaries=tuple(boundaries),
            areas=tuple(area or ()),
            categories=tuple(category or ()),
            theme=theme or "",
            lookup=lookup,
        )
        request = EvaluateRequest(
            inputs,
            out,
            target=target,
            start=start,
            register=register,
            name=name or "",
            pack=pack,
            controls=tuple(control or ()),
            force=force,
            settings_file=path,
        )
        result = run_evaluate(request, chosen, say)
    print_evaluation(result, chosen.evaluate.ring_m)


def print_evaluation(result: EvaluateResult, ring_m: float) -> None:
    """Print what was found: sentence, counts, controls, what stands against it, and the files.

    Parameters
    ----------
    result
        What the evaluation made.
    ring_m
        Width of the rings, in metres; 0: there are none.
    """
    console = console_of()
    wide = not console.is_terminal
    loaded, row = result.loaded, result.row.iloc[0]
    focus = loaded.focus.name
    title = f"Did it work? · {focus[:1].upper()}{focus[1:]} · {result.area} · from {row['started_on']}"
    console.print(Text(printable(title), style="bold"), soft_wrap=wide)
    console.print(Text(printable(result.sentences[0])), soft_wrap=wide)
    console.print()
    console.print(_counts(result, ring_m))
    console.print()
    console.print(_controls(result))
    console.print()
    for line in (*result.sentences[1:], *result.warnings, *loaded.notes):
        console.print(Text(printable(line)), soft_wrap=wide)
    console.print()
    console.print(Text(f"Result    {result.folder}"), soft_wrap=True)
    for name, what in _FILES.items():
        console.print(Text.assemble(f"  {name:<16} ", (what, "dim")), soft_wrap=True)
    console.print(
        Text.assemble(f"Register  {result.register}  ", (f"row {result.row.index[0]}", "dim")), soft_wrap=True
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for position, title in enumerate(columns):
        table.add_column(title, justify="right" if position else "left")
    return table


def _counts(result: EvaluateResult, ring_m: float) -> Table:
    """Return the counts by zone, those of the controls as totals."""
    n_controls = int(result.row["n_controls"].iloc[0])
    controls = "Control" if n_controls == 1 else f"{n_controls} controls together"
    table = _table("", f"before ({len(result.sides.before)} mo)", f"after ({len(result.sides.after)} mo)")
    for zone, words in _ZONES.items():
        if ring_m or "ring" not in zone:
            said = words.format(name=result.target.name, ring=ring_m, controls=controls)
            before, after = result.evaluation.counts.loc[zone, ["before", "after"]]
            table.add_row(Text(printable(said)), f"{before:,}", f"{after:,}")
    return table


def _controls(result: EvaluateResult) -> Table:
    """Return the controls that were chosen."""
    controls = result.evaluation.controls
    table = _table("Control", "before", "after", "km away")
    for row in controls[controls["chosen"]].to_dict("records"):
        cells = (f"{row['n_before']:,}", f"{row['n_after']:,}", f"{row['distance_m'] / 1000:.1f}")
        table.add_row(Text(printable(str(row["name"]))), *cells)
    return table
