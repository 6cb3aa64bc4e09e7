"""MedSAM on one frame: SAM's ViT-B under the steps that MedSAM was trained and published with.

They are not those of ``SamPredictor`` (Ma et al. 2024, ``MedSAM_Inference.py``): the frame is squashed to a square by
cubic splines and stretched to 0..1 with no mean or deviation of colours; a box is the only prompt; probabilities, not
logits, are brought to the frame's size, and cut at one half. Its weights under SAM's steps measure something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import Previous
from bench_cases.errors import StrategyError
from bench_cases.frames import Frame
from bench_cases.models._image_steps import ImageSteps
from bench_cases.models._sam_decoder import decode_each_on_its_own
from bench_cases.models._together import Pixels
from bench_cases.prompt import Prompt

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
class MedSamImage(ImageSteps[MedSamEmbedding]):
    """Segments single frames with a ``segment_anything.modeling.Sam``.

    MedSAM publishes the single mask; the candidates are what fine-tuning left of SAM's.
    """

    feeds_back: ClassVar[bool] = False

    @property
    def _embedding_type(self) -> type[MedSamEmbedding]:
        return MedSamEmbedding

    def _pixels(self, frame: Frame) -> Pixels:
        import torch

        side = self.module.image_encoder.img_size
        squashed = torch.from_numpy(medsam_pixels(frame, side)).float().permute(2, 0, 1)[None]
        return Pixels(size_yx=(frame.shape[0], frame.shape[1]), input_yx=(side, side), tensor=squashed)

    def _encode(self, pixels: Sequence[Pixels], batch: Tensor) -> list[MedSamEmbedding]:
        features = self.module.image_encoder(batch)
        return [
            MedSamEmbedding(size_yx=one.size_yx, features=features[index : index + 1])
            for index, one in enumerate(pixels)
        ]

    def _must_take(self, prompt: Prompt, previous: Previous | None) -> None:
        """Refuse all but a box alone."""
        if previous is None and not prompt.points_xy and prompt.box_xyxy is not None:
            return
        earlier = "" if previous is None else " and an earlier mask"
        msg = (
            f"a prompt of {len(prompt.points_xy)} points and {prompt.n_boxes} boxes{earlier} was given to MedSAM; "
            "expected a box alone, which is all it was trained with. Use the strategy every.box or every.box-all."
        )
        raise StrategyError(msg)

    def _decode(
        self,
        embeddings: Sequence[MedSamEmbedding],
        prompts: Sequence[Prompt],
        earlier: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        import torch

        side = self.module.image_encoder.img_size
        corners = [np.array(it.box_xyxy) / np.array([*it.size_yx[::-1]] * 2) * side for it in prompts]
        boxes = torch.as_tensor(np.stack(corners), dtype=torch.float, device=self.device)
        return decode_each_on_its_own(self.module, [on.features for on in embeddings], boxes=boxes, masks=earlier)

    def _at_full_size(self, embedding: MedSamEmbedding, logits: Tensor) -> Tensor:
        from torch.nn.functional import interpolate

        probability = logits.float().sigmoid()
        return interpolate(probability, embedding.size_yx, mode="bilinear", align_corners=False) > PROBABILITY_THRESHOLD


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
