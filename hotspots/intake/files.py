"""Find the files an option names, open what is packed, and read text tables row by row."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import itertools
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hotspots.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

STREET_PATTERN = "*-street.csv"

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_GZIP_FAULTS = (gzip.BadGzipFile, EOFError, zlib.error)
"""What zipfile raises on damaged, encrypted or unknown archives; a NotImplementedError is a RuntimeError."""
ZIP_FAULTS = (
    OSError,
    RuntimeError,
    ValueError,
    EOFError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


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
        return _member_parts(self.member)[-1] if self.member else shown_name(self.path)

    @property
    def longer_label(self) -> str:
        """Name with the folder it lies in, for files that share a name."""
        if self.member:
            parts = [shown_name(self.path), *_member_parts(self.member)]
            return "/".join(parts[-2:])
        return f"{shown_name(self.path.parent) or shown_name(self.path)}/{self.label}"

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
                return _inflate(archive.read(self.member), self.member)
        except ZIP_FAULTS as error:
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
    if not exists(path):
        raise InputError(f"The file {path} does not exist; check the path.")
    try:
        return _inflate(path.read_bytes(), path.name)
    except _GZIP_FAULTS as error:
        raise InputError(f"{path.name} is not a whole gzip file ({error}); download it again.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); is it a file, and yours to read?") from error


def _inflate(data: bytes, name: str) -> bytes:
    return gzip.decompress(data) if name.casefold().endswith(".gz") else data


def exists(path: Path) -> bool:
    """Return whether there is a file or folder; a path that no system could hold is none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def shown_name(path: Path) -> str:
    """Return the name of a file or folder as text that can be written: odd bytes in it become ``?``."""
    return path.name.encode("utf-8", errors="replace").decode("utf-8")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_on_disk(path: Path) -> str:
    """Return the SHA-256 of a file as it lies on disk, or of all files of a folder with their names.

    Raises
    ------
    InputError
        Something cannot be read.
    """
    try:
        if not path.is_dir():
            return sha256(path.read_bytes())
        inside = sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file())
        return sha256(
            "\n".join(f"{sha256(file.read_bytes())} {name}" for name, file in inside).encode("utf-8", "replace")
        )
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); is it yours to read?") from error


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
        No path is given, one does not exist, or a folder or zip holds no street-level file.
    """
    found: dict[tuple[Path, str], Packed] = {}
    for path in paths:
        if not exists(path):
            raise InputError(f"--incidents {path} does not exist; give a street-level CSV, a folder or a zip.")
        if path.is_dir():
            inside = [Packed(file) for file in sorted(path.rglob("*")) if _is_street(file.name) and file.is_file()]
        elif path.suffix.lower() == ".zip":
            inside = [Packed(path, member) for member in _street_members(path)]
        else:
            inside = [Packed(path)]
        if not inside:
            raise InputError(f"{path} holds no file named {STREET_PATTERN}; is it a data.police.uk download?")
        for file in inside:
            found.setdefault((file.path.resolve(), file.member), file)
    if not found:
        raise InputError("No --incidents are given; give a street-level CSV, a folder or a zip.")
    return list(found.values())


def _is_street(name: str) -> bool:
    """Return whether a name is that of a street-level file, not the shadow that macOS or Excel lays beside one."""
    return name.casefold().endswith(("-street.csv", "-street.csv.gz")) and not name.startswith((".", "~$"))


def _member_parts(member: str) -> list[str]:
    """Return the folders and the name of a zip's member, also where Windows wrote its back-slashes."""
    return [part for part in member.replace("\\", "/").split("/") if part]


def _street_members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info.filename for info in archive.infolist() if not info.is_dir()]
    except ZIP_FAULTS as error:
        raise InputError(f"{path.name} is not a readable zip ({error}); download it again.") from error
    return sorted(name for name in members if any(map(_is_street, _member_parts(name)[-1:])))


def labels(files: Sequence[Packed]) -> list[str]:
    """Return one distinct name per file, longer only where names repeat."""
    short = [file.label for file in files]
    chosen = [file.longer_label if short.count(name) > 1 else name for file, name in zip(files, short, strict=True)]
    taken: list[str] = []
    for name in chosen:
        numbered = (f"{name} ({number})" for number in itertools.count(2))
        taken.append(name if name not in taken else next(free for free in numbered if free not in taken))
    return taken


def decode(data: bytes) -> str:
    """Return the text of a table file: UTF-8 or UTF-16 with their marks, else Windows-1252.

    A NUL, which databases and spreadsheets take for the end of a text, becomes the replacement character.
    """
    if data.startswith(_UTF_16_MARKS):
        text = data.decode("utf-16", errors="replace")
    elif data.startswith(codecs.BOM_UTF8):
        text = data.decode("utf-8-sig", errors="replace")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.lstrip("\ufeff").replace("\x00", "\ufffd")


def rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a CSV with the row number a spreadsheet shows; blank lines are passed over.

    Raises
    ------
    InputError
        A record cannot be read. A quote that is never closed is one: read leniently it would swallow rows.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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


class Table(NamedTuple):
    """The wanted columns of a table file, as text."""

    columns: dict[str, list[str]]
    """Our name → values as stripped text, one per data row; a column that is absent is not in it."""
    numbers: list[int]
    """The spreadsheet's row number of each data row."""
    surplus: dict[int, str]
    """Position of a data row with more cells than the header has titles → how many, in words.

    Such a row lacks quotes around a comma, so that nobody can say what its cells mean.
    """


def read_columns(
    packed_bytes: bytes,
    name: str,
    wanted: Mapping[str, tuple[str, ...]],
    required: Sequence[str],
) -> Table:
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
    Table
        Columns, row numbers, and the rows with too many cells.

    Raises
    ------
    InputError
        The file is empty, is not text, or misses a required column; the columns found are listed.
    """
    if b"\x00" in packed_bytes[:4096] and not packed_bytes.startswith(_UTF_16_MARKS):
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
    surplus: dict[int, str] = {}
    targets = [(columns[ours].append, position) for ours, position in positions.items()]
    for number, record in records:
        width = len(record)
        if width > len(header) and any(cell.strip() for cell in record[len(header) :]):
            surplus[len(numbers)] = f"{width} cells under {len(header)} titles"
        numbers.append(number)
        for append, position in targets:
            append(record[position].strip() if position < width else "")
    return Table(columns, numbers, surplus)


def _shorten(text: str, limit: int = 200) -> str:
    printable = "".join(letter if letter.isprintable() else "�" for letter in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"
