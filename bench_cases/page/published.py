"""Published scores, drawn beside a run's: read from a floors file, whose entries name the study they come from."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import NamedTuple

from bench_cases.errors import ConfigError
from bench_cases.toml_file import read_toml


class Published(NamedTuple):
    """Mean Dice and Jaccard of a whole dataset that a study printed; names are shell patterns."""

    dataset: str
    model: str
    strategy: str
    dice: float
    jaccard: float
    source: str

    def holds_for(self, dataset: str, model: str, strategy: str) -> bool:
        """Whether it is about that dataset, model and strategy."""
        names = ((dataset, self.dataset), (model, self.model), (strategy, self.strategy))
        return all(fnmatch.fnmatchcase(name, pattern) for name, pattern in names)


def read_published(path: Path) -> list[Published]:
    """Return the ``[[dataset]]`` entries of a floors file that give published figures.

    Raises
    ------
    ConfigError
        When the file is not TOML, or an entry's figures are not numbers.
    """
    try:
        entries = read_toml(path).get("dataset", [])
    except (OSError, ValueError) as problem:
        msg = f"{path}: cannot be read ({problem}); expected a floors file such as benchmark/floors.toml."
        raise ConfigError(msg) from None
    try:
        return [_entry(entry) for entry in entries if "published" in entry]
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        msg = (
            f"{path}: a [[dataset]] entry is malformed ({problem!r}); expected published = {{ dice = …, jaccard = … }}."
        )
        raise ConfigError(msg) from None


def _entry(entry: dict[str, object]) -> Published:
    figures = entry["published"]
    if not isinstance(figures, dict):
        raise TypeError(figures)
    dataset, model, strategy = (str(entry.get(name, "*")) for name in ("dataset", "model", "strategy"))
    return Published(
        dataset=dataset,
        model=model,
        strategy=strategy,
        dice=float(figures["dice"]),
        jaccard=float(figures["jaccard"]),
        source=str(entry.get("source", "")),
    )
