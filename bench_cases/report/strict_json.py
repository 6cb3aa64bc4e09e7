"""Strict JSON: what the language has no word for (NaN, infinity, tuples, paths, arrays) is settled here, once."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from bench_cases.errors import ReportError


def clean(value: Any, path: str = "") -> Any:
    """Return `value` in the words of strict JSON.

    NaN and the infinities become None; tuples and sets become lists; paths, dates and keys become strings; numpy
    scalars and arrays become numbers and lists.

    Parameters
    ----------
    path
        Where the value stands, for the error message.

    Raises
    ------
    ReportError
        For an object that has no JSON form.

    Examples
    --------
    >>> clean({"t": (1, float("nan")), 3: {"b", "a"}})
    {'t': [1, None], '3': ['a', 'b']}
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): clean(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(item, f"{path}[{position}]") for position, item in enumerate(value)]
    return _clean_other(value, path)


def _clean_other(value: Any, path: str) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted((clean(item, path) for item in value), key=str)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return clean(float(value), path)
    if hasattr(value, "tolist"):
        return clean(value.tolist(), path)
    msg = (
        f"{path.lstrip('.') or 'the record'} is {value!r:.80} of type {type(value).__name__}, which JSON cannot hold; "
        "expected numbers, strings, lists and dicts. Convert it before it is recorded."
    )
    raise ReportError(msg)


def dumps(value: Any) -> str:
    """Return one line of strict JSON with sorted keys.

    >>> dumps({"b": 1, "a": None})
    '{"a": null, "b": 1}'
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def encode(text: str) -> bytes:
    r"""Return UTF-8; a lone surrogate (a file name that is not UTF-8) is written as its ``\u`` escape, valid JSON."""
    return text.encode("utf-8", errors="backslashreplace")


def digest(value: Any) -> str:
    """Return the SHA-256, in hex, of the sorted JSON form: equal values have equal digests.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(encode(dumps(clean(value)))).hexdigest()


def dumps_report(report: Mapping[str, Any]) -> str:
    """Return a report as JSON, one top-level field or entry of a list a line: small, and fit for ``diff``."""
    lines = []
    for key in sorted(report):
        value = report[key]
        if isinstance(value, list) and value and isinstance(value[0], dict):
            body = "[\n" + ",\n".join("  " + dumps(item) for item in value) + "\n ]"
        elif isinstance(value, dict) and value:
            body = "{\n" + ",\n".join(f"  {dumps(name)}: {dumps(value[name])}" for name in sorted(value)) + "\n }"
        else:
            body = dumps(value)
        lines.append(f" {dumps(key)}: {body}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def loads(text: str | bytes) -> Any:
    """Parse strict JSON; a bare ``NaN`` or ``Infinity`` is refused.

    Raises
    ------
    ValueError
        When the text is not strict JSON.
    """

    def refuse(word: str) -> None:
        msg = f"a bare {word}, which strict JSON does not have; expected a number or null"
        raise ValueError(msg)

    return json.loads(text, parse_constant=refuse)
