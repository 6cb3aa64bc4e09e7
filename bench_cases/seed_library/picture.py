"""A picture of a seed: the frame with its box, points and mask, and a caption that says where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bench_cases.prompt import POSITIVE, Prompt
from bench_cases.seed_library.seed import Seed

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

LONG_SIDE: Final = (896, 1400)
"""Least and most pixels of the frame's longer side in the picture; others are brought there."""

_BOX: Final = (255, 200, 0)
_POSITIVE: Final = (0, 220, 90)
_NEGATIVE: Final = (255, 70, 70)
_MASK: Final = (0, 160, 255)
_HALO: Final = (0, 0, 0)
_PAPER: Final = (24, 24, 28)
_INK: Final = (235, 235, 235)
_FAINT: Final = (165, 165, 170)

_RADIUS: Final = 10
_LINE: Final = 23
_MARGIN: Final = 14


def draw_seed(seed: Seed) -> Image:
    """Return an RGB picture: green crosses are positive points, red bars negative ones, yellow boxes, blue masks."""
    from PIL import Image, ImageDraw

    height, width = seed.size_yx
    longer = max(height, width)
    scale = min(max(longer, LONG_SIDE[0]), LONG_SIDE[1]) / longer
    size = (round(width * scale), round(height * scale))
    frame = Image.fromarray(_with_mask(seed)).resize(size, Image.Resampling.BICUBIC)
    lines = _caption(seed)
    canvas = Image.new("RGB", (max(size[0], 640), size[1] + _MARGIN * 2 + _LINE * (len(lines) + 1)), _PAPER)
    left = (canvas.width - size[0]) // 2
    canvas.paste(frame, (left, 0))
    pen = ImageDraw.Draw(canvas)
    for part in seed.prompt.parts:
        _draw_prompt(pen, part, scale, left)
    _write(pen, lines, seed, top=size[1] + _MARGIN, width=canvas.width)
    return canvas


def _with_mask(seed: Seed) -> np.ndarray:
    if seed.prompt.mask_yx is None:
        return seed.frame
    tinted = seed.frame.astype(np.float32)
    mask = seed.prompt.mask_yx
    tinted[mask] = 0.6 * tinted[mask] + 0.4 * np.array(_MASK, np.float32)
    return tinted.astype(np.uint8)


def _draw_prompt(pen: ImageDraw, prompt: Prompt, scale: float, left: int) -> None:
    def place(x: float, y: float) -> tuple[float, float]:
        """Where the centre of a pixel falls in the picture."""
        return left + (x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5

    if prompt.box_xyxy is not None:
        # The maximum is inclusive, so that a box reaches to the outer edges of its pixels.
        x0, y0, x1, y1 = prompt.box_xyxy
        edges = (left + x0 * scale, y0 * scale, left + (x1 + 1) * scale - 1, (y1 + 1) * scale - 1)
        for grown, width, colour in ((4, 5, _HALO), (3, 3, _BOX)):  # outwards, so that no pixel inside is hidden
            outline = (edges[0] - grown, edges[1] - grown, edges[2] + grown, edges[3] + grown)
            pen.rectangle(outline, outline=colour, width=width)
    for point, label in zip(prompt.points_xy, prompt.labels, strict=True):
        _draw_point(pen, place(*point), positive=label == POSITIVE)


def _draw_point(pen: ImageDraw, at: tuple[float, float], *, positive: bool) -> None:
    x, y = at
    for grown, colour in ((2, _HALO), (0, _POSITIVE if positive else _NEGATIVE)):
        radius = _RADIUS + grown
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    arm = _RADIUS - 4
    pen.line((x - arm, y, x + arm, y), fill=(255, 255, 255), width=3)
    if positive:
        pen.line((x, y - arm, x, y + arm), fill=(255, 255, 255), width=3)


def _caption(seed: Seed) -> list[str]:
    size = f"{seed.size_yx[0]} x {seed.size_yx[1]} pixels"
    pixel = "" if seed.spacing_zyx_mm is None else f" of {seed.spacing_zyx_mm[1]:.3g} x {seed.spacing_zyx_mm[2]:.3g} mm"
    window = "no window" if seed.window is None else f"window {seed.window.level:g}/{seed.window.width:g}"
    phantom = "PHANTOM, " if seed.source.phantom else ""
    lines = [
        f"{seed.name}: {phantom}{seed.modality}, {seed.target}",
        str(seed.source),
        f"{size}{pixel}, {window}, stretched by {seed.scaling}",
    ]
    if seed.scanner is not None:
        lines.append(" ".join(filter(None, seed.scanner)))
    lines.append(f"{seed.rule}, SHA-256 {seed.digest()[:12]}, {seed.created_utc}, sambench {seed.sambench}")
    return lines


def _write(pen: ImageDraw, lines: list[str], seed: Seed, *, top: int, width: int) -> None:
    for number, line in enumerate(lines):
        ink = _INK if number == 0 else _FAINT
        pen.text(
            (_MARGIN, top + _LINE * number), _fitted(pen, line, width), fill=ink, font=_font(18 if number == 0 else 16)
        )
    x: float = _MARGIN
    y = top + _LINE * len(lines)
    for word, colour in _legend(seed.prompt):
        pen.rectangle((x, y + 4, x + 13, y + 17), fill=colour)
        pen.text((x + 20, y), word, fill=_INK, font=_font(16))
        x += 20 + pen.textlength(word, font=_font(16)) + 24


def _legend(prompt: Prompt) -> list[tuple[str, tuple[int, int, int]]]:
    labels = [label for part in prompt.parts for label in part.labels]
    positives = sum(label == POSITIVE for label in labels)
    counted = [
        (positives, "positive", _POSITIVE),
        (len(labels) - positives, "negative", _NEGATIVE),
        (prompt.n_boxes, "box" if prompt.n_boxes == 1 else "boxes", _BOX),
    ]
    legend = [(f"{count} {word}", colour) for count, word, colour in counted if count]
    return [*legend, *([("mask", _MASK)] if prompt.mask_yx is not None else [])]


def _fitted(pen: ImageDraw, line: str, width: int) -> str:
    """Cut a line that would run out of the picture."""
    font, room = _font(18), width - 2 * _MARGIN
    while pen.textlength(line, font=font) > room and len(line) > 4:
        line = line[:-4] + "..."
    return line


def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)
