"""The second half of the table of checkpoints: SAM's medical fine-tunes, its smaller relatives, and SAM 3.

A digest is recorded where one was found, with how many independent places gave it; where none was, the first
download's is trusted, locked in ``digests.json`` of the cache, and must not change from then on. A record that no
adapter here can run says why in `Checkpoint.blocked`, and is listed all the same.
"""

from __future__ import annotations

from typing import Final

from bench_cases.contracts import Checkpoint
from bench_cases.models import _efficienttam, _limits

SAM_PIXELS: Final = "longest side to the model's size, bilinear, zero-padded; ImageNet mean and deviation of colours"
SAM2_PIXELS: Final = "squashed to a square (bilinear; bicubic in video mode); ImageNet mean and deviation of colours"
NO_DIGEST: Final = "none is published and none was found: trusted on first use, then locked"

_HUGGING_FACE: Final = "https://huggingface.co/"
_TRANSFORMERS: Final = "transformers: pip install -e '.[transformers]' in the checkout"
_TIMM: Final = "timm: pip install -e '.[transformers]' in the checkout"
_MEDSAM2_TERMS: Final = "weights for research and education only"
_EFFICIENTTAM_BYTES: Final = {"ti": 71_500_000, "s": 136_200_000}
"""Four for each of 17.87 and 34.06 million parameters, as counted; no page gives the files' sizes."""
_SAM3_TERMS: Final = "gated: accept the SAM License on the model's page, then log in with 'hf auth login'"


def _medsam2(name: str, file: str, task: str) -> Checkpoint:
    return Checkpoint(
        name=name,
        backend="sam2",
        arch="medsam2",
        file=file,
        url=f"{_HUGGING_FACE}wanglab/MedSAM2/resolve/e4a6f35edd7e091619cbc0750f462f1574e23955/{file}",
        sha256_confidence=NO_DIGEST,
        about_bytes=155_900_000,
        licence="CC-BY-SA-4.0",
        restrictions=_MEDSAM2_TERMS,
        citation="Ma et al., MedSAM2: Segment Anything in 3D Medical Images and Videos, arXiv 2504.03600",
        preprocessing=f"{SAM2_PIXELS}; 512 pixels",
        limits=_limits.SAM2,
        modes=("image", "video"),
        notes=(
            (
                f"SAM 2.1 tiny at 512 pixels, fine-tuned on {task}; its authors scale grey values by volume "
                "(--sam-scaling volume). Not to be confused with ImprintLab's Medical-SAM2."
            ),
        ),
    )


def _sam_hq(size: str, digest: str, *, size_bytes: int | None = None, about: int | None = None) -> Checkpoint:
    return Checkpoint(
        name=f"sam_hq_vit_{size}",
        backend="transformers",
        arch=f"sam_hq_vit_{size}",
        file=f"sam_hq_vit_{size}.pth",
        url=f"{_HUGGING_FACE}lkeab/hq-sam/resolve/main/sam_hq_vit_{size}.pth",
        sha256=digest,
        sha256_confidence=(
            "third party: the same SHA-256 in at least six public repositories"
            if size == "h"
            else "third party: the MD5 in one public repository"
        ),
        size_bytes=size_bytes,
        about_bytes=about,
        licence="Apache-2.0",
        citation="Ke et al., Segment Anything in High Quality, NeurIPS 2023, arXiv 2306.01567",
        preprocessing=SAM_PIXELS,
        prompts=("points", "box", "boxes", "clicks"),
        requires=_TRANSFORMERS,
        modes=("image",),
        notes=("Its masks are those of the authors' package: the image that transformers upscales is put right here.",)
        if size == "b"
        else (),
    )


