"""Shards: the same selection cut into the same parts on every machine, for the tasks of a batch system's array."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bench_cases.cases import Case, Floor
from bench_cases.errors import SelectionError
from bench_cases.scale.groups import Group

DEFERRED: Final = "no part has all volumes of these datasets"
"""Why floors of whole datasets are not run in a part; `bench_cases.scale.merge` checks them."""


class Shard(NamedTuple):
    """Part `number` (from 1) of `of`."""

    number: int
    of: int

    def __str__(self) -> str:
        """Return it as it is typed.

        >>> str(Shard(2, 4))
        '2/4'
        """
        return f"{self.number}/{self.of}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``i/n``.

        Raises
        ------
        SelectionError
            When it is not that.

        Examples
        --------
        >>> Shard.parse("2/4")
        Shard(number=2, of=4)
        """
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        shard = cls(int(found[1]), int(found[2])) if found else cls(0, 0)
        if not 1 <= shard.number <= shard.of:
            msg = f"{text!r} is no part of a whole; expected i/n with i from 1 to n, such as 1/4."
            raise SelectionError(msg)
        return shard


class DatasetFloor(NamedTuple):
    """A floor of a whole dataset that waits until the parts are brought together."""

    case: Case
    volumes: tuple[str, ...]
    floor: Floor

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; `from_json` is its inverse."""
        named = {axis: getattr(self.case, axis) for axis in ("dataset", "model", "strategy")}
        return {**named, "volumes": list(self.volumes), **self.floor._asdict()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> DatasetFloor:
        """Rebuild it."""
        return cls(
            case=Case(record["dataset"], "*", record["model"], record["strategy"]),
            volumes=tuple(record["volumes"]),
            floor=Floor(record["dice"], record["jaccard"], record["source"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """A selection cut into parts.

    Parameters
    ----------
    groups
        Of the whole selection, in order.
    parts
        For each group the part it is in, from 1.
    of
        Number of parts.
    """

    groups: tuple[Group, ...]
    parts: tuple[int, ...]
    of: int

    def digest(self) -> str:
        """SHA-256 over all cases and costs in order: parts with the same one were cut from the same whole."""
        whole = [[list(case) for case in group.cases] + [group.cost] for group in self.groups]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=True).encode("ascii")).hexdigest()

    def cost_of(self, part: int) -> int:
        """Return the cost of a part."""
        return sum(group.cost for group, at in zip(self.groups, self.parts, strict=True) if at == part)


def share_out(groups: Sequence[Group], of: int) -> Shares:
    """Cut groups into `of` parts of about the same cost.

    Groups stay in order, so that a part has neighbouring ones and loads few checkpoints: all together load at most
    `of` - 1 more than there are. A part costs less than its share and the costliest group together. Whole numbers only,
    so that no machine rounds otherwise.

    Raises
    ------
    SelectionError
        When there are fewer groups than parts.
    """
    if of > len(groups):
        msg = (
            f"{of} parts of a selection with {len(groups)} groups (a group is a volume under a model, and stays "
            f"whole); expected at most {len(groups)} parts. Use an array of that size."
        )
        raise SelectionError(msg)
    total = sum(group.cost for group in groups)
    parts: list[int] = []
    before = part = 0
    for number, group in enumerate(groups):
        # By the middle of the group; each part gets one at least, and enough are left for those to come.
        wanted = 1 + of * (2 * before + group.cost) // (2 * total)
        least = max(part, of - (len(groups) - 1 - number), 1)
        part = min(max(wanted, least), part + 1, of)
        parts.append(part)
        before += group.cost
    return Shares(groups=tuple(groups), parts=tuple(parts), of=of)
