"""One slice as a picture: the frame, both outlines, and where the prompts were."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from bench_cases.page.looks.look import Look
from bench_cases.page.looks.outline import outline

LONGEST_PX: Final = 1024
"""Longer frames are shown smaller; outlines and prompts stay exact."""


class Mark(NamedTuple):
    """A point that was given: its place in pixels, whether it is positive, and the click's number (0: first prompt)."""

    x: float
    y: float
    positive: bool
    click: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePicture:
    """What a page needs to show one slice.

    Parameters
    ----------
    image
        The frame as a data URI.
    reference, predicted
        Path data in half pixels.
    boxes
        ``x, y, width, height`` in pixels; the maximum of a box is inclusive.
    dice, jaccard
        None where both masks are empty, or the slice was left out of the scores.
    """

    number: int
    width: int
    height: int
    aspect: float
    image: str
    reference: str
    predicted: str
    marks: tuple[Mark, ...]
    boxes: tuple[tuple[float, float, float, float], ...]
    has_mask_prompt: bool
    dice: float | None
    jaccard: float | None
    reference_px: int
    predicted_px: int


def slice_picture(look: Look, number: int, *, kind: Literal["PNG", "JPEG"] = "PNG") -> SlicePicture:
    """Return the picture of one slice, numbered as the volume was segmented."""
    reference, predicted = look.reference_zyx[number], look.predicted_zyx[number]
    height, width = reference.shape
    prompts = list(_prompts(look, number))
    scores = _scores(look, number)
    return SlicePicture(
        number=number,
        width=width,
        height=height,
        aspect=look.aspect,
        image=_data_uri(look, number, kind),
        reference=outline(reference),
        predicted=outline(predicted),
        marks=(*(mark for prompt in prompts for mark in _marks(prompt)), *_clicks(look, number)),
        boxes=tuple(_rectangle(it["box_xyxy"]) for it in prompts if it.get("box_xyxy")),
        has_mask_prompt=any(prompt.get("mask") for prompt in prompts),
        dice=scores[0],
        jaccard=scores[1],
        reference_px=int(reference.sum()),
        predicted_px=int(predicted.sum()),
    )


def _scores(look: Look, number: int) -> tuple[float | None, float | None]:
    if look.result.scores is None:
        return None, None
    scores = look.result.scores.per_slice
    if number not in scores.index:
        return None, None
    at = scores.index.index(number)
    return scores.dice[at], scores.jaccard[at]


def _prompts(look: Look, number: int) -> Iterator[dict[str, Any]]:
    prompt = look.result.prompts.get(str(number))
    if prompt is not None:
        yield prompt
        yield from prompt.get("apart") or ()


def _marks(prompt: dict[str, Any]) -> Iterator[Mark]:
    for (x, y), label in zip(prompt.get("points_xy") or (), prompt.get("labels") or (), strict=True):
        # The centre of pixel 0 lies half a pixel from the frame's edge.
        yield Mark(x + 0.5, y + 0.5, label == 1, 0)


def _clicks(look: Look, number: int) -> Iterator[Mark]:
    for click in () if look.result.clicks is None else look.result.clicks.given:
        if click.slice == number:
            yield Mark(click.x + 0.5, click.y + 0.5, click.label == 1, click.round)


def _rectangle(box_xyxy: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box_xyxy
    return x0, y0, x1 - x0 + 1, y1 - y0 + 1


def _data_uri(look: Look, number: int, kind: Literal["PNG", "JPEG"]) -> str:
    from PIL import Image

    image = Image.fromarray(look.frames[number][:, :, 0])
    image.thumbnail((LONGEST_PX, LONGEST_PX))
    file = io.BytesIO()
    image.save(file, format=kind, optimize=True, **({"quality": 88} if kind == "JPEG" else {}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
