"""Does the id of a volume tell whose scan it is? Ids stand in reports, on pages and in paths, all made to be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

_YEAR: Final = r"(?:19|20)\d\d"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12]\d|3[01])"
_DATE: Final = re.compile(
    rf"(?<!\d)(?:{_YEAR}([-_.]?){_MONTH}\1{_DAY}|{_DAY}([-_.]){_MONTH}\2{_YEAR})(?!\d)",
)
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_JOINT: Final = re.compile(r"[_^,. -]{1,2}")

_ORDINARY: Final = frozenset(
    word
    for line in (
        "anonymized anonymous body brain breast case cases chest data dataset head heart hip image images kidney left",
        "liver lung lungs mask masks neck patient patients pelvis right scan scans series set sets spleen study",
        "subject test tests thorax train training val validation volume volumes",
    )
    for word in line.split()
)
"""Words that ids are made of and few people are called."""


def telling(volume_id: str) -> Iterator[str]:
    """Say what in an id may be a date, or a person's name: two words beginning with capitals, side by side.

    A guess, made to be looked at: a name in small letters is not seen, and not every date is one of birth.

    >>> list(telling("MUELLER_HANS_1961-03-04"))
    ["'1961-03-04' may be a date", "'MUELLER_HANS' may be a person's name"]
    >>> list(telling("coronacases_001")), list(telling("Training_Case_7"))
    ([], [])
    """
    if found := _DATE.search(volume_id):
        yield f"{found[0]!r} may be a date"
    for first, second in pairwise(_WORD.finditer(volume_id)):
        joint = volume_id[first.end() : second.start()]
        words = (first[0], second[0])
        capital = all(word[0].isupper() and (word.isupper() or word[1:].islower()) for word in words)
        if capital and _JOINT.fullmatch(joint) and not _ORDINARY & {word.lower() for word in words}:
            yield f"{volume_id[first.start() : second.end()]!r} may be a person's name"
            return


def telling_warnings(volume_id: str) -> Iterator[str]:
    """Return a warning for each part of an id that `telling` finds."""
    for what in telling(volume_id):
        yield f"in its id {what}, and ids go into reports, pages and paths of masks: give its file a name without it"
