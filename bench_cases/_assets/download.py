"""One file from the web into a directory, once, and the same file ever after."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench_cases._assets.digests import LOCK_FILE, SHA256, Digest, remember, remembered
from bench_cases._assets.locks import only_one
from bench_cases._assets.notices import say
from bench_cases._assets.transfer import Part, refuse_without_room, transfer
from bench_cases.errors import AssetError
from bench_cases.locations import offline

_TIMEOUT_S = 30
_LONGEST_PAUSE_S = 300
_WORTH_RETRYING = {408, 416, 425, 429, 500, 502, 503, 504}


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
    attempts: int = 5,
    pause_s: float = 2.0,
    timeout_s: float = _TIMEOUT_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Return the path of a downloaded file; download it if it is not there or not what its digest says.

    A file appears under its name only when it is complete and its digest matches. What breaks off is gone on with, by
    the next try or the next call, where the server can. A second process waits for the first. Where no digest is
    published the first download's is trusted, said aloud, recorded in ``digests.json`` beside the file, and checked
    from then on.

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
        Tries in all, and seconds to wait before the second; twice as many before the third. A server that says how
        long to wait (``Retry-After``) is obeyed, up to five minutes.
    timeout_s
        Seconds without a byte after which a try is given up.
    sleep
        What waits; tests do not.

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
    found = None if force else _usable(path, published, url)
    if found is not None:
        return found
    _refuse_offline(url, path, f"{file_name} is not in the cache", "a file downloaded earlier")
    with only_one(path):
        found = None if force else _usable(path, published, url)
        if found is not None:  # by the process that we waited for
            return found
        refuse_without_room(path, size_bytes or 0)
        say(f"Downloading {file_name} from {url}" + (f" (licence: {licence})" if licence else ""))
        wanted = published or (None if force else remembered(directory, file_name))
        _download(url, path, wanted, _Patience(attempts, pause_s, timeout_s, sleep), bar=progress)
        if wanted is None:
            trust(directory, file_name, SHA256.of(path))
    return path


class _Patience(NamedTuple):
    attempts: int
    pause_s: float
    timeout_s: float
    sleep: Callable[[float], None]


def _usable(path: Path, published: Digest | None, url: str) -> Path | None:
    """Return the path if the file is there and good; None if it is to be downloaded."""
    expected = published or remembered(path.parent, path.name)
    if not path.is_file():
        return None
    found = (expected or SHA256).of(path)
    if expected is None:
        trust(path.parent, path.name, found)
        return path
    if found == expected:
        return path
    _refuse_offline(url, path, f"{path.name} has the digest {found}", f"{expected}")
    say(f"{path.name} is not what its digest says ({found}; expected {expected}); downloading it again.")
    return None


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


def _download(url: str, path: Path, expected: Digest | None, patience: _Patience, *, bar: bool) -> None:
    """Download into a part beside `path` and move it there when its digest matches."""
    part = Part(target=path)
    for attempt in range(1, patience.attempts + 1):
        try:
            transfer(url, part, bar=bar, timeout_s=patience.timeout_s)
            _move(part, expected)
        except Exception as error:
            if part.version(url) is None:
                part.discard()
            again = _worth_retrying(error)
            if again is None:
                raise
            if not again or attempt == patience.attempts:
                raise _failure(url, path, expected, error) from error
            pause_s = _pause_s(error, patience.pause_s * attempt)
            wait = f" in {pause_s:.0f} s" if pause_s >= 1 else ""
            say(f"{path.name}: {_short(error)}; trying again{wait}.")
            patience.sleep(pause_s)
        else:
            return


def _move(part: Part, expected: Digest | None) -> None:
    """Put a whole part in its place; one that is not what was expected is thrown away."""
    if expected is not None and (found := expected.of(part.path)) != expected:
        part.discard()
        raise _WrongDigestError(found)
    part.path.replace(part.target)
    part.discard()


def _pause_s(error: Exception, usual_s: float) -> float:
    """Seconds to wait: what the server asks for, as a number or as a date (RFC 9110, 10.2.3), or the usual."""
    import datetime as dt
    import email.utils

    asked = getattr(getattr(error, "response", None), "headers", {}).get("Retry-After", "").strip()
    if asked.isdigit():
        return float(min(int(asked), _LONGEST_PAUSE_S))
    with contextlib.suppress(ValueError):
        left = email.utils.parsedate_to_datetime(asked) - dt.datetime.now(dt.UTC)
        return min(max(left.total_seconds(), usual_s), _LONGEST_PAUSE_S)
    return usual_s


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
