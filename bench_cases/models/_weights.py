"""Reading a file of weights that nobody trusts: no code in it is run, and what is wrong with it is said plainly."""

from __future__ import annotations

import hashlib
import pickle
import re
import struct
import warnings
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench_cases.errors import CheckpointError
from bench_cases.models._pickled import look_into

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES: Final = (".pt", ".pth", ".safetensors")
NESTS: Final = ("model", "state_dict", "model_state_dict")
"""Keys under which training scripts put the weights beside optimiser states and the like."""

_PROTOCOL: Final = 2
"""Of the pickles that ``torch.save`` writes unless told otherwise."""

_NAMED: Final = 3
"""How many names of a pickle a message gives at most."""

_PARALLEL: Final = "module."
"""What DataParallel puts in front of every key."""


def read_state(path: Path) -> dict[str, Tensor]:
    """Read the weights of a checkpoint into CPU memory.

    Parameters
    ----------
    path
        A ``.pt``, ``.pth`` or ``.safetensors`` file; weights may lie under one of `NESTS` and carry DataParallel's
        ``module.`` in front.

    Raises
    ------
    CheckpointError
        When the file is missing, truncated, not a checkpoint, or would have to run code to be read.
    """
    if not path.is_file():
        msg = f"no file at {path}; expected a checkpoint. Check the path."
        raise CheckpointError(msg)
    if path.suffix not in SUFFIXES:
        msg = f"{path.name} ends in {path.suffix!r}; expected {', '.join(SUFFIXES)}."
        raise CheckpointError(msg)
    refuse_impostors(path)
    try:
        return _read(path)
    except CheckpointError as error:
        # A new one, without the old one's causes and frames: pytest prints them with arguments and variables, which
        # hold what a training script has written beside the weights.
        raise CheckpointError(str(error)) from None


def _read(path: Path) -> dict[str, Tensor]:
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    return _tensors_of(content, path)


def weights_of(path: Path) -> list[Path]:
    """Return the files of weights of a checkpoint: the file itself, or those of a transformers folder."""
    return sorted(path.glob("*.safetensors")) if path.is_dir() else [path]


