"""Small ONS tables: the 2011 to 2021 exact-fit lookup and residents per LSOA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import InputError
from hotspots.intake.files import InputFile, read_columns, sha256, unpack

if TYPE_CHECKING:
    from pathlib import Path

_LOOKUP = {"lsoa11": ("LSOA11CD",), "lsoa21": ("LSOA21CD",), "rule": ("CHGIND", "CHNGIND")}
_POPULATION = {
    "lsoa_code": (
        "lsoa21_code",
        "lsoa11_code",
        "LSOA21CD",
        "LSOA11CD",
        "lsoa_code",
        "GEOGRAPHY_CODE",
        "geography code",
    ),
    "population": (
        "total_residents",
        "Persons_All-Ages",
        "population",
        "residents",
        "OBS_VALUE",
        "All Ages",
        "Total",
    ),
}
RULES = ("U", "S", "M", "X")


def read_lookup(path: Path) -> tuple[pd.DataFrame, tuple[InputFile, ...]]:
    """Read the ONS exact-fit lookup from LSOA 2011 to LSOA 2021.

    Parameters
    ----------
    path
        CSV or gzipped CSV with ``LSOA11CD``, ``LSOA21CD`` and ``CHGIND``.

    Returns
    -------
    lookup
        Columns ``lsoa11``, ``lsoa21`` and ``rule``: U unchanged, S split, M merged, X irregular.
    files
        The input as the manifest names it.

    Raises
    ------
    InputError
        The file is missing, misses a column, or has a change type that is not U, S, M or X.
    """
    data = unpack(path)
    columns, _ = read_columns(data, path.name, _LOOKUP, tuple(_LOOKUP))
    lookup = pd.DataFrame(columns, dtype="str")
    unknown = sorted(set(lookup["rule"]) - set(RULES))
    if unknown or lookup.empty:
        said = f"the change type {unknown[0]!r}" if unknown else "no rows"
        raise InputError(f"{path.name} has {said}; the ONS exact-fit lookup (V3) was expected with U, S, M and X.")
    return lookup, (InputFile("lookup", path.name, sha256(data)),)


def read_population(path: Path) -> tuple[pd.Series, tuple[InputFile, ...]]:
    """Read residents per LSOA.

    Parameters
    ----------
    path
        CSV or gzipped CSV with an LSOA code column and a column of residents, as Census 2021 tables,
        Nomis downloads and the ONS mid-year estimates spell them.

    Returns
    -------
    population
        Residents, index ``lsoa_code``.
    files
        The input as the manifest names it.

    Raises
    ------
    InputError
        The file is missing, misses a column, repeats a code, or has a value that is no count.
    """
    data = unpack(path)
    columns, numbers = read_columns(data, path.name, _POPULATION, tuple(_POPULATION))
    population = pd.to_numeric(
        pd.Series(columns["population"], dtype="str").str.replace(",", "", regex=False),
        errors="coerce",
    )
    bad = population.isna() | (population < 0)
    if bad.any():
        row = numbers[int(bad.to_numpy().argmax())]
        raise InputError(
            f"{path.name}, row {row}: the number of residents is {columns['population'][row - numbers[0]]!r}."
        )
    population.index = pd.Index(columns["lsoa_code"], dtype="str", name="lsoa_code")
    if population.index.has_duplicates:
        code = population.index[population.index.duplicated()][0]
        raise InputError(f"{path.name} gives {code} more than once; keep one row per LSOA (all persons, all ages).")
    return population.rename("population").astype(float), (InputFile("population", path.name, sha256(data)),)
