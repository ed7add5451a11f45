"""Harm weights per offence code; never per crime type of police.uk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import InputError
from hotspots.intake.files import InputFile, read_columns, sha256_on_disk, unpack
from hotspots.intake.police_api import CATEGORIES

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = {"offence_code": ("offence_code", "offence code", "code"), "weight": ("weight", "score")}
_CRIME_TYPES = {name.casefold() for name in (*CATEGORIES, *CATEGORIES.values())}


def read_weights(path: Path) -> tuple[pd.Series, InputFile]:
    """Read a table of harm weights.

    Parameters
    ----------
    path
        CSV with the columns ``offence_code`` and ``weight``.

    Returns
    -------
    weights : Series
        Weight by offence code (upper case, outer blanks cut).
    file : InputFile
        The file, for the manifest.

    Raises
    ------
    InputError
        The file is missing, is not such a table, has two weights for one code, a weight that is no
        positive number, or weights per crime type: one crime type of police.uk holds offences of very
        different harm ("Violence and sexual offences" from 9 to 7,979 in the ONS Crime Severity Score).
    """
    columns, numbers, surplus = read_columns(unpack(path), path.name, _COLUMNS, list(_COLUMNS))
    weights: dict[str, float] = {}
    for position, (code, text) in enumerate(zip(columns["offence_code"], columns["weight"], strict=True)):
        where = f"{path.name}, row {numbers[position]}"
        if position in surplus:
            raise InputError(f"{where}: {surplus[position]}; is a comma not quoted?")
        if code.casefold() in _CRIME_TYPES:
            raise InputError(
                f"{where}: a weight for the crime type {code!r} is refused: one crime type holds offences of very "
                "different harm (violence and sexual offences: 9 to 7,979); give weights per offence code.",
            )
        weight = _number(text)
        if not code or not 0 < weight < math.inf:
            raise InputError(
                f"{where}: {code!r} has the weight {text!r}; an offence code and a number above 0 are meant."
            )
        key = code.upper()
        if weights.setdefault(key, weight) != weight:
            raise InputError(f"{where}: {code!r} has two weights, {weights[key]:g} and {weight:g}; keep one release.")
    if not weights:
        raise InputError(f"{path.name} holds no weights under its header.")
    return pd.Series(weights, dtype=float, name="weight"), InputFile("harm weights", path.name, sha256_on_disk(path))


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return math.nan


def weight_of(codes: pd.Series, weights: pd.Series) -> pd.Series:
    """Return the weight of each offence code; NaN where there is no code, or none in the table."""
    return codes.str.strip().str.upper().map(weights).astype(float)