def _efficient_tam(size: str, pixels: int, sha256: str) -> Checkpoint:
    whole = pixels == 1024
    file = f"efficienttam_{size}.pt" if whole else f"efficienttam_{size}_{pixels}x{pixels}.pt"
    name = f"efficienttam_{size}" if whole else f"efficienttam_{size}_{pixels}"
    return Checkpoint(
        name=name,
        backend="sam2",
        arch=name,
        file=file,
        url=f"{_HUGGING_FACE}yunyangx/efficient-track-anything/resolve/main/{file}",
        sha256=sha256,
        sha256_confidence="third party: one public registry",
        licence="Apache-2.0",
        citation="Xiong et al., Efficient Track Anything, arXiv 2411.18933",
        preprocessing=f"{SAM2_PIXELS}; {pixels} pixels",
        limits=_limits.SAM2,
        about_bytes=_EFFICIENTTAM_BYTES[size],
        requires=_efficienttam.REQUIRES,
        modes=("image", "video"),
    )


RELATIVES: Final = (
    Checkpoint(
        name="medsam",
        backend="segment_anything",
        arch="medsam",
        file="medsam_vit_b.pth",
        page="https://drive.google.com/drive/folders/1ETWmi4AiniJeWOt6HAsYgTjYv_fkgzoN",
        sha256_confidence=NO_DIGEST,
        about_bytes=375_000_000,
        licence="Apache-2.0",
        citation="Ma et al., Segment Anything in Medical Images, Nature Communications 15, 654 (2024)",
        preprocessing="squashed to 1024 x 1024, cubic; min-max of the frame to 0..1, no mean or deviation",
        prompts=("box", "boxes"),
        modes=("image",),
    ),
    _medsam2("medsam2", "MedSAM2_latest.pt", "CT, MR, ultrasound and endoscopy"),
    _medsam2("medsam2_2411", "MedSAM2_2411.pt", "its data of November 2024"),
    _medsam2("medsam2_ct_lesion", "MedSAM2_CTLesion.pt", "lesions in CT"),
    _medsam2("medsam2_mri_liver_lesion", "MedSAM2_MRI_LiverLesion.pt", "liver lesions in MR"),
    _medsam2("medsam2_us_heart", "MedSAM2_US_Heart.pt", "hearts in ultrasound"),
    Checkpoint(
        name="medicosam",
        backend="segment_anything",
        arch="vit_b",
        file="medicosam_vit_b.pt",
        url="https://owncloud.gwdg.de/index.php/s/f5Ol4FrjPQWfjUF/download",
        sha256_confidence=f"{NO_DIGEST} (micro-sam gives the xxh128 40169f1e3c03a4b67bff58249c176d92)",
        about_bytes=375_000_000,
        licence="MIT",
        citation="Archit et al., MedicoSAM: Towards foundation models for medical image segmentation, arXiv 2501.11734",
        preprocessing=SAM_PIXELS,
        modes=("image",),
        prompts=("points", "box", "boxes", "clicks"),
    ),
    Checkpoint(
        name="mobile_sam",
        backend="segment_anything",
        arch="vit_t",
        file="mobile_sam.pt",
        url="https://github.com/ChaoningZhang/MobileSAM/raw/master/weights/mobile_sam.pt",
        sha256="6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f",
        sha256_confidence="third party; micro-sam's xxh128 and the repository's git blob agree on the file",
        size_bytes=40_728_226,
        licence="Apache-2.0",
        citation="Zhang et al., Faster Segment Anything, arXiv 2306.14289",
        preprocessing=SAM_PIXELS,
        prompts=("points", "box", "boxes", "clicks"),
        requires="mobile_sam: pip install timm git+https://github.com/ChaoningZhang/MobileSAM.git",
        modes=("image",),
    ),
    _sam_hq("b", "md5:c6b8953247bcfdc8bb8ef91e36a6cacc", about=379_000_000),
    _sam_hq("l", "md5:08947267966e4264fb39523eccc33f86", about=1_250_000_000),
    _sam_hq("h", "a7ac14a085326d9fa6199c8c698c4f0e7280afdbb974d2c4660ec60877b45e35", size_bytes=2_570_940_653),
    Checkpoint(
        name="edgetam",
        backend="transformers",
        arch="EdgeTamVideo",
        file="",
        hub="yonigozlan/EdgeTAM-hf",
        sha256_confidence=NO_DIGEST,
        about_bytes=56_000_000,
        licence="Apache-2.0",
        citation="Zhou et al., EdgeTAM: On-Device Track Anything Model, CVPR 2025, arXiv 2501.07256",
        preprocessing=f"{SAM2_PIXELS}, as its own processor does",
        prompts=("points", "box", "boxes", "mask", "clicks"),
        limits=_limits.TRANSFORMERS,
        requires=_TIMM,
        modes=("image", "video"),
        notes=(
            (
                "The publisher's own edgetam.pt (facebook/EdgeTAM, 56,116,523 bytes, SHA-256 "
                "ed2d4850b8792c239689b043c47046ec239b6e808a3d9b6ae676c803fd8780df) is for a fork of sam2 under the "
                "same module name, which cannot be "
                "installed beside it; this folder holds the same weights for transformers."
            ),
        ),
    ),
    _efficient_tam("s", 1024, "2b572be30d9e96ee29c8d785fe157c6b079ede7d56fbc8a3671d4120e63c89cd"),
    _efficient_tam("ti", 1024, "acbb17b28cca1f860acee09c9ecb6efdb732080dc7a85a07292c31813175fa7d"),
    _efficient_tam("s", 512, "67b5840012737ed2c94a4cb8787c5c1b27b3a946045d2e602e65ef77230b6085"),
    _efficient_tam("ti", 512, "7d4d652a465f0081391050932f45d8a66768ccc99c8ea393ce8a5927e83f3b9b"),
    Checkpoint(
        name="sam3",
        backend="transformers",
        arch="Sam3TrackerVideo",
        file="",
        hub="facebook/sam3@3c879f39826c281e95690f02c7821c4de09afae7",
        sha256_confidence=f"{NO_DIGEST}; the revision is pinned",
        about_bytes=3_450_000_000,
        licence="SAM License",
        restrictions=_SAM3_TERMS,
        citation="Carion et al., SAM 3: Segment Anything with Concepts, arXiv 2511.16719",
        preprocessing="squashed to a square of 1008 pixels, as its own processor does",
        prompts=("points", "box", "boxes", "mask", "clicks"),
        limits=_limits.TRANSFORMERS,
        requires=_TRANSFORMERS,
        modes=("image", "video"),
        notes=(
            (
                "The tracker, which takes points, boxes and masks; prompts by text are another task. sam3.pt "
                "(3,450,062,241 bytes, SHA-256 "
                "9999e2341ceef5e136daa386eecb55cb414446a00ac2b55eb2dfd2f7c3cf8c9e) is for "
                "Meta's own package."
            ),
        ),
    ),
    Checkpoint(
        name="sam3.1",
        backend="none",
        arch="sam3.1",
        file="sam3.1_multiplex.pt",
        url=f"{_HUGGING_FACE}facebook/sam3.1/resolve/daa63191845a41281374e725f4c9e51c7a824460/sam3.1_multiplex.pt",
        sha256="0567debeec80ba4ac6369540c6c248025283cb3ff2b92827509e57e2b3541cb6",
        sha256_confidence="third party: the same digest in at least eight public repositories",
        size_bytes=3_502_755_717,
        licence="SAM License",
        restrictions=_SAM3_TERMS,
        citation="Carion et al., SAM 3: Segment Anything with Concepts, arXiv 2511.16719",
        preprocessing="squashed to a square of 1008 pixels",
        modes=("image", "video"),
        blocked=(
            "transformers up to 5.24 has no SAM 3.1 (huggingface/transformers#46128), and loaders of SAM 3 take "
            "its file with a random point head; it needs Meta's sam3 package (Python 3.12, CUDA) and an adapter: "
            "docs/your-own-model.md. Name 'sam3' instead"
        ),
    ),
)
"""Records beside Meta's own SAM and SAM 2."""
