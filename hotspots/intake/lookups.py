"""Small ONS tables: the 2011 to 2021 exact-fit lookup, residents per LSOA, and the ward of each LSOA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.intake.files import InputFile, read_columns, sha256, shown_name, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from hotspots.intake.files import Table

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
_WARDS = {
    "lsoa_code": ("LSOA21CD", "LSOA11CD", "lsoa_code"),
    "ward": ("WD24NM", *(f"WD{year}NM" for year in range(29, 10, -1)), "ward", "ward_name"),
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
        The file is missing, misses a column, lacks a code, or has a change type that is not U, S, M or X.
    """
    data = unpack(path)
    table = read_columns(data, path.name, _LOOKUP, tuple(_LOOKUP))
    _refuse_surplus(table, path)
    lookup = pd.DataFrame(table.columns, dtype="str")
    lookup = lookup[(lookup != "").any(axis=1)].drop_duplicates(ignore_index=True)
    unknown = sorted(set(lookup["rule"]) - set(RULES))
    codeless = (lookup[["lsoa11", "lsoa21"]] == "").any(axis=None)
    if unknown or lookup.empty or codeless:
        said = f"the change type {unknown[0]!r}" if unknown else "rows without a code" if codeless else "no rows"
        raise InputError(f"{path.name} has {said}; the ONS exact-fit lookup (V3) was expected with U, S, M and X.")
    return lookup, (InputFile("lookup", shown_name(path), sha256(data)),)


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
    table = read_columns(data, path.name, _POPULATION, tuple(_POPULATION))
    _refuse_surplus(table, path)
    given = pd.DataFrame({"row": table.numbers, **table.columns}).astype(dict.fromkeys(_POPULATION, "str"))
    given = given[(given["lsoa_code"] != "") | (given["population"] != "")]
    if given.empty:
        raise InputError(f"{path.name} has a header and no rows; residents per LSOA were expected.")
    population = pd.to_numeric(given["population"].str.replace(",", "", regex=False), errors="coerce").astype(float)
    bad = given[~(np.isfinite(population) & (population >= 0) & (given["lsoa_code"] != ""))]
    if len(bad):
        row, said = bad["row"].iloc[0], bad["population"].iloc[0]
        raise InputError(
            f"{path.name}, row {row}: {said!r} is no number of residents."
            if bad["lsoa_code"].iloc[0]
            else f"{path.name}, row {row}: {said!r} residents are given without an LSOA code.",
        )
    population.index = pd.Index(given["lsoa_code"], dtype="str", name="lsoa_code")
    if population.index.has_duplicates:
        code = population.index[population.index.duplicated()][0]
        raise InputError(f"{path.name} gives {code} more than once; keep one row per LSOA (all persons, all ages).")
    return population.rename("population"), (InputFile("population", shown_name(path), sha256(data)),)


def read_wards(path: Path) -> tuple[pd.Series, tuple[InputFile, ...]]:
    """Read the ward of each LSOA.

    Parameters
    ----------
    path
        CSV or gzipped CSV with an LSOA code column and a column of ward names, as the ONS best-fit lookups
        from LSOA to ward spell them (``LSOA21CD``, ``WD24NM``).

    Returns
    -------
    wards
        Ward name, index ``lsoa_code``.
    files
        The input as the manifest names it.

    Raises
    ------
    InputError
        The file is missing, misses a column, holds no row, or gives one LSOA two wards.
    """
    data = unpack(path)
    table = read_columns(data, path.name, _WARDS, tuple(_WARDS))
    _refuse_surplus(table, path)
    given = pd.DataFrame(table.columns, dtype="str").drop_duplicates()
    given = given[(given["lsoa_code"] != "") & (given["ward"] != "")]
    if given.empty:
        raise InputError(f"{path.name} has a header and no rows; an LSOA code and a ward name in each were expected.")
    wards = given.set_index("lsoa_code")["ward"]
    if wards.index.has_duplicates:
        code = wards.index[wards.index.duplicated()][0]
        raise InputError(f"{path.name} gives {code} two wards; use a best-fit lookup, with one ward per LSOA.")
    return wards, (InputFile("wards", shown_name(path), sha256(data)),)


def _refuse_surplus(table: Table, path: Path) -> None:
    for position, said in table.surplus.items():
        raise InputError(f"{path.name}, row {table.numbers[position]}: {said}; put text with a comma into quotes.")
