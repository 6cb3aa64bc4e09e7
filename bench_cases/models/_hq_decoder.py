"""SAM-HQ's decoder as its authors have it, where transformers leaves the work of its transformer out.

``SamHQMaskDecoder.forward`` (transformers 5.24 and before) binds the image that its two-way transformer returns to a
name that it never reads, and upscales the image that went in, rows and columns exchanged. With random weights the masks
differ from those of the authors' package on a third of all pixels, and predicted IoU does not. Here the image is put
where it belongs; a release that does so itself is left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

MENDED = "the image that its transformer returns, as SAM-HQ's authors have it; transformers takes the one that went in"
"""What the settings of a model say of it."""


def mend(decoder: Any) -> None:
    """Hand the upscaling layers of a ``SamHQMaskDecoder`` the image that its transformer returned."""
    held: list[Tensor] = []

    def keep(_module: Any, _inputs: Any, returned: tuple[Tensor, ...]) -> None:
        held[:] = [returned[1]]  # (B, prompts, H * W, C), beside the tokens

    def put(_module: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (held.pop().transpose(2, 3).reshape(inputs[0].shape), *inputs[1:])

    decoder.transformer.register_forward_hook(keep)
    decoder.upscale_conv1.register_forward_pre_hook(put)
