"""One file from the web into a directory, once, and the same file ever after."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_cases import __version__
from bench_cases._assets.digests import LOCK_FILE, SHA256, Digest, remember, remembered
from bench_cases._assets.notices import DownloadBar, say
from bench_cases.errors import AssetError
from bench_cases.locations import offline

USER_AGENT = f"sambench/{'.'.join(__version__.split('.')[:2])}"
"""Some archives answer 429 to clients that do not say who they are."""

_CHUNK = 1 << 20
_TIMEOUT_S = 30
_SPARE_BYTES = 100_000_000
_WORTH_RETRYING = {408, 425, 429, 500, 502, 503, 504}


def fetch(
    url: str,
    *,
    file_name: str,
    directory: Path,
    sha256: str | None = None,
    size_bytes: int | None = None,
    licence: str | None = None,
    force: bool = False,
    progress: bool = True,
    attempts: int = 3,
    pause_s: float = 2.0,
) -> Path:
    """Return the path of a downloaded file; download it if it is not there or not what its digest says.

    A file appears under its name only when it is complete and its digest matches. Where no digest is published the
    first download's is trusted, said aloud, recorded in ``digests.json`` beside the file, and checked from then on.

    Parameters
    ----------
    url
        Where it comes from, ``http`` or ``https``.
    file_name, directory
        Where it is put.
    sha256
        Expected digest: 64 hex digits, ``"sha256:..."`` or ``"md5:..."``; None when none is published.
    size_bytes
        Approximate size, for the check of free disk space before the download.
    licence
        Printed before the first byte.
    force
        Download even if a good file is there.
    progress
        Show a bar on standard error.
    attempts, pause_s
        Tries in all, and seconds to wait before the second; twice as many before the third.

    Returns
    -------
    pathlib.Path
        ``directory / file_name``.

    Raises
    ------
    AssetError
        Offline, not found, wrong digest, no space: what was expected and what to do.
    """
    if "/" in file_name or "\\" in file_name or file_name in {"", ".", "..", LOCK_FILE}:
        msg = f"{file_name!r} cannot be used as a file name; expected a plain name without folders. Choose another."
        raise AssetError(msg)
    path = directory / file_name
    published = Digest.parse(sha256) if sha256 else None
    expected = published or remembered(directory, file_name)
    if path.is_file() and not force:
        found = (expected or SHA256).of(path)
        if expected is None:
            trust(directory, file_name, found)
            return path
        if found == expected:
            return path
        _refuse_offline(url, path, f"{file_name} has the digest {found}", f"{expected}")
        say(f"{file_name} is not what its digest says ({found}; expected {expected}); downloading it again.")
    _refuse_offline(url, path, f"{file_name} is not in the cache", "a file downloaded earlier")
    _prepare(directory, file_name, size_bytes)
    say(f"Downloading {file_name} from {url}" + (f" (licence: {licence})" if licence else ""))
    wanted = published if force else expected
    _download(url, path, expected=wanted, bar=progress, tries=(attempts, pause_s))
    if wanted is None:
        trust(directory, file_name, SHA256.of(path))
    return path


def trust(directory: Path, file_name: str, digest: Digest) -> None:
    """Take a digest on trust: say so, and record it in the lock file, so that a later change is noticed."""
    say(
        f"Warning: no digest is published for {file_name}. Its present one, {digest}, is trusted on first use and "
        f"recorded in {LOCK_FILE}; later it must not change."
    )
    with contextlib.suppress(PermissionError):  # a read-only shared cache is used as it is
        remember(directory, file_name, digest)


def _refuse_offline(url: str, path: Path, wrong: str, expected: str) -> None:
    if offline():
        msg = (
            f"{wrong} and SAMBENCH_OFFLINE forbids downloads; expected {expected}. "
            f"Unset SAMBENCH_OFFLINE, or download {url} elsewhere and put it at {path}."
        )
        raise AssetError(msg)


def _prepare(directory: Path, file_name: str, size_bytes: int | None) -> None:
    """Make the directory and see that the file will fit."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"{directory} cannot be made ({error.strerror}); expected a directory that can be written. "
            "Set SAMBENCH_CACHE or SAMBENCH_DATA to another one."
        )
        raise AssetError(msg) from error
    free = shutil.disk_usage(directory).free
    if size_bytes is not None and free < size_bytes + _SPARE_BYTES:
        msg = (
            f"{file_name} needs about {size_bytes / 1e9:.1f} GB and {free / 1e9:.1f} GB are free in {directory}; "
            "expected room for it. Free some, or set SAMBENCH_CACHE or SAMBENCH_DATA to another disk."
        )
        raise AssetError(msg)


def _download(url: str, path: Path, *, expected: Digest | None, bar: bool, tries: tuple[int, float]) -> None:
    """Download into a temporary file beside `path` and move it there when its digest matches."""
    attempts, pause_s = tries
    for attempt in range(1, attempts + 1):
        try:
            _download_once(url, path, expected=expected, bar=bar)
        except Exception as error:
            again = _worth_retrying(error)
            if again is None:
                raise
            if not again or attempt == attempts:
                raise _failure(url, path, expected, error) from error
            say(f"{path.name}: {_short(error)}; trying again.")
            time.sleep(pause_s * attempt)
        else:
            return


def _download_once(url: str, path: Path, *, expected: Digest | None, bar: bool) -> None:
    import pooch

    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=path.parent, prefix=".download-")))
        shown: Any = stack.enter_context(DownloadBar(path.name)) if bar else False
        download = pooch.HTTPDownloader(progressbar=shown, chunk_size=_CHUNK, timeout=_TIMEOUT_S, headers=headers)
        fresh = work / path.name
        download(url, str(fresh), None)
        if expected is not None and (found := expected.of(fresh)) != expected:
            raise _WrongDigestError(found)
        fresh.replace(path)


class _WrongDigestError(Exception):
    """A file arrived whole and is not the one that was expected."""

    def __init__(self, found: Digest) -> None:
        super().__init__(f"its digest is {found}")


def _worth_retrying(error: Exception) -> bool | None:
    """Whether another try may help; None for errors that are not the download's."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in _WORTH_RETRYING
    if isinstance(error, _WrongDigestError):
        return True  # a transfer can be damaged on the way
    if isinstance(error, requests.RequestException) and not isinstance(error, ValueError):
        return True
    return False if isinstance(error, OSError | ValueError) else None


def _failure(url: str, path: Path, expected: Digest | None, error: Exception) -> AssetError:
    if isinstance(error, _WrongDigestError):
        return AssetError(
            f"{path.name} from {url} does not have the digest {expected} ({error}); expected the published file. "
            "Nothing was kept. Try again later; if it stays so, the file was changed at its source: do not use it."
        )
    return AssetError(
        f"{path.name} could not be downloaded from {url} ({_short(error)}); expected the file. "
        f"Check the network and the address, or download it by hand and put it at {path}."
    )


def _short(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code} {response.reason}"
    if isinstance(error, _WrongDigestError):
        return str(error)
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
