"""Made-up runs that have every figure, and a small clinic whose scans are on disk with the masks that were scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.cases import Case, CaseResult, Scores, SliceScores
from bench_cases.clicks import Click, ClickCurve
from bench_cases.datasets.folder import FolderDataset
from bench_cases.engine.segmentation import masks_digest
from bench_cases.findings import PastEnd, PropagationFailures, VolumeShape
from bench_cases.masks import mask_path, save_mask
from bench_cases.metrics import means
from bench_cases.report import Journal, Report, load, write_report
from tests.report.report_examples import HEADER, TAIL, latency_row, result
from tests.report.study_examples import scored, study, written

EVIL = "<script>window.hit=1<!--"
"""A model's name; a slash is no part of a name."""

EVIL_TEXT = "</script><script>window.hit=1</script><img src=x onerror=window.hit=1>&amp;"
"""What a message may hold."""

STRATEGIES = ("every.composite", "middle.composite.both", "middle.box.both", "largest.box.both", "every.box.oracle")

_NOTHING = PastEnd(slices=0, painted=0, share=None, painted_px=0, painted_mm2=None, reach=0)


def full_study(path: Path, *, phantom: bool = True, volumes: int = 4) -> Report:
    """Write a run of two models, five strategies and one with clicks: every kind of figure can be drawn of it."""
    results: list[CaseResult] = []
    for number, strategy in enumerate(STRATEGIES):
        models = {"model-a": -0.03 * number, EVIL: 0.02 - 0.03 * number}
        results += study(models, volumes=volumes, dataset="lungs-phantom", strategy=strategy, seed=number)
    results = [replace(it, phantom=phantom, failures=_prompted(it)) for it in results]
    results += [
        replace(scored(f"v{number:02}", [0.8] * 12, strategy="every.point+clicks=2", dataset="lungs-phantom"),
                phantom=phantom, clicks=_curve())
        for number in range(volumes)
    ]  # fmt: skip
    path.unlink(missing_ok=True)
    with Journal.open(path, HEADER) as journal:
        for entry in results:
            journal.append("case", entry.to_json())
        for kind, shift in (("test_load_once", 0.0), ("test_reload", 1.0)):
            row = latency_row(f"benchmark/test_loading.py::{kind}[model-a]")
            row["stats"] = {**row["stats"], "median": row["stats"]["median"] + shift}
            journal.append("latency", row)
        write_report(path, journal, tail=TAIL)
    return load(path)


def _prompted(it: CaseResult) -> PropagationFailures | None:
    if it.case.strategy.startswith("every."):
        return None
    return PropagationFailures(
        prompted=[5],
        measured_from=[5],
        over_segmentation=0.0,
        past_first=_NOTHING,
        past_last=_NOTHING,
        slope_per_slice=0.0,
        slope_per_mm=None,
        farthest=6,
        dice_near=0.9,
        dice_far=0.8,
    )


def _curve() -> ClickCurve:
    scores = [0.6, 0.75, 0.8]
    return ClickCurve(
        allowed=2,
        given=[Click(1, 0, 3, 4, 1, 9)],
        dice_nonempty=scores,
        jaccard_nonempty=scores,
        dice_all=scores,
        jaccard_all=scores,
        area_dice=0.7,
        area_jaccard=0.7,
    )


def failing(path: Path) -> Report:
    """Write a run with a case below its floor and one in error, both with markup in their messages."""
    bad = replace(result("v1", status="failed"), message=EVIL_TEXT)
    return written(path, [bad, result("v2", status="error"), result("v3", model=EVIL)])


def disc(centre: int, radius: int, size: int = 24) -> NDArray[np.bool_]:
    """Return a disc ``(Y, X)``; it is off the middle, so that an axis swapped is seen."""
    y, x = np.mgrid[:size, : size + 8]
    found: NDArray[np.bool_] = (y - centre) ** 2 + (x - centre - 4) ** 2 <= radius**2
    return found


class Clinic:
    """A folder of scans, the masks of a run, and its report.

    Volume ``a`` has six slices, the first without target; the prediction is one pixel smaller, more so further up.
    """

    def __init__(self, root: Path) -> None:
        import nibabel

        self.folder, self.masks = root / "scans", root / "masks"
        reference = np.stack([np.zeros((24, 32), bool), *(disc(9, 7) for _ in range(5))])
        predicted = np.stack([np.zeros((24, 32), bool), *(disc(9, radius) for radius in (6, 6, 5, 4, 2))])
        image = np.random.default_rng(0).normal(0, 40, reference.shape) + 300 * reference
        (self.folder / "a").mkdir(parents=True)
        for name, array in (("image", image.astype(np.int16)), ("mask", reference.astype(np.uint8))):
            nibabel.save(
                nibabel.Nifti1Image(array.transpose(2, 1, 0), np.diag([1, 2, 5, 1])),
                self.folder / "a" / f"{name}.nii.gz",
            )
        (self.folder / "dataset.toml").write_text(
            'modality = "CT"\ntarget = "lungs"\nimage = "{id}/image.nii.gz"\nmask = "{id}/mask.nii.gz"\nlabels = [1]\n',
            encoding="utf-8",
        )
        self.volume = replace(FolderDataset.from_directory("clinic", self.folder).load("a"), dataset="clinic", id="a")
        self.reference, self.predicted = reference, predicted
        self.results = [self._result(model, "every.composite") for model in ("model-a", "model-b")]
        self.report = written(
            root / "run.json", self.results, header=_header(["pytest", "--sam-save-masks", str(self.masks)])
        )

    def _result(self, model: str, strategy: str) -> CaseResult:
        case = Case("clinic", "a", model, strategy)
        save_mask(mask_path(self.masks, case), self.predicted, self.volume)
        both = (self.reference & self.predicted).sum((1, 2))
        sizes = [array.sum((1, 2)) for array in (self.reference, self.predicted)]
        dice = [None if not total else float(2 * part / total) for part, total in zip(both, sum(sizes), strict=True)]
        base = result("a", dataset="clinic", model=model, phantom=False)
        scores = base.scores
        if scores is None:
            raise ValueError(base)
        prompt = {
            "size_yx": [24, 32],
            "points_xy": [[13.0, 9.0], [2.0, 20.0]],
            "labels": [1, 0],
            "box_xyxy": [6.0, 2.0, 20.0, 16.0],
        }
        return replace(
            base,
            case=case,
            prompts={str(z): prompt for z in range(1, 6)},
            digests={**base.digests, "data": self.volume.digest(), "masks": masks_digest(self.predicted)},
            scores=_scores(scores, dice, sizes, both),
            volume_shape=VolumeShape(
                slices=6, slices_with_target=5, first_with_target=1, last_with_target=5, thickness_mm=5.0, neighbours=4,
                similarity_mean=0.9, similarity_min=0.8,
            ),
        )  # fmt: skip


def _scores(scores: Scores, dice: Sequence[float | None], sizes: Sequence[Any], both: Any) -> Scores:
    per_slice = SliceScores(
        index=list(range(len(dice))),
        dice=list(dice),
        jaccard=[None if it is None else it / (2 - it) for it in dice],
        reference_px=[int(it) for it in sizes[0]],
        predicted_px=[int(it) for it in sizes[1]],
        intersection_px=[int(it) for it in both],
    )
    counts = {"slices": len(dice), "slices_nonempty": len(dice) - 1}
    return replace(scores, **means(per_slice)._asdict(), **counts, per_slice=per_slice)


def _header(command: list[str]) -> dict[str, Any]:
    return {**HEADER, "run": {**HEADER["run"], "command": command}}
