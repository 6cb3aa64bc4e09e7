"""The seed of a whole dataset: one frame of its first volume, with its prompt (the "prototypical prompt")."""

from __future__ import annotations

import hashlib
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
        Where it comes from; `volume` is None where its name is withheld (a scan of somebody's own).
    slice_index
        Its slice in the source file.
    slice_sha256
        What `bench_cases.volume.Volume.slice_digest` says of that slice; tells a volume whose name is withheld.
    """

    dataset: str
    volume: str | None
    slice_index: int
    frame: Frame
    prompt: Prompt
    slice_sha256: str | None = None

    def comes_from(self, volume: Volume) -> bool:
        """Whether `volume` is the one it was taken from, under whatever target that was read."""
        if self.volume is None:
            return self.slice_sha256 is not None and volume.slice_digest(self.slice_index) == self.slice_sha256
        return (_base(self.dataset), self.volume) == (_base(volume.dataset), volume.id)

    def digest(self) -> str:
        """SHA-256 over frame and prompt, hex: equal digests give equal segmentations."""
        return hashlib.sha256(f"{frame_digest(self.frame)} {self.prompt.digest()}".encode()).hexdigest()


def frame_digest(frame: Frame) -> str:
    """SHA-256 over shape and grey values of a frame, hex."""
    return hashlib.sha256(f"{frame.shape}".encode() + frame.tobytes()).hexdigest()


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
            "Put a volume whose middle slice shows the target first (`volumes` in dataset.toml), or give a stored seed "
            "with --sam-seed; `sambench check` says which could be first."
        )
        raise StrategyError(msg)
    return ForeignSeed(
        dataset=volume.dataset,
        volume=volume.id,
        slice_index=middle + volume.slice_offset,
        frame=FrameSequence(volume=volume, jpeg=jpeg)[middle],
        prompt=draw_prompt(volume, middle, rule),
    )


def _base(dataset: str) -> str:
    """Return the name of a dataset without its target."""
    return dataset.partition(":")[0]
