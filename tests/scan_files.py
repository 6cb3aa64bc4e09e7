"""Small real files in true layouts, and a local web server that hands them out."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAS = np.diag([-2.0, 2.0, 5.0, 1.0])


def write_nifti(path: Path, array_zyx: NDArray[Any], affine_xyz: NDArray[np.float64] = LAS) -> Path:
    """Write ``(Z, Y, X)`` as nibabel stores it, ``(X, Y, Z)``."""
    import nibabel as nib

    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array_zyx.T, affine_xyz), path)
    return path


def write_png(path: Path, array_yx: NDArray[Any]) -> Path:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array_yx).save(path)
    return path


def zip_folder(folder: Path, archive: Path) -> Path:
    """Zip the files of a folder with names relative to it."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                bundle.write(path, path.relative_to(folder).as_posix())
    return archive


def covid_set(root: Path, *, subsets: dict[str, tuple[str, ...]]) -> None:
    """Write COVID-19-CT-Seg in small: true names and folders, label 1 at low x (the set's left lung), 3 infection."""
    for subset, ids in subsets.items():
        for number, each in enumerate(ids):
            image = np.full((3, 6, 8), -1000 if subset == "coronacases" else 16, np.int16)
            image[:, 0, 0] = number
            lungs = np.zeros((3, 6, 8), np.uint16)
            lungs[1, 2:4, 1:3] = 1
            lungs[1, 2:4, 5:7] = 2
            infection = np.zeros_like(lungs)
            infection[1, 2, 1] = 1
            name = f"{subset}_{each}.nii.gz"
            write_nifti(
                root / "COVID-19-CT-Seg_20cases" / name, image if subset == "coronacases" else image.astype("u1")
            )
            write_nifti(root / "Lung_Mask" / name, lungs)
            write_nifti(root / "Infection_Mask" / name, infection)
            write_nifti(root / "Lung_and_Infection_Mask" / name, np.where(infection, 3, lungs).astype(np.uint16))


def montgomery_set(root: Path, names: tuple[str, ...]) -> None:
    """Write the Montgomery set in small, with the junk of the real archive."""
    for name in names:
        grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
        left = np.zeros((6, 8), np.bool_)
        left[2:4, 1:3] = True
        write_png(root / "MontgomerySet" / "CXR_png" / f"MCUCXR_{name}.png", grey)
        write_png(root / "MontgomerySet" / "ManualMask" / "leftMask" / f"MCUCXR_{name}.png", left)
        write_png(root / "MontgomerySet" / "ManualMask" / "rightMask" / f"MCUCXR_{name}.png", left[:, ::-1].copy())
    for junk in ("CXR_png/Thumbs.db", "ManualMask/.DS_Store", "ManualMask/leftMask/Thumbs.db"):
        (root / "MontgomerySet" / junk).write_bytes(b"junk")


@dataclass(slots=True)
class Site:
    """A local web server over a folder: what was asked of it, and how often it is to fail first.

    With `ranges` it can go on in the middle of a file; `stall` makes the first answers stop half way without a word.
    """

    url: str
    folder: Path
    requests: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    cut_short: int = 0
    ranges: bool = False
    retry_after: str = ""
    stall: int = 0
    asked_for: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[Site]:  # noqa: C901 - its handler is a part of it
    """Serve `folder` on 127.0.0.1 until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append(self.path)
            site.agents.append(self.headers.get("User-Agent", ""))
            path = folder / self.path.lstrip("/")
            site.asked_for.append(self.headers.get("Range", ""))
            if site.failures:
                self.send_response(site.failures.pop(0))
                if site.retry_after:
                    self.send_header("Retry-After", site.retry_after)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if not path.is_file():
                self.send_error(404)
                return
            body = path.read_bytes()
            version = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
            first = 0
            if site.ranges and site.asked_for[-1] and self.headers.get("If-Range") == version:
                first = int(site.asked_for[-1].removeprefix("bytes=").removesuffix("-"))
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
            if site.ranges:
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("ETag", version)
            self.send_header("Content-Length", str(len(body) - first))
            self.end_headers()
            if site.cut_short:
                site.cut_short -= 1
                self.wfile.write(body[first:-3])
            elif site.stall:
                site.stall -= 1
                self.wfile.write(body[first : (first + len(body)) // 2])
                self.wfile.flush()
                site.done.wait(10)
            else:
                self.wfile.write(body[first:])

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(url=f"http://127.0.0.1:{server.server_address[1]}", folder=folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.done.set()
        server.shutdown()
        server.server_close()
        thread.join()


def write_squares(folder: Path) -> None:
    """Write two volumes, ``a`` and ``b``, of three slices with a bright square, as a folder of a user's own."""
    import nibabel as nib

    mask = np.zeros((32, 32, 3), np.uint8)
    mask[8:20, 8:20] = 1
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        nib.save(nib.Nifti1Image((mask * 200).astype(np.int16), np.eye(4)), folder / name / "i.nii.gz")
        nib.save(nib.Nifti1Image(mask, np.eye(4)), folder / name / "m.nii.gz")
    (folder / "dataset.toml").write_text(
        'modality = "CT"\ntarget = "square"\nimage = "{id}/i.nii.gz"\nmask = "{id}/m.nii.gz"\nlabels = [1]\n'
    )
