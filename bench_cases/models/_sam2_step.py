"""One step of several walks of SAM 2 as one batch, through the library's own modules.

The library tracks an object at a time, at one frame. Here each walk gathers its memory by the library's own rules, and
memory attention, mask decoder and memory encoder take all walks at once, each at a frame of its own. They fit together
when their memories are of one length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bench_cases.models._sam2_walk import FrameFeatures

if TYPE_CHECKING:
    from torch import Tensor


class Memory(NamedTuple):
    """What one walk remembers, as memory attention takes it: tokens and their codes ``(N, 1, C)``, pointers last."""

    tokens: Tensor
    codes: Tensor
    pointer_tokens: int

    @property
    def length(self) -> tuple[int, int]:
        """How many tokens there are, and how many of them are pointers: walks fit together where these are equal."""
        return len(self.tokens), self.pointer_tokens


class Stepped(NamedTuple):
    """Low-resolution logits ``(B, 1, S/4, S/4)``, predicted IoU ``(B,)``, and what each walk is to remember."""

    logits: Tensor
    iou: Tensor
    outputs: list[dict[str, Any]]


def can_be_batched(module: Any) -> bool:
    """Whether the library's steps treat the samples of a batch as independent."""
    return module.num_maskmem > 0 and not (module.non_overlap_masks or module.non_overlap_masks_for_mem_enc)


def gather(walk: Any, position: int, features: FrameFeatures) -> Memory:
    """Return what a walk remembers at a frame that is to be tracked."""
    attention = _Looker()
    walk.__dict__["memory_attention"] = attention  # asked before the network's own, which is not touched
    try:
        walk._prepare_memory_conditioned_features(  # noqa: SLF001 - the library's own, as in the walk
            frame_idx=position,
            is_init_cond_frame=False,
            current_vision_feats=list(features.levels[-1:]),
            current_vision_pos_embeds=[features.position],
            feat_sizes=list(features.sizes[-1:]),
            output_dict=walk.state["output_dict_per_obj"][0],
            num_frames=walk.state["num_frames"],
        )
    finally:
        del walk.__dict__["memory_attention"]
    return Memory(attention.seen["memory"], attention.seen["memory_pos"], attention.seen["num_obj_ptr_tokens"])


def step(
    walks: Sequence[Any], positions: Sequence[int], features: Sequence[FrameFeatures], memories: Sequence[Memory]
) -> Stepped:
    """Track each walk's frame; the walks remember nothing of it until they are told.

    Parameters
    ----------
    memories
        Of equal length.
    """
    import torch

    lead = walks[0]
    size = len(walks)
    # As each alone has them: (B, C, h, w) side by side in memory.
    levels = [
        torch.cat([level.permute(1, 2, 0) for level in of_all]).permute(2, 0, 1)
        for of_all in zip(*(it.levels for it in features), strict=True)
    ]
    sizes = features[0].sizes
    fused = lead.memory_attention(
        curr=[_joined([it.levels[-1] for it in features])],
        curr_pos=[features[0].position.expand(-1, size, -1)],
        memory=_joined([it.tokens for it in memories]),
        memory_pos=_joined([it.codes for it in memories]),
        num_obj_ptr_tokens=memories[0].pointer_tokens,
    )
    for walk, position in zip(walks, positions, strict=True):
        walk.position = position
    heads = _with_decoder(lead, CandidateOfEach(lead.decoder, [walk.pick for walk in walks]))
    _, _, ious, low, high, pointers, object_scores = heads._forward_sam_heads(  # noqa: SLF001
        backbone_features=fused.permute(1, 2, 0).view(size, -1, *sizes[-1]),
        high_res_features=[
            level.permute(1, 2, 0).view(size, -1, *its_size)
            for level, its_size in zip(levels[:-1], sizes[:-1], strict=True)
        ]
        or None,
        multimask_output=lead._use_multimask(is_init_cond_frame=False, point_inputs=None),  # noqa: SLF001
    )
    remembered, codes = lead._encode_new_memory(  # noqa: SLF001
        current_vision_feats=levels,
        feat_sizes=list(sizes),
        pred_masks_high_res=high,
        object_score_logits=object_scores,
        is_mask_from_pts=False,
    )
    logits = lead.without_holes(low)
    codes = [code[:1] for code in codes]
    outputs = [
        {
            "maskmem_features": its_memory,
            "maskmem_pos_enc": walk._get_maskmem_pos_enc(walk.state, {"maskmem_pos_enc": codes}),  # noqa: SLF001
            "pred_masks": its_logits,
            "obj_ptr": pointer,
            "object_score_logits": score,
        }
        for walk, its_memory, its_logits, pointer, score in zip(
            walks,
            remembered.to(torch.bfloat16).split(1),
            logits.split(1),
            pointers.split(1),
            object_scores.split(1),
            strict=True,
        )
    ]
    return Stepped(logits, ious.amax(dim=1), outputs)


@dataclass(frozen=True, slots=True)
class CandidateOfEach:
    """A mask decoder that, of three candidates, offers for each walk the one that it picks.

    Parameters
    ----------
    picks
        As `bench_cases.models._sam2_walk.OneCandidate.pick`, of each walk; None for the most confident.
    """

    decoder: Any
    picks: Sequence[Callable[[Tensor, Tensor], int | None] | None]

    def __call__(self, *, multimask_output: bool, **inputs: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Decode; of masks, predicted IoU and tokens only those of the candidates remain."""
        import torch

        masks, iou, tokens, object_score = self.decoder(multimask_output=multimask_output, **inputs)
        if masks.shape[1] == 1:
            return masks, iou, tokens, object_score
        rows = torch.arange(len(masks), device=masks.device)
        taken = iou.argmax(dim=-1)
        for row, pick in enumerate(self.picks):
            one = slice(row, row + 1)
            index = None if pick is None else pick(masks[one], object_score[one])
            if index is not None:
                taken[row] = index
        token = tokens[rows, taken][:, None] if tokens.shape[1] > 1 else tokens
        return masks[rows, taken][:, None], iou[rows, taken][:, None], token, object_score


class _Looker:
    """Stands where memory attention is, and keeps what it was to attend to."""

    seen: dict[str, Any]

    def __call__(self, *, curr: list[Tensor], **inputs: Any) -> Tensor:
        self.seen = inputs
        return curr[0]


def _joined(samples: Sequence[Tensor]) -> Tensor:
    """Join ``(N, 1, C)`` to ``(N, B, C)``, each sample side by side in memory as it is alone."""
    import torch

    return torch.cat([sample.transpose(0, 1) for sample in samples]).transpose(0, 1)


def _with_decoder(walk: Any, decoder: Any) -> Any:
    """Return a view of a walk's network with another decoder."""
    kind: Any = type(walk)
    view = kind.__new__(kind)
    view.__dict__.update(walk.__dict__, sam_mask_decoder=decoder)
    return view
