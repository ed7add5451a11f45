"""Registers that grow from meeting to meeting, read back as they were written."""

from __future__ import annotations

import codecs
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.errors import InputError, TableError
from hotspots.intake.files import decode, rows
from hotspots.tables import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandera.pandas as pa


def read_register(path: Path, contract: pa.DataFrameSchema) -> tuple[pd.DataFrame, bytes]:
    """Read a register, and hold it to its contract.

    Parameters
    ----------
    path
        A CSV that ``hotspots.files.csv_text`` made of the table.
    contract
        The table.

    Returns
    -------
    tuple of DataFrame and bytes
        The table, and the bytes it was read from; a register that is not there is empty.

    Raises
    ------
    InputError
        The file cannot be read, its columns are others, or a value is none that the program wrote.
    """
    what = f"The register {path.name}"
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise InputError(f"{what} cannot be read ({error.strerror or error}); is it a file, and yours?") from error
    columns = [str(contract.index.name), *contract.columns]
    if not data:
        return _typed([], columns, contract), data
    if not data.startswith(codecs.BOM_UTF8):
        raise InputError(f"{what} is not as this program wrote it (no UTF-8 mark); give another --register.")
    (_, header), *records = list(rows(decode(data), path.name)) or [(0, [])]
    if header != columns:
        raise InputError(
            f"{what} has other columns than an evaluation ({', '.join(header[:5])} …); it belongs to something "
            "else: give another --register."
        )
    for number, record in records:
        if len(record) != len(columns):
            raise InputError(
                f"{what}, row {number}, has {len(record)} cells for {len(columns)} columns; mend that row."
            )
    try:
        return _typed([record for _, record in records], columns, contract), data
    except (ValueError, KeyError, TableError) as error:
        raise InputError(
            f"{what} was changed so that it cannot be read ({error}); a spreadsheet rewrites dates and numbers: bring "
            "back an earlier copy, or give another --register."
        ) from error


def _typed(records: list[list[str]], columns: list[str], contract: pa.DataFrameSchema) -> pd.DataFrame:
    """Return cells of text as the contract's types."""
    cells = pd.DataFrame(records, columns=columns, dtype="str")
    made: dict[str, pd.Series] = {}
    for name, column in contract.columns.items():
        read, dtype = _READERS.get(str(column.dtype), (str, "str"))
        made[name] = pd.Series([read(value) for value in cells[name]], dtype=dtype)
    index = pd.Index(cells[columns[0]], dtype="str", name=columns[0])
    return check(contract, pd.DataFrame(made).set_axis(index))


def _number(text: str) -> float:
    return float(text) if text else math.nan


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "bool": ({"True": True, "False": False}.__getitem__, "bool"),
    "int64": (int, "int64"),
    "float64": (_number, "float64"),
}
