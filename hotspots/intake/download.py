"""The one door to the network: ask a configured service, at its pace, again where that helps, and trust nothing.

The standard library is enough: one request at a time, a few a second, and ``urllib.request`` finds the proxy and the
certificates that a council's computer is set up with. What it does by itself is switched off: only ``http`` and
``https`` are spoken, a redirect is followed only to a host that the settings name, an answer has a largest size.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote, urlencode, urljoin, urlsplit

from hotspots import __version__
from hotspots.errors import HotspotsError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from email.message import Message

    from hotspots.settings import Services

LARGEST_ANSWER_BYTES = 64 * 1024 * 1024

_T = TypeVar("_T")
_CHUNK_BYTES = 1 << 16
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_LONGEST_ASKED_WAIT_S = 300.0
_WHOLE_ANSWER = 10
"""A whole answer may take this many times the timeout of silence."""
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Question:
    """One request, and the words for its failure."""

    url: str
    """Address without query."""
    fields: Mapping[str, str]
    """Query of a GET, or form of a POST where the GET would be too long."""
    what: str
    """What is asked for, as a sentence names it: ``the incidents of 2023-01``."""
    otherwise: str
    """What the user can do when it fails: a sentence."""
    longest_get: int = 2000
    """A longer address, in characters, is sent as a POST."""
    handed_back: frozenset[int] = frozenset()
    """Statuses that are no failure but an answer for the caller; with a ``Retry-After`` they are a failure."""
    hints: Mapping[int, str] = field(default_factory=dict)
    """Status → why the service gives it, for the sentence."""

    def request(self) -> tuple[str, bytes | None]:
        """Return the address and the body to send; no body: a GET."""
        query = urlencode(self.fields, safe=":,", quote_via=quote)
        address = f"{self.url}?{query}" if query else self.url
        if len(address) <= self.longest_get:
            return address, None
        return self.url, urlencode(self.fields).encode("ascii")


@dataclass(frozen=True, slots=True)
class Answer(Generic[_T]):
    """A status, and what was parsed of an answer with status 200."""

    status: int
    document: _T | None


@dataclass(frozen=True, slots=True)
class _Failure:
    """Something that may pass: why, and how long the service asks to wait, in seconds."""

    reason: str
    wait_s: float | None = None


class Client:
    """Asks the configured services, one request at a time.

    Parameters
    ----------
    services
        Addresses (the only hosts that are ever asked), rate, timeout and number of retries.
    sleep, clock
        Wait some seconds; seconds since any moment. Tests give their own.
    say
        Called with a few words before a wait.
    """

    def __init__(
        self,
        services: Services,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.requests = 0
        """Requests sent so far."""
        self._services = services
        self._sleep, self._clock, self._say = sleep, clock, say or (lambda _: None)
        self._origins = {_origin(url) for url in (services.police_url, services.arcgis_url, services.residents_url)}
        self._free_at = float("-inf")
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.UnknownHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
        ):
            self._opener.add_handler(handler)

    def ask(self, question: Question, parse: Callable[[bytes], _T]) -> Answer[_T]:
        """Send a question until it is answered, as often as the settings allow.

        Waits double from one second up to a minute; a ``Retry-After`` decides instead where there is one.

        Parameters
        ----------
        question
            What to ask, and where.
        parse
            Turns the bytes of an answer with status 200 into what is wanted. A ``ValueError`` says that they are
            damaged, which may pass; an error of the family is final.

        Returns
        -------
        Answer
            Status 200 with the parsed document, or a status that the question wants handed back.

        Raises
        ------
        InputError
            The service refuses, cannot be reached, answers what cannot be read, sends elsewhere, or fails as
            often as it may. The last sentence is ``question.otherwise``.
        """
        times = self._services.retries + 1
        failure = _Failure("it was not asked")
        for attempt in range(times):
            outcome = self._try(question, parse)
            if isinstance(outcome, Answer):
                return outcome
            failure = outcome
            wait_s = min(_FIRST_WAIT_S * 2.0**attempt, _LONGEST_WAIT_S) if failure.wait_s is None else failure.wait_s
            if wait_s > _LONGEST_ASKED_WAIT_S:
                raise InputError(_sentence(question, f"{failure.reason}, and it asks to wait {wait_s:,.0f} s"))
            if attempt < times - 1:
                self._say(f"{_host(question.url)}: {failure.reason}; asking again in {wait_s:g} s")
                self._sleep(wait_s)
        raise InputError(_sentence(question, f"{failure.reason}, asked {times} times" if times > 1 else failure.reason))

    def _try(self, question: Question, parse: Callable[[bytes], _T]) -> Answer[_T] | _Failure:
        """Send a question once, over a few redirects at most."""
        url, form = question.request()
        for _ in range(_MOST_REDIRECTS + 1):
            try:
                status, headers, body = self._send(url, form)
                if status in _REDIRECTS:
                    url = self._elsewhere(question, url, headers)
                    form = None if status == HTTPStatus.SEE_OTHER else form
                    continue
                if status == HTTPStatus.OK:
                    return Answer(status, parse(_unzipped(body, headers.get("Content-Encoding", ""))))
            except HotspotsError:
                raise
            except _TooLargeError:
                most = f"the answer is larger than {LARGEST_ANSWER_BYTES // 2**20} MB"
                raise InputError(_sentence(question, most)) from None
            except (OSError, EOFError, http.client.HTTPException, zlib.error, ValueError, RecursionError) as error:
                if _is_certificate(error):
                    said = f"its certificate is not accepted: {error}; ask your IT for the proxy's certificate"
                    raise InputError(_sentence(question, said)) from error
                return _Failure(_reason(error, self._services.timeout_s))
            return self._judge(question, status, headers)
        raise InputError(_sentence(question, f"it was redirected more than {_MOST_REDIRECTS} times"))

    def _judge(self, question: Question, status: int, headers: Message) -> Answer[_T] | _Failure:
        """Return what a status other than 200 and a redirect means."""
        asked_wait = _retry_after(headers)
        if status in question.handed_back and asked_wait is None:
            return Answer(status, None)
        name = f"{status} {http.client.responses.get(status, '')}".strip()
        if status in _PASSING:
            return _Failure(f"it answered {name}", asked_wait)
        why = question.hints.get(status, "")
        raise InputError(_sentence(question, f"it answered {name}{': ' if why else ''}{why}"))

    def _send(self, url: str, form: bytes | None) -> tuple[int, Message, bytes]:
        """Send one request to a host of the settings; return status, headers and, with 200, the bytes."""
        if _origin(url) not in self._origins:
            raise InputError(f"{_host(url)} is no host of the settings' section [services]; it is not asked.")
        self._pace()
        headers = {
            "User-agent": f"hotspots/{__version__}",
            "Accept": "application/json, text/csv;q=0.9, */*;q=0.1",
            "Accept-Encoding": "gzip",
        }
        self.requests += 1
        request = urllib.request.Request(url, data=form, headers=headers)  # noqa: S310 - checked by _origin
        with self._opener.open(request, timeout=self._services.timeout_s) as response:
            body = self._body(response) if response.status == HTTPStatus.OK else b""
            return response.status, response.headers, body

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        """Read an answer whole: no larger, and no longer, than is sane."""
        said = response.headers.get("Content-Length", "")
        expected = int(said) if said.isdecimal() and len(said) < 16 else None  # noqa: PLR2004
        deadline = self._clock() + _WHOLE_ANSWER * self._services.timeout_s
        parts, size = [], 0
        while expected is None or size < expected:
            chunk = response.read1(_CHUNK_BYTES)
            if not chunk:
                break
            parts.append(chunk)
            size += len(chunk)
            if size > LARGEST_ANSWER_BYTES:
                raise _TooLargeError
            if self._clock() > deadline:
                raise TimeoutError
        if expected is not None and size < expected:
            raise http.client.IncompleteRead(b"".join(parts), expected - size)
        return b"".join(parts)

    def _pace(self) -> None:
        """Wait until the next request may be sent."""
        now = self._clock()
        if self._free_at > now:
            self._sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + 1.0 / self._services.requests_per_second

    def _elsewhere(self, question: Question, url: str, headers: Message) -> str:
        """Return where a redirect leads, if that is a host of the settings."""
        try:
            target = urljoin(url, headers.get("Location", ""))
        except ValueError:
            target = ""
        origin = _origin(target)
        secured = _origin(target.replace("https:", "http:", 1)) if origin[2] == _PORTS["https"] else origin
        if origin in self._origins or secured in self._origins:
            self._origins.add(origin)
            return target
        raise InputError(
            _sentence(
                question,
                f"it sends to {_host(target) or 'an address that cannot be read'}, which is not followed; if the "
                "service has moved, change its address in the section [services] of the settings",
            ),
        )


class _TooLargeError(Exception):
    """An answer passes the largest size."""


def _origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address; three nothings where it has none that may be asked."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", "", 0
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return "", "", 0
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _host(url: str) -> str:
    """Return the host of an address as a sentence names it."""
    _, host, _ = _origin(url)
    return host


def _sentence(question: Question, reason: str) -> str:
    return f"{_host(question.url)} did not give {question.what}: {reason}. {question.otherwise}"


def _is_certificate(error: BaseException) -> bool:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return isinstance(cause, ssl.SSLCertVerificationError)


def _reason(error: Exception, timeout_s: float) -> str:
    """Return why a request failed, in a few words."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no whole answer came in time (timeout_s is {timeout_s:g})"
    if isinstance(cause, http.client.IncompleteRead | zlib.error | EOFError):
        return "the answer was cut off"
    if isinstance(cause, ConnectionError | http.client.HTTPException):
        return "the connection was dropped"
    if isinstance(cause, OSError):
        return f"it cannot be reached ({cause.strerror or cause})"
    return f"the answer cannot be read ({error or 'nested too deeply'})"


