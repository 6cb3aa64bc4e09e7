"""The table of checkpoints, and where their files are. A new checkpoint is one more record here, or no code at all.

Meta publishes no digests. Those below were found independently in at least eight public repositories each (for SAM in
the registry of micro-sam's history among others); the six hex digits in SAM's file names are the start of the file's
MD5, which `fetch` checks too.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import re
from pathlib import Path
from typing import Final

from bench_cases.contracts import ANY_PROMPT, Checkpoint, WalkLimits
from bench_cases.errors import AssetError, SelectionError
from bench_cases.locations import cache_dir
from bench_cases.models import _hub, _limits
from bench_cases.models._relatives import RELATIVES, SAM2_PIXELS, SAM_PIXELS

__all__ = ["CHECKPOINTS", "fetch", "locate", "missing", "resolve", "unrunnable"]

_SAM_URL: Final = "https://dl.fbaipublicfiles.com/segment_anything/"
_SAM2_URL: Final = "https://dl.fbaipublicfiles.com/segment_anything_2/"
_SAM_PAPER: Final = "Kirillov et al., Segment Anything, ICCV 2023, arXiv 2304.02643"
_SAM2_PAPER: Final = "Ravi et al., SAM 2: Segment Anything in Images and Videos, arXiv 2408.00714"
_CONFIDENCE: Final = "third party: the same digest in at least eight public repositories; the publisher gives none"
_SHIPPED: Final = Path(__file__).with_name("micro")


def _sam(size: str, file: str, size_bytes: int, sha256: str) -> Checkpoint:
    return Checkpoint(
        name=f"sam_vit_{size}",
        backend="segment_anything",
        arch=f"vit_{size}",
        file=file,
        url=_SAM_URL + file,
        sha256=sha256,
        sha256_confidence=f"{_CONFIDENCE}, but the file name holds the start of the MD5",
        size_bytes=size_bytes,
        licence="Apache-2.0",
        citation=_SAM_PAPER,
        preprocessing=SAM_PIXELS,
        prompts=("points", "box", "boxes", "clicks"),
        modes=("image",),
    )


def _sam2(family: str, size: str, size_bytes: int | None, sha256: str, *, about_bytes: int | None = None) -> Checkpoint:
    file = f"{family}_hiera_{size}.pt"
    return Checkpoint(
        name=f"{family}_{size}",
        backend="sam2",
        arch=f"{family}_{size}",
        file=file,
        url=f"{_SAM2_URL}{'092824' if family == 'sam2.1' else '072824'}/{file}",
        sha256=sha256,
        sha256_confidence=_CONFIDENCE,
        size_bytes=size_bytes,
        about_bytes=about_bytes,
        licence="Apache-2.0",
        citation=_SAM2_PAPER,
        preprocessing=SAM2_PIXELS,
        limits=_limits.SAM2,
        modes=("image", "video"),
    )


def _micro(name: str, backend: str, citation: str, size_bytes: int, sha256: str) -> Checkpoint:
    return Checkpoint(
        name=name,
        backend=backend,
        arch=name,
        file=f"{name}.safetensors",
        size_bytes=size_bytes,
        sha256=sha256,
        sha256_confidence="shipped in this package",
        licence="Apache-2.0",
        citation=f"architecture: {citation}; weights: this project, trained on phantoms",
        preprocessing=SAM_PIXELS if backend == "segment_anything" else SAM2_PIXELS,
        prompts=("points", "box", "boxes", "clicks") if backend == "segment_anything" else ANY_PROMPT,
        limits=WalkLimits() if backend == "segment_anything" else _limits.SAM2_MICRO,
        modes=("image",) if backend == "segment_anything" else ("image", "video"),
        notes=("A 4 MB model trained on phantoms, for trying the harness; its scores say nothing of SAM's.",),
    )


CHECKPOINTS: Final = (
    _micro(
        "sam_micro",
        "segment_anything",
        _SAM_PAPER,
        5_137_088,
        "5103c7dd2f38bd63cc573492802f6af79c6fd3b0c1206d24c9d048a394b70547",
    ),
    _micro(
        "sam2_micro", "sam2", _SAM2_PAPER, 3_957_452, "7638f73ab08a96f49c51ec90b1680b11c4c5564f06955e6710263c2df1322950"
    ),
    _sam("b", "sam_vit_b_01ec64.pth", 375_042_383, "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"),
    _sam(
        "l", "sam_vit_l_0b3195.pth", 1_249_524_607, "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622"
    ),
    _sam(
        "h", "sam_vit_h_4b8939.pth", 2_564_550_879, "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e"
    ),
    _sam2("sam2", "tiny", 155_906_050, "65b50056e05bcb13694174f51bb6da89c894b57b75ccdf0ba6352c597c5d1125"),
    _sam2("sam2", "small", 184_309_650, "95949964d4e548409021d47b22712d5f1abf2564cc0c3c765ba599a24ac7dce3"),
    _sam2(
        "sam2",
        "base_plus",
        None,
        "d0bb7f236400a49669ffdd1be617959a8b1d1065081789d7bbff88eded3a8071",
        about_bytes=323_500_000,
    ),
    _sam2("sam2", "large", 897_952_466, "7442e4e9b732a508f80e141e7c2913437a3610ee0c77381a66658c3a445df87b"),
    _sam2("sam2.1", "tiny", 156_008_466, "7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69"),
    _sam2("sam2.1", "small", 184_416_285, "6d1aa6f30de5c92224f8172114de081d104bbd23dd9dc5c58996f0cad5dc4d38"),
    _sam2("sam2.1", "base_plus", 323_606_802, "a2345aede8715ab1d5d31b4a509fb160c5a4af1970f199d9054ccfb746c004c5"),
    _sam2("sam2.1", "large", 898_083_611, "2647878d5dfa5098f2f8649825738a9345572bae2d4350a2468587ece47dd318"),
    *RELATIVES,
)


def resolve(name: str) -> Checkpoint:
    """Return the record of the table with this name.

    Raises
    ------
    SelectionError
        When there is none, with the nearest name.
    """
    table = {checkpoint.name: checkpoint for checkpoint in CHECKPOINTS}
    if name not in table:
        near = difflib.get_close_matches(name, list(table), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"{name!r} is not a checkpoint; expected one of {', '.join(table)}.{hint}"
        raise SelectionError(msg)
    return table[name]


def locate(checkpoint: Checkpoint) -> Path | None:
    """Return the file or folder of a checkpoint, or None when it is not on disk, or has none.

    A downloaded one lies in ``checkpoints`` of the cache or in the hub's cache, a shipped one in the package, a local
    one where it was said.
    """
    if checkpoint.hub is not None:
        return _hub.cached_folder(checkpoint.hub)
    path = _place(checkpoint)
    return path if checkpoint.file and path.exists() else None


def unrunnable(checkpoint: Checkpoint) -> str | None:
    """Return None when an adapter of this installation can run a checkpoint, else why not and what is needed."""
    if checkpoint.blocked:
        return f"{checkpoint.name} cannot be run here: {checkpoint.blocked}"
    module, _, install = checkpoint.requires.partition(": ")
    if module and importlib.util.find_spec(module) is None:
        return f"{checkpoint.name} needs the package {module}, which is not installed: {install}"
    return None


def missing(checkpoint: Checkpoint) -> str | None:
    """Return None when a checkpoint can be loaded: an adapter, and weights complete by size; else why not."""
    reason = unrunnable(checkpoint)
    if reason is not None or (not checkpoint.file and checkpoint.hub is None):
        return reason
    path = locate(checkpoint)
    if path is None:
        return _absent(checkpoint)
    if checkpoint.size_bytes is not None and path.is_file() and path.stat().st_size != checkpoint.size_bytes:
        return (
            f"weights of {checkpoint.name} are {path.stat().st_size:,} bytes instead of {checkpoint.size_bytes:,}, "
            f"an unfinished download? Delete {path} and run: sambench fetch {checkpoint.name}"
        )
    return None


def _absent(checkpoint: Checkpoint) -> str:
    name = checkpoint.name
    if checkpoint.page:
        return (
            f"weights of {name} are not downloaded: save {checkpoint.file} from {checkpoint.page} as "
            f"{_place(checkpoint)}"
        )
    if checkpoint.url is None and checkpoint.hub is None:
        return f"weights of {name} are not at {_place(checkpoint)}; check the path"
    size_bytes = checkpoint.size_bytes or checkpoint.about_bytes
    size = f" ({size_bytes / 1e6:,.0f} MB)" if size_bytes else ""
    return f"weights of {name} are not downloaded{size}: sambench fetch {name}"


def fetch(checkpoint: Checkpoint, *, force: bool = False) -> Path:
    """Return the file or folder of a checkpoint, downloading it if need be.

    Parameters
    ----------
    force
        Download also what is there; a file whose digest is not published is then trusted anew.

    Raises
    ------
    AssetError
        When no adapter here can run it, it cannot be had, or is not what its digest says.
    """
    if checkpoint.blocked:
        msg = f"{unrunnable(checkpoint)}. Nothing was downloaded."
        raise AssetError(msg)
    licence = " - ".join(filter(None, (checkpoint.licence, checkpoint.restrictions)))
    if checkpoint.hub is not None:
        return _hub.fetch_folder(checkpoint.hub, name=checkpoint.name, licence=licence, force=force)
    if checkpoint.url is None:
        path = locate(checkpoint)
        if path is None and checkpoint.page:
            raise AssetError(f"{_absent(checkpoint)}.")
        if path is None:
            msg = f"{checkpoint.name!r} has no address to download from, and no file at {_place(checkpoint)}."
            raise AssetError(msg)
        return path
    from bench_cases.assets import fetch as download

    path = download(
        checkpoint.url,
        file_name=checkpoint.file,
        directory=cache_dir() / "checkpoints",
        sha256=checkpoint.sha256,
        size_bytes=checkpoint.size_bytes or checkpoint.about_bytes,
        licence=licence,
        force=force,
    )
    check_md5_in_name(path)
    return path


def check_md5_in_name(path: Path) -> None:
    """Compare a file with the start of its MD5 that SAM's publisher put into its name (``sam_vit_b_01ec64.pth``).

    Raises
    ------
    AssetError
        When they differ.
    """
    named = re.fullmatch(r"sam_vit_[bhl]_([0-9a-f]{6})\.pth", path.name)
    if named is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if not found.startswith(named[1]):
        msg = f"{path.name} has the MD5 {found}; expected it to start with {named[1]}. Delete it and fetch it again."
        raise AssetError(msg)


def _place(checkpoint: Checkpoint) -> Path:
    if checkpoint.url is not None or checkpoint.page:
        return cache_dir() / "checkpoints" / checkpoint.file
    return _SHIPPED / checkpoint.file  # an absolute path stays itself
