"""What a run does otherwise than the study it reproduces: every change, by name, for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bench_cases.selection import Wishes
from bench_cases.settings import ALL, RunSettings
from bench_cases.studies.plan import Plan
from bench_cases.volume import Window

_UNSTATED: Final = (
    "empty",
    "unit",
    "scaling",
    "jpeg",
    "precision",
    "memory",
    "seeds",
    "unsynchronised",
    "limit_volumes",
    "limit_slices",
)
"""Settings that count as a change when they are not the usual ones, though the study does not speak of them."""


class Override(NamedTuple):
    """One change: what, what the study has, what the run has."""

    what: str
    study: Any
    run: Any


def overrides(plan: Plan, typed: Wishes, settings: RunSettings) -> list[Override]:
    """Return what the command line changed of a study.

    Parameters
    ----------
    typed
        The names on the command line, before the study's were filled in.
    settings
        The settings of the run.
    """
    study = plan.study
    changed = [
        Override(what, [it.name for it in names], list(given))
        for what, names, given in (
            ("sets", study.sets, typed.datasets),
            ("models", study.models, typed.models),
            ("strategies", study.strategies, typed.strategies),
        )
        if given is not None
    ]
    stated = study.settings.stated()
    usual = RunSettings()
    before = {**stated, **{name: getattr(usual, name) for name in _UNSTATED if name not in stated}}
    changed += [
        Override(name, stated.get(name), getattr(settings, name))
        for name, value in before.items()
        if hasattr(settings, name) and getattr(settings, name) != value
    ]
    if ALL in settings.windows:
        window = settings.windows[ALL]
        changed.append(Override("window", _windows(plan), None if window is None else window._asdict()))
    return changed


def _windows(plan: Plan) -> list[str]:
    """Return each set's window as the preset has it."""
    return [f"{it.name}: {words(it.window)}" for it in plan.study.sets]


def words(window: Window | str | None) -> str:
    """Say what a preset says of a window: ``own`` for the dataset's own, ``none``, or level and width."""
    return str(window or "none")


def lines(changes: Sequence[Override]) -> list[str]:
    """Word each change for the terminal.

    >>> lines([Override("jpeg", True, False), Override("limit_volumes", None, 1)])
    ['override: jpeg - the study: true; this run: false', 'override: limit_volumes - the study: none; this run: 1']
    """
    return [f"override: {it.what} - the study: {_plain(it.study)}; this run: {_plain(it.run)}" for it in changes]


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict) and set(value) == {"level", "width"}:
        return str(Window(**value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items()) or "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
