"""All incidents of a job: street-level files and the sources of the settings, accounted for together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import InputError
from hotspots.intake import mapped, street
from hotspots.intake.accept import STREET_LEVEL, Intake, accept, accounts
from hotspots.intake.files import InputFile, Packed, find_street_files, labels, sha256, sha256_on_disk
from hotspots.intake.harm import read_weights, weight_of
from hotspots.intake.themes import themes_of
from hotspots.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hotspots.settings import Source


@dataclass(frozen=True)
class _Part:
    """The files of one source; none of the settings: street-level files."""

    source: Source | None
    files: list[Packed]

    @property
    def name(self) -> str:
        return self.source.name if self.source else STREET_LEVEL


def read_incidents(
    paths: Sequence[Path],
    settings: Settings | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Intake:
    """Read all incident files and account for each of their rows.

    Parameters
    ----------
    paths
        Street-level CSV files, gzipped or not, folders or zips of them.
    settings
        Its ``[[sources]]`` are read as well; ``[areas]`` tells the CRS of the analysis (with the British
        National Grid a point outside Great Britain is rejected) and the time zone; ``[[themes]]`` and
        ``[harm]`` what each incident carries. None: the defaults.
    progress
        Called with the name of each file before it is read.

    Returns
    -------
    Intake
        Accepted and rejected rows, accounts, coverage and notes. A file that is byte for byte one
        already read for the same source does not count again.

    Raises
    ------
    InputError
        A path is missing, a file is not what it was given as, or no row is usable.
    SettingsError
        A source's layout, CRS or time zone cannot be.
    """
    chosen = settings or Settings()
    parts = _parts(paths, chosen.sources)
    named = iter(labels([packed for part in parts for packed in part.files]))
    names = [[next(named) for _ in part.files] for part in parts]
    read = _read(parts, names, chosen, progress)
    raw = read.raw
    if raw.empty:
        more = f" and {len(read.contents) - 1} more files" if len(read.contents) > 1 else ""
        raise InputError(f"{next(iter(read.contents))}{more} holds no rows under its header; get it again.")
    raw["themes"] = themes_of(raw, chosen.themes)
    if chosen.harm.table:
        weights, file = read_weights(Path(chosen.harm.table))
        raw["harm_weight"] = weight_of(raw["offence_code"], weights)
        read.others.append(file)
    table, accepted = accept(raw)
    return Intake(
        **table,
        accounts=accounts(raw, accepted, read.contents),
        files=(*_as_given(parts, names), *read.others),
        notes=tuple(dict.fromkeys([*read.notes, *_editions(raw)])),
        flags_of={part.name: tuple(sorted(part.source.flags)) if part.source else () for part in parts},
        unmapped=read.unmapped,
    )


@dataclass
class _Read:
    """What reading has gathered."""

    raw: pd.DataFrame = field(default_factory=pd.DataFrame)
    contents: dict[str, tuple[str, str]] = field(default_factory=dict)
    """File → its source and the SHA-256 of its unpacked bytes."""
    unmapped: dict[str, dict[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    others: list[InputFile] = field(default_factory=list)


def _read(
    parts: Sequence[_Part],
    names: Sequence[Sequence[str]],
    settings: Settings,
    progress: Callable[[str], None] | None,
) -> _Read:
    """Read all files of all sources into rows for ``accept``."""
    read, frames = _Read(), []
    analysis_epsg, zone = settings.areas.analysis_epsg, settings.areas.time_zone
    for part, its in zip(parts, names, strict=True):
        texts = _texts(part, its, read, progress)
        if part.source is None:
            # A street-level file is judged alone, so that its texts need not wait in memory for the others.
            frames += [street.to_raw(frame, analysis_epsg=analysis_epsg, zone=zone) for frame in texts]
            continue
        joined = pd.concat(texts, ignore_index=True)
        told = mapped.to_raw(part.source, joined, analysis_epsg=analysis_epsg, zone=zone)
        frames.append(told.raw)
        read.others += told.files
        read.notes += told.notes
        if told.unmapped:
            read.unmapped[part.name] = told.unmapped
    read.raw = pd.concat(frames, ignore_index=True)
    return read


def _parts(paths: Sequence[Path], sources: Sequence[Source]) -> list[_Part]:
    """Return the files of every source, those of the command first."""
    open_data = [*paths, *(Path(source.path) for source in sources if source.format == STREET_LEVEL)]
    parts = [_Part(None, find_street_files(open_data))] if open_data else []
    parts += [_Part(source, mapped.find_source_files(source)) for source in sources if source.format != STREET_LEVEL]
    if not parts:
        raise InputError(
            "No incidents are given; name street-level files with --incidents, or [[sources]] in settings."
        )
    return parts


def _texts(
    part: _Part,
    names: Sequence[str],
    read: _Read,
    progress: Callable[[str], None] | None,
) -> Iterator[pd.DataFrame]:
    """Read the columns of a source's files, one after another; ``same_as`` names an equal file read before."""
    first_with: dict[str, str] = {}
    for packed, name in zip(part.files, names, strict=True):
        if progress is not None:
            progress(name)
        data = packed.read()
        content = sha256(data)
        read.contents[name] = (part.name, content)
        frame = street.read_texts(data, name) if part.source is None else mapped.read_texts(part.source, data, name)
        original = first_with.setdefault(content, name)
        frame["same_as"] = pd.Series(original if original != name else "", index=frame.index, dtype="str")
        if original != name:
            read.notes.append(f"{name} is byte for byte the file {original}: its rows are not counted again.")
        yield frame


def _editions(raw: pd.DataFrame) -> list[str]:
    """Name the months of a force of which several files hold rows without an id, or that several sources hold."""
    counted = raw[(raw["fault"] != "repeated_file") & (raw["month"] != "")]
    notes = []
    for (force, month), rows in counted[counted["id"] == ""].groupby(["force", "month"]):
        names = rows["source_file"].unique()
        if len(names) > 1 and len(set(rows["source"])) == 1:
            notes.append(
                f"{month} of {force or 'an unnamed force'} is in {len(names)} different files "
                f"({', '.join(sorted(names))}): rows without an ID, such as anti-social behaviour, count once for "
                "each; keep only the newest download.",
            )
    shared = counted[counted["force"] != ""].groupby("force")["source"].unique()
    for force, its in shared.items():
        if len(its) > 1:
            notes.append(
                f"Incidents of {force} come from {len(its)} sources ({', '.join(sorted(its))}): one that is in both "
                "counts twice.",
            )
    return notes


def _as_given(parts: Sequence[_Part], names: Sequence[Sequence[str]]) -> tuple[InputFile, ...]:
    """Return the files as they lie on disk, whose hashes a reader can check: a zip once, not its members."""
    on_disk = {
        packed.path: packed.path.name if packed.member else name
        for part, its in zip(parts, names, strict=True)
        for packed, name in zip(part.files, its, strict=True)
    }
    return tuple(InputFile("incidents", name, sha256_on_disk(path)) for path, name in on_disk.items())
