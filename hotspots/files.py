"""How bytes leave the program: whole folders or nothing, neutral spreadsheets, fixed dates."""

from __future__ import annotations

import glob
import io
import json
import os
import secrets
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from hotspots.errors import OutputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""What GDAL writes for 'last change', so that two runs give the same bytes."""

_LEFTOVER_AGE_S = 24 * 3600.0
"""A temporary folder this old belongs to no run that is still writing."""

_LOCK_WAIT_S = 30.0
"""A register is held for less than a second; who waits longer is told."""
_LOCK_POLL_S = 0.05

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
    check_target(target, replace=replace)
    work = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        work.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"The folder {target.parent} cannot be written ({error.strerror}); check --out.") from error
    try:
        yield work
        _swap(work, target)
        _sweep(target)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{error.filename or target} cannot be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def check_target(target: Path, *, replace: bool, own: Sequence[str] = ()) -> None:
    """Fail, before any work is done, where a folder cannot be made.

    Parameters
    ----------
    target
        The folder to be made.
    replace
        May it replace an existing one?
    own
        Names of the files that such a folder holds; others were put there by somebody and are not replaced.

    Raises
    ------
    OutputError
        The folder exists and may not be replaced, holds something else, or it or a folder above it is a file.
    """
    blocking = next((path for path in (target, *target.parents) if path.exists() and not path.is_dir()), None)
    if blocking is not None:
        raise OutputError(f"{blocking} is a file where a folder is needed; give another --out.")
    if target.exists() and not replace:
        raise OutputError(f"{target} already exists and is kept; add --force to replace it, or another --out.")
    inside = sorted(path.name for path in target.iterdir()) if own and target.exists() else []
    # Programs lay their own files beside an open one: month.gpkg-wal, ~$hotspots.csv.
    foreign = [name for name in inside if not name.startswith((*own, "~$", "."))]
    if foreign:
        raise OutputError(
            f"{target} also holds {', '.join(foreign[:5])}, which --force would delete; move it elsewhere."
        )


def _swap(work: Path, target: Path) -> None:
    """Rename the finished folder into place; put the old one back if that fails or is stopped."""
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
    except BaseException as error:  # Ctrl-C too must not leave the pack under a hidden name
        if not target.exists():
            os.replace(old, target)  # noqa: PTH105
        if isinstance(error, OSError):
            raise OutputError(held) from error
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Remove what runs that were killed long ago left beside the target."""
    name = glob.escape(f".{target.name}.")
    for leftover in (*target.parent.glob(f"{name}*.part"), *target.parent.glob(f"{name}*.old")):
        if time.time() - leftover.stat().st_mtime > _LEFTOVER_AGE_S:
            shutil.rmtree(leftover, ignore_errors=True)


def replace_file(path: Path, data: bytes) -> None:
    """Write one file that appears whole or not at all, in the place of an older one of its name.

    Parameters
    ----------
    path
        The file; folders above it are made.
    data
        Its bytes, on the disk before the name is given.

    Raises
    ------
    OutputError
        The folder cannot be written, or the old file is held open.
    """
    work = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with work.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(work, path)  # noqa: PTH105
        finally:
            work.unlink(missing_ok=True)
        for leftover in path.parent.glob(f"{glob.escape(f'.{path.name}.')}*.part"):  # of a run that was killed
            leftover.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); is it open in another program, or the disk full?",
        ) from error


@contextmanager
def locked(path: Path, *, wait_s: float = _LOCK_WAIT_S) -> Iterator[None]:
    """Hold a file that several runs add to, so that what one writes after reading is not lost to another.

    The lock is the operating system's own, on a hidden file beside the one it stands for: it ends with the program
    that holds it, however that ends, so none is ever stale. It binds the runs of this program, not a spreadsheet.

    Parameters
    ----------
    path
        The file to hold; it need not exist. Folders above it are made.
    wait_s
        How long to wait for another run.

    Yields
    ------
    None
        While the lock is held.

    Raises
    ------
    OutputError
        Another run holds it for longer, or the folder cannot be written or locked.
    """
    beside = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _take(beside, wait_s)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be locked for writing ({error.strerror or error}); check its folder."
        ) from error
    if handle is None:
        raise OutputError(f"{path} is being written by another run for over {wait_s:g} s; try again when it is done.")
    try:
        yield
    finally:
        if sys.platform != "win32":
            beside.unlink(missing_ok=True)  # while it is held, so that nobody's new lock goes
        os.close(handle)
        if sys.platform == "win32":
            with suppress(OSError):  # open elsewhere: the next run's
                beside.unlink(missing_ok=True)


def _take(beside: Path, wait_s: float) -> int | None:
    """Return an open file with the lock on it; none where it stays another's."""
    end = time.monotonic() + wait_s
    while True:
        handle = _open(beside)
        if handle is not None:
            mine = False
            try:
                # A lock on a file that was removed meanwhile binds nobody: the name must still be this file's.
                mine = _lock(handle) and _is_still(handle, beside)
            finally:
                if not mine:
                    os.close(handle)
            if mine:
                return handle
        if time.monotonic() >= end:
            return None
        time.sleep(_LOCK_POLL_S)


def _open(beside: Path) -> int | None:
    try:
        return os.open(beside, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        if sys.platform == "win32":  # another run's is being removed at this moment
            return None
        raise


def _lock(handle: int) -> bool:
    """Take the lock of an open file if it is free."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_still(handle: int, beside: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), beside.stat())
    except FileNotFoundError:
        return False


def remove_folder(path: Path) -> None:
    """Remove a working folder of the program with all it holds, and the folder above it if that is then empty."""
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.parent.rmdir()


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with the line ends it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", errors="replace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes as they are, into a folder that is still being made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document, indented, in the order given."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame without its geometry as CSV: UTF-8 with BOM, unrounded, text that cannot run as a formula.

    A carriage return inside text becomes a line feed: readers take a bare one for the end of the row.

    Parameters
    ----------
    path
        File to write.
    frame
        Any frame; its index becomes the first column.
    """
    write_text(path, csv_text(frame))


def csv_text(frame: pd.DataFrame) -> str:
    """Return what ``write_csv`` writes."""
    table = frame.drop(columns="geometry", errors="ignore").reset_index()
    for name in table.columns:
        if table[name].dtype.kind == "O":  # every kind of text, categories too
            table[name] = table[name].map(_cell, na_action="ignore")
    buffer = io.StringIO()
    table.to_csv(buffer, index=False, lineterminator="\n")
    return "\ufeff" + buffer.getvalue()


def neutral(value: Any) -> Any:  # noqa: ANN401
    """Return text such that a spreadsheet shows it instead of running it; anything else as it is."""
    if isinstance(value, str) and value.lstrip(" ")[:1] and value.lstrip(" ")[0] in _FORMULA_STARTS:
        return "'" + value
    return value


def _cell(value: Any) -> Any:  # noqa: ANN401
    value = neutral(value)
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def write_geopackage(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write frames as the layers of one GeoPackage, the same bytes for the same frames.

    Parameters
    ----------
    path
        File to write; it must not exist.
    layers
        Layer name → frame; its index becomes the first column, periods become text such as ``2024-05``.

    Raises
    ------
    OutputError
        The file cannot be written, as on a full disk.
    """
    import pyogrio  # noqa: PLC0415 - this floor stays light for --help
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError  # noqa: PLC0415

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
    except (DataSourceError, DataLayerError, FeatureError) as error:
        raise OutputError(f"{path.name} cannot be written ({error}); is the disk full?") from error
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
