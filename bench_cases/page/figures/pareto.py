"""The Pareto front: what no other beats in both cost and score."""

from __future__ import annotations

from collections.abc import Sequence


def front(costs: Sequence[float], scores: Sequence[float]) -> list[int]:
    """Return the positions of points that no other dominates, the cheapest first.

    One point dominates another that costs as much or more and scores as much or less, and is not its equal.

    >>> front([1, 2, 3, 3], [0.5, 0.4, 0.9, 0.8])
    [0, 2]
    """
    order = sorted(range(len(costs)), key=lambda at: (costs[at], -scores[at]))
    found: list[int] = []
    for at in order:
        equal = found and (costs[at], scores[at]) == (costs[found[-1]], scores[found[-1]])
        if not found or scores[at] > scores[found[-1]] or equal:
            found.append(at)
    return found