def _retry_after(headers: Message) -> float | None:
    """Return the seconds that a service asks to wait; a date counts from the answer's own."""
    said = (headers.get("Retry-After") or "").strip()
    if said.isdecimal() and said.isascii():
        return float(said[:9])
    try:
        seconds = (parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return max(seconds, 0.0)


def _unzipped(data: bytes, encoding: str) -> bytes:
    """Return the bytes behind a content encoding, up to the largest size."""
    if encoding.strip().lower() in {"", "identity"}:
        return data
    if encoding.strip().lower() not in {"gzip", "x-gzip"}:
        raise ValueError(f"it is packed as {encoding!r}")
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = unpacker.decompress(data, LARGEST_ANSWER_BYTES + 1)
    if len(unpacked) > LARGEST_ANSWER_BYTES:
        raise _TooLargeError
    if not unpacker.eof:
        raise EOFError
    return unpacked


def parse_json(body: bytes) -> Any:  # noqa: ANN401
    """Return the document of some JSON in UTF-8; a ``ValueError`` says what other bytes begin with."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        start = "".join(letter if letter.isprintable() else " " for letter in body[:40].decode("utf-8", "replace"))
        raise ValueError(f"it is no whole JSON and begins with {start!r}") from error


def _no_number(name: str) -> float:
    raise ValueError(name)
