"""The one check on a frame before it goes into a library: both accept wrong ones silently and segment garbage."""

from __future__ import annotations

import numpy as np

from bench_cases.errors import DataError
from bench_cases.frames import Frame
from bench_cases.prompt import Prompt


def checked(frame: Frame) -> Frame:
    """Return the frame, contiguous and writable, as torch wants it.

    Raises
    ------
    DataError
        When it is not ``uint8 (Y, X, 3)``: segment_anything wraps floats around to bytes, sam2 takes 0..255 floats
        for 0..1.
    """
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
        msg = (
            f"a frame of {frame.dtype} and shape {frame.shape}; expected uint8 of shape (height, width, 3). "
            "Make it with bench_cases.frames.prepare_frame."
        )
        raise DataError(msg)
    return np.require(frame, requirements=["C", "W"])


def must_be_drawn_on(size_yx: tuple[int, int], prompt: Prompt) -> None:
    """Refuse a prompt that was drawn on a frame of another size.

    Raises
    ------
    StrategyError
        With both sizes.
    """
    from bench_cases.errors import StrategyError

    if prompt.size_yx != size_yx:
        msg = (
            f"a prompt drawn on a frame of {prompt.size_yx} was given to one of {size_yx}; expected the same height "
            "and width. Carry it over with Prompt.scaled_to."
        )
        raise StrategyError(msg)


def must_have_no_mask(prompt: Prompt) -> None:
    """Refuse a mask prompt in image mode.

    Raises
    ------
    StrategyError
        SAM's image decoders take logits of an earlier prediction, at a quarter of the model's size, not a mask.
    """
    from bench_cases.errors import StrategyError

    if prompt.mask_yx is not None:
        msg = (
            "a mask prompt in image mode; expected points or a box, because the decoder takes the logits of an "
            "earlier prediction and not a mask. Use a video strategy, or another prompt."
        )
        raise StrategyError(msg)


def must_be_one(prompt: Prompt) -> None:
    """Refuse a prompt whose parts are to be predicted apart.

    Raises
    ------
    StrategyError
        With the number of parts.
    """
    from bench_cases.errors import StrategyError

    if prompt.apart:
        msg = (
            f"a prompt of {len(prompt.parts)} parts was given to a model at once; expected one part. "
            "Give it each of Prompt.parts and join the masks."
        )
        raise StrategyError(msg)
