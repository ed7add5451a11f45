"""A page in the real Chromium, offline, watched for anything that it should not do."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hotspots.maps.page import build_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotspots.maps.content import PageContent


class Seen:
    """Everything a page did that it should not do."""

    def __init__(self, page: Any, url: str) -> None:
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.url = url
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self.requests.append(request.url))

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def nothing_else(self) -> None:
        """Fail where there was a message, an error or a request."""
        assert self.faults == []
        assert {url.partition("#")[0] for url in self.requests if not url.startswith("data:")} == {self.url}


@contextmanager
def open_file(browser: Any, path: Path, fragment: str = "", **options: Any) -> Iterator[tuple[Any, Seen]]:
    """Open a file in a fresh, offline context; on leaving, nothing else may have happened."""
    options = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | options
    context = browser.new_context(**options)
    context.set_offline(True)
    page = context.new_page()
    page.set_default_timeout(15_000)
    seen = Seen(page, path.as_uri())
    page.goto(path.as_uri() + (f"#{fragment}" if fragment else ""))
    try:
        yield page, seen
    finally:
        context.close()
    seen.nothing_else()


@contextmanager
def open_content(
    browser: Any,
    folder: Path,
    name: str,
    content: PageContent,
    fragment: str = "",
    **options: Any,
) -> Iterator[tuple[Any, Seen]]:
    """Open the page of a content."""
    path = folder / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.html"
    path.write_bytes(build_page(content).encode())
    with open_file(browser, path, fragment, **options) as opened:
        yield opened
