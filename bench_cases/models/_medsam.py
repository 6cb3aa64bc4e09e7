"""MedSAM on one frame: SAM's ViT-B under the steps that MedSAM was trained and published with.

They are not those of ``SamPredictor`` (Ma et al. 2024, ``MedSAM_Inference.py``): the frame is squashed to a square by
cubic splines and stretched to 0..1 with no mean or deviation of colours; a box is the only prompt; probabilities, not
logits, are brought to the frame's size, and cut at one half. Its weights under SAM's steps measure something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import (
    Decoded,
    Device,
    Embedding,
    HostPixels,
    MaskChoice,
    Precision,
    Prediction,
    Previous,
)
from bench_cases.errors import StrategyError
from bench_cases.frames import Frame
from bench_cases.models._choose import AllMasks, choose, own_embedding, own_masks, single_token
from bench_cases.models._devices import inference
from bench_cases.models._frame import checked
from bench_cases.models._together import Pixels, joined, own_pixels
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor

PROBABILITY_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MedSamEmbedding:
    """What the encoder returned for one frame: ``(1, C, S/16, S/16)`` on the device, S the model's image size."""

    size_yx: tuple[int, int]
    features: Tensor

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return self.features.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MedSamImage:
    """Segments single frames with a ``segment_anything.modeling.Sam``; holds the network and nothing else."""

    module: Any
    device: Device
    precision: Precision
    feeds_back: ClassVar[bool] = False

    def embed(self, frame: Frame, *, clock: Clock) -> MedSamEmbedding:
        """Encode a frame; stages ``to_device`` and ``embed``.

        Raises
        ------
        DataError
            For a frame that is not ``uint8 (Y, X, 3)``.
        """
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                pixels = self._pixels(frame)
                batch = pixels.tensor.to(self.device)
            with clock.stage("embed"):
                features = self.module.image_encoder(batch)
        return MedSamEmbedding(size_yx=pixels.size_yx, features=features)

    def pixels_of(self, frame: Frame) -> Pixels:
        """Squash and stretch a frame, on the host; raises what `embed` does."""
        return self._pixels(frame).pinned(self.device)

    def embed_many(self, pixels: Sequence[HostPixels], *, clock: Clock) -> list[MedSamEmbedding]:
        """Encode frames in one run; stages ``to_device`` and ``embed``.

        Raises
        ------
        TypeError
            For pixels that another library prepared.
        """
        own = own_pixels(pixels)
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                batch = joined(one.tensor.to(self.device, non_blocking=True) for one in own)
            with clock.stage("embed"):
                features = self.module.image_encoder(batch)
        return [
            MedSamEmbedding(size_yx=one.size_yx, features=features[index : index + 1]) for index, one in enumerate(own)
        ]

    def _pixels(self, frame: Frame) -> Pixels:
        import torch

        side = self.module.image_encoder.img_size
        squashed = torch.from_numpy(medsam_pixels(checked(frame), side)).float().permute(2, 0, 1)[None]
        return Pixels(size_yx=(frame.shape[0], frame.shape[1]), input_yx=(side, side), tensor=squashed)

    def decode(
        self, embedding: Embedding, prompt: Prompt, *, previous: Previous | None = None, clock: Clock
    ) -> AllMasks[MedSamEmbedding]:
        """Decode a box on an embedding into the single mask and three candidates; stage ``predict``.

        MedSAM publishes the single mask; the candidates are what fine-tuning left of SAM's.

        Raises
        ------
        StrategyError
            For a prompt that is not a box alone, one drawn on a frame of another size, or a previous mask.
        TypeError
            For an embedding of another model.
        """
        own = own_embedding(embedding, MedSamEmbedding, prompt)
        if previous is not None or prompt.points_xy or prompt.box_xyxy is None:
            earlier = "" if previous is None else " and an earlier mask"
            msg = (
                f"a prompt of {len(prompt.points_xy)} points and {prompt.n_boxes} boxes{earlier} was given to MedSAM; "
                "expected a box alone, which is all it was trained with. Use the strategy every.box or every.box-all."
            )
            raise StrategyError(msg)
        with inference(self.device, self.precision), clock.stage("predict"):
            logits, iou = self._decode(own, prompt)
        return AllMasks(embedding=own, logits=logits, iou=iou)

    def mask_of(self, decoded: Decoded, choice: MaskChoice | int = "single", *, clock: Clock) -> Prediction:
        """Choose one mask and bring its probabilities to the frame's size; stage ``to_host``.

        Raises
        ------
        StrategyError
            For the number of a candidate that is not there.
        TypeError
            For what another model decoded.
        """
        from torch.nn.functional import interpolate

        masks = own_masks(decoded, MedSamEmbedding)
        with inference(self.device, self.precision), clock.stage("to_host"):
            logits, iou = choose(masks, choice, single_token)
            probability = logits.float().sigmoid()
            full = interpolate(probability, masks.embedding.size_yx, mode="bilinear", align_corners=False)
            return Prediction((full > PROBABILITY_THRESHOLD)[0, 0].cpu().numpy(), float(iou))

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode a box and choose one mask; raises what `decode` does."""
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)

    def _decode(self, embedding: MedSamEmbedding, prompt: Prompt) -> tuple[Tensor, Tensor]:
        """Return logits ``(1, 4, S/4, S/4)`` and predicted IoU ``(1, 4)``, the single-mask token first."""
        import torch

        height, width = embedding.size_yx
        corners = np.array(prompt.box_xyxy) / np.array([width, height] * 2) * self.module.image_encoder.img_size
        boxes = torch.as_tensor(corners, dtype=torch.float, device=self.device)[None, None]
        sparse, dense = self.module.prompt_encoder(points=None, boxes=boxes, masks=None)
        logits, iou = self.module.mask_decoder.predict_masks(
            image_embeddings=embedding.features,
            image_pe=self.module.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )
        return logits, iou


def medsam_pixels(frame: Frame, image_size: int) -> NDArray[np.float64]:
    """Squash a frame to a square by cubic splines and stretch it to 0..1: ``(S, S, 3)``.

    The published step is ``skimage.transform.resize(frame, (S, S), order=3, preserve_range=True,
    anti_aliasing=True)``, truncated to bytes. These are the calls that it makes, of which this project needs no more:
    a Gaussian where the frame shrinks, splines mirrored at the edge, and the range of the frame kept.
    """
    from scipy import ndimage

    grey = frame.astype(np.float64)
    shrink = np.array([*frame.shape[:2], image_size]) / image_size
    smooth = ndimage.gaussian_filter(grey, np.maximum(0, (shrink - 1) / 2), mode="mirror")
    resized = ndimage.zoom(smooth, 1 / shrink, order=3, mode="mirror", grid_mode=True)
    squashed = np.clip(resized, grey.min(), grey.max()).astype(np.uint8)
    low, high = int(squashed.min()), int(squashed.max())
    stretched: NDArray[np.float64] = (squashed - np.float64(low)) / max(high - low, 1e-8)
    return stretched
