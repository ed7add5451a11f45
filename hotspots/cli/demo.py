"""``hotspots demo``: the embedded demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotspots.cli.report import print_month, progress, quoted


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for inputs and pack.")] = Path("hotspots-demo"),
) -> None:
    """Run the main job on synthetic incidents of four real boroughs; an earlier demonstration is replaced."""
    with progress() as say:
        from hotspots.demo import run_demo  # noqa: PLC0415 - slow libraries load only for a job

        result = run_demo(out, say)
    inputs = out / "inputs"
    print_month(
        result,
        then=(
            f"hotspots run --month 2021-11 --incidents {quoted(inputs / 'incidents')} "
            f"--boundaries {quoted(inputs / 'bexley-and-neighbours-lsoa2011-bsc.geojson')} --area Bexley "
            f"--settings {quoted(inputs / 'hotspots.toml')}"
        ),
    )
