"""Servers on 127.0.0.1 that answer like the documented services, for the tests of ``hotspots fetch``."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import shapely

from hotspots.settings import Services, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    fields: dict[str, str]
    length: int
    headers: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """What the server does: an answer, or one of the ways a connection goes wrong."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    """``drop`` before a word, ``cut`` in the middle, ``slow`` silence, ``drip`` a byte at a time, ``open`` left open."""


def as_json(document: object, **headers: str) -> Reply:
    return Reply(200, json.dumps(document).encode(), {"Content-Type": "application/json", **headers})


def gzipped(reply: Reply) -> Reply:
    return dataclasses.replace(
        reply, body=gzip.compress(reply.body), headers={**reply.headers, "Content-Encoding": "gzip"}
    )


class Server:
    """A server in a thread; ``answer`` decides, ``asked`` remembers."""

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                outer._serve(self, b"")

            def do_POST(self) -> None:
                outer._serve(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(handler.path)
        fields = dict(parse_qsl(parts.query or body.decode(), keep_blank_values=True))
        asked = Asked(handler.command, parts.path, fields, len(handler.path), dict(handler.headers))
        self.asked.append(asked)
        reply = self.answer(asked)
        handler.close_connection = True
        with suppress(OSError):  # the client has gone
            self._send(handler, reply)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.fault == "drop":
            return
        if reply.fault == "slow":
            self._stop.wait(5)
            return
        handler.send_response(reply.status)
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        for name, value in headers.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        if reply.fault == "cut":
            handler.wfile.write(reply.body[: len(reply.body) // 2])
        elif reply.fault == "drip":
            for byte in reply.body:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                if self._stop.wait(0.05):
                    return
        else:
            handler.wfile.write(reply.body)
        if reply.fault == "open":
            handler.wfile.flush()
            self._stop.wait(5)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Police:
    """The street-level API over some records; ``hook`` may answer first."""

    def __init__(self, records: list[dict[str, Any]], *, limit: int = 10_000, months: list[str] | None = None) -> None:
        self.records, self.limit = records, limit
        self.months = sorted({record["month"] for record in records}) if months is None else months
        self.hook: Callable[[Asked], Reply | None] = lambda _: None

    def __call__(self, asked: Asked) -> Reply:
        reply = self.hook(asked)
        if reply is not None:
            return reply
        if asked.path == "/api/crimes-street-dates":
            return as_json([{"date": month, "stop-and-search": ["metropolitan"]} for month in reversed(self.months)])
        if asked.path != "/api/crimes-street/all-crime":
            return Reply(404)
        if asked.method == "GET" and asked.length > 4094:
            return Reply(400)
        corners = [tuple(map(float, corner.split(","))) for corner in asked.fields["poly"].split(":")]
        shape = shapely.Polygon([(longitude, latitude) for latitude, longitude in corners])
        inside = [
            record
            for record in self.records
            if record["month"] == asked.fields["date"]
            and shapely.intersects_xy(
                shape, float(record["location"]["longitude"]), float(record["location"]["latitude"])
            )
        ]
        return Reply(503) if len(inside) > self.limit else as_json(inside)


def record(number: int, month: str, longitude: float, latitude: float, **changes: Any) -> dict[str, Any]:
    """One record in the API's own shape."""
    slug = changes.get("category", "violent-crime")
    return {
        "category": slug,
        "location_type": "Force",
        "location": {
            "latitude": f"{latitude:.6f}",
            "street": {"id": 954945 + number, "name": "On or near High Street"},
            "longitude": f"{longitude:.6f}",
        },
        "context": "",
        "outcome_status": None
        if slug == "anti-social-behaviour"
        else {"category": "Under investigation", "date": month},
        "persistent_id": "" if slug == "anti-social-behaviour" else f"{number:064x}",
        "id": 64_000_000 + number,
        "location_subtype": "",
        "month": month,
        **changes,
    }


