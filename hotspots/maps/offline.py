"""What makes a page stand alone: Leaflet as text, checked inline parts, and a policy that names each of them."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.errors import OutputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAFLET = "XStatic-Leaflet"
_FILES = "xstatic/pkg/leaflet/data"
# Leaflet asks for three pictures that this page never shows, and for VML of a browser long gone.
_URL_RULE = re.compile(r"[\w-]+\s*:\s*url\([^)]*\)\s*;")
_SOURCE_MAP = re.compile(r"^//[#@]\s*sourceMappingURL=.*$", re.MULTILINE)
_ENDS_SCRIPT = re.compile(r"</script|<script|<!--", re.IGNORECASE)
_TILE_URL = re.compile(r"(https?)://(\{s\}\.)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?)/([^\s\"'<>;\\]*)")
_TILE_TOKENS = frozenset({"s", "z", "x", "y", "-y", "r"})


@dataclass(frozen=True, slots=True)
class TileServer:
    """A tile server that the user chose knowingly."""

    url: str
    """URL template, as Leaflet reads it."""
    host: str
    """The host as a reader sees it, for example ``tile.openstreetmap.org``."""
    source: str
    """The host as the policy names it, for example ``https://*.tile.openstreetmap.org``."""


def asset(name: str) -> str:
    """Return the text of one file in ``hotspots/maps/assets``."""
    return resources.files("hotspots.maps").joinpath("assets", name).read_text(encoding="utf-8")


def leaflet() -> tuple[str, str]:
    """Return Leaflet's script with its licence and its style sheet; nothing in them asks for another file.

    Raises
    ------
    OutputError
        The package XStatic-Leaflet, which carries both, is not installed or not whole.
    """
    try:
        # Located through the package's metadata: importing xstatic needs the removed pkg_resources.
        found = metadata.distribution(_LEAFLET).locate_file(_FILES)
        folder = Path(str(found))
        script = (folder / "leaflet.js").read_text(encoding="utf-8")
        css = (folder / "leaflet.css").read_text(encoding="utf-8")
    except (metadata.PackageNotFoundError, OSError) as error:
        raise OutputError(f"Leaflet was not found; try: pip install {_LEAFLET}") from error
    # Leaflet travels with every page, and its licence asks to travel with it.
    licence = f"/*\n{asset('leaflet-licence.txt').strip()}\n*/\n"
    return licence + _SOURCE_MAP.sub("", script).strip(), _URL_RULE.sub("", css).strip()


def inline_script(text: str) -> str:
    """Return a script that can stand between script tags.

    Raises
    ------
    OutputError
        The text holds a sequence that would end the script or change how a browser reads it.
    """
    fault = _ENDS_SCRIPT.search(text)
    if fault:
        raise OutputError(f"A script of the page holds {fault.group()!r}, which would end it early.")
    return text


def policy(scripts: Iterable[str], styles: Iterable[str], tiles: TileServer | None) -> str:
    """Return the Content-Security-Policy: nothing but these scripts and styles, and one tile host at most."""
    images = f"data: {tiles.source}" if tiles else "data:"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {' '.join(map(_hash, styles))}",
            f"img-src {images}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def tile_server(template: str) -> TileServer:
    """Read a tile URL template.

    Parameters
    ----------
    template
        For example ``https://tile.openstreetmap.org/{z}/{x}/{y}.png``; ``{s}.`` may stand before the host.

    Raises
    ------
    SettingsError
        It is not an http or https URL of a plain host with ``{z}``, ``{x}`` and ``{y}``, or holds another token.
    """
    match = _TILE_URL.fullmatch(template)
    tokens = set(re.findall(r"\{([^}]*)\}", template))
    if not match or not {"z", "x"} <= tokens or not tokens & {"y", "-y"} or tokens - _TILE_TOKENS:
        raise SettingsError(
            f"--tiles {template!r} is no tile address; it looks like https://tile.example.org/{{z}}/{{x}}/{{y}}.png."
        )
    scheme, subdomain, host, _ = match.groups()
    return TileServer(template, host, f"{scheme}://{'*.' if subdomain else ''}{host}")
