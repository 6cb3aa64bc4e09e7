"""SAM on one frame, through segment_anything's own network, with the embedding as a value.

The steps are those of the library's ``SamPredictor`` (Kirillov et al. 2023): the longest side is resized to the
model's, the rest padded. What the predictor keeps in itself is returned instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench_cases.frames import Frame
from bench_cases.models._image_steps import ImageSteps
from bench_cases.models._sam_decoder import decode_each_on_its_own
from bench_cases.models._together import Pixels, joined
from bench_cases.prompt import Prompt

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SamEmbedding:
    """What SAM's encoder returned for one frame.

    Parameters
    ----------
    size_yx
        Size of the frame.
    input_yx
        Size to which it was resized before padding.
    features
        ``(1, C, S/16, S/16)`` on the device, S the model's image size.
    """

    size_yx: tuple[int, int]
    input_yx: tuple[int, int]
    features: Tensor

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return self.features.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SamImage(ImageSteps[SamEmbedding]):
    """Segments single frames with a ``segment_anything.modeling.Sam``.

    ``single`` is the single-mask token, as the library's decoder gives it without ``multimask_output``. Coordinates go
    to the library as they are: a box's inclusive maximum is passed on without adding a pixel, as the studies did.
    """

    @property
    def _embedding_type(self) -> type[SamEmbedding]:
        return SamEmbedding

    def _pixels(self, frame: Frame) -> Pixels:
        import torch

        resized = self._resizer().apply_image(frame)
        tensor = torch.as_tensor(resized).permute(2, 0, 1).contiguous()[None]
        height, width = frame.shape[:2]
        return Pixels(size_yx=(height, width), input_yx=(resized.shape[0], resized.shape[1]), tensor=tensor)

    def _on_device(self, pixels: Sequence[Pixels]) -> Tensor:
        """Return the encoder's input ``(N, 3, S, S)``; scaled and padded there, since bytes are a quarter of floats."""
        return joined(self.module.preprocess(one.tensor.to(self.device, non_blocking=True)) for one in pixels)

    def _encode(self, pixels: Sequence[Pixels], batch: Tensor) -> list[SamEmbedding]:
        features = self.module.image_encoder(batch)
        return [
            SamEmbedding(size_yx=one.size_yx, input_yx=one.input_yx, features=features[index : index + 1])
            for index, one in enumerate(pixels)
        ]

    def _decode(
        self, embeddings: Sequence[SamEmbedding], prompts: Sequence[Prompt], earlier: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        import torch

        resizer = self._resizer()
        points = boxes = None
        pairs = list(zip(embeddings, prompts, strict=True))
        if prompts[0].points_xy:
            coordinates = [resizer.apply_coords(np.array(it.points_xy, float), on.size_yx) for on, it in pairs]
            points = (
                torch.as_tensor(np.stack(coordinates), dtype=torch.float, device=self.device),
                torch.as_tensor([it.labels for it in prompts], dtype=torch.int, device=self.device),
            )
        if prompts[0].box_xyxy is not None:
            corners = [resizer.apply_boxes(np.array(it.box_xyxy, float), on.size_yx) for on, it in pairs]
            boxes = torch.as_tensor(np.concatenate(corners), dtype=torch.float, device=self.device)
        return decode_each_on_its_own(
            self.module, [on.features for on in embeddings], points=points, boxes=boxes, masks=earlier
        )

    def _at_full_size(self, embedding: SamEmbedding, logits: Tensor) -> Tensor:
        full = self.module.postprocess_masks(logits.float(), embedding.input_yx, embedding.size_yx)
        masks: Tensor = full > self.module.mask_threshold
        return masks

    def _resizer(self) -> Any:
        from segment_anything.utils.transforms import ResizeLongestSide

        return ResizeLongestSide(self.module.image_encoder.img_size)
