"""A checkpoint from the command line: ``NAME=SOURCE[@ARCH][,OPTION=VALUE...]``, with no code.

The source is a file of weights, a transformers folder, the id of one that was downloaded before (``owner/name``), or
the name of a checkpoint in the table, to run that one in another way.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from pathlib import Path
from typing import Final, get_args

from bench_cases.contracts import Attention, Checkpoint, LoadOptions, Precision
from bench_cases.errors import CheckpointError, SelectionError
from bench_cases.locations import expanded
from bench_cases.models import checkpoints
from bench_cases.models._hub import cached_folder, hub_cache
from bench_cases.models._recognise import TWINS
from bench_cases.models._weights import SUFFIXES, refuse_impostors
from bench_cases.models.backends import backend_of

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_TAIL: Final = re.compile(r"(?:,[A-Za-z0-9_]+=[^,=@/]*)+$")
_HUB_ID: Final = re.compile(r"[\w.-]+/[\w.-]+")
_SWITCHES: Final = ("compile", "postprocessing", "tf32", "channels_last")
_YES_NO: Final = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}
_KNOWN: Final = tuple(field.name for field in dataclasses.fields(LoadOptions))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read ``NAME=SOURCE[@ARCH][,OPTION=VALUE...]``, for instance ``mine=weights.pt@sam2.1_large,precision=bf16``.

    The name ends at the first ``=``, options are what looks like them at the end, and the architecture begins after the
    last ``@``; the path may hold all these. Without an architecture it is read from the weights' names and shapes.

    Raises
    ------
    SelectionError
        When the form is wrong, the name cannot stand in an id, the source is not there, of another kind or by its first
        bytes no checkpoint at all, the architecture is unknown or cannot be told, or an option means nothing.
    """
    tail = _TAIL.search(text)
    head = text[: tail.start()] if tail else text
    name, equals, rest = head.partition("=")
    source, at, arch = rest.rpartition("@") if "@" in rest else (rest, "", "")
    if not (equals and name and source) or (at and not arch):
        msg = (
            f"checkpoint {text!r} is not NAME=PATH@ARCH; expected for instance mine=weights.pt@sam2.1_large, "
            "with options behind: mine=weights.pt@sam2.1_large,precision=bf16."
        )
        raise SelectionError(msg)
    if not _NAME.fullmatch(name):
        msg = (
            f"checkpoint name {name!r} cannot stand in a case's id; expected letters, digits, '.', '_', '+' and '-', "
            "beginning with a letter or digit. Choose another."
        )
        raise SelectionError(msg)
    options = parse_options(name, tail.group()[1:] if tail else "")
    path = _path(name, source)
    if not path.exists():
        table = {checkpoint.name: checkpoint for checkpoint in checkpoints.CHECKPOINTS}
        if source in table and not arch:
            return _of_table(table[source], name, options)
        path = _from_hub(name, source, path, table)
    if path.is_file() and path.suffix not in SUFFIXES:
        msg = f"checkpoint {name!r}: {path.name} ends in {path.suffix!r}; expected {', '.join(SUFFIXES)}, or a folder."
        raise SelectionError(msg)
    doubt = ""
    if not arch:
        arch = _guess(name, path)
        doubt = _doubt(name, path, arch)
    backend = backend_of(arch)
    if path.is_file():
        _refuse_impostor(name, path)
    needs = next((it.requires for it in checkpoints.CHECKPOINTS if it.arch == arch), "")
    return Checkpoint(
        name=name,
        backend=backend.name,
        arch=arch,
        file=str(path),
        size_bytes=path.stat().st_size if path.is_file() else None,
        sha256_confidence="the user's own file",
        prompts=backend.prompts(arch),
        limits=backend.limits(arch),
        modes=backend.modes(arch),
        options=options,
        doubt=doubt,
        requires="transformers: pip install -e '.[transformers]' in the checkout"
        if backend.name == "transformers"
        else needs,
    )


