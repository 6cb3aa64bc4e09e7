"""``sambench show``: a contact sheet to look at before a number is trusted."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from bench_cases.cli._output import PIXELS
from bench_cases.errors import SelectionError


def show(what: str, *, prompt: str, out: str | None) -> int:
    """Write a PNG of one volume, the first unless one is named, for this user alone to read: it holds pixels.

    Raises
    ------
    SelectionError
        For a name that means nothing, and for a file that is no PNG or cannot be written.
    DataError
        For a volume that cannot be read.
    """
    from bench_cases import registry
    from bench_cases.inspection.resolve import resolve
    from bench_cases.inspection.sheet import contact_sheet
    from bench_cases.whole_files import write_whole

    rules = registry.prompt_rules()
    if prompt not in rules:
        raise SelectionError(registry.unknown("prompt rule", prompt, list(rules)))
    dataset, target, named, _ = resolve(what)
    volume = dataset.load(named or dataset.volume_ids()[0], target)
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", f"{volume.dataset}-{volume.id}")
    path = Path(out or f"{plain}.png").expanduser()
    if path.suffix.lower() != ".png":
        msg = f"--out is {path.name}; expected a name that ends in .png. Add it."
        raise SelectionError(msg)
    picture = io.BytesIO()
    contact_sheet(volume, rules[prompt]).save(picture, "PNG")
    try:
        write_whole(path, picture.getvalue(), mode=0o600)
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}); expected a folder that can. Name another with --out."
        raise SelectionError(msg) from error
    sys.stdout.write(f"{path}\n")
    if not volume.phantom:
        sys.stdout.write(f"{PIXELS}\n")
    return 0