class Portal:
    """ArcGIS layers and Nomis over GeoJSON-like features; pages of ``page`` rows whatever is asked."""

    def __init__(self, lsoas: list[dict[str, Any]], *, page: int = 7, short: str = "21") -> None:
        self.lsoas, self.page, self.short = lsoas, page, short
        self.hook: Callable[[Asked], Reply | None] = lambda _: None

    def __call__(self, asked: Asked) -> Reply:
        reply = self.hook(asked)
        if reply is not None:
            return reply
        if asked.path == "/nomis.csv":
            return self._nomis(asked)
        name = asked.path.removeprefix("/arcgis/").removesuffix("/FeatureServer/0/query")
        if name == "LOOKUP":
            return self._page(asked, self._lookup(asked), geojson=False)
        return self._page(asked, self._polygons(asked), geojson=True)

    def _polygons(self, asked: Asked) -> list[dict[str, Any]]:
        code, name = f"LSOA{self.short}CD", f"LSOA{self.short}NM"
        where = asked.fields["where"]
        if where == "1=1":
            west, south, east, north = map(float, asked.fields["geometry"].split(","))
            box = shapely.box(west, south, east, north)
            assert asked.fields["spatialRel"] == "esriSpatialRelIntersects"
            kept = [one for one in self.lsoas if shapely.from_geojson(json.dumps(one["geometry"])).intersects(box)]
        else:
            likes = re.findall(rf"{name} LIKE '((?:[^']|'')*)%'", where)
            assert " OR ".join(f"{name} LIKE '{like}%'" for like in likes) == where
            starts = tuple(like.replace("''", "'") for like in likes)
            kept = [one for one in self.lsoas if one["properties"][name].startswith(starts)]
        return sorted(kept, key=lambda one: one["properties"][code])

    def _lookup(self, asked: Asked) -> list[dict[str, Any]]:
        ours = f"LSOA{self.short}CD"
        wanted = re.findall(r"'(\w+)'", asked.fields["where"])
        assert asked.fields["where"].startswith(f"{ours} IN (")
        return [
            {
                "attributes": {
                    "LSOA11CD": code,
                    "LSOA11NM": f"Name, of {code}",
                    "LSOA21CD": code,
                    "LSOA21NM": f"Name, of {code}",
                    "CHGIND": "U",
                }
            }
            for code in wanted
        ]

    def _page(self, asked: Asked, rows: list[dict[str, Any]], *, geojson: bool) -> Reply:
        if asked.fields.get("returnCountOnly") == "true":
            return as_json({"count": len(rows)})
        assert asked.fields["f"] == ("geojson" if geojson else "json")
        assert asked.fields["orderByFields"]
        first = int(asked.fields["resultOffset"])
        some = rows[first : first + min(self.page, int(asked.fields["resultRecordCount"]))]
        more = first + len(some) < len(rows)
        if geojson:
            assert asked.fields["outSR"] == "4326"
            document = {"type": "FeatureCollection", "features": some}
            return as_json({**document, "properties": {"exceededTransferLimit": True}} if more else document)
        return as_json({"features": some, **({"exceededTransferLimit": True} if more else {})})

    def _nomis(self, asked: Asked) -> Reply:
        assert asked.fields["c2021_restype_3"] == "0"
        assert asked.fields["measures"] == "20100"
        lines = [
            f'"{code}","Name of {code}",{1000 + number}'
            for number, code in enumerate(asked.fields["geography"].split(","))
        ]
        return Reply(200, "\r\n".join(['"GEOGRAPHY_CODE","GEOGRAPHY_NAME","OBS_VALUE"', *lines, ""]).encode())


def services(server: Server, **changes: Any) -> Services:
    """The settings' section for a local server."""
    given = {
        "police_url": f"{server.url}/api",
        "arcgis_url": f"{server.url}/arcgis",
        "residents_url": f"{server.url}/nomis.csv",
        "lookup_layer": "LOOKUP",
        "timeout_s": 5.0,
    }
    return Services(**{**given, **changes})


def settings(server: Server, **changes: Any) -> Settings:
    return Settings(services=services(server, **changes))


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something holds; fail when it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.005)
