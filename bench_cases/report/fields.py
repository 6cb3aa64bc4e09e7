"""Fields: a small language in which the report's format is stated once, and from which it is checked and documented."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bench_cases.errors import ReportError

Kind = Literal["string", "number", "integer", "boolean", "object", "list", "map", "any"]

_EXPECTED: dict[Kind, str] = {
    "string": "a string",
    "number": "a finite number",
    "integer": "an integer",
    "boolean": "true or false",
    "object": "an object",
    "list": "a list",
    "map": "an object",
    "any": "anything",
}
_PLAIN: dict[Kind, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
}

_LARGEST = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What may stand in one place of a report.

    Parameters
    ----------
    kind
        JSON type; ``map`` is an object with free keys and one kind of value.
    doc
        Meaning and unit, one line, shown in ``reports/README.md``.
    required
        Whether it must be there.
    nullable
        Whether it may be null.
    choices
        Permitted strings; empty for any.
    fields
        Members of an object.
    item
        What a list or a map holds.
    open
        Whether an object may have members that are not named here.
    """

    kind: Kind
    doc: str
    required: bool = True
    nullable: bool = False
    choices: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    item: Field | None = None
    open: bool = False

    @property
    def expected(self) -> str:
        """What the field expects, in words."""
        words = "one of " + ", ".join(repr(choice) for choice in self.choices) if self.choices else _EXPECTED[self.kind]
        return f"{words} or null" if self.nullable else words


def check(value: Any, spec: Field, path: str = "") -> None:
    """Compare a value with its field, depth first.

    Raises
    ------
    ReportError
        At the first difference, with its path, the value found and what was expected.
    """
    if value is None and spec.nullable:
        return
    if spec.kind == "any":
        return
    if spec.kind in _PLAIN:
        _check_plain(value, spec, path)
    elif spec.kind == "list":
        _check_list(value, spec, path)
    elif not isinstance(value, dict):
        raise _refusal(path, value, spec.expected)
    elif spec.kind == "map":
        if spec.item is not None:
            for key, item in value.items():
                check(item, spec.item, f"{path}.{key}")
    else:
        _check_object(value, spec, path)


def _check_plain(value: Any, spec: Field, path: str) -> None:
    if type(value) not in _PLAIN[spec.kind] or not _all_bounded([value]):
        raise _refusal(path, value, spec.expected)
    if spec.choices and value not in spec.choices:
        raise _refusal(path, value, spec.expected)


def _check_list(value: Any, spec: Field, path: str) -> None:
    if not isinstance(value, list):
        raise _refusal(path, value, spec.expected)
    item = spec.item
    if item is None:
        return
    if item.kind in _PLAIN and not item.choices:
        # Lists of samples make up nearly all of a report: they are checked as a whole, and walked only when wrong.
        permitted = _PLAIN[item.kind] | ({type(None)} if item.nullable else set())
        if set(map(type, value)) <= permitted and _all_bounded(value):
            return
    for position, entry in enumerate(value):
        check(entry, item, f"{path}[{position}]")


def _all_bounded(values: list[Any]) -> bool:
    """Whether all numbers among plain values are finite, and integers such as other languages have."""
    return all(
        -_LARGEST <= value < _LARGEST
        if isinstance(value, int)
        else not isinstance(value, float) or math.isfinite(value)
        for value in values
    )


def _check_object(value: dict[str, Any], spec: Field, path: str) -> None:
    for name, member in spec.fields.items():
        here = f"{path}.{name}"
        if name in value:
            check(value[name], member, here)
        elif member.required:
            msg = f"{here.lstrip('.')} is missing; expected {member.expected}."
            raise ReportError(msg)
    if not spec.open:
        for name in value:
            if name not in spec.fields:
                known = ", ".join(sorted(spec.fields))
                msg = (
                    f"{(path + '.' + name).lstrip('.')} is not a field of this schema version; expected one of {known}."
                )
                raise ReportError(msg)


def _refusal(path: str, value: Any, expected: str) -> ReportError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return ReportError(f"{path.lstrip('.') or 'the document'} is {shown}; expected {expected}.")


def outline(spec: Field, path: str = "") -> list[tuple[str, Field]]:
    """Return every field below `spec` with its path, in order: ``[]`` for a list's entry, ``<name>`` for a map's."""
    rows: list[tuple[str, Field]] = []
    for name, member in spec.fields.items():
        here = f"{path}.{name}" if path else name
        rows.append((here, member))
        rows.extend(outline(member, here))
    if spec.item is not None:
        here = f"{path}[]" if spec.kind == "list" else f"{path}.<name>"
        if spec.item.kind in ("object", "list", "map"):
            rows.append((here, spec.item))
        rows.extend(outline(spec.item, here))
    return rows


def text(doc: str, *, nullable: bool = False, required: bool = True) -> Field:
    """Return a field of text."""
    return Field(kind="string", doc=doc, nullable=nullable, required=required)


def count(doc: str, *, nullable: bool = False) -> Field:
    """Return a field of whole numbers."""
    return Field(kind="integer", doc=doc, nullable=nullable)
