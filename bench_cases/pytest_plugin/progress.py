"""Progress on long work: one line that moves in a terminal, a line every half minute in a log."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bench_cases.engine.watch import Watch

MOVING_S = 0.2
LOGGED_S = 30.0


class Progress:
    """Writes past pytest's capture, to the terminal that the user looks at.

    Parameters
    ----------
    now
        Source of time in seconds.
    """

    def __init__(self, config: pytest.Config, *, now: Callable[[], float] = time.monotonic) -> None:
        self._reporter = config.pluginmanager.get_plugin("terminalreporter")
        self._capture = config.pluginmanager.get_plugin("capturemanager")
        self._now = now
        self._quiet = config.get_verbosity() < 0
        self._last = now()

    def watch(self, what: str) -> Watch:
        """Return a watch that reports on `what`."""

        def tell(stage: str, done: int, total: int) -> None:
            self._tell(f"{what}: {stage} {done + 1}/{total}", last=done + 1 == total)

        return tell

    def note(self, line: str) -> None:
        """Show a line about work that goes on elsewhere."""
        self._tell(line, last=False)

    def _tell(self, line: str, *, last: bool) -> None:
        if self._reporter is None or self._capture is None or self._quiet:
            return
        moving = self._reporter.isatty
        pause = MOVING_S if moving else LOGGED_S
        if not (moving and last) and self._now() - self._last < pause:
            return
        self._last = self._now()
        writer = self._reporter._tw  # noqa: SLF001 - the reporter has no public way to rewrite a line
        with self._capture.global_and_fixture_disabled():
            if moving:
                width = writer.fullwidth - 1
                text = "" if last else line[:width]
                writer.write(f"\r{text:<{width}}\r" if last else f"\r{text:<{width}}", flush=True)
            else:
                writer.line(f"  ... {line}")
