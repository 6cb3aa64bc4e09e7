"""The part of a page between two marker lines, which a program writes; the rest is written by hand."""

from __future__ import annotations

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
