"""Find the files an option names, open what is packed, and read text tables row by row."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

STREET_PATTERN = "*-street.csv"


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input as the manifest names it: a name without its folder, and the hash of its bytes."""

    role: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Packed:
    """One table file on disk, packed or not."""

    path: Path
    member: str = ""
    """Name inside a zip; empty: the file itself."""

    @property
    def label(self) -> str:
        """Name without its folder, as tables and messages show it."""
        return self.member.rsplit("/", 1)[-1] if self.member else self.path.name

    @property
    def longer_label(self) -> str:
        """Name with the folder it lies in, for files that share a name."""
        folder = self.member.rpartition("/")[0].rpartition("/")[2] if self.member else self.path.parent.name
        return f"{folder or self.path.name}/{self.label}"

    def read(self) -> bytes:
        """Return the unpacked bytes.

        Raises
        ------
        InputError
            The file cannot be read or unpacked.
        """
        if not self.member:
            return unpack(self.path)
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self.member)
        except (
            OSError,
            RuntimeError,
            NotImplementedError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
        ) as error:
            raise InputError(
                f"{self.label} in {self.path.name} cannot be unpacked ({error}); download the zip again.",
            ) from error


def unpack(path: Path) -> bytes:
    """Return the bytes of a file, decompressed where its name ends in ``.gz``.

    Raises
    ------
    InputError
        The file is missing, a folder, unreadable, or not the gzip its name says.
    """
    if not path.exists():
        raise InputError(f"The file {path} does not exist; check the path.")
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix.lower() == ".gz" else data
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path.name} is not a whole gzip file ({error}); download it again.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); is it a file, and yours to read?") from error


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def find_street_files(paths: Iterable[Path]) -> list[Packed]:
    """List the street-level files that the given files, folders and zips hold.

    Parameters
    ----------
    paths
        CSV files, gzipped CSV files, folders (searched recursively) or zips of such folders.

    Returns
    -------
    list of Packed
        In the order given, those of a folder or zip by name; a file reached twice is listed once.

    Raises
    ------
    InputError
        A path does not exist, or a folder or zip holds no street-level file.
    """
    found: dict[tuple[Path, str], Packed] = {}
    for path in paths:
        if not path.exists():
            raise InputError(f"--incidents {path} does not exist; give a street-level CSV, a folder or a zip.")
        if path.is_dir():
            inside = [
                Packed(file)
                for file in sorted(path.rglob("*"))
                if file.is_file() and (file.match(STREET_PATTERN) or file.match(STREET_PATTERN + ".gz"))
            ]
        elif path.suffix.lower() == ".zip":
            inside = [Packed(path, member) for member in _street_members(path)]
        else:
            inside = [Packed(path)]
        if not inside:
            raise InputError(f"{path} holds no file named {STREET_PATTERN}; is it a data.police.uk download?")
        found.update({(file.path.resolve(), file.member): file for file in inside})
    return list(found.values())


def _street_members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return sorted(name for name in archive.namelist() if Path(name).match(STREET_PATTERN))
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path.name} is not a readable zip ({error}); download it again.") from error


def labels(files: Sequence[Packed]) -> list[str]:
    """Return one distinct name per file, longer only where names repeat."""
    short = [file.label for file in files]
    chosen = [file.longer_label if short.count(name) > 1 else name for file, name in zip(files, short, strict=True)]
    seen: dict[str, int] = {}
    for position, name in enumerate(chosen):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            chosen[position] = f"{name} ({seen[name]})"
    return chosen


def decode(data: bytes) -> str:
    """Return the text of a table file: UTF-8 or UTF-16 with their marks, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a CSV with the row number a spreadsheet shows; blank lines are passed over.

    Raises
    ------
    InputError
        A record cannot be read, as when a quote is never closed.
    """
    reader = csv.reader(io.StringIO(text, newline=""))
    number = 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{name}, row {number}: not readable as CSV ({error}); is a quote never closed there?",
            ) from error
        if record:
            yield number, record


def read_columns(
    packed_bytes: bytes,
    name: str,
    wanted: Mapping[str, tuple[str, ...]],
    required: Sequence[str],
) -> tuple[dict[str, list[str]], list[int]]:
    """Read the wanted columns of a CSV with a header; nothing else of it is kept.

    Parameters
    ----------
    packed_bytes
        Bytes of the file, unpacked.
    name
        What messages call the file.
    wanted
        Our name → the spellings that a header may use, compared without regard to case and outer blanks.
    required
        Those of our names that must be there.

    Returns
    -------
    columns
        Our name → values as stripped text, one per data row; a column that is absent is not in it.
    numbers
        The spreadsheet's row number of each.

    Raises
    ------
    InputError
        The file is empty, is not text, or misses a required column; the columns found are listed.
    """
    if b"\x00" in packed_bytes[:4096] and not packed_bytes.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name} is not a CSV: it holds binary data; save it as CSV first.")
    records = rows(decode(packed_bytes), name)
    _, header = next(records, (0, []))
    if not header:
        raise InputError(f"{name} is empty; a CSV with a header line was expected.")
    spelled = {title.strip().casefold(): position for position, title in reversed(list(enumerate(header)))}
    positions = {
        ours: next(spelled[title.casefold()] for title in spellings if title.casefold() in spelled)
        for ours, spellings in wanted.items()
        if any(title.casefold() in spelled for title in spellings)
    }
    missing = [wanted[ours][0] for ours in required if ours not in positions]
    if missing:
        raise InputError(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; it has: "
            f"{_shorten(', '.join(title.strip() for title in header))}. Is it the right file?",
        )
    columns: dict[str, list[str]] = {ours: [] for ours in positions}
    numbers: list[int] = []
    targets = [(columns[ours].append, position) for ours, position in positions.items()]
    for number, record in records:
        numbers.append(number)
        width = len(record)
        for append, position in targets:
            append(record[position].strip() if position < width else "")
    return columns, numbers


def _shorten(text: str, limit: int = 200) -> str:
    printable = "".join(letter if letter.isprintable() else "�" for letter in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"
