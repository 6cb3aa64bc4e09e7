"""Stage clocks: every stage is bracketed by a device synchronisation, so that queued work is charged where it belongs.

Gutiérrez et al. (2025) report SAM 2's prediction as ten times slower than SAM's; their clock did not wait for the
device. `Clock(synchronise=False)` reproduces that artefact and is labelled so in every report.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

STAGES: Final = (
    "read",  # volume from disk to arrays
    "prepare",  # window, scale, three channels
    "to_device",  # resize to the model's input, host to device
    "embed",  # image encoder
    "predict",  # prompt encoder and mask decoder (image mode)
    "propagate",  # memory attention, decoder, memory encoder for one frame (video mode)
    "click",  # one correcting click on a frame that was propagated to (video mode)
    "to_host",  # choice of the mask, resize to the frame's size, threshold, device to host
    "score",  # metrics
)
"""Stage names, in the order in which a slice meets them."""


@dataclass(slots=True)
class Clock:
    """Collects wall-clock samples in seconds under stage names.

    Parameters
    ----------
    synchronise
        Called before a stage starts and before it is read; blocks until the device is idle. None on a CPU, or to
        reproduce unsynchronised timings.
    now
        Source of time in seconds; `time.perf_counter` unless a test brings its own.

    Examples
    --------
    >>> ticks = iter([0.0, 1.5])
    >>> clock = Clock(now=lambda: next(ticks))
    >>> with clock.stage("embed"):
    ...     pass
    >>> clock.samples_s
    {'embed': [1.5]}
    """

    synchronise: Callable[[], None] | None = None
    now: Callable[[], float] = time.perf_counter
    samples_s: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the body of a ``with`` block as one sample of stage `name`; a body that raises leaves no sample."""
        if self.synchronise is not None:
            self.synchronise()
        start = self.now()
        yield
        if self.synchronise is not None:
            self.synchronise()
        self.samples_s.setdefault(name, []).append(self.now() - start)

    def share_out(self, together: Clock, among: int) -> None:
        """Take over what another clock measured on several things at once, as equal shares of each of them.

        Examples
        --------
        >>> clock = Clock()
        >>> clock.share_out(Clock(samples_s={"embed": [0.6]}), 3)
        >>> [round(share_s, 3) for share_s in clock.samples_s["embed"]]
        [0.2, 0.2, 0.2]
        """
        for stage, samples in together.drain().items():
            self.samples_s.setdefault(stage, []).extend([sum(samples) / among] * among)

    def another(self) -> Clock:
        """Return an empty clock that waits and tells the time as this one does."""
        return Clock(synchronise=self.synchronise, now=self.now)

    def drain(self) -> dict[str, list[float]]:
        """Return the samples collected so far and start afresh."""
        samples, self.samples_s = self.samples_s, {}
        return samples
