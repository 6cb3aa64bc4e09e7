"""A contact sheet: slices of a volume as a model sees them, with the outline of the reference and the prompts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.errors import StrategyError
from bench_cases.frames import FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.volume import Volume

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_COLUMNS = 4
_SLICES = 12
_TILE = 320
_GAP = 6
_HEAD = 62
_FOOT = 20
_BACKGROUND = (24, 24, 27)
_TEXT = (235, 235, 235)
_DIM = (150, 150, 155)
# Okabe and Ito's palette (2008), which colour-blind readers can tell apart; one colour a label.
_LABELS = ((86, 180, 233), (230, 159, 0), (204, 121, 167), (0, 158, 115), (213, 94, 0), (0, 114, 178))
_BOX = (240, 228, 66)
_POSITIVE = (60, 255, 120)
_NEGATIVE = (255, 70, 70)


def contact_sheet(volume: Volume, rule: PromptRule) -> Image:
    """Draw a sheet of up to twelve slices with some of the target, spread over it from its first to its last.

    Voxels are drawn at their true proportions. Where no slice has any of the target, slices are spread over the
    volume and the head says so.
    """
    from PIL import Image, ImageDraw

    with_target = volume.nonempty_slices()
    candidates = with_target if len(with_target) else np.arange(volume.n_slices)
    chosen = candidates[np.unique(np.round(np.linspace(0, len(candidates) - 1, _SLICES)).astype(int))]
    width, height = _tile_size(volume)
    columns = min(_COLUMNS, len(chosen))
    rows = math.ceil(len(chosen) / columns)
    size = (
        max(columns * (width + _GAP) + _GAP, 2 * _TILE),
        _HEAD + rows * (height + _FOOT + _GAP),
    )
    sheet = Image.new("RGB", size, _BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    _head(pen, volume, rule, found=len(with_target), width=size[0])
    frames = FrameSequence(volume=volume)
    for place, z in enumerate(int(each) for each in chosen):
        left = _GAP + place % columns * (width + _GAP)
        top = _HEAD + place // columns * (height + _FOOT + _GAP)
        tile = _tile(frames[z], volume, z, rule, (width, height))
        sheet.paste(tile, (left, top))
        area = int(np.count_nonzero(volume.labels_zyx[z]))
        pen.text((left + 2, top + height + 3), f"slice {z + volume.slice_offset}", fill=_TEXT, font=_font(13))
        pen.text((left + width - 2, top + height + 3), f"{area:,} px", fill=_DIM, font=_font(13), anchor="ra")
    return sheet


def _tile_size(volume: Volume) -> tuple[int, int]:
    """Width and height in pixels of the sheet, in the proportions of the body."""
    height, width = (float(each) for each in volume.size_yx)
    if volume.spacing_zyx_mm is not None:
        height, width = height * volume.spacing_zyx_mm[1], width * volume.spacing_zyx_mm[2]
    scale = _TILE / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _tile(frame: NDArray[np.uint8], volume: Volume, z: int, rule: PromptRule, size: tuple[int, int]) -> Image:
    from PIL import Image, ImageDraw

    tile = Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC)
    pixels = np.asarray(tile).copy()
    labels = Image.fromarray(volume.labels_zyx[z]).resize(size, Image.Resampling.NEAREST)
    for label in range(1, int(volume.labels_zyx.max()) + 1):
        inside = np.asarray(labels) == label
        pixels[_outline(inside)] = _LABELS[(label - 1) % len(_LABELS)]
    tile = Image.fromarray(pixels)
    if volume.labels_zyx[z].any():
        try:
            prompt = draw_prompt(volume, z, rule)
        except StrategyError:
            return tile
        scale = (size[0] / volume.size_yx[1], size[1] / volume.size_yx[0])
        pen = ImageDraw.Draw(tile)
        for each in (prompt, *prompt.apart):
            _draw(pen, each, scale)
    return tile


def _outline(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of a mask that touch what is outside, two deep, so that a line shows on a busy image."""
    core = inside.copy()
    for _ in range(2):
        padded = np.pad(core, 1)
        core = padded[1:-1, 1:-1] & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    edge: NDArray[np.bool_] = inside & ~core
    return edge


def _draw(pen: ImageDraw, prompt: Prompt, scale: tuple[float, float]) -> None:
    """Draw a prompt; its coordinates are centres of pixels, the sheet's begin at their corners."""

    def place(x: float, y: float) -> tuple[float, float]:
        return (x + 0.5) * scale[0], (y + 0.5) * scale[1]

    if prompt.box_xyxy is not None:
        x0, y0, x1, y1 = prompt.box_xyxy
        corners = [(x0 * scale[0], y0 * scale[1]), ((x1 + 1) * scale[0] - 1, (y1 + 1) * scale[1] - 1)]
        pen.rectangle(corners, outline=_BOX, width=1)
    for (x, y), positive in zip(prompt.points_xy, prompt.labels, strict=True):
        _cross(pen, place(x, y), plus=bool(positive))


def _cross(pen: ImageDraw, centre: tuple[float, float], *, plus: bool, size: float = 5) -> None:
    """A plus for a positive point, an x for a negative one, with a dark rim: told apart without their colours."""
    x, y = centre
    lines = (
        [((x - size, y), (x + size, y)), ((x, y - size), (x, y + size))]
        if plus
        else [((x - size, y - size), (x + size, y + size)), ((x - size, y + size), (x + size, y - size))]
    )
    for colour, width in (((0, 0, 0), 5), (_POSITIVE if plus else _NEGATIVE, 2)):
        for line in lines:
            pen.line(line, fill=colour, width=width)


def _head(pen: ImageDraw, volume: Volume, rule: PromptRule, *, found: int, width: int) -> None:
    z, y, x = volume.image_zyx.shape
    spacing = volume.spacing_zyx_mm
    voxel = "voxel size unknown" if spacing is None else f"{spacing[2]:.3g} x {spacing[1]:.3g} x {spacing[0]:.3g} mm"
    window = "no window" if volume.window is None else f"window {volume.window.level:g} / {volume.window.width:g}"
    phantom = "PHANTOM  " if volume.phantom else ""
    pen.text((_GAP + 2, 6), f"{phantom}{volume.dataset}/{volume.id}", fill=_TEXT, font=_font(18))
    facts = f"{volume.modality}   {x} x {y} x {z}   {voxel}   {window}   prompt {rule.name}"
    state = f"{volume.target}: in {found} of {z} slices" if found else f"{volume.target}: IN NO SLICE"
    pen.text((_GAP + 2, 31), facts, fill=_DIM, font=_font(13))
    pen.text((width - _GAP - 2, 9), state, fill=_TEXT if found else _NEGATIVE, font=_font(14), anchor="ra")
    right = width - _GAP - 2
    for text, colour in (("box", _BOX), ("x negative", _NEGATIVE), ("+ positive", _POSITIVE)):
        pen.text((right, 31), text, fill=colour, font=_font(13), anchor="ra")
        right -= round(pen.textlength(text, font=_font(13))) + 14
    for label in range(int(volume.labels_zyx.max()), 0, -1):
        pen.text((right, 31), f"label {label}", fill=_LABELS[(label - 1) % len(_LABELS)], font=_font(13), anchor="ra")
        right -= round(pen.textlength(f"label {label}", font=_font(13))) + 14


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
