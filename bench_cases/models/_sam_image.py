"""SAM on one frame, through segment_anything's own network, with the embedding as a value.

The steps are those of the library's ``SamPredictor`` (Kirillov et al. 2023): the longest side is resized to the
model's, the rest padded. What the predictor keeps in itself is returned instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bench_cases.contracts import (
    Choice,
    Decoded,
    Device,
    Embedding,
    HostPixels,
    MaskChoice,
    Precision,
    Prediction,
    Previous,
)
from bench_cases.frames import Frame
from bench_cases.models._choose import AllMasks, choose, earlier_logits, own_embedding, own_masks
from bench_cases.models._devices import inference
from bench_cases.models._frame import checked
from bench_cases.models._together import Pixels, joined, masks_of, must_be_alike, own_pixels, split
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
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                pixels = self._pixels(frame)
                batch = self._on_device([pixels])
            with clock.stage("embed"):
                features = self.module.image_encoder(batch)
        return SamEmbedding(size_yx=pixels.size_yx, input_yx=pixels.input_yx, features=features)

    def pixels_of(self, frame: Frame) -> Pixels:
        """Resize a frame, on the host; raises what `embed` does."""
        return self._pixels(frame).pinned(self.device)

    def embed_many(self, pixels: Sequence[HostPixels], *, clock: Clock) -> list[SamEmbedding]:
        """Encode frames in one run; stages ``to_device`` and ``embed``.

        Raises
        ------
        TypeError
            For pixels that another library prepared.
        """
        own = own_pixels(pixels)
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                batch = self._on_device(own)
            with clock.stage("embed"):
                features = self.module.image_encoder(batch)
        return [
            SamEmbedding(size_yx=one.size_yx, input_yx=one.input_yx, features=features[index : index + 1])
            for index, one in enumerate(own)
        ]

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
            logits, iou = self._decode([own], [prompt], earlier_logits(previous, own, self._single))
        return AllMasks(embedding=own, logits=logits, iou=iou)

    def decode_many(
        self, embeddings: Sequence[Embedding], prompts: Sequence[Prompt], *, clock: Clock
    ) -> list[AllMasks[SamEmbedding]]:
        """Decode each prompt on the embedding beside it, in one run; stage ``predict``.

        Raises what `decode` does, and `StrategyError` for prompts of different shapes.
        """
        must_be_alike(prompts)
        own = [own_embedding(*pair) for pair in zip(embeddings, [SamEmbedding] * len(prompts), prompts, strict=True)]
        with inference(self.device, self.precision), clock.stage("predict"):
            return split(own, *self._decode(own, prompts, None))

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
            logits, iou = choose(masks, choice, self._single)
            return Prediction(self._at_full_size(masks.embedding, logits)[0, 0].cpu().numpy(), float(iou))

    def masks_of(self, choices: Sequence[Choice], *, clock: Clock) -> list[Prediction]:
        """Choose masks and bring them to their frames' sizes; stage ``to_host``. Raises what `mask_of` does."""
        with inference(self.device, self.precision), clock.stage("to_host"):
            return masks_of(choices, SamEmbedding, self._single, self._at_full_size)

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt and choose one mask; raises what `decode` does."""
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)

    def _pixels(self, frame: Frame) -> Pixels:
        import torch

        frame = checked(frame)
        resized = self._resizer().apply_image(frame)
        tensor = torch.as_tensor(resized).permute(2, 0, 1).contiguous()[None]
        height, width = frame.shape[:2]
        return Pixels(size_yx=(height, width), input_yx=(resized.shape[0], resized.shape[1]), tensor=tensor)

    def _on_device(self, pixels: Sequence[Pixels]) -> Tensor:
        """Return the encoder's input ``(N, 3, S, S)``; scaled and padded there, since bytes are a quarter of floats."""
        return joined([self.module.preprocess(one.tensor.to(self.device, non_blocking=True)) for one in pixels])

    def _at_full_size(self, embedding: SamEmbedding, logits: Tensor) -> Tensor:
        """Return masks ``(N, 1, Y, X)`` at the frame's size from logits ``(N, 1, S/4, S/4)``."""
        full = self.module.postprocess_masks(logits.float(), embedding.input_yx, embedding.size_yx)
        masks: Tensor = full > self.module.mask_threshold
        return masks

    def _single(self, logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
        """Return the single-mask token, as the library's decoder does without ``multimask_output``."""
        return logits[:, :1], iou[:, :1]

    def _decode(
        self, embeddings: Sequence[SamEmbedding], prompts: Sequence[Prompt], earlier: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return logits ``(N, 4, S/4, S/4)`` and predicted IoU ``(N, 4)``, the single-mask token first."""
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
        sparse, dense = self.module.prompt_encoder(points=points, boxes=boxes, masks=earlier)
        features = embeddings[0].features
        if len(prompts) > 1:
            # The decoder takes many prompts on one image only. It adds dense prompts, one each, to what it is given
            # as the image: so each prompt brings the image along, and the common image is nought.
            dense = dense + joined([on.features for on in embeddings])
            features = torch.zeros_like(features)
        logits, iou = self.module.mask_decoder.predict_masks(
            image_embeddings=features,
            image_pe=self.module.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )
        return logits, iou

    def _resizer(self) -> Any:
        from segment_anything.utils.transforms import ResizeLongestSide

        return ResizeLongestSide(self.module.image_encoder.img_size)
