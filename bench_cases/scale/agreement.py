"""Whether workers have the same data, weights and arithmetic: each node has its own copies, and one may be another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bench_cases.cases import CaseResult
from bench_cases.errors import ScaleError
from bench_cases.scale.work import Reply, Work

SHOWN = 12
"""Characters of a digest in a message."""


@dataclass(slots=True)
class Agreement:
    """Remembers what was told first of each volume, model and dataset's prompt, and refuses what differs from it."""

    first: dict[tuple[str, str], str] = field(default_factory=dict)

    def refuse_others(self, work: Work, reply: Reply) -> None:
        """Take in what a group's reply says.

        Raises
        ------
        ScaleError
            With the first thing of which another worker said otherwise; nothing is then taken in.
        """
        told = dict(_told(work, reply))
        for (what, name), digest in told.items():
            known = self.first.get((what, name), digest)
            if known != digest:
                msg = (
                    f"{what} {name} is {digest[:SHOWN]} on the worker that did "
                    f"{work.key.dataset}/{work.key.volume}, and was {known[:SHOWN]} on another; expected the same on "
                    "every node. Compare the nodes' SAMBENCH_DATA, SAMBENCH_CACHE and devices; --sam-resume runs "
                    "what is missing."
                )
                raise ScaleError(msg)
        self.first.update(told)


def _told(work: Work, reply: Reply) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what was said of what: the subject and its name, and the digest."""
    if reply.model is not None:
        # Over weights, adapter, precision, device, libraries: two devices in one run would make one model of two.
        yield ("model", work.key.model), str(reply.model.get("identity_sha256", ""))
    for result in reply.answers.values():
        if not isinstance(result, CaseResult):
            continue
        if "data" in result.digests:
            yield ("volume", f"{work.key.dataset}/{work.key.volume}"), result.digests["data"]
        seed = result.details.get("seed", {})
        if "sha256" in seed:
            prompt = result.case.strategy.split(".")[1]
            yield (f"the prompt of dataset {work.key.dataset}", prompt), seed["sha256"]
