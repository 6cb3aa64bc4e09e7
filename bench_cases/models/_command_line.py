"""A checkpoint from the command line: ``NAME=PATH@ARCH``, with no code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from bench_cases.contracts import Checkpoint
from bench_cases.errors import SelectionError
from bench_cases.models._weights import SUFFIXES
from bench_cases.models.backends import backend_of

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def parse_checkpoint(text: str) -> Checkpoint:
    """Read ``NAME=PATH@ARCH``, for instance ``mine=weights.pt@sam2.1_large``.

    The name ends at the first ``=``, the architecture begins after the last ``@``; the path may hold both.

    Raises
    ------
    SelectionError
        When the form is wrong, the name cannot stand in an id, the file is not there or of another kind, or the
        architecture is unknown.
    """
    name, equals, rest = text.partition("=")
    file, at, arch = rest.rpartition("@")
    if not (equals and at and name and file and arch):
        msg = f"checkpoint {text!r} is not NAME=PATH@ARCH; expected for instance mine=weights.pt@sam2.1_large."
        raise SelectionError(msg)
    if not _NAME.fullmatch(name):
        msg = (
            f"checkpoint name {name!r} cannot stand in a case's id; expected letters, digits, '.', '_', '+' and '-', "
            "beginning with a letter or digit. Choose another."
        )
        raise SelectionError(msg)
    path = Path(file).expanduser().absolute()
    if path.suffix not in SUFFIXES:
        msg = f"checkpoint {name!r}: {path.name} ends in {path.suffix!r}; expected {', '.join(SUFFIXES)}."
        raise SelectionError(msg)
    if not path.is_file():
        msg = f"checkpoint {name!r}: no file at {path}; expected one. Check the path."
        raise SelectionError(msg)
    backend = backend_of(arch)
    return Checkpoint(
        name=name,
        backend=backend.name,
        arch=arch,
        file=str(path),
        size_bytes=path.stat().st_size,
        sha256_confidence="the user's own file",
        modes=backend.modes(arch),
    )
