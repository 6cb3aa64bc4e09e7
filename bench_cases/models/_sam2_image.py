"""SAM 2 on one frame, through sam2's own network, with the embedding as a value.

The steps are those of the library's ``SAM2ImagePredictor`` (Ravi et al. 2024): the frame is squashed to a square,
bilinear with antialiasing. Its feature sizes are fixed to a model of 1024 pixels; here they follow the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

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
from bench_cases.models._sam2_pixels import image_pixels
from bench_cases.models._together import Pixels, joined, masks_of, must_be_alike, own_pixels, split
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
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                pixels = self._pixels(frame)
                batch = pixels.tensor.to(self.device)
            with clock.stage("embed"):
                (embedding,) = self._embed([pixels], batch)
        return embedding

    def pixels_of(self, frame: Frame) -> Pixels:
        """Squash a frame to the square and scale its colours, on the host; raises what `embed` does."""
        return self._pixels(frame).pinned(self.device)

    def embed_many(self, pixels: Sequence[HostPixels], *, clock: Clock) -> list[Sam2ImageEmbedding]:
        """Encode frames in one run; stages ``to_device`` and ``embed``.

        Raises
        ------
        TypeError
            For pixels that another library prepared.
        """
        own = own_pixels(pixels)
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                batch = joined([one.tensor.to(self.device, non_blocking=True) for one in own])
            with clock.stage("embed"):
                return self._embed(own, batch)

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
            logits, iou = self._decode([own], [prompt], earlier_logits(previous, own, self._single))
        return AllMasks(embedding=own, logits=logits, iou=iou)

    def decode_many(
        self, embeddings: Sequence[Embedding], prompts: Sequence[Prompt], *, clock: Clock
    ) -> list[AllMasks[Sam2ImageEmbedding]]:
        """Decode each prompt on the embedding beside it, in one run; stage ``predict``.

        Raises what `decode` does, and `StrategyError` for prompts of different shapes.
        """
        must_be_alike(prompts)
        kind = Sam2ImageEmbedding
        own = [own_embedding(on, kind, prompt) for on, prompt in zip(embeddings, prompts, strict=True)]
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
        masks = own_masks(decoded, Sam2ImageEmbedding)
        with inference(self.device, self.precision), clock.stage("to_host"):
            logits, iou = choose(masks, choice, self._single)
            return Prediction(self._at_full_size(masks.embedding, logits)[0, 0].cpu().numpy(), float(iou))

    def masks_of(self, choices: Sequence[Choice], *, clock: Clock) -> list[Prediction]:
        """Choose masks and bring them to their frames' sizes; stage ``to_host``. Raises what `mask_of` does."""
        with inference(self.device, self.precision), clock.stage("to_host"):
            return masks_of(choices, Sam2ImageEmbedding, self._single, self._at_full_size)

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt and choose one mask; raises what `decode` does."""
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)

    def _pixels(self, frame: Frame) -> Pixels:
        side = self.module.image_size
        tensor = image_pixels(checked(frame), side, "cpu")
        return Pixels(size_yx=(frame.shape[0], frame.shape[1]), input_yx=(side, side), tensor=tensor)

    def _embed(self, pixels: Sequence[Pixels], batch: Tensor) -> list[Sam2ImageEmbedding]:
        """Encode ``(N, 3, S, S)``, as the library's predictor does."""
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
        """Return masks ``(N, 1, Y, X)`` at the frame's size from logits ``(N, 1, S/4, S/4)``."""
        from torch.nn.functional import interpolate

        return interpolate(logits.float(), embedding.size_yx, mode="bilinear", align_corners=False) > MASK_THRESHOLD

    def _single(self, logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
        """Return the single-mask token or its fallback, as the library's decoder does without ``multimask_output``."""
        decoder = self.module.sam_mask_decoder
        if decoder.dynamic_multimask_via_stability and not decoder.training:
            chosen: tuple[Tensor, Tensor] = decoder._dynamic_multimask_via_stability(logits, iou)  # noqa: SLF001
            return chosen
        return logits[:, :1], iou[:, :1]

    def _decode(
        self, embeddings: Sequence[Sam2ImageEmbedding], prompts: Sequence[Prompt], earlier: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return logits ``(N, 4, S/4, S/4)`` and predicted IoU ``(N, 4)``, the single-mask token first."""
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
