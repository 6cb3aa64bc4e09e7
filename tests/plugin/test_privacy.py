"""No word of a header leaves the file it is in: not into a report, a journal, a saved mask, a log or a message."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from bench_cases.cli import main
from tests.dicom_files import write_seg, write_series
from tests.plugin.conftest import Suite

SECRETS = (
    *("Doe^Jane", "Doe", "MRN-4711", "19420229", "Saint-Elsewhere", "Dr-Who", "fell-off-a-horse"),
    *("1.2.826.0.9.47114711", "ACC-0815", "Scanner-Zaphod"),
)
"""Planted where names, numbers, dates, places, comments and identifiers stand."""

TOML = """
modality = "CT"
target = "dot"
image = "{id}/IMAGE"
mask = "{id}/MASK"
labels = [1]
window = {level = 0, width = 2000}
"""


def body() -> tuple[np.ndarray, np.ndarray]:
    image = np.zeros((3, 32, 32), np.int16)
    mask = np.zeros((3, 32, 32), np.uint8)
    mask[:, 10:20, 8:22] = 1
    image[mask > 0] = 900
    return image + np.arange(32, dtype=np.int16), mask


def plant_dicom(folder: Path) -> str:
    image, mask = body()
    texts: dict[str, Any] = {
        "PatientName": SECRETS[0],
        "PatientID": SECRETS[2],
        "PatientBirthDate": SECRETS[3],
        "StudyDate": SECRETS[3],
        "InstitutionName": SECRETS[4],
        "ReferringPhysicianName": SECRETS[5],
        "StudyDescription": SECRETS[6],
        "ImageComments": SECRETS[6],
        "SeriesInstanceUID": SECRETS[7],
        "StudyInstanceUID": SECRETS[7],
        "FrameOfReferenceUID": SECRETS[7],
        "AccessionNumber": SECRETS[8],
        "StationName": SECRETS[9],
    }
    write_series(folder / "a" / "series", image, **texts)
    write_seg(folder / "a" / "seg.dcm", [(1, 2.0 * z, plane) for z, plane in enumerate(mask)], **texts)
    return TOML.replace("IMAGE", "series").replace("MASK", "seg.dcm")


def plant_nifti(folder: Path) -> str:
    (folder / "a").mkdir(parents=True)
    for name, array in zip(("image", "mask"), body(), strict=True):
        scan = nib.Nifti1Image(array.T, np.diag([1.0, 1, 2, 1]))
        scan.header["descrip"] = f"{SECRETS[0]} {SECRETS[3]} {SECRETS[4]}"
        scan.header["aux_file"] = SECRETS[2]
        scan.header["intent_name"] = SECRETS[5]
        scan.header["db_name"] = SECRETS[8]
        for code, text in (("comment", " ".join(SECRETS)), ("afni", f"<{SECRETS[9]}/>")):
            scan.header.extensions.append(nib.nifti1.Nifti1Extension(code, text.encode()))
        nib.save(scan, folder / "a" / f"{name}.nii.gz")
    return TOML.replace("IMAGE", "image.nii.gz").replace("MASK", "mask.nii.gz")


def leaks(root: Path, *, but: Path) -> list[str]:
    """Which secret is in which file, also in files that are compressed, in names of files, in either width of text."""
    found = []
    for path in root.rglob("*"):
        if not path.is_file() or but in path.parents:
            continue
        content = path.read_bytes()
        content += gzip.decompress(content) if content[:2] == b"\x1f\x8b" else b""
        content += path.name.encode()
        found += [f"{secret} in {path.name}" for secret in SECRETS if secret.encode() in content]
        found += [f"{secret} in {path.name}" for secret in SECRETS if secret.encode("utf-16-le") in content]
    return found


@pytest.mark.parametrize("plant", [plant_dicom, plant_nifti])
def test_a_run_writes_and_says_nothing_of_a_header(suite: Suite, plant, capsys) -> None:
    planted = suite.path / "planted"
    (planted / "dataset.toml").parent.mkdir()
    (planted / "dataset.toml").write_text(plant(planted))
    assert leaks(suite.path, but=suite.path / "nowhere")  # the search finds what is there
    result = suite.pytester.runpytest_inprocess(
        f"--sam-folder=clinic={planted}",
        "--sam-model=sam_micro",
        "--sam-strategy=every.composite",
        "--sam-save-masks=masks",
        "--sam-report=run.json",
        "-p",
        "no:cacheprovider",
        "-rA",
        "-vv",
        "--log-level=DEBUG",
        f"--log-file={suite.path / 'run.log'}",
    )
    result.assert_outcomes(passed=1)
    report = json.loads((suite.path / "run.json").read_text())
    assert report["cases"][0]["case"]["volume"] == "a"
    assert len(list((suite.path / "masks").rglob("*.nii.gz"))) == 1
    for command in (["describe"], ["check"], ["show"]):
        out = ["--out", str(suite.path / "sheet.png")] if command == ["show"] else []
        assert main([*command, str(planted), *out]) == 0
    assert leaks(suite.path, but=planted) == []
    said = result.stdout.str() + result.stderr.str() + "".join(capsys.readouterr())
    assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize("plant", [plant_dicom, plant_nifti])
def test_a_refusal_says_nothing_of_a_header(tmp_path: Path, plant, capsys) -> None:
    (tmp_path / "dataset.toml").write_text(plant(tmp_path))
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            whole = path.read_bytes()
            for keep in (0.95, 0.7, 0.4, 0.2):
                path.write_bytes(whole[: int(len(whole) * keep)])
                main(["check", str(tmp_path)])
            path.write_bytes(whole)
    said = "".join(capsys.readouterr())
    assert "UNUSABLE" in said
    assert [secret for secret in SECRETS if secret in said] == []
