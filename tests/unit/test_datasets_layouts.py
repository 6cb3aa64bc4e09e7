"""Where the files of each set lie, written out by hand from what is published of it: the phantom must lie so too."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from bench_cases import registry
from bench_cases.datasets._sets import PhantomSet

DATASETS = registry.datasets()
MSD = {
    "msd-brain": "Task01_BrainTumour BRATS_001",
    "msd-heart": "Task02_Heart la_003",
    "msd-liver": "Task03_Liver liver_001",
    "msd-hippocampus": "Task04_Hippocampus hippocampus_001",
    "msd-prostate": "Task05_Prostate prostate_001",
    "msd-lung": "Task06_Lung lung_001",
    "msd-pancreas": "Task07_Pancreas pancreas_001",
    "msd-hepatic-vessel": "Task08_HepaticVessel hepaticvessel_001",
    "msd-spleen": "Task09_Spleen spleen_003",
    "msd-colon": "Task10_Colon colon_001",
}
LONG = "Pubic Symphysis-Fetal Head Segmentation and Angle of Progression"
MUSCLE = "Polito-Radboud-DeepLearningUS/Segmentation_models/data/MuscleCNN"
CAMUS = "CAMUS_public/database_nifti/patient0001/patient0001_4CH"
PET = "FDG-PET-CT-Lesions/PETCT_0011f3deaf/03-23-2003-NA-PET-CT-12345"
DUKE = "Duke-Breast-Cancer-MRI/Breast_MRI_002/1.3.6.1.4.1.14519.5.2.1.1/1.3.6.1.4.1.14519.5.2.1.1.1"
FILES: dict[str, tuple[str, ...]] = {
    "montgomery": (
        "MontgomerySet/CXR_png/MCUCXR_0001_0.png",
        "MontgomerySet/ManualMask/leftMask/MCUCXR_0001_0.png",
        "MontgomerySet/ManualMask/rightMask/MCUCXR_0001_0.png",
    ),
    "amos-ct": ("amos22/imagesTr/amos_0001.nii.gz", "amos22/labelsTr/amos_0001.nii.gz"),
    "amos-mr": ("amos22/imagesTr/amos_0507.nii.gz", "amos22/labelsTr/amos_0507.nii.gz"),
    "amos-mr-spleen": ("amos22/imagesTr/amos_0508.nii.gz", "amos22/labelsTr/amos_0508.nii.gz"),
    "chaos-ct": ("Train_Sets/CT/1/DICOM_anon/i0000,0000b.dcm", "Train_Sets/CT/1/Ground/liver_GT_000.png"),
    "chaos-mr": (
        "Train_Sets/MR/1/T1DUAL/DICOM_anon/InPhase/IMG-0001-00001.dcm",
        "Train_Sets/MR/1/T1DUAL/DICOM_anon/OutPhase/IMG-0001-00001.dcm",
        "Train_Sets/MR/1/T1DUAL/Ground/IMG-0001-00001.png",
        "Train_Sets/MR/1/T2SPIR/DICOM_anon/IMG-0001-00001.dcm",
        "Train_Sets/MR/1/T2SPIR/Ground/IMG-0001-00001.png",
    ),
    "chaos-mr-t1-in": ("Train_Sets/MR/2/T1DUAL/DICOM_anon/InPhase/IMG-0001-00001.dcm",),
    "chaos-mr-t1-out": ("Train_Sets/MR/2/T1DUAL/DICOM_anon/OutPhase/IMG-0001-00001.dcm",),
    "chaos-mr-t2": ("Train_Sets/MR/2/T2SPIR/DICOM_anon/IMG-0001-00001.dcm",),
    "totalsegmentator-ct": (
        "s0011/ct.nii.gz",
        "s0011/segmentations/liver.nii.gz",
        "s0011/segmentations/vertebrae_C1.nii.gz",
    ),
    "totalsegmentator-ct-small": ("s0004/ct.nii.gz", "s0004/segmentations/urinary_bladder.nii.gz"),
    "totalsegmentator-mr": ("s0011/mri.nii.gz", "s0011/segmentations/liver.nii.gz"),
    "camus": (f"{CAMUS}_ED.nii.gz", f"{CAMUS}_ED_gt.nii.gz"),
    "camus-sequence": (f"{CAMUS}_half_sequence.nii.gz", f"{CAMUS}_half_sequence_gt.nii.gz"),
    "hc18": ("training_set/000_HC.png", "training_set/000_HC_Annotation.png", "training_set/001_2HC.png"),
    "fh-ps-aop": (f"{LONG}/image_mha/03744.mha", f"{LONG}/label_mha/03744.mha"),
    **{
        name: tuple(f"{words.split()[0]}/{folder}/{words.split()[1]}.nii.gz" for folder in ("imagesTr", "labelsTr"))
        for name, words in MSD.items()
    },
    "busi": (
        "Dataset_BUSI_with_GT/benign/benign (1).png",
        "Dataset_BUSI_with_GT/benign/benign (1)_mask.png",
        "Dataset_BUSI_with_GT/benign/benign (25)_mask.png",
        "Dataset_BUSI_with_GT/benign/benign (25)_mask_1.png",
        "Dataset_BUSI_with_GT/normal/normal (1)_mask.png",
    ),
    "hip-xray": ("images/1.nii.gz", "labels/1.nii.gz"),
    "ct-org": ("volumes/volume-0.nii.gz", "labels/labels-0.nii.gz"),
    "autopet": (f"{PET}/SUV.nii.gz", f"{PET}/SEG.nii.gz"),
    "mmotu": ("OTU_2d/images/1.JPG", "OTU_2d/annotations/1_binary.PNG"),
    "mmotu-ceus": ("OTU_3d/images/1.JPG", "OTU_3d/annotations/1_binary.PNG"),
    "stmus": (f"{MUSCLE}/train/BB_0001.png", f"{MUSCLE}/trainannot/BB_0001.png"),
    "us-nerve": ("train/1_1.tif", "train/1_1_mask.tif"),
    "ct2us-kidney": ("slice/slice/1.png", "mask/mask/1.png"),
    "scgm-spine": ("site1-sc01-image.nii.gz", "site1-sc01-mask-r1.nii.gz"),
    "duke-breast": (
        f"{DUKE}/1-001.dcm",
        "Segmentation_Masks_NRRD/Breast_MRI_002/Segmentation_Breast_MRI_002_Breast.seg.nrrd",
        "Segmentation_Masks_NRRD/Breast_MRI_002/Segmentation_Breast_MRI_002_Dense_and_Vessels.seg.nrrd",
    ),
    "lits": ("volume-0.nii", "segmentation-0.nii"),
    "brats": ("BraTS2021_00000/BraTS2021_00000_flair.nii.gz", "BraTS2021_00000/BraTS2021_00000_seg.nii.gz"),
    "i2cvb": ("I2CVB/Case00.nii.gz", "I2CVB/Case00_segmentation.nii.gz"),
    "chest-xray": (
        "Lung Segmentation/CXR_png/CHNCXR_0061_0.png",
        "Lung Segmentation/masks/CHNCXR_0061_0_mask.png",
    ),
}


def phantom(name: str) -> PhantomSet:
    """The phantom of a set, on disk."""
    found: PhantomSet = DATASETS[f"{name}-phantom"]  # type: ignore[assignment]
    found.load(found.volume_ids()[0])
    return found


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_phantom_lies_where_its_set_does(name: str) -> None:
    root = phantom(name).root
    for file in (*FILES[name], "PHANTOM.txt"):
        assert (root / file).is_file(), file


def test_every_set_is_written_out_here() -> None:
    written = {name.removesuffix("-phantom") for name, each in DATASETS.items() if isinstance(each, PhantomSet)}
    assert set(FILES) == written


def values(path: Path) -> set[int]:
    if path.suffix in {".png", ".PNG", ".tif"}:
        with Image.open(path) as picture:
            return set(np.unique(np.asarray(picture)).astype(int).tolist())
    return set(np.unique(np.asarray(nib.load(path).dataobj)).astype(int).tolist())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("amos-ct", set(range(16))),
        ("brats", {0, 1, 2, 4}),
        ("us-nerve", {0, 255}),
        ("msd-pancreas", {0, 1, 2}),
        ("totalsegmentator-ct", {0, 1}),
        ("montgomery", {0, 1}),
        ("hc18", {0, 255}),
    ],
)
def test_masks_hold_the_values_that_the_set_writes(name: str, expected: set[int]) -> None:
    assert values(phantom(name).root / FILES[name][1]) == expected


def test_the_organs_of_chaos_are_written_in_its_four_greys() -> None:
    folder = phantom("chaos-mr").root / "Train_Sets" / "MR" / "1" / "T1DUAL" / "Ground"
    assert set().union(*(values(path) for path in folder.iterdir())) == {0, 63, 126, 189, 252}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("msd-brain", (80, 96, 16, 4)),
        ("msd-prostate", (128, 96, 14, 2)),
        ("camus", (192, 160)),
        ("hip-xray", (198, 192)),
    ],
)
def test_channels_and_flat_pictures_have_the_axes_of_the_set(name: str, shape: tuple[int, ...]) -> None:
    assert nib.load(phantom(name).root / FILES[name][0]).shape == shape


def test_montgomery_masks_have_one_bit_and_the_left_of_the_picture_is_the_patients_right() -> None:
    dataset = phantom("montgomery")
    with Image.open(dataset.root / FILES["montgomery"][1]) as picture:
        assert picture.mode == "1"
    right = dataset.load("0001_0", "right_lung").reference_zyx
    left = dataset.load("0001_0", "left_lung").reference_zyx
    assert np.nonzero(right)[2].mean() < np.nonzero(left)[2].mean()


def test_slices_of_chaos_ct_count_up_while_their_positions_go_down_and_still_show_the_liver() -> None:
    import SimpleITK

    dataset = phantom("chaos-ct")
    folder = dataset.root / "Train_Sets" / "CT" / "1" / "DICOM_anon"
    heights = [SimpleITK.ReadImage(str(path)).GetOrigin()[2] for path in sorted(folder.iterdir())]
    assert heights == sorted(heights, reverse=True)
    volume = dataset.load("1")
    inside = volume.image_zyx[volume.reference_zyx].astype(float)
    assert 40 < np.median(inside) < 160
    assert np.sign(volume.affine_xyz[2, 2]) == 1


def test_no_phantom_file_names_a_person() -> None:
    import SimpleITK

    for name in ("chaos-ct", "duke-breast"):
        image = SimpleITK.ReadImage(str(phantom(name).root / FILES[name][0]))
        assert image.GetMetaData("0010|0010").strip() == "PHANTOM"
        assert image.GetMetaData("0010|0020").strip() == "PHANTOM"


def test_the_same_phantom_comes_out_of_two_folders(tmp_path: Path) -> None:
    dataset = DATASETS["us-nerve-phantom"]
    assert isinstance(dataset, PhantomSet)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        dataset.write(tmp_path / folder)
    for path in (tmp_path / "one").rglob("*.tif"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench_cases.errors import DataError

    (tmp_path / "cache").write_text("a file in the way")
    monkeypatch.setenv("SAMBENCH_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DataError, match=r"us-nerve-phantom cannot be written to the cache.*SAMBENCH_CACHE"):
        DATASETS["us-nerve-phantom"].load("1_1")
