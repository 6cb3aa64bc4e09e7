"""The noun `Figure`: what it is called, what it says in words, and how it is drawn."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bench_cases.page.figures.style import PAPER, THEME, WIDTH_IN, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_DPI: Final = 200
_ID: Final = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')
_HEAD: Final = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_SIZE: Final = re.compile(r' width="[\d.]+pt" height="[\d.]+pt"|height="[\d.]+pt" |width="[\d.]+pt" ')


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure.

    Parameters
    ----------
    name
        Unique in a study, and fit for a file.
    kind
        What it is a figure of; those of one kind stand together.
    title
        Says PHANTOM of a synthetic dataset; drawn above the axes, so that a file says it too.
    caption
        What is drawn, of how many, and what must be known to read it.
    draw
        Draws on an empty canvas.
    height_in
        Height of the canvas in inches.
    """

    name: str
    kind: str
    title: str
    caption: str
    draw: Callable[[Canvas], None]
    height_in: float

    def svg(self) -> str:
        """Return the figure as an SVG file, light."""
        return self._written("svg", facecolor=PAPER).decode()

    def png(self) -> bytes:
        """Return the figure as a PNG file, light."""
        return self._written("png", facecolor=PAPER)

    def inline(self) -> str:
        """Return the figure as an SVG element whose colours follow the page, and whose ids clash with no other's."""
        text = _METADATA.sub("", _HEAD.sub("", self._written("svg", facecolor="none").decode()))
        text = _ID.sub(lambda found: f"{found[1]}{self.name}-{found[2]}", text)
        for colour, variable in THEME.items():
            text = text.replace(colour, f"var({variable})")
        return _SIZE.sub("", text, count=2).replace("<svg", '<svg role="img" focusable="false"', 1)

    def _written(self, kind: str, **options: Any) -> bytes:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Canvas

        with styled(), mpl.rc_context({"svg.hashsalt": self.name}):
            canvas = Canvas(figsize=(WIDTH_IN, self.height_in), layout="constrained")
            canvas.suptitle(self.title, x=0.01, ha="left", fontsize=9.5, fontweight="bold", wrap=True)
            self.draw(canvas)
            file = io.BytesIO()
            # No date: the same run gives the same file.
            metadata = {"Date": None} if kind == "svg" else {}
            canvas.savefig(file, format=kind, dpi=_DPI, metadata=metadata, **options)
        return file.getvalue()


def file_name(*parts: str) -> str:
    """Return a name fit for files and ids from any names; empty ones are left out.

    >>> file_name("boxes", "amos:spleen <b>", "dice")
    'boxes-amos-spleen--b--dice'
    """
    return re.sub(r"[^A-Za-z0-9._=+-]", "-", "-".join(part for part in parts if part))
