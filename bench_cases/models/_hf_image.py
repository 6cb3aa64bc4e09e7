"""Models of transformers on one frame, with the embedding as a value.

The steps are those of the library's own processor and model: its image processor makes the pixels and brings masks to
size, its encoder and decoder do the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

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
from bench_cases.frames import Frame
from bench_cases.models._choose import AllMasks, choose, earlier_logits, own_embedding, own_masks, single_token
from bench_cases.models._devices import inference
from bench_cases.models._frame import checked
from bench_cases.models._hf_families import Family
from bench_cases.models._sam2_image import MASK_THRESHOLD
from bench_cases.models._together import Pixels, joined, own_pixels
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HfEmbedding:
    """What an encoder returned for one frame.

    Parameters
    ----------
    size_yx
        Size of the frame.
    input_yx
        Size to which it was resized, before any padding.
    maps
        One map; one and the intermediate ones of SAM-HQ; or a pyramid from fine to coarse.
    """

    size_yx: tuple[int, int]
    input_yx: tuple[int, int]
    maps: tuple[Tensor, ...]

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return sum(level.nbytes for level in self.maps)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HfImage:
    """Segments single frames; holds the network and what prepares frames for it, and nothing else."""

    module: Any
    processor: Any
    family: Family
    device: Device
    precision: Precision
    feeds_back: ClassVar[bool] = True

    def embed(self, frame: Frame, *, clock: Clock) -> HfEmbedding:
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
        """Prepare a frame by the library's processor, on the host; raises what `embed` does."""
        return self._pixels(frame).pinned(self.device)

    def embed_many(self, pixels: Sequence[HostPixels], *, clock: Clock) -> list[HfEmbedding]:
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
                return self._embed(own, batch)

    def _pixels(self, frame: Frame) -> Pixels:
        frame = checked(frame)
        inputs = self.processor(images=frame, return_tensors="pt")
        tensor = inputs["pixel_values"]
        # The processors of SAM 2 and later report no such size, or one that means the square they squash to.
        resized = inputs["reshaped_input_sizes"][0] if self.family.encoder != "pyramid" else tensor.shape[-2:]
        return Pixels(
            size_yx=(frame.shape[0], frame.shape[1]), input_yx=(int(resized[0]), int(resized[1])), tensor=tensor
        )

    def _embed(self, pixels: Sequence[Pixels], batch: Tensor) -> list[HfEmbedding]:
        """Encode ``(N, 3, S, S)``."""
        found = self.module.get_image_embeddings(batch)
        maps: Any = (found[0], *found[1]) if self.family.encoder == "intermediate" else found
        maps = (maps,) if self.family.encoder == "one" else tuple(maps)
        return [
            HfEmbedding(
                size_yx=one.size_yx, input_yx=one.input_yx, maps=tuple(level[index : index + 1] for level in maps)
            )
            for index, one in enumerate(pixels)
        ]

    def decode(
        self, embedding: Embedding, prompt: Prompt, *, previous: Previous | None = None, clock: Clock
    ) -> AllMasks[HfEmbedding]:
        """Decode one prompt on an embedding into the single mask and three candidates; stage ``predict``.

        Raises
        ------
        StrategyError
            For a mask prompt, a prompt drawn on a frame of another size, or a previous mask of another frame.
        TypeError
            For an embedding of another model or of video mode.
        """
        own = own_embedding(embedding, HfEmbedding, prompt)
        with inference(self.device, self.precision), clock.stage("predict"):
            marks = points_and_boxes(prompt, own.input_yx, self.device, double=self.family.encoder != "pyramid")
            earlier = earlier_logits(previous, own, self._single)
            decode = self._decode_pyramid if self.family.encoder == "pyramid" else self._decode_twice
            logits, iou = decode(own, {**marks, "input_masks": earlier})
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
        masks = own_masks(decoded, HfEmbedding)
        with inference(self.device, self.precision), clock.stage("to_host"):
            logits, iou = choose(masks, choice, self._single)
            full = self.processor.post_process_masks(
                [logits.float()],
                original_sizes=[masks.embedding.size_yx],
                reshaped_input_sizes=[masks.embedding.input_yx],
                binarize=False,
            )[0]
            return Prediction((full > MASK_THRESHOLD)[0, 0].cpu().numpy(), float(iou))

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt and choose one mask; raises what `decode` does."""
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)

    def _single(self, logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
        """Return the single-mask token or, in SAM 2 and later, its fallback where it is unstable."""
        decoder = self.module.mask_decoder
        if self.family.stable and decoder.dynamic_multimask_via_stability:
            mask, score = decoder._dynamic_multimask_via_stability(logits[:, None], iou[:, None])  # noqa: SLF001
            return mask[:, 0], score[:, 0]
        return single_token(logits, iou)

    def _decode_pyramid(self, embedding: HfEmbedding, marks: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Return logits ``(1, 4, S/4, S/4)`` and predicted IoU ``(1, 4)`` of SAM 2 and later, by one decoder run.

        The decoder throws away what was not asked for; where it would replace an unstable mask it has all four in hand,
        and a view of it passes them through there.
        """
        sparse, dense = self.module.prompt_encoder(**marks)
        decoder = copy(self.module.mask_decoder)  # shares every weight
        decoder.__dict__["dynamic_multimask_via_stability"] = True
        decoder.__dict__["_dynamic_multimask_via_stability"] = lambda logits, iou: (logits, iou)
        *fine, coarse = embedding.maps
        logits, iou, *_ = decoder(
            image_embeddings=coarse,
            image_positional_embeddings=self.module.get_image_wide_positional_embeddings(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=False,
            high_resolution_features=fine,
        )
        return logits[:, 0], iou[:, 0]

    def _decode_twice(self, embedding: HfEmbedding, marks: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Return logits ``(1, 4, S/4, S/4)`` and predicted IoU ``(1, 4)`` of SAM and SAM-HQ.

        These decoders hand out the single mask or the three: two runs, which a model's settings say
        (``decoder_runs_a_prompt``).
        """
        import torch

        first, *intermediate = embedding.maps
        more = {"intermediate_embeddings": intermediate} if intermediate else {}
        one, three = (
            self.module(image_embeddings=first, multimask_output=multimask, **more, **marks)
            for multimask in (False, True)
        )
        logits = torch.cat([one.pred_masks[:, 0], three.pred_masks[:, 0]], dim=1)
        return logits, torch.cat([one.iou_scores[:, 0], three.iou_scores[:, 0]], dim=1)


def points_and_boxes(
    prompt: Prompt, input_yx: tuple[int, int], device: Device, *, double: bool = False
) -> dict[str, Any]:
    """Return a prompt as the library's prompt encoders take it: points, their labels and a box in the input's pixels.

    Parameters
    ----------
    double
        Whether coordinates have 64 bits, as SAM's processors give them (where the device has such numbers).
    """
    import torch

    kind = torch.float64 if double and device != "mps" else torch.float32

    def scaled(places: Sequence[Sequence[float]]) -> Tensor:
        placed = torch.tensor(places, dtype=kind)
        # Axis by axis with a plain number, as the processors do: the last bit can decide a pixel.
        placed[:, 0] = placed[:, 0] * (input_yx[1] / prompt.size_yx[1])
        placed[:, 1] = placed[:, 1] * (input_yx[0] / prompt.size_yx[0])
        return placed.to(device)

    points = labels = boxes = None
    if prompt.points_xy:
        points = scaled(prompt.points_xy)[None, None]
        labels = torch.tensor(prompt.labels, dtype=torch.int64)[None, None].to(device)
    if prompt.box_xyxy is not None:
        boxes = scaled((prompt.box_xyxy[:2], prompt.box_xyxy[2:])).reshape(1, 1, 4)
    return {"input_points": points, "input_labels": labels, "input_boxes": boxes}
