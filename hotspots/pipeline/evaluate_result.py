"""What an evaluation is asked for, and what it made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from hotspots.analysis.evaluation import Evaluation, Sides
    from hotspots.pipeline.evaluate_places import Asked, Place
    from hotspots.pipeline.inputs import Inputs, Loaded


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """What ``hotspots evaluate`` is asked for."""

    inputs: Inputs
    """``month`` is the last one that may be counted."""
    out: Path
    """Folder of the result; it appears whole or not at all."""
    target: str
    """See ``find_places``."""
    start: str
    """``YYYY-MM`` or ``YYYY-MM-DD``."""
    register: Path
    """CSV to which the result is added."""
    name: str = ""
    """What the target is called; empty: as it is found."""
    pack: Path | None = None
    """Pack whose hotspots may be named."""
    controls: tuple[str, ...] = ()
    """Places that are the controls; none: they are suggested."""
    force: bool = False
    """Replace an existing result."""
    settings_file: Path | None = None
    """The settings file that was read, for the list of inputs."""


@dataclass(frozen=True)
class EvaluateResult:
    """The folder as written, and what its summary needs."""

    folder: Path
    register: Path
    loaded: Loaded
    area: str
    target: Place
    asked: Asked
    sides: Sides
    """The months counted."""
    left_out: tuple[pd.Period, ...]
    """Months of either side that the files lack or that look incomplete."""
    evaluation: Evaluation
    row: pd.DataFrame
    """EVALUATIONS: the one row added to the register."""
    sentences: tuple[str, ...]
    """What was found."""
    warnings: tuple[str, ...]
    """What stands against it, worst first."""
