"""Options of a checkpoint that an architecture does not have are refused by name, never passed over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

from bench_cases.contracts import Checkpoint, LoadOptions
from bench_cases.errors import SelectionError

EVERYWHERE = ("precision", "attention", "tf32", "compile", "channels_last")


def refuse_options(checkpoint: Checkpoint, *, known: Collection[str]) -> None:
    """Refuse options that are not `EVERYWHERE` and not `known`.

    Raises
    ------
    SelectionError
        With the option, the architecture, and what it knows.
    """
    plain = LoadOptions()
    for field in fields(LoadOptions):
        value = getattr(checkpoint.options, field.name)
        if value != getattr(plain, field.name) and field.name not in {*EVERYWHERE, *known}:
            offered = ", ".join([*EVERYWHERE, *known])
            msg = (
                f"checkpoint {checkpoint.name!r} asks for {field.name}={value}, which architecture "
                f"{checkpoint.arch!r} does not have; expected only {offered}. Leave it out."
            )
            raise SelectionError(msg)
