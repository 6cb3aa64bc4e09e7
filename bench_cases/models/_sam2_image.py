"""SAM 2 on one frame, through sam2's own network, with the embedding as a value.

The steps are those of the library's ``SAM2ImagePredictor`` (Ravi et al. 2024): the frame is squashed to a square,
bilinear with antialiasing. Its feature sizes are fixed to a model of 1024 pixels; here they follow the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bench_cases.contracts import Decoded, Device, Embedding, MaskChoice, Precision, Prediction, Previous
from bench_cases.frames import Frame
from bench_cases.models._choose import AllMasks, choose, earlier_logits, own_embedding, own_masks
from bench_cases.models._devices import inference
from bench_cases.models._frame import checked
from bench_cases.models._sam2_pixels import image_pixels
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

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
class Sam2Image:
    """Segments single frames with a ``sam2.modeling.sam2_base.SAM2Base``; holds the network and nothing else.

    ``single`` is the single-mask token with the library's fallback: where that mask is unstable, the most confident
    of the other three takes its place. Coordinates go to the library as they are: a box's inclusive maximum is passed
    on without adding a pixel, as the studies did.
    """

    module: Any
    device: Device
    precision: Precision
    feeds_back: ClassVar[bool] = True

    def embed(self, frame: Frame, *, clock: Clock) -> Sam2ImageEmbedding:
        """Encode a frame; stages ``to_device`` and ``embed``.

        Raises
        ------
        DataError
            For a frame that is not ``uint8 (Y, X, 3)``.
        """
        frame = checked(frame)
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                pixels = image_pixels(frame, self.module.image_size, self.device)
            with clock.stage("embed"):
                _, levels, _, sizes = self.module._prepare_backbone_features(  # noqa: SLF001 - as the predictor does
                    self.module.forward_image(pixels)
                )
                if self.module.directly_add_no_mem_embed:
                    levels[-1] = levels[-1] + self.module.no_mem_embed
                *fine, coarse = (
                    level.permute(1, 2, 0).reshape(1, -1, *size) for level, size in zip(levels, sizes, strict=True)
                )
        return Sam2ImageEmbedding(size_yx=(frame.shape[0], frame.shape[1]), coarse=coarse, fine=tuple(fine))

    def decode(
        self, embedding: Embedding, prompt: Prompt, *, previous: Previous | None = None, clock: Clock
    ) -> AllMasks[Sam2ImageEmbedding]:
        """Decode one prompt on an embedding into the single mask and three candidates; stage ``predict``.

        Raises
        ------
        StrategyError
            For a mask prompt, a prompt drawn on a frame of another size, or a previous mask of another frame.
        TypeError
            For an embedding of another model or of video mode.
        """
        own = own_embedding(embedding, Sam2ImageEmbedding, prompt)
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
        masks = own_masks(decoded, Sam2ImageEmbedding)
        with inference(self.device, self.precision), clock.stage("to_host"):
            return self._at_full_size(masks.embedding, *choose(masks, choice, self._single))

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt and choose one mask; raises what `decode` does."""
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)

    def _at_full_size(self, embedding: Sam2ImageEmbedding, logits: Tensor, iou: Tensor) -> Prediction:
        """Return one mask at the frame's size from logits ``(1, 1, S/4, S/4)``."""
        from torch.nn.functional import interpolate

        mask = interpolate(logits.float(), embedding.size_yx, mode="bilinear", align_corners=False)
        return Prediction((mask > MASK_THRESHOLD)[0, 0].cpu().numpy(), float(iou))

    def _single(self, logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
        """Return the single-mask token or its fallback, as the library's decoder does without ``multimask_output``."""
        decoder = self.module.sam_mask_decoder
        if decoder.dynamic_multimask_via_stability and not decoder.training:
            chosen: tuple[Tensor, Tensor] = decoder._dynamic_multimask_via_stability(logits, iou)  # noqa: SLF001
            return chosen
        return logits[:, :1], iou[:, :1]

    def _decode(self, embedding: Sam2ImageEmbedding, prompt: Prompt, earlier: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return logits ``(1, 4, S/4, S/4)`` and predicted IoU ``(1, 4)``, the single-mask token first."""
        coordinates, labels = points_of(prompt, self.device)
        sparse, dense = self.module.sam_prompt_encoder(
            points=(coordinates * self.module.image_size, labels),
            boxes=None,
            masks=None if earlier is None else earlier.clamp(-LOGIT_BOUND, LOGIT_BOUND),
        )
        logits, iou, _, _ = self.module.sam_mask_decoder.predict_masks(
            image_embeddings=embedding.coarse,
            image_pe=self.module.sam_prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            repeat_image=False,
            high_res_features=list(embedding.fine),
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
