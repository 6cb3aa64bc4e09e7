"""Chromium, headless, for the tests of pages; what it logs and asks for is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


class Opened(NamedTuple):
    """A page, and what went on behind it: console messages and errors, and requests beyond the file itself."""

    page: Any
    complaints: list[str]
    requests: list[str]


def executable() -> str:
    """Return the browser; a test that needs one is skipped where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is on the path; on Debian: apt install chromium")
    return found


@contextmanager
def browser() -> Iterator[Any]:
    """Yield a browser for several pages."""
    path = executable()
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[test]'")
    with api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


def opened(started: Any, file: Path, **context: Any) -> Opened:
    """Open a file of the disk."""
    page = started.new_context(**{"viewport": {"width": 1200, "height": 900}, **context}).new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    return Opened(page, complaints, [url for url in requests if not url.startswith(("data:", file.as_uri()))])
