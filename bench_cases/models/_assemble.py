"""Read, build, move: the three timed steps from a file to a network on a device, the same for every library."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bench_cases.contracts import Checkpoint, Device, ImageSegmenter, LoadedModel, Precision, VideoSegmenter
from bench_cases.models._devices import synchroniser
from bench_cases.models._facts import torch_facts
from bench_cases.models._fit import put_in
from bench_cases.models._trust import verified
from bench_cases.models._weights import read_state
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor

UNTRAINED: Final = "untrained"
"""Stands for the digest of weights that came from no file."""

_SEED = 0


class Assembled(NamedTuple):
    """A network on a device, with what it took to get it there."""

    module: Any
    load_s: Mapping[str, float]
    weights_sha256: str
    parameters: int

    def loaded(
        self,
        checkpoint: Checkpoint,
        *,
        image: ImageSegmenter | None,
        video: VideoSegmenter | None,
        device: Device,
        precision: Precision,
        settings: Mapping[str, Any],
    ) -> LoadedModel:
        """Return the model for use; `settings` are its library's own, beside those that are told of every model."""
        return LoadedModel(
            checkpoint=checkpoint,
            image=image,
            video=video,
            device=device,
            precision=precision,
            load_s=self.load_s,
            weights_sha256=self.weights_sha256,
            parameters=self.parameters,
            settings={"device": device, "precision": precision, **settings, **torch_facts(device)},
            synchronise=synchroniser(device),
        )


def assemble(
    checkpoint: Checkpoint,
    path: Path | None,
    *,
    libraries: Sequence[str],
    build: Callable[[], Any],
    device: Device,
    translate: Callable[[dict[str, Tensor]], dict[str, Tensor]] = lambda state: state,
) -> Assembled:
    """Read a checkpoint, build its network, put the weights in, move it to the device.

    Every call does all of it anew; nothing is kept but the digest of an unchanged file.

    Parameters
    ----------
    path
        File of weights; None leaves the random ones, from a fixed seed.
    libraries
        Modules that `build` needs; imported before the clock starts, since a process pays for that once.
    build
        Makes the network in CPU memory.
    translate
        Brings the names of a file's weights to those of the network, where another library wrote the file.

    Raises
    ------
    CheckpointError
        When the file is damaged, is not what its published digest says, or does not fit.
    """
    import torch

    for library in libraries:
        importlib.import_module(library)
    clock = Clock(synchronise=synchroniser(device))
    with clock.stage("read"):
        state = None if path is None else read_state(path)
    # After the read, so that "read" is not served from a page cache that the digest filled.
    digest = UNTRAINED if path is None else verified(checkpoint, path)
    with clock.stage("build"):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(_SEED)
            module = build()
        if state is not None:
            put_in(module, translate(state), name=checkpoint.name, arch=checkpoint.arch)
        module.eval().requires_grad_(requires_grad=False)
    return moved(module, device, digest=digest, clock=clock)


def moved(module: Any, device: Device, *, digest: str, clock: Clock) -> Assembled:
    """Move a network that was read and built under `clock` to the device: the last of the three steps."""
    with clock.stage("move"):
        module.to(device)
    return Assembled(
        module=module,
        load_s={stage: samples[0] for stage, samples in clock.samples_s.items()},
        weights_sha256=digest,
        parameters=sum(parameter.numel() for parameter in module.parameters()),
    )
