"""What an earlier pack says of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hotspots.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"


def read_previous(pack: Path) -> dict[str, Any]:
    """Read the manifest of a pack.

    Parameters
    ----------
    pack
        Folder of the pack, such as ``packs/2024-04``.

    Returns
    -------
    dict
        The manifest; ``month`` is there, and ``read`` and ``sha256`` of every file in ``by_file``.

    Raises
    ------
    InputError
        The folder holds no manifest, it cannot be read, or it does not name the content of its files.
    """
    path = pack / MANIFEST
    if not path.is_file():
        raise InputError(f"{pack} is no pack: it holds no {MANIFEST}; give a folder such as packs/2024-04.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({error}); make that pack again.") from error
    if not _is_manifest(document):
        raise InputError(
            f"{path} does not say what its incident files held, as packs of this version do; make that pack again.",
        )
    named: dict[str, Any] = document
    return named


def _is_manifest(document: object) -> bool:
    """Tell whether a month and the accounts of every file are there."""
    if not isinstance(document, dict) or not isinstance(document.get("month"), str):
        return False
    files = document.get("by_file")
    return isinstance(files, dict) and all(
        isinstance(facts, dict) and isinstance(facts.get("sha256"), str) and isinstance(facts.get("read"), int)
        for facts in files.values()
    )
