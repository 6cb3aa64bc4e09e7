"""Feeding one target for a while, under limits: the corpus first, then what an engine makes of it."""

from __future__ import annotations

import importlib
import json
import resource
import signal
import time
from pathlib import Path
from random import Random

from tests.fuzz.corpus import inputs
from tests.fuzz.feeding import Feeding
from tests.fuzz.target import LONGEST_BYTES, Target
from tests.fuzz.targets import targets

LONGEST_S = 20
"""Processor time that one input may take."""

MACHINE_BYTES = 1 << 28
"""Memory that the machine is said to have: half of it is the most that a scan may claim."""

ROOM_BYTES = 1 << 30
"""Memory that the process may take beyond what it has when it begins."""


class Session:
    """One target in this process, which a slow input ends.

    Parameters
    ----------
    name, module
        Of the target, and of the module that has it when it is none of `targets`.
    folder
        An empty folder to work in.
    hand
        Where the input in hand lies, for whoever watches.
    figures
        Where the figures are written as they grow.
    """

    def __init__(self, name: str, folder: Path, *, module: str, hand: Path, figures: Path) -> None:
        found = importlib.import_module(module).TARGETS if module else targets().values()
        self.target: Target = {each.name: each for each in found}[name]
        self._folder, self._hand, self._figures = folder, hand, figures
        self._begin: list[bytes] = []
        self._shown_s = 0.0

    def begin(self, *, keep: Path, real: Path | None) -> None:
        """Feed the corpus, so that all is imported, and bound what may be allocated from here on."""
        from bench_cases import memory

        memory.installed = lambda: MACHINE_BYTES
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        (self._folder / "corpus").mkdir()
        self._feeding = Feeding(self.target, self._folder, keep, in_hand=self._hold)
        self._begin = inputs(self.target, self._folder / "corpus", real)
        for content in self._begin:
            self._feeding.feed(content)
        self._feeding.begin()
        status = Path("/proc/self/statm")
        if status.exists():
            used = int(status.read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + ROOM_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))

    def seeded(self, *, seed: int, seconds: float) -> None:
        """Feed mutations of the corpus, drawn from a seed."""
        chance = Random(seed)  # noqa: S311 - bytes, not secrets
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self._feeding.feed(self._varied(chance.choice(self._begin), chance))
            self._show()
        self._show(now=True)

    def guided(self, *, seed: int, seconds: float) -> None:
        """Feed what atheris, which is libFuzzer for Python, makes of the corpus; it ends the process itself.

        Every other mutation is the target's own, which keeps structure and knows extremes; the rest are libFuzzer's.
        """
        import atheris

        known = self._folder / "known"
        known.mkdir()
        for number, content in enumerate(self._begin):
            (known / str(number)).write_bytes(content)

        def feed(content: bytes) -> None:
            self._feeding.feed(content)
            self._show()

        def mutator(content: bytes, most_bytes: int, number: int) -> bytes:
            chance = Random(number)  # noqa: S311 - bytes, not secrets
            if chance.random() < 0.5:
                return bytes(atheris.Mutate(content, most_bytes))
            return self._varied(content, chance)[:most_bytes]

        options = [
            f"-max_total_time={max(1, round(seconds))}",
            f"-max_len={LONGEST_BYTES}",
            f"-timeout={10 * LONGEST_S}",
            f"-seed={seed % 2**31 + 1}",
            f"-artifact_prefix={self._folder}/",
            *("-rss_limit_mb=0", "-verbosity=0"),
        ]
        self._show(now=True)
        atheris.Setup(["fuzz", *options, str(known)], feed, custom_mutator=mutator)
        atheris.Fuzz()

    def _varied(self, content: bytes, chance: Random) -> bytes:
        return self.target.vary(content, chance, self.target.words)[:LONGEST_BYTES]

    def _show(self, *, now: bool = False) -> None:
        """Write the figures once a second, whole or not at all."""
        if not now and time.monotonic() < self._shown_s + 1:
            return
        self._shown_s = time.monotonic()
        fresh = self._figures.with_suffix(".tmp")
        fresh.write_text(json.dumps(self._feeding.end().to_json()))
        fresh.replace(self._figures)

    def _hold(self, content: bytes | None) -> None:
        """Note the input in hand, and wind the clock that ends what takes too long."""
        if content is None:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self._hand.unlink()
        else:
            self._hand.write_bytes(content)
            signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
