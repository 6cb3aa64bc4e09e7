"""SAM on one frame, through segment_anything's own network, with the embedding as a value.

The steps are those of the library's ``SamPredictor`` (Kirillov et al. 2023): the longest side is resized to the
model's, the rest padded. What the predictor keeps in itself is returned instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bench_cases.contracts import Decoded, Device, Embedding, MaskChoice, Precision, Prediction, Previous
from bench_cases.frames import Frame
from bench_cases.models._choose import AllMasks, choose, earlier_logits, own_embedding, own_masks
from bench_cases.models._devices import inference
from bench_cases.models._frame import checked
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

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
class SamImage:
    """Segments single frames with a ``segment_anything.modeling.Sam``; holds the network and nothing else.

    Coordinates go to the library as they are: a box's inclusive maximum is passed on without adding a pixel, as the
    studies did.
    """

    module: Any
    device: Device
    precision: Precision
    feeds_back: ClassVar[bool] = True

    def embed(self, frame: Frame, *, clock: Clock) -> SamEmbedding:
        """Encode a frame; stages ``to_device`` and ``embed``.

        Raises
        ------
        DataError
            For a frame that is not ``uint8 (Y, X, 3)``.
        """
        import torch

        frame = checked(frame)
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                resized = self._resizer().apply_image(frame)
                pixels = torch.as_tensor(resized, device=self.device).permute(2, 0, 1).contiguous()[None]
                pixels = self.module.preprocess(pixels)
            with clock.stage("embed"):
                features = self.module.image_encoder(pixels)
        height, width = frame.shape[:2]
        return SamEmbedding(size_yx=(height, width), input_yx=(resized.shape[0], resized.shape[1]), features=features)

    def decode(
        self, embedding: Embedding, prompt: Prompt, *, previous: Previous | None = None, clock: Clock
    ) -> AllMasks[SamEmbedding]:
        """Decode one prompt on an embedding into the single mask and three candidates; stage ``predict``.

        Raises
        ------
        StrategyError
            For a mask prompt, a prompt drawn on a frame of another size, or a previous mask of another frame.
        TypeError
            For an embedding of another model.
        """
        own = own_embedding(embedding, SamEmbedding, prompt)
        with inference(self.device, self.precision), clock.stage("predict"):
            logits, iou = self._decode(own, prompt, earlier_logits(previous, own, self._single))
        return AllMasks(embedding=own, logits=logits, iou=iou)

    def mask_of(self, decoded: Decoded, choice: MaskChoice | int = "single", *, clock: Clock) -> Prediction:
        """Choose one mask and bring it to the frame's size; stage ``to_host``.

        Raises
        ------
        StrategyError
            For the number of a candidate that is not there.
        TypeError
            For what another model decoded.
        """
        masks = own_masks(decoded, SamEmbedding)
        with inference(self.device, self.precision), clock.stage("to_host"):
            return self._at_full_size(masks.embedding, *choose(masks, choice, self._single))

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt and choose one mask; raises what `decode` does."""
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)

    def _at_full_size(self, embedding: SamEmbedding, logits: Tensor, iou: Tensor) -> Prediction:
        """Return one mask at the frame's size from logits ``(1, 1, S/4, S/4)``."""
        mask = self.module.postprocess_masks(logits.float(), embedding.input_yx, embedding.size_yx)
        return Prediction((mask > self.module.mask_threshold)[0, 0].cpu().numpy(), float(iou))

    def _single(self, logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
        """Return the single-mask token, as the library's decoder does without ``multimask_output``."""
        return logits[:, :1], iou[:, :1]

    def _decode(self, embedding: SamEmbedding, prompt: Prompt, earlier: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return logits ``(1, 4, S/4, S/4)`` and predicted IoU ``(1, 4)``, the single-mask token first."""
        import torch

        resizer = self._resizer()
        points = boxes = None
        if prompt.points_xy:
            coordinates = resizer.apply_coords(np.array(prompt.points_xy, float), embedding.size_yx)
            points = (
                torch.as_tensor(coordinates, dtype=torch.float, device=self.device)[None],
                torch.as_tensor(prompt.labels, dtype=torch.int, device=self.device)[None],
            )
        if prompt.box_xyxy is not None:
            corners = resizer.apply_boxes(np.array(prompt.box_xyxy, float), embedding.size_yx)
            boxes = torch.as_tensor(corners, dtype=torch.float, device=self.device)
        sparse, dense = self.module.prompt_encoder(points=points, boxes=boxes, masks=earlier)
        logits, iou = self.module.mask_decoder.predict_masks(
            image_embeddings=embedding.features,
            image_pe=self.module.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )
        return logits, iou

    def _resizer(self) -> Any:
        from segment_anything.utils.transforms import ResizeLongestSide

        return ResizeLongestSide(self.module.image_encoder.img_size)
