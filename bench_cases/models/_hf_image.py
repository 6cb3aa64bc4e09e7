"""Models of transformers on one frame, with the embedding as a value.

The steps are those of the library's own processor and model: its image processor makes the pixels and brings masks to
size, its encoder and decoder do the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench_cases.contracts import Device
from bench_cases.frames import Frame
from bench_cases.models._choose import single_token
from bench_cases.models._hf_families import Family
from bench_cases.models._image_steps import ImageSteps
from bench_cases.models._sam2_image import MASK_THRESHOLD
from bench_cases.models._together import Pixels, joined
from bench_cases.prompt import Prompt

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
class HfImage(ImageSteps[HfEmbedding]):
    """Segments single frames; holds the network and what prepares frames for it, and nothing else.

    Every family takes a batch of images with a prompt on each, so that prompts on many frames are decoded together.
    """

    processor: Any
    family: Family

    @property
    def _embedding_type(self) -> type[HfEmbedding]:
        return HfEmbedding

    def _pixels(self, frame: Frame) -> Pixels:
        inputs = self.processor(images=frame, return_tensors="pt")
        tensor = inputs["pixel_values"]
        # The processors of SAM 2 and later report no such size, or one that means the square they squash to.
        resized = inputs["reshaped_input_sizes"][0] if self.family.encoder != "pyramid" else tensor.shape[-2:]
        return Pixels(
            size_yx=(frame.shape[0], frame.shape[1]), input_yx=(int(resized[0]), int(resized[1])), tensor=tensor
        )

    def _encode(self, pixels: Sequence[Pixels], batch: Tensor) -> list[HfEmbedding]:
        found = self.module.get_image_embeddings(batch)
        maps: Any = (found[0], *found[1]) if self.family.encoder == "intermediate" else found
        maps = (maps,) if self.family.encoder == "one" else tuple(maps)
        return [
            HfEmbedding(
                size_yx=one.size_yx, input_yx=one.input_yx, maps=tuple(level[index : index + 1] for level in maps)
            )
            for index, one in enumerate(pixels)
        ]

    def _decode(
        self, embeddings: Sequence[HfEmbedding], prompts: Sequence[Prompt], earlier: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        double = self.family.encoder != "pyramid"
        marks = [
            points_and_boxes(prompt, on.input_yx, self.device, double=double)
            for on, prompt in zip(embeddings, prompts, strict=True)
        ]
        # The library's own batch: an image each, and one prompt on it.
        together = {
            name: None if tensor is None else joined(one[name] for one in marks) for name, tensor in marks[0].items()
        }
        maps = [joined(level) for level in zip(*(on.maps for on in embeddings), strict=True)]
        decode = self._decode_pyramid if self.family.encoder == "pyramid" else self._decode_twice
        return decode(maps, {**together, "input_masks": earlier})

    def _at_full_size(self, embedding: HfEmbedding, logits: Tensor) -> Tensor:
        full: Tensor = self.processor.post_process_masks(
            [logits.float()],
            original_sizes=[embedding.size_yx],
            reshaped_input_sizes=[embedding.input_yx],
            binarize=False,
        )[0]
        return full > MASK_THRESHOLD

    def _single(self, logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
        """Return the single-mask token or, in SAM 2 and later, its fallback where it is unstable."""
        decoder = self.module.mask_decoder
        if self.family.stable and decoder.dynamic_multimask_via_stability:
            mask, score = decoder._dynamic_multimask_via_stability(logits[:, None], iou[:, None])  # noqa: SLF001
            return mask[:, 0], score[:, 0]
        return single_token(logits, iou)

    def _decode_pyramid(self, maps: Sequence[Tensor], marks: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Decode with SAM 2 and later, by one decoder run.

        The decoder throws away what was not asked for; where it would replace an unstable mask it has all four in hand,
        and a view of it passes them through there.
        """
        sparse, dense = self.module.prompt_encoder(**marks)
        decoder = copy(self.module.mask_decoder)  # shares every weight
        decoder.__dict__["dynamic_multimask_via_stability"] = True
        decoder.__dict__["_dynamic_multimask_via_stability"] = lambda logits, iou: (logits, iou)
        *fine, coarse = maps
        logits, iou, *_ = decoder(
            image_embeddings=coarse,
            image_positional_embeddings=self.module.get_image_wide_positional_embeddings(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=False,
            high_resolution_features=fine,
        )
        return logits[:, 0], iou[:, 0]

    def _decode_twice(self, maps: Sequence[Tensor], marks: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Decode with SAM and SAM-HQ.

        These decoders hand out the single mask or the three: two runs, which a model's settings say
        (``decoder_runs_a_prompt``).
        """
        import torch

        first, *intermediate = maps
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
