"""The door to the network: answers, faults, pace, redirects, sizes; against a server on 127.0.0.1."""

from __future__ import annotations

import dataclasses
import gzip
import socket
import time

import pytest

from hotspots.errors import HotspotsError, InputError, SettingsError
from hotspots.intake import download
from hotspots.intake.download import Client, Question, parse_json
from hotspots.settings import settings_from
from tests.fetch_fixtures import (
    Asked,
    Reply,
    Server,
    Time,
    as_json,
    gzipped,
    services,
)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def serve():
    running: list[Server] = []

    def start(*replies):
        """Give the replies one after the other, the last one for ever; a function answers itself."""
        waiting = list(replies)

        def answer(asked: Asked):
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return reply(asked) if callable(reply) else reply

        running.append(Server(answer))
        return running[-1]

    yield start
    for server in running:
        server.close()


def ask(server, parse=parse_json, *, moment=None, path="/api/x", say=None, fields=None, limits=None, **question):
    """Ask the server once; return the answer, the client and its time."""
    moment = moment or Time()
    client = Client(services(server, **(limits or {})), sleep=moment.sleep, clock=moment.clock, say=say)
    asked = Question(f"{server.url}{path}", fields or {}, "the thing", "Do it by hand.", **question)
    return client.ask(asked, parse), client, moment


GOOD = as_json({"a": 1})


def test_an_answer_is_parsed(serve):
    server = serve(GOOD)
    answer, client, moment = ask(server, fields={"date": "2023-01", "poly": "1.5,-0.2:2,3"})
    assert (answer.status, answer.document) == (200, {"a": 1})
    assert client.requests == 1
    assert moment.slept == []
    assert server.asked[0].method == "GET"
    assert server.asked[0].fields == {"date": "2023-01", "poly": "1.5,-0.2:2,3"}
    assert server.asked[0].headers["User-Agent"].startswith("hotspots/")


def test_gzip_is_unpacked(serve):
    assert ask(serve(gzipped(GOOD)))[0].document == {"a": 1}


def test_a_long_address_is_posted_and_its_boundary_is_exact(serve):
    server = serve(GOOD)
    fields = {"poly": "1" * 100}
    length = len(f"{server.url}/api/x?poly={'1' * 100}")
    ask(server, fields=fields, longest_get=length)
    ask(server, fields=fields, longest_get=length - 1)
    assert [asked.method for asked in server.asked] == ["GET", "POST"]
    assert server.asked[0].fields == server.asked[1].fields == fields


@pytest.mark.parametrize(
    "bad",
    [
        Reply(500),
        Reply(502),
        Reply(503),
        Reply(504),
        Reply(429),
        Reply(408),
        Reply(fault="drop"),
        dataclasses.replace(GOOD, fault="cut"),
        Reply(200, GOOD.body[:-2]),
        Reply(200, b"<html>sign in</html>"),
        Reply(200, b""),
        Reply(200, b'{"a": NaN}'),
        Reply(200, b"\xff\xfe"),
        Reply(200, b"[" * 100_000),
        Reply(200, gzip.compress(GOOD.body, mtime=0)[:-5], {"Content-Encoding": "gzip"}),
        Reply(200, b"no gzip", {"Content-Encoding": "gzip"}),
        Reply(200, GOOD.body, {"Content-Encoding": "br"}),
        Reply(200, b"not chunked", {"Transfer-Encoding": "chunked", "Content-Length": ""}),
    ],
    ids=lambda reply: f"{reply.status} {reply.fault}{reply.body[:12]!r}",
)
def test_what_may_pass_is_asked_again_with_waits_that_double(serve, bad):
    server = serve(bad, bad, bad, GOOD)
    said: list[str] = []
    answer, client, moment = ask(server, say=said.append)
    assert answer.document == {"a": 1}
    assert client.requests == len(server.asked) == 4
    assert moment.slept == [1, 2, 4]
    assert len(said) == 3
    assert "asking again in 4 s" in said[-1]


def test_an_answer_cut_off_where_it_could_have_ended_is_seen(serve):
    whole = Reply(200, b"code,residents\nE1,5\nE2,7\n")
    server = serve(Reply(200, whole.body[:20], {"Content-Length": str(len(whole.body))}), whole)
    answer, client, _ = ask(server, bytes)
    assert (answer.document, client.requests) == (whole.body, 2)


def test_no_wait_is_longer_than_a_minute(serve):
    with pytest.raises(InputError):
        ask(serve(Reply(500)), moment=(moment := Time()), limits={"retries": 9})
    assert moment.slept == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize("bad", [Reply(500), Reply(429), Reply(fault="drop"), Reply(200, b"<html>")])
