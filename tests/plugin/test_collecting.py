from collections import Counter

import numpy as np
import pytest
from PIL import Image

from bench_cases.datasets.folder import FolderDataset

VOLUMES = 12


def test_a_folder_of_scans_is_looked_through_a_few_times_a_session_however_many_cases_there_are(
    suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = suite.path / "scans"
    folder.mkdir()
    for number in range(VOLUMES):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / f"v{number}.png")
    (folder / "dataset.toml").write_text(
        'modality = "CT"\ntarget = "bar"\nimage = "{id}.png"\nmask = "m/{id}.png"\nlabels = [1]\n'
    )
    looked: Counter[str] = Counter()
    list_volumes = FolderDataset.volume_ids

    def counted(self):
        looked[self.name] += 1
        return list_volumes(self)

    monkeypatch.setattr(FolderDataset, "volume_ids", counted)
    result = suite.pytester.runpytest_inprocess(
        "--collect-only",
        "-q",
        f"--sam-folder=mine={folder}",
        "--sam-dataset=mine",
        "--sam-model=sam2_micro",
        "--sam-strategy=every.*.single,grid-24",
        "-p",
        "no:cacheprovider",
    )
    cases = sum(line.startswith("test_") for line in result.outlines)
    assert cases > 10 * VOLUMES
    assert looked["mine"] <= 3
