"""SAM 2 on one frame, through sam2's own network, with the embedding as a value.

The steps are those of the library's ``SAM2ImagePredictor`` (Ravi et al. 2024): the frame is squashed to a square,
bilinear with antialiasing. Its feature sizes are fixed to a model of 1024 pixels; here they follow the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench_cases.contracts import Device
from bench_cases.frames import Frame
from bench_cases.models._choose import single_token
from bench_cases.models._image_steps import ImageSteps
from bench_cases.models._sam2_pixels import image_pixels
from bench_cases.models._together import Pixels, joined
from bench_cases.prompt import Prompt

if TYPE_CHECKING:
    from torch import Tensor

MASK_THRESHOLD = 0.0
LOGIT_BOUND = 32.0
"""The library clamps logits to this before they go into the decoder again."""

_BOX_CORNERS = (2, 3)
"""Labels under which sam2 takes a box as two points."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sam2ImageEmbedding:
    """What SAM 2's encoder returned for one frame in image mode.

    Parameters
    ----------
    size_yx
        Size of the frame.
    coarse
        ``(1, C, S/16, S/16)`` with the no-memory code added, S the model's image size.
    fine
        ``(1, C/8, S/4, S/4)`` and ``(1, C/4, S/8, S/8)``.
    """

    size_yx: tuple[int, int]
    coarse: Tensor
    fine: tuple[Tensor, ...]

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return self.coarse.nbytes + sum(level.nbytes for level in self.fine)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sam2Image(ImageSteps[Sam2ImageEmbedding]):
    """Segments single frames with a ``sam2.modeling.sam2_base.SAM2Base``.

    ``single`` is the single-mask token with the library's fallback: where that mask is unstable, the most confident
    of the other three takes its place. Coordinates go to the library as they are: a box's inclusive maximum is passed
    on without adding a pixel, as the studies did.
    """

    @property
    def _embedding_type(self) -> type[Sam2ImageEmbedding]:
        return Sam2ImageEmbedding

    def _pixels(self, frame: Frame) -> Pixels:
        side = self.module.image_size
        tensor = image_pixels(frame, side, "cpu")
        return Pixels(size_yx=(frame.shape[0], frame.shape[1]), input_yx=(side, side), tensor=tensor)

    def _encode(self, pixels: Sequence[Pixels], batch: Tensor) -> list[Sam2ImageEmbedding]:
        _, levels, _, sizes = self.module._prepare_backbone_features(  # noqa: SLF001 - as the predictor does
            self.module.forward_image(batch)
        )
        if self.module.directly_add_no_mem_embed:
            levels[-1] = levels[-1] + self.module.no_mem_embed
        *fine, coarse = (
            level.permute(1, 2, 0).reshape(len(pixels), -1, *size) for level, size in zip(levels, sizes, strict=True)
        )
        return [
            Sam2ImageEmbedding(
                size_yx=one.size_yx,
                coarse=coarse[index : index + 1],
                fine=tuple(level[index : index + 1] for level in fine),
            )
            for index, one in enumerate(pixels)
        ]

    def _at_full_size(self, embedding: Sam2ImageEmbedding, logits: Tensor) -> Tensor:
        from torch.nn.functional import interpolate

        return interpolate(logits.float(), embedding.size_yx, mode="bilinear", align_corners=False) > MASK_THRESHOLD

    def _single(self, logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
        """Return the single-mask token or its fallback, as the library's decoder does without ``multimask_output``."""
        decoder = self.module.sam_mask_decoder
        if decoder.dynamic_multimask_via_stability and not decoder.training:
            chosen: tuple[Tensor, Tensor] = decoder._dynamic_multimask_via_stability(logits, iou)  # noqa: SLF001
            return chosen
        return single_token(logits, iou)

    def _decode(
        self, embeddings: Sequence[Sam2ImageEmbedding], prompts: Sequence[Prompt], earlier: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        coordinates, labels = (
            joined(parts) for parts in zip(*(points_of(prompt, self.device) for prompt in prompts), strict=True)
        )
        sparse, dense = self.module.sam_prompt_encoder(
            points=(coordinates * self.module.image_size, labels),
            boxes=None,
            masks=None if earlier is None else earlier.clamp(-LOGIT_BOUND, LOGIT_BOUND),
        )
        logits, iou, _, _ = self.module.sam_mask_decoder.predict_masks(
            image_embeddings=joined([on.coarse for on in embeddings]),
            image_pe=self.module.sam_prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            repeat_image=False,
            high_res_features=[joined(level) for level in zip(*(on.fine for on in embeddings), strict=True)],
        )
        return logits, iou


def points_of(prompt: Prompt, device: Device) -> tuple[Tensor, Tensor]:
    """Return box corners and points as fractions of the prompt's own frame ``(1, N, 2)``, and their labels ``(1, N)``.

    A box comes first, as two points, as SAM 2 was trained.
    """
    import torch

    box = () if prompt.box_xyxy is None else (prompt.box_xyxy[:2], prompt.box_xyxy[2:])
    coordinates = torch.tensor([*box, *prompt.points_xy], dtype=torch.float32)
    height, width = prompt.size_yx
    labels = torch.tensor([*_BOX_CORNERS[: len(box)], *prompt.labels], dtype=torch.int32)
    return (coordinates / torch.tensor([width, height]))[None].to(device), labels[None].to(device)