def weights_sha256(path: Path) -> str:
    """SHA-256, hex, of a file or, for a folder, over names and digests of its weights and its description."""
    if not path.is_dir():
        return file_digest(path)
    digest = hashlib.sha256()
    for part in [path / "config.json", *weights_of(path)]:
        digest.update(f"{part.name}\0{file_digest(part)}\0".encode())
    return digest.hexdigest()


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """Digest of a file, hex; remembered as long as its size and time of change stay the same."""
    stat = path.stat()
    return _digest(path, algorithm, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, algorithm: str, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        # MD5 is what some publish; it guards against damage, not against malice.
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def refuse_impostors(path: Path) -> None:
    """Refuse what downloads leave behind in place of a checkpoint; only the beginning of the file is read.

    Raises
    ------
    CheckpointError
        When the file is empty, a pointer, a page or a text.
    """
    with path.open("rb") as file:
        start = file.read(512).lstrip()
    if not start:
        msg = f"{path.name} is empty; expected a checkpoint. Download it again."
        raise CheckpointError(msg)
    if start.startswith(b"version https://git-lfs"):
        msg = f"{path.name} is a Git LFS pointer, not the weights it points to. Run 'git lfs pull' where it came from."
        raise CheckpointError(msg)
    if start[:1] == b"<":
        msg = (
            f"{path.name} is a web page, not a checkpoint: the server returned an HTML page "
            "(a login, a warning or an error). Open its address in a browser and save the file itself."
        )
        raise CheckpointError(msg)
    text = path.suffix != ".safetensors" and not any(byte < 9 or byte > 126 for byte in start)
    if text and look_into(path).protocol is None:  # a pickle of protocol 0 is text too
        msg = (
            f"{path.name} is a text file, not a checkpoint; it begins {start[:40].decode()!r}. Expected the weights "
            "themselves. Check what was saved under this name."
        )
        raise CheckpointError(msg)


def _read_safetensors(path: Path) -> Mapping[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError) as error:
        told = re.split(r"[\"'`]", str(error))[0].strip()  # what stands in quotes is from the file
        msg = f"{path.name} cannot be read as safetensors ({told}): it is truncated or damaged. Download it again."
        raise CheckpointError(msg) from error


def _refuse_packed(path: Path) -> None:
    """Refuse a zip that unpacks to more than it is: torch writes its own unpacked, and inflates others into memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return  # the older format, or a damaged one: torch says which
    if unpacked > path.stat().st_size:
        msg = (
            f"{path.name} ({path.stat().st_size:,} bytes) unpacks to {unpacked:,} bytes; expected tensors as "
            "torch.save writes them, not compressed. Load it where it is trusted, and save it again."
        )
        raise CheckpointError(msg)


def _read_torch(path: Path) -> Any:
    import torch

    _refuse_packed(path)
    try:
        with warnings.catch_warnings():
            # A remark on other protocols than 2, after which it reads what it can and says where it stopped.
            warnings.filterwarnings("ignore", "Detected pickle protocol")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refused(path, error) from error
    except Exception as error:  # torch's unpickler raises a dozen kinds of error on bytes that are damaged
        raise _damaged(path, error) from error


def _refused(path: Path, error: pickle.UnpicklingError) -> CheckpointError:
    """Say why torch's restricted unpickler stopped: code, an odd protocol, or damage."""
    seen = look_into(path)
    named = re.search(r"GLOBAL ([\w.]+)", str(error))
    culprit = named[1][:200] if named else ", ".join(seen.strangers[:_NAMED])[:200]
    if culprit:
        return CheckpointError(
            f"{path.name} holds Python objects beside its weights, and reading them would run code from the file "
            f"({culprit}). Expected tensors only. Whoever trusts the file can save its weights alone: "
            "torch.save(torch.load(FILE, weights_only=False)['model'], 'weights.pt')."
        )
    if seen.protocol not in {None, _PROTOCOL}:
        return CheckpointError(
            f"{path.name} was pickled under protocol {seen.protocol}, of which torch reads a part without running "
            f"code; expected protocol {_PROTOCOL}, torch.save's own. Save its weights again without pickle_protocol, "
            "or as .safetensors."
        )
    return _damaged(path, error)


def _damaged(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path.name} ({path.stat().st_size:,} bytes) cannot be read as a torch checkpoint ({_reason(error)}): "
        "it is truncated, damaged or of another kind. Download it again."
    )


def _reason(error: Exception) -> str:
    """Take from torch's essay the one line that says what happened."""
    essay = str(error).strip() or type(error).__name__
    named = re.search(r"WeightsUnpickler error:\s*(\S.*)", essay)
    return (named[1] if named else essay.splitlines()[0]).strip()[:200]


def _tensors_of(content: Any, path: Path) -> dict[str, Tensor]:
    """Find the weights in what a file held."""
    import torch

    state = content
    for nest in NESTS:
        if isinstance(state, Mapping) and isinstance(state.get(nest), Mapping):
            state = state[nest]
    if not isinstance(state, Mapping) or not state:
        msg = (
            f"{path.name} holds {_kind(state)}; expected weights: names and tensors, bare or under {', '.join(NESTS)}."
        )
        raise CheckpointError(msg)
    strange = [str(name) for name, value in state.items() if not isinstance(value, torch.Tensor)]
    if strange:
        msg = (
            f"{path.name} holds {', '.join(map(repr, strange[:3]))} among its weights ({len(strange)} in all), which "
            f"are no tensors; expected names and tensors, bare or under {', '.join(NESTS)}."
        )
        raise CheckpointError(msg)
    prefix = _PARALLEL if all(str(name).startswith(_PARALLEL) for name in state) else ""
    return {str(name).removeprefix(prefix): value for name, value in state.items()}


def _kind(value: Any) -> str:
    return f"an empty {type(value).__name__}" if isinstance(value, Mapping) else f"a {type(value).__name__}"