def _path(name: str, source: str) -> Path:
    try:
        return expanded(str(expanded(source).absolute()))  # again: it may be longer than there can be
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        msg = f"checkpoint {name!r}: {source!r:.200} cannot be looked for ({why}); expected a path. Check it."
        raise SelectionError(msg) from error


def _refuse_impostor(name: str, path: Path) -> None:
    """Refuse what is no checkpoint, whatever is said of it behind the ``@``: a run would meet it at every case."""
    try:
        refuse_impostors(path)
    except CheckpointError as error:
        msg = f"checkpoint {name!r}: {error}"
        raise SelectionError(msg) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        msg = f"checkpoint {name!r}: {path} cannot be read ({why}); expected a file of weights. Check its permissions."
        raise SelectionError(msg) from error


def _of_table(checkpoint: Checkpoint, name: str, options: LoadOptions) -> Checkpoint:
    lack = checkpoints.missing(checkpoint)
    if lack is not None:
        msg = f"checkpoint {name!r}: {lack}."
        raise SelectionError(msg)
    return dataclasses.replace(checkpoint, name=name, options=options)


def parse_options(name: str, text: str) -> LoadOptions:
    """Read ``precision=bf16,compile=1,...``.

    Raises
    ------
    SelectionError
        For an unknown option, one given twice, or a value that it cannot have.
    """
    values: dict[str, object] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        if key not in _KNOWN or key in values:
            near = difflib.get_close_matches(key, _KNOWN, n=1)
            hint = f" Did you mean {near[0]!r}?" if near and key not in values else ""
            what = "gives twice the option" if key in values else "has the option"
            msg = f"checkpoint {name!r} {what} {key!r}; expected one each of {', '.join(_KNOWN)}.{hint}"
            raise SelectionError(msg)
        values[key] = _value(name, key, value)
    return LoadOptions(**values)  # type: ignore[arg-type]


def _value(name: str, key: str, value: str) -> object:
    if key == "image_size":
        expected, found = "a number of pixels", int(value) if re.fullmatch("[0-9]{1,9}", value) else None
    elif key in _SWITCHES:
        expected, found = "1 or 0", _YES_NO.get(value.lower())
    else:
        choices = get_args(Precision if key == "precision" else Attention)
        expected, found = f"one of {', '.join(choices)}", value if value in choices else None  # type: ignore[assignment]
    if found is None:
        msg = f"checkpoint {name!r} has {key}={value}; expected {expected}."
        raise SelectionError(msg)
    return found


def _from_hub(name: str, source: str, path: Path, table: dict[str, Checkpoint]) -> Path:
    """Return the folder of an ``owner/name`` that was downloaded before; nothing is downloaded here."""
    folder = cached_folder(source) if _HUB_ID.fullmatch(source) else None
    if folder is None:
        near = difflib.get_close_matches(source, table, n=1)
        hint = f" Did you mean the checkpoint {near[0]!r}?" if near else ""
        hub = f", and no folder of that id in {hub_cache()}; nothing is downloaded from here" * bool(
            _HUB_ID.fullmatch(source)
        )
        msg = f"checkpoint {name!r}: no file at {path}{hub}; expected a file there. Check the path.{hint}"
        raise SelectionError(msg)
    return folder


def _guess(name: str, path: Path) -> str:
    """Tell the architecture from a folder's description, or from the names and shapes of a file's weights."""
    from bench_cases.models._guess import arch_of

    arch, looks, near = arch_of(path)
    if arch is None:
        msg = (
            f"checkpoint {name!r}: {path.name} does not say what it is ({looks}); expected the architecture behind an "
            f"'@', for instance {name}={path.name}@{near or 'sam2.1_tiny'}. `sambench list architectures` shows all."
        )
        raise SelectionError(msg)
    return arch


def _doubt(name: str, path: Path, arch: str) -> str:
    """Return a line on what else a file may be, where its keys do not tell it from another architecture's."""
    twins = TWINS.get(arch, {}) if path.is_file() else {}
    others = "; ".join(f"{name}={path.name}@{twin} if they are {whose}" for twin, whose in twins.items())
    return others and f"{path.name} was taken for {arch!r}, whose keys are not only its own. Give {others}."
