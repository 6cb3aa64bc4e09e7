"""How figures look: colours that a page can exchange for a dark screen, sizes that a phone can show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

INK: Final = "#1a1d21"
FAINT: Final = "#5b6471"
RULE: Final = "#d7dce3"
PAPER: Final = "#fefefe"
GOOD: Final = "#1d7f4f"
BAD: Final = "#b8323c"
SERIES: Final = (
    "#0b6bb0", "#c2500c", "#0a8a64", "#a0458c", "#86690a", "#4b5acf", "#6d7480", "#4a7a1f", "#9a4a2c", "#12808f",
)  # fmt: skip

THEME: Final = {
    INK: "--ink",
    FAINT: "--faint",
    RULE: "--rule",
    PAPER: "--paper",
    GOOD: "--good",
    BAD: "--bad",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES, start=1)},
}
"""Colour to the variable of the page's stylesheet that takes its place."""

WIDTH_IN: Final = 4.9
"""Narrow, so that its text can still be read where a phone shrinks it."""

ROW_IN: Final = 0.46

_LONGEST = 44

_SETTINGS: Final = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.8,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.linewidth": 0.7,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "text.color": INK,
    # Names come from users: "$" in one is a dollar sign.
    "text.parse_math": False,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": 8.2,
    # Text stays text: smaller, and readable by search and screen readers.
    "svg.fonttype": "none",
}


@contextmanager
def styled() -> Iterator[None]:
    """Hold the settings while a figure is drawn and written."""
    import matplotlib as mpl

    with mpl.rc_context(_SETTINGS):  # type: ignore[arg-type]
        yield


def colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each name, in order; they repeat after ten."""
    return {name: SERIES[number % len(SERIES)] for number, name in enumerate(dict.fromkeys(names))}


def short(text: str, longest: int = _LONGEST) -> str:
    """Cut a text in the middle, where names differ least.

    >>> short("abcdefghij", 7)
    'abc…hij'
    """
    if len(text) <= longest:
        return text
    head = longest // 2
    return f"{text[:head]}…{text[len(text) - (longest - head - 1) :]}"
