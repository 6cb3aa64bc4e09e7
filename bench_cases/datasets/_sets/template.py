"""Where files of a set lie: path templates with fields, such as ``imagesTr/amos_{id}.nii.gz``.

A field is ``{name}`` or, where not every name fits, ``{name:regular expression}`` without braces in it; in a mask's
template ``*`` stands for anything. Nothing is opened: a template only looks at names.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path

_FIELD = re.compile(r"\{(\w+)(?::([^}]+))?\}")


def find(root: Path, template: str) -> list[dict[str, str]]:
    """List the fields of every path below `root` that fits; hidden files and ``__MACOSX`` are left out.

    Notes
    -----
    A field that appears twice must have the same value in both places.
    """
    regex, wildcard, last, seen = "", "", 0, set()
    for match in _FIELD.finditer(template):
        literal = template[last : match.start()]
        name, pattern = match[1], match[2] or "[^/]+"
        regex += re.escape(literal) + (f"(?P={name})" if name in seen else f"(?P<{name}>{pattern})")
        wildcard += glob.escape(literal) + "*"
        seen.add(name)
        last = match.end()
    regex += re.escape(template[last:])
    wildcard += glob.escape(template[last:])
    found = []
    for path in root.glob(wildcard):
        relative = path.relative_to(root).as_posix()
        if any(part.startswith(".") or part == "__MACOSX" for part in relative.split("/")):
            continue
        if match_path := re.fullmatch(regex, relative):
            found.append(match_path.groupdict())
    return found


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Put values into the fields of a template.

    >>> fill("{id:[0-9]+}/{id}_seg.nii", {"id": "7"})
    '7/7_seg.nii'
    """
    return _FIELD.sub(lambda match: fields[match[1]], template)


def plain(template: str) -> str:
    """Return a template as a reader should see it, without regular expressions.

    >>> plain("{id:[0-9]+}_HC.png")
    '{id}_HC.png'
    """
    return _FIELD.sub(r"{\1}", template)