def test_giving_up_is_one_sentence_with_what_to_do(serve, bad):
    server = serve(bad)
    with pytest.raises(InputError, match=r"127\.0\.0\.1 did not give the thing: .*, asked 3 times\. Do it by hand\.$"):
        ask(server, limits={"retries": 2})
    assert len(server.asked) == 3


def test_no_retries_means_asked_once(serve):
    server = serve(Reply(500))
    with pytest.raises(InputError, match=r"answered 500 Internal Server Error\. Do"):
        ask(server, limits={"retries": 0})
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "Wed, 21 Oct 2015 07:29:00 GMT"}, 0),
        ({"Retry-After": "soon"}, 1),
        ({"Retry-After": "-5"}, 1),
        ({"Retry-After": "٣"}, 1),
        ({}, 1),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_kept(serve, headers, slept, status):
    def answer(asked):
        return Reply(status, headers=headers) if len(server.asked) == 1 else GOOD

    headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    server = serve(answer)
    date = headers.pop("Date", None)  # the server writes one of its own
    if date:
        server._server.RequestHandlerClass.date_time_string = lambda *_: date
    _, client, moment = ask(server)
    assert client.requests == 2
    assert moment.slept[0] == slept


def test_a_wait_of_hours_is_said_and_not_waited_for(serve):
    with pytest.raises(InputError, match=r"429 Too Many Requests, and it asks to wait 3,600 s\. Do it"):
        ask(serve(Reply(429, headers={"Retry-After": "3600"})), moment=(moment := Time()))
    assert moment.slept == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 414, 501, 204])
def test_a_refusal_is_final(serve, status):
    server = serve(Reply(status))
    with pytest.raises(InputError, match=rf"it answered {status} .*: because\. Do it by hand\.$"):
        ask(server, hints={status: "because"})
    assert len(server.asked) == 1


def test_a_status_is_handed_back_unless_the_service_asks_to_wait(serve):
    assert ask(serve(Reply(503)), handed_back=frozenset({503}))[0].status == 503
    answer, client, moment = ask(serve(Reply(503, headers={"Retry-After": "3"}), GOOD), handed_back=frozenset({503}))
    assert (answer.document, client.requests, moment.slept) == ({"a": 1}, 2, [3])


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_a_slow_answer_is_given_up(serve, fault):
    server = serve(dataclasses.replace(as_json(list(range(100))), fault=fault))
    client = Client(services(server, timeout_s=0.05, retries=1), sleep=lambda _: None)
    started = time.monotonic()
    with pytest.raises(InputError, match=r"no whole answer came in time \(timeout_s is 0\.05\), asked 2 times"):
        client.ask(Question(f"{server.url}/api/x", {}, "the thing", "By hand."), parse_json)
    assert time.monotonic() - started < 4


def test_a_connection_left_open_does_not_hold_the_answer_back(serve):
    started = time.monotonic()
    assert ask(serve(dataclasses.replace(GOOD, fault="open")))[0].document == {"a": 1}
    assert time.monotonic() - started < 2


def test_a_service_that_is_not_there(serve):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = serve(GOOD)
    limits = {"police_url": f"http://127.0.0.1:{port}/api", "retries": 1}
    moment = Time()
    client = Client(services(server, **limits), sleep=moment.sleep, clock=moment.clock)
    with pytest.raises(InputError, match=r"the connection was dropped, asked 2 times"):
        client.ask(Question(f"http://127.0.0.1:{port}/api", {}, "the thing", "By hand."), parse_json)


# ------------------------------------------------------------------------------------------------ pace


def test_requests_keep_their_distance(serve):
    server, moment = serve(GOOD), Time()
    client = Client(services(server, requests_per_second=4), sleep=moment.sleep, clock=moment.clock)
    for _ in range(5):
        client.ask(Question(f"{server.url}/api/x", {}, "the thing", "By hand."), parse_json)
    assert moment.slept == [0.25] * 4
    moment.now += 10
    client.ask(Question(f"{server.url}/api/x", {}, "the thing", "By hand."), parse_json)
    assert moment.slept == [0.25] * 4


# ------------------------------------------------------------------------------------------------ redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_a_host_of_the_settings_is_followed(serve, status):
    server = serve(Reply(status, headers={"Location": "/api/there?b=2"}), GOOD)
    assert ask(server)[0].document == {"a": 1}
    assert (server.asked[1].path, server.asked[1].fields) == ("/api/there", {"b": "2"})


