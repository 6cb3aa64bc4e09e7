"""The seed of a whole dataset: one frame of its first volume, with its prompt (the "prototypical prompt")."""

from __future__ import annotations

from dataclasses import dataclass

from bench_cases.contracts import PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.errors import StrategyError
from bench_cases.frames import Frame, FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.volume import Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForeignSeed:
    """A prompted frame that other volumes are segmented from.

    Parameters
    ----------
    dataset, volume
        Where it comes from.
    slice_index
        Its slice in the source file.
    """

    dataset: str
    volume: str
    slice_index: int
    frame: Frame
    prompt: Prompt


def seed_from(volume: Volume, rule: PromptRule, *, jpeg: bool = False) -> ForeignSeed:
    """Take the seed from a volume's middle slice ``n // 2``, as Gutiérrez et al. 2025 do (slice 150 of 301).

    Raises
    ------
    StrategyError
        When the middle slice carries none of the target.
    """
    middle = volume.n_slices // 2
    if not volume.labels_zyx[middle].any():
        msg = (
            f"{volume.dataset}/{volume.id} gives the dataset's one prompt from its middle slice "
            f"{middle + volume.slice_offset}, which carries no {volume.target}; expected some. "
            "Put a volume whose middle slice shows the target first."
        )
        raise StrategyError(msg)
    return ForeignSeed(
        dataset=volume.dataset,
        volume=volume.id,
        slice_index=middle + volume.slice_offset,
        frame=FrameSequence(volume=volume, jpeg=jpeg)[middle],
        prompt=draw_prompt(volume, middle, rule),
    )
