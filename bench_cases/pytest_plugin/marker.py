"""``@pytest.mark.sambench``: the names that stand where the command line says nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bench_cases.selection import Wishes


def with_marker(wishes: Wishes, marker: pytest.Mark | None) -> Wishes:
    """Fill in a marker's names where the command line has none.

    Returns
    -------
    Wishes
        With tuples for lists, so that it can be looked up.

    Raises
    ------
    pytest.UsageError
        For a marker with anything but names.
    """
    if marker is None:
        return _hashable(wishes)
    strange = set(marker.kwargs) - {"dataset", "model", "strategy"}
    if strange or marker.args:
        given = ", ".join(sorted(strange)) or repr(marker.args[0])
        msg = (
            f"@pytest.mark.sambench was given {given}; expected dataset=, model= and strategy=, each a name or a list."
        )
        raise pytest.UsageError(msg)

    def names(value: str | Sequence[str] | None) -> Sequence[str] | None:
        return [value] if isinstance(value, str) else value

    return _hashable(
        Wishes(
            datasets=wishes.datasets or names(marker.kwargs.get("dataset")),
            models=wishes.models or names(marker.kwargs.get("model")),
            strategies=wishes.strategies or names(marker.kwargs.get("strategy")),
            # A test that names its model is about that one.
            baselines=None if "model" in marker.kwargs else wishes.baselines,
        )
    )


def _hashable(wishes: Wishes) -> Wishes:
    def frozen(names: Sequence[str] | None) -> tuple[str, ...] | None:
        return None if names is None else tuple(names)

    return Wishes(
        datasets=frozen(wishes.datasets),
        models=frozen(wishes.models),
        strategies=frozen(wishes.strategies),
        baselines=frozen(wishes.baselines),
    )
