"""The manifest: what a reader needs to make the pack again."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from hotspots.pack.folder import versions
from hotspots.places.locate import agreement
from hotspots.stats.usual import ALPHA

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from hotspots.intake.files import InputFile
    from hotspots.maps.content import Measure
    from hotspots.pipeline.inputs import Loaded
    from hotspots.settings import Settings


def manifest(
    loaded: Loaded,
    files: Sequence[InputFile],
    settings: Settings,
    parameters: dict[str, Any],
    measures: Sequence[Measure],
) -> dict[str, Any]:
    """Describe a month's pack.

    Parameters
    ----------
    loaded
        The tables it was made from.
    files
        Every file read.
    settings
        The settings in force.
    parameters
        What the method of the hotspots was given and chose.
    measures
        What colours the areas.

    Returns
    -------
    dict
        ``month``, ``counts`` over all files, accounts by file and by reason, ``inputs`` with names and
        hashes but no paths, ``parameters`` and ``versions``; ready for JSON.
    """
    accounts = loaded.intake.accounts
    kept, named = agreement(loaded.located)
    return {
        "month": str(loaded.month),
        "counts": counts(loaded),
        "by_file": accounts.to_dict(orient="index"),
        "rejected_by_reason": _tally(loaded.intake.rejects["reason"]),
        "no_location_by_category": _tally(
            loaded.intake.rejects.loc[loaded.intake.rejects["reason"] == "no_location", "category"],
        ),
        "repeats_that_differ_in_place": loaded.intake.differ_in_place,
        "located_by": _tally(loaded.located["located_by"]),
        "published_code_kept": {"kept": kept, "named": named},
        "polygons_repaired": list(loaded.boundaries.repaired),
        "inputs": [dataclasses.asdict(file) for file in files],
        "parameters": _parameters(loaded, settings, parameters, measures),
        "versions": versions(),
    }


def _parameters(
    loaded: Loaded,
    settings: Settings,
    parameters: dict[str, Any],
    measures: Sequence[Measure],
) -> dict[str, Any]:
    """Return what was set and what was chosen."""
    return {
        "theme": loaded.focus.theme,
        "leave_out_institutional": settings.focus.leave_out_institutional,
        "part_of_day": settings.focus.part_of_day,
        "night": f"{settings.focus.night_from}–{settings.focus.night_to}" if settings.focus.part_of_day else None,
        "without_a_part": loaded.focus.untimed,
        "harm": {"published_by": settings.harm.published_by, "release": settings.harm.release},
        "categories": list(loaded.focus.categories),
        "categories_absent": list(loaded.focus.absent),
        "months_used": [str(month) for month in loaded.window.months],
        "months_missing": [str(month) for month in loaded.window.missing],
        "lsoa_vintage": int(loaded.areas["vintage"].iloc[0]),
        "boundaries_crs": loaded.boundaries.source_crs,
        "transformation": loaded.transformation,
        **{name: value for name, value in dataclasses.asdict(settings.areas).items() if name != "forces"},
        **dataclasses.asdict(settings.hotspots),
        **parameters,
        "false_discovery_rate": ALPHA,
        "class_breaks": {measure.column: list(measure.breaks) for measure in measures},
    }


def _tally(values: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}


def counts(loaded: Loaded) -> dict[str, int]:
    """Return the accounts over all files: read = accepted + rejected, accepted = located + outside."""
    accounts = loaded.intake.accounts[["read", "accepted", "rejected"]].sum()
    outside = int((loaded.located["located_by"] == "outside").sum())
    return {
        "read": int(accounts["read"]),
        "accepted": int(accounts["accepted"]),
        "rejected": int(accounts["rejected"]),
        "located": len(loaded.located) - outside,
        "outside": outside,
    }
