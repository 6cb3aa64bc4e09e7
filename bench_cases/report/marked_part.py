"""The part of a page between two marker lines, which a program writes; the rest is written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench_cases.errors import ReportError


def with_part(page: str, made: str, *, begin: str, end: str, source: str) -> str:
    """Return a page with the part between its two markers replaced by what was `made`.

    Raises
    ------
    ReportError
        When the markers are not there; `source` is the page's name in the message.
    """
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        msg = f"{source}: no lines {begin!r} and {end!r}; expected both, with the tables between them. Add them."
        raise ReportError(msg)
    return f"{before}{begin}\n\n{made}\n\n{end}{after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPart:
    """The part of one page, and what makes it."""

    begin: str
    end: str
    make: Callable[[], str]

    def refreshed(self, text: str, source: str) -> str:
        """Return `text` with the part made anew; raises what `with_part` does."""
        return with_part(text, self.make(), begin=self.begin, end=self.end, source=source)

    def refresh(self, path: Path) -> None:
        """Make the part of the file at `path` anew."""
        path.write_text(self.refreshed(path.read_text(encoding="utf-8"), str(path)), encoding="utf-8")
