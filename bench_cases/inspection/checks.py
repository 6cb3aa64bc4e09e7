"""Is a volume fit to be scored? It is read as a run would read it, and looked at for what has misled people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench_cases import registry
from bench_cases.contracts import Dataset
from bench_cases.errors import DataError, SambenchError
from bench_cases.frames import FrameSequence
from bench_cases.inspection.promptable import plain_strategies, why_no_seed, will_fail
from bench_cases.inspection.telling_ids import telling_warnings
from bench_cases.volume import Volume

_MM3_A_ML = 1000
_AIR_HU = -300
_MOST_OF_A_FRAME = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One volume's row.

    Parameters
    ----------
    size
        Voxels along x, y, z.
    grey
        Lowest and highest grey value.
    slices_with_target
        Of the number of slices in `size`.
    target_ml
        Volume of the target; None where the voxel size is not known.
    error
        Why it cannot be used; empty when it can.
    warnings
        What to look at before a score is trusted, and which strategies of a plain run cannot be prompted on it.
    no_seed
        Why it cannot give the one prompt of its dataset, were it the first; empty when it can.
    """

    volume: str
    size: str = ""
    spacing_mm: str = ""
    grey: str = ""
    slices_with_target: int = 0
    target_ml: float | None = None
    error: str = ""
    warnings: tuple[str, ...] = ()
    no_seed: str = ""


def check_dataset(dataset: Dataset, target: str | None) -> Iterator[Finding]:
    """Check volume by volume, in order; one that cannot be read does not stop the others."""
    seen: dict[str, str] = {}
    targets = dataset.info.targets
    labels = len(targets.get(target or next(iter(targets)), ()))
    for volume_id in dataset.volume_ids():
        try:
            volume = dataset.load(volume_id, target)
        except DataError as error:
            yield Finding(volume=volume_id, error=str(error), no_seed=str(error))
            continue
        except (SambenchError, OSError) as error:
            what = f"{type(error).__name__}: {error}"
            yield Finding(volume=volume_id, error=what, no_seed=what)
            continue
        yield check_volume(volume, seen, labels=labels)


def check_volume(volume: Volume, seen: dict[str, str], *, labels: int = 0) -> Finding:
    """Check one volume.

    Parameters
    ----------
    seen
        Digests to the volumes that had them; this one's is added.
    labels
        Number of labels that make up the target, to tell when one is absent.
    """
    z, y, x = volume.image_zyx.shape
    inside = int(np.count_nonzero(volume.reference_zyx))
    spacing = volume.spacing_zyx_mm
    rules = registry.prompt_rules()
    strategies = plain_strategies(rules)
    warnings = [*_warnings(volume, inside, seen, labels)]
    if inside:
        warnings += will_fail(volume, strategies, rules)
    return Finding(
        volume=volume.id,
        size=f"{x} x {y} x {z}",
        spacing_mm="?" if spacing is None else " x ".join(f"{each:.3g}" for each in spacing[::-1]),
        grey=f"{float(volume.image_zyx.min()):g} .. {float(volume.image_zyx.max()):g}",
        slices_with_target=len(volume.nonempty_slices()),
        target_ml=None if spacing is None else inside * float(np.prod(spacing)) / _MM3_A_ML,
        warnings=tuple(warnings),
        no_seed=why_no_seed(volume, strategies, rules),
    )


def _warnings(volume: Volume, inside: int, seen: dict[str, str], labels: int) -> Iterator[str]:
    yield from telling_warnings(volume.id)
    digest = volume.digest()
    if digest in seen:
        yield f"image and mask are the same as those of {seen[digest]}"
    seen.setdefault(digest, volume.id)
    low, high = float(volume.image_zyx.min()), float(volume.image_zyx.max())
    if low == high:
        yield "the image is constant"
    if not inside:
        yield f"{volume.target} is not in it: nothing can be prompted, and all its cases will be errors; leave it out"
        return
    with_target = volume.nonempty_slices()
    flat = [z for z in with_target if not FrameSequence(volume=volume)[int(z)].any()]
    if flat:
        yield f"{len(flat)} of its {len(with_target)} slices with {volume.target} are of one grey after windowing"
    if volume.modality == "CT" and volume.window is not None and low > _AIR_HU:
        yield f"no air: the lowest grey value is {low:g}, so that it may not be in HU, and the window would be wrong"
    absent = sorted(set(range(1, labels + 1)) - {int(each) for each in np.unique(volume.labels_zyx)})
    if absent:
        yield f"label {', '.join(map(str, absent))} of the {labels} of {volume.target} is not in it"
    largest = int(np.count_nonzero(volume.reference_zyx, axis=(1, 2)).max())
    if largest > _MOST_OF_A_FRAME * volume.size_yx[0] * volume.size_yx[1]:
        yield "the mask covers a whole slice: it may be inverted"
    gaps = int(with_target[-1] - with_target[0] + 1 - len(with_target))
    if gaps and volume.ordered and gaps > len(with_target):
        yield f"{gaps} slices between its first and last with {volume.target} have none: slices may be out of order"
