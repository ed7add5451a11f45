"""How bytes leave the program: whole folders or nothing, neutral spreadsheets, fixed dates."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotspots.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    import pandas as pd

FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""What GDAL writes for 'last change', so that two runs give the same bytes."""

_FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001 - spreadsheets read the full-width signs too


@contextmanager
def new_folder(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Fill a folder that appears whole or not at all.

    Parameters
    ----------
    target
        The folder to make.
    replace
        Put the new folder in the place of an existing one; the old one goes only once the new is whole.

    Yields
    ------
    Path
        A temporary folder beside the target, to be filled; it is renamed when the block ends well, and
        removed when it does not.

    Raises
    ------
    OutputError
        The target exists and may not be replaced, or something in it is held open, or the folder cannot
        be written.
    """
    if not replace:
        refuse_existing(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    except OSError as error:
        raise OutputError(f"The folder {target.parent} cannot be written ({error.strerror}); check --out.") from error
    try:
        yield work
        work.chmod(0o755)
        _swap(work, target)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{error.filename or target} cannot be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def refuse_existing(target: Path) -> None:
    """Fail, before any work is done, where a folder that is to be made is there already.

    Raises
    ------
    OutputError
        The folder exists.
    """
    if target.exists():
        raise OutputError(f"{target} already exists and is kept; add --force to replace it, or another --out.")


def _swap(work: Path, target: Path) -> None:
    """Rename the finished folder into place; put the old one back if that fails."""
    held = (
        f"{target} cannot be replaced: a file in it is probably open in another program. "
        "Close it there (Excel, QGIS, the browser), then run the same command again."
    )
    if not target.exists():
        os.replace(work, target)  # noqa: PTH105 - one name for the operation, here and in the tests
        return
    old = work.with_suffix(".old")
    try:
        os.replace(target, old)  # noqa: PTH105
    except OSError as error:
        raise OutputError(held) from error
    try:
        os.replace(work, target)  # noqa: PTH105
    except OSError as error:
        os.replace(old, target)  # noqa: PTH105
        raise OutputError(held) from error
    shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with the line ends it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", errors="replace"))


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document, indented, in the order given."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame without its geometry as CSV: UTF-8 with BOM, unrounded, text that cannot run as a formula.

    Parameters
    ----------
    path
        File to write.
    frame
        Any frame; its index becomes the first column.
    """
    table = frame.drop(columns="geometry", errors="ignore").reset_index()
    for name in table.columns:
        if table[name].dtype == "str" or table[name].dtype == object:
            table[name] = table[name].map(neutral, na_action="ignore")
    buffer = io.StringIO()
    table.to_csv(buffer, index=False, lineterminator="\n")
    write_text(path, "\ufeff" + buffer.getvalue())


def neutral(value: Any) -> Any:  # noqa: ANN401
    """Return text such that a spreadsheet shows it instead of running it; anything else as it is."""
    if isinstance(value, str) and value.lstrip(" ")[:1] and value.lstrip(" ")[0] in _FORMULA_STARTS:
        return "'" + value
    return value


def write_geopackage(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write frames as the layers of one GeoPackage, the same bytes for the same frames.

    Parameters
    ----------
    path
        File to write; it must not exist.
    layers
        Layer name → frame; its index becomes the first column, periods become text such as ``2024-05``.
    """
    import pyogrio  # noqa: PLC0415 - this floor stays light for --help

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        for name, frame in layers.items():
            table = frame.reset_index()
            for column in table.columns:
                if str(table[column].dtype).startswith("period"):
                    table[column] = table[column].astype("str")
            kind = None if len(table) and table.geometry.notna().any() else "Unknown"
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", geometry_type=kind, append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
