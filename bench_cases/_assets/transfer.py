"""One try at moving a file over HTTP, going on where an earlier try broke off if the server can."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bench_cases import __version__
from bench_cases._assets.notices import DownloadBar
from bench_cases.errors import AssetError

if TYPE_CHECKING:
    from requests import Response

USER_AGENT = f"sambench/{'.'.join(__version__.split('.')[:2])}"
"""Some archives answer 429 to clients that do not say who they are."""

SPARE_BYTES = 100_000_000
_CHUNK = 1 << 16
"""Bytes written at a time; what came of an unfinished chunk is lost when a transfer breaks off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file on its way: ``.NAME.part`` beside the place it is going to, with a note of whose part it is.

    The note holds the address and the server's mark of the version (``ETag`` or ``Last-Modified``), so that two
    versions of a file are never joined.
    """

    target: Path

    @property
    def path(self) -> Path:
        """The bytes so far."""
        return self.target.with_name(f".{self.target.name}.part")

    @property
    def note(self) -> Path:
        """Address and version, a line each."""
        return self.target.with_name(f".{self.target.name}.part-of")

    def version(self, url: str) -> str | None:
        """Return the version that the bytes so far belong to; None if there is nothing to go on from."""
        try:
            address, version = self.note.read_text(encoding="utf-8").split("\n")
            started = self.path.stat().st_size > 0
        except (OSError, ValueError):
            return None
        return version if started and address == url and version else None

    def discard(self) -> None:
        """Throw bytes and note away."""
        for path in (self.path, self.note):
            path.unlink(missing_ok=True)


def transfer(url: str, part: Part, *, bar: bool, timeout_s: float) -> None:
    """Bring the rest of a file, or all of it, into `part`.

    Raises
    ------
    AssetError
        When it does not fit on the disk.
    requests.RequestException, OSError
        What went wrong on the way; the part is kept for the next try if the server can go on from it.
    """
    import pooch

    version = part.version(url)
    if version is None:
        part.discard()
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(part.path.open("ab"))
        if version is not None:
            headers |= {"Range": f"bytes={sink.tell()}-", "If-Range": version}
        shown: Any = stack.enter_context(DownloadBar(part.target.name)) if bar else False

        def answered(response: Response, **_: Any) -> None:
            _prepare(response, url, part, sink)

        download = pooch.HTTPDownloader(
            progressbar=shown, chunk_size=_CHUNK, timeout=timeout_s, headers=headers, hooks={"response": answered}
        )
        download(url, sink, None)


def _prepare(response: Response, url: str, part: Part, sink: IO[bytes]) -> None:
    """Make the part fit what the server is about to send, before its first byte: the rest (206) or all (200)."""
    if response.status_code == 416:  # what we have is no beginning of what there is
        part.discard()
    if response.status_code not in {200, 206}:
        return
    goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {sink.tell()}-")
    if response.status_code == 200 or not goes_on:
        sink.truncate(0)
        sink.seek(0)
    mark = response.headers.get("ETag", "")
    version = response.headers.get("Last-Modified", "") if mark.startswith("W/") or not mark else mark
    can_go_on = response.status_code == 206 or response.headers.get("Accept-Ranges") == "bytes"
    if can_go_on and version:
        part.note.write_text(f"{url}\n{version}", encoding="utf-8")
    else:
        part.note.unlink(missing_ok=True)
    refuse_without_room(part.target, int(response.headers.get("Content-Length", 0)))


def refuse_without_room(target: Path, size_bytes: int) -> None:
    """Raise `AssetError` if `size_bytes` and some to spare do not fit where `target` is going."""
    free = shutil.disk_usage(target.parent).free
    if free < size_bytes + SPARE_BYTES:
        msg = (
            f"{target.name} needs about {size_bytes / 1e9:.1f} GB and {free / 1e9:.1f} GB are free in {target.parent}; "
            "expected room for it. Free some, or set SAMBENCH_CACHE or SAMBENCH_DATA to another disk."
        )
        raise AssetError(msg)