@pytest.mark.parametrize(("status", "method"), [(301, "POST"), (302, "POST"), (307, "POST"), (303, "GET")])
def test_a_form_is_sent_on(serve, status, method):
    server = serve(Reply(status, headers={"Location": "/api/there"}), GOOD)
    ask(server, fields={"poly": "1,2"}, longest_get=1)
    assert server.asked[1].method == method
    assert server.asked[1].fields == ({"poly": "1,2"} if method == "POST" else {})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_refused_and_nothing_is_sent_there(serve, status):
    elsewhere = serve(GOOD)
    server = serve(Reply(status, headers={"Location": f"{elsewhere.url}/api/x"}))
    with pytest.raises(InputError, match=r"it sends to 127\.0\.0\.1, which is not followed; if the service has moved"):
        ask(server)
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:application/json,{}",
        "//evil.example/x",
        "http://127.0.0.1@evil.example/",
        "https://127.0.0.1:99999/",
        "http://[broken/",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_elsewhere_is_refused(serve, target):
    server = serve(Reply(302, headers={"Location": target}))
    with pytest.raises(InputError, match=r"which is not followed"):
        ask(server)
    assert len(server.asked) == 1


def test_redirects_in_a_circle_end(serve):
    server = serve(Reply(302, headers={"Location": "/api/x"}))
    with pytest.raises(InputError, match=r"redirected more than 3 times"):
        ask(server)
    assert len(server.asked) == 4


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://example.org/", "x", ""])
def test_only_hosts_of_the_settings_are_asked(serve, url):
    client = Client(services(serve(GOOD)))
    with pytest.raises(InputError, match=r"no host of the settings"):
        client.ask(Question(url, {}, "the thing", "By hand."), parse_json)
    assert client.requests == 0


def test_http_may_be_raised_to_https_on_the_same_host_and_never_lowered(serve):
    client = Client(dataclasses.replace(services(serve(GOOD)), police_url="http://police.example/api"))
    question = Question("http://police.example/api", {}, "the thing", "By hand.")
    headers = {"Location": "https://police.example/api"}
    assert client._elsewhere(question, question.url, headers) == "https://police.example/api"  # type: ignore[arg-type]
    secure = Client(dataclasses.replace(services(serve(GOOD)), police_url="https://police.example/api"))
    with pytest.raises(InputError, match="not followed"):
        secure._elsewhere(question, "https://police.example/api", {"Location": "http://police.example/api"})  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ sizes, errors


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_has_a_largest_size(serve, monkeypatch, packed):
    monkeypatch.setattr(download, "LARGEST_ANSWER_BYTES", 100_000)
    reply = Reply(200, b" " * 1_000_000)
    server = serve(gzipped(reply) if packed else reply)
    with pytest.raises(InputError, match=r"the answer is larger than 0 MB\. Do it"):
        ask(server)
    assert len(server.asked) == 1


def test_errors_of_the_family_pass_a_parser_untouched(serve):
    def refuse(body):
        raise InputError("another shape")

    server = serve(GOOD)
    with pytest.raises(InputError, match=r"^another shape$"):
        ask(server, refuse)
    assert len(server.asked) == 1


def test_a_stop_by_the_user_passes(serve):
    def stop(body):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(serve(GOOD), stop)


@pytest.mark.parametrize("body", [b"", b"nul", b"[1,", b"\x00", "é".encode("latin-1"), b"[NaN]", b"-Infinity", b"<!--"])
def test_what_is_no_json_is_a_value_error_and_none_of_ours(body):
    with pytest.raises(ValueError, match="it is no whole JSON and begins with") as caught:
        parse_json(body)
    assert not isinstance(caught.value, HotspotsError)


def test_a_certificate_that_is_not_accepted_is_final():
    import ssl  # noqa: PLC0415
    from urllib.error import URLError  # noqa: PLC0415

    assert download._is_certificate(URLError(ssl.SSLCertVerificationError("self-signed")))
    assert not download._is_certificate(URLError(ssl.SSLError("eof")))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("police_url", "ftp://data.police.uk/api"),
        ("police_url", "data.police.uk/api"),
        ("arcgis_url", "https://user@example.org/x"),
        ("arcgis_url", "https://example.org/x?y=1"),
        ("residents_url", "https://example.org/\n"),
        ("lookup_layer", "../../other"),
        ("lsoa_2021_layer", ""),
        ("lsoa_2011_layer", "A B"),
    ],
)
def test_addresses_are_checked_with_the_settings(name, value):
    with pytest.raises(SettingsError, match=rf"\[services\] {name} must be"):
        settings_from({"services": {name: value}})
