"""Putting weights into an architecture, and saying which keys differ when they do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bench_cases.errors import CheckpointError
from bench_cases.models._recognise import TWINS, recognise, within, without_wrapper, wrappers

if TYPE_CHECKING:
    from torch import Tensor, nn

_SHOWN = 3


def put_in(module: nn.Module, state: Mapping[str, Tensor], *, name: str, arch: str) -> None:
    """Load weights into a module, strictly; weights stored in half precision are widened to the module's own.

    What stands in front of every key (``student.``) is taken off where the weights then fit.

    Parameters
    ----------
    name
        Name of the checkpoint, for the message.

    Raises
    ------
    CheckpointError
        When keys are missing, unexpected or of another shape: how many, the first few, and the architecture that the
        keys look like.
    """
    expected = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    bare = without_wrapper(state)
    if expected == {key: tuple(value.shape) for key, value in bare.items()}:
        state = bare
    given = {key: tuple(value.shape) for key, value in state.items()}
    missing = [key for key in expected if key not in given]
    unexpected = [key for key in given if key not in expected]
    reshaped = [
        f"{key} {given[key]} instead of {shape}" for key, shape in expected.items() if given.get(key, shape) != shape
    ]
    if missing or unexpected or reshaped:
        differences = [
            listed("missing", missing),
            listed("unexpected", unexpected),
            listed("of another shape", reshaped),
        ]
        msg = f"checkpoint {name!r} does not fit architecture {arch!r}: {'; '.join(filter(None, differences))}."
        raise CheckpointError(f"{msg} {_advice(given, arch)}")
    module.load_state_dict(state, strict=True)


def listed(what: str, keys: Sequence[str]) -> str:
    """Return how many keys are missing, or the like, with the first few; nothing when there are none."""
    if not keys:
        return ""
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return f"{len(keys)} {what} ({', '.join(keys[:_SHOWN])}{more})"


def _advice(shapes: Mapping[str, tuple[int, ...]], arch: str) -> str:
    wrapper = next(iter(wrappers(shapes)), "")
    likely = recognise(within(shapes, wrapper))
    if likely is None:
        return "Its keys look like none of the known architectures; it needs an adapter of its own."
    if wrapper:
        return f"Its keys under {wrapper!r} look like {likely!r}: save those alone, without what stands in front."
    if arch in {likely, *TWINS.get(likely, ())}:
        return "It was made by a changed version of this architecture, which needs an adapter of its own."
    return f"Its keys look like {likely!r}: give it as NAME=PATH@{likely}."
