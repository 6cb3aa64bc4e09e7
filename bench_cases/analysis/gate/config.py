"""``gate.toml``: what may be lost, read and checked; every slip is one clear error."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench_cases.analysis.observations import LATENCIES, SCORES, SURFACE
from bench_cases.errors import ConfigError
from bench_cases.toml_file import read_toml

QUALITY: Final = (*SCORES, *SURFACE)

_PATTERNS: Final = ("dataset", "model", "strategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRule:
    """The least mean over volumes of some metrics, for the names that match shell patterns."""

    dataset: str = "*"
    model: str = "*"
    strategy: str = "*"
    least: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """What may be lost.

    Parameters
    ----------
    metrics, margin, margins
        Scores that are judged; loss of a mean over volumes that is accepted, for all and for some by name.
    gross_loss, gross_losses
        Mean loss that is a regression without a test where most volumes lost more than the margin, for all metrics and
        for some by name; None (``false``) leaves only those that are named.
    worst_loss, worst_losses
        Loss of a single volume with which nothing that is undecided is let through, likewise.
    each_within
        Whether it is a pass too when no volume lost more than the margin, whatever the test says.
    alpha, min_pairs
        Level of the conclusions, and the fewest volumes one is drawn from.
    floors
        Absolute demands.
    speed, speed_limit, min_samples
        Stages that are judged; times of the run over times of the baseline that are accepted; the fewest samples.
    memory_limit
        Peak memory of the run over that of the baseline that is accepted; None (``false``) judges none.
    allow_new, allow_missing, allow_failed
        Shell patterns of case ids that may be so.
    models
        Model of the run to the model of the baseline it takes the place of.
    """

    metrics: tuple[str, ...] = ("dice", "dice_all")
    margin: float = 0.01
    margins: Mapping[str, float] = field(default_factory=dict)
    gross_loss: float | None = 0.1
    gross_losses: Mapping[str, float] = field(default_factory=dict)
    worst_loss: float | None = 0.3
    worst_losses: Mapping[str, float] = field(default_factory=dict)
    each_within: bool = False
    alpha: float = 0.05
    min_pairs: int = 3
    floors: tuple[FloorRule, ...] = ()
    speed: tuple[str, ...] = LATENCIES
    speed_limit: float = 1.1
    min_samples: int = 10
    memory_limit: float | None = 1.1
    allow_new: tuple[str, ...] = ()
    allow_missing: tuple[str, ...] = ()
    allow_failed: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)

    def margin_of(self, metric: str) -> float:
        """Loss of a metric that is accepted; of HD95 a millimetre unless it is stated."""
        return self.margins.get(metric, 1.0 if metric == "hd95" else self.margin)

    def gross_of(self, metric: str) -> float | None:
        """Mean loss of a metric that is gross; of HD95 ten millimetres unless it is stated."""
        unstated = 10.0 if metric == "hd95" and self.gross_loss is not None else self.gross_loss
        return self.gross_losses.get(metric, unstated)

    def worst_of(self, metric: str) -> float | None:
        """Loss of one volume that is not let through; of HD95 thirty millimetres unless it is stated."""
        unstated = 30.0 if metric == "hd95" and self.worst_loss is not None else self.worst_loss
        return self.worst_losses.get(metric, unstated)

    @classmethod
    def read(cls, path: Path) -> GateConfig:
        """Read a file.

        Raises
        ------
        ConfigError
            When it cannot be read, is not TOML, has an unknown key or a value out of its range, or demands nothing of
            the masks.
        """
        try:
            tables = read_toml(path)
        except (OSError, ValueError) as error:
            msg = f"{path.name} cannot be read: {error}. Expected a TOML file with {_listed(_TABLES)}."
            raise ConfigError(msg) from error
        config = cls(**_fields(tables, path.name))
        if not config.metrics and not config.floors:
            msg = (
                f"{path.name}: [quality] metrics is [] and there is no [[floor]], so nothing is asked of the masks; "
                "expected at least one of the two. Name a metric, or set a floor."
            )
            raise ConfigError(msg)
        return config


Reader = Callable[[Any, str], Any]


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))


def _refuse(where: str, value: Any, expected: str) -> ConfigError:
    shown = repr(value)
    return ConfigError(f"{where} is {shown[:80]}; expected {expected}. Correct it in the file.")


def _number(least: float, most: float = math.inf) -> Reader:
    def read(value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least < value < most:
            ends = f"above {least:g}" if most == math.inf else f"between {least:g} and {most:g}"
            raise _refuse(where, value, f"a number {ends}")
        return float(value)

    return read


def _count(least: int) -> Reader:
    def read(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise _refuse(where, value, f"a whole number of at least {least}")
        return value

    return read


def _switch(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _refuse(where, value, "true or false")
    return value


def _names(*known: str) -> Reader:
    def read(value: Any, where: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
            raise _refuse(where, value, "a list of names")
        for name in value:
            if known and name not in known:
                raise _unknown(f"{where} names {name!r}", name, known)
        return tuple(value)

    return read


def _unknown(what: str, name: str, known: Any) -> ConfigError:
    near = difflib.get_close_matches(str(name), list(known), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return ConfigError(f"{what}; expected one of {_listed(known)}.{hint}")


def _margins(value: Any, where: str) -> dict[str, float]:
    if not isinstance(value, dict):
        raise _refuse(where, value, "a table of metric = margin")
    for name in value:
        if name not in QUALITY:
            raise _unknown(f"{where} names {name!r}", name, QUALITY)
    return {name: float(_number(0)(margin, f"{where}.{name}")) for name, margin in value.items()}


def _pairs(value: Any, where: str) -> dict[str, str]:
    if not all(isinstance(name, str) and name for name in value.values()):
        raise _refuse(where, value, 'a table of "model of the run" = "model of the baseline"')
    if len(set(value.values())) != len(value):
        raise _refuse(where, value, "each model of the baseline once")
    return dict(value)


def _or_none(read: Reader) -> Reader:
    return lambda value, where: None if value is False else read(value, where)


_TABLES: Final[Mapping[str, Mapping[str, tuple[str, Reader]]]] = {
    "quality": {
        "metrics": ("metrics", _names(*QUALITY)),
        "margin": ("margin", _number(0, 1)),
        "margins": ("margins", _margins),
        "gross_loss": ("gross_loss", _or_none(_number(0, 1))),
        "gross_losses": ("gross_losses", _margins),
        "worst_loss": ("worst_loss", _or_none(_number(0, 1))),
        "worst_losses": ("worst_losses", _margins),
        "each_within": ("each_within", _switch),
        "alpha": ("alpha", _number(0, 0.5)),
        "min_pairs": ("min_pairs", _count(2)),
    },
    "speed": {
        "stages": ("speed", _names(*LATENCIES)),
        "limit": ("speed_limit", _number(1)),
        "min_samples": ("min_samples", _count(2)),
    },
    "memory": {"limit": ("memory_limit", _or_none(_number(1)))},
    "allow": {
        "new": ("allow_new", _names()),
        "missing": ("allow_missing", _names()),
        "failed": ("allow_failed", _names()),
    },
    "models": {},
    "floor": {},
}


def _fields(tables: Mapping[str, Any], file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in _TABLES:
            raise _unknown(f"{file}: [{name}] is not known", name, _TABLES)
        if name == "floor":
            found["floors"] = _floors(table, file)
        elif not isinstance(table, dict):
            raise _refuse(f"{file}: {name}", table, f"a table, [{name}]")
        elif name == "models":
            found["models"] = _pairs(table, f"{file}: [models]")
        else:
            found.update(_table(name, table, file))
    return found


def _table(name: str, table: Mapping[str, Any], file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _TABLES[name]:
            raise _unknown(f"{file}: [{name}] has the key {key!r}", key, _TABLES[name])
        target, read = _TABLES[name][key]
        found[target] = read(value, f"{file}: [{name}] {key}")
    return found


def _floors(tables: Any, file: str) -> tuple[FloorRule, ...]:
    if not isinstance(tables, list):
        raise _refuse(f"{file}: floor", tables, "tables, [[floor]]")
    rules = []
    for number, table in enumerate(tables, start=1):
        where = f"{file}: [[floor]] entry {number}"
        if not isinstance(table, dict):
            raise _refuse(where, table, "a table")
        for key in table:
            if key not in (*_PATTERNS, *SCORES):
                raise _unknown(f"{where} has the key {key!r}", key, (*_PATTERNS, *SCORES))
        least = {name: _share(table[name], f"{where} {name}") for name in SCORES if name in table}
        patterns = {name: table[name] for name in _PATTERNS if name in table}
        if not least or not all(isinstance(pattern, str) for pattern in patterns.values()):
            raise _refuse(where, table, f"names as text and at least one of {_listed(SCORES)}")
        rules.append(FloorRule(**patterns, least=least))
    return tuple(rules)


def _share(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
        raise _refuse(where, value, "a number above 0, up to 1")
    return float(value)
