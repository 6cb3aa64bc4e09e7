"""Checkpoints: torch's files, old and new, safetensors, and the description of a transformers folder."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from bench_cases.models._recognise import recognise
from bench_cases.models._weights import read_state
from tests.fuzz.target import Target
from tests.fuzz.trees import varied_json

_PICKLE = (
    *(b"ctorch._utils\n_rebuild_tensor_v2\n", b"cos\nsystem\n", b"cbuiltins\neval\n", b"ctorch\nFloatStorage\n"),
    *(b"ccollections\nOrderedDict\n", b"R", b"\x85", b"Q", b"J\xff\xff\xff\x7f", b"\x8a\x08", b"K\x00", b"."),
    *(b"X\xff\xff\xff\x7f", b"PK\x03\x04", b"data.pkl", b"(", b"t"),
)


def _as(name: str) -> Callable[[bytes, Path], object]:
    def feed(content: bytes, folder: Path) -> object:
        (folder / name).write_bytes(content)
        state = read_state(folder / name)
        return recognise({key: tuple(value.shape) for key, value in state.items()})

    return feed


def _state() -> dict[str, object]:
    import torch

    stem = "image_encoder.patch_embed.proj.weight"
    return {stem: torch.zeros(4, 3, 2, 2), "b": torch.arange(3), "module.half": torch.zeros(2, dtype=torch.bfloat16)}


def _torch(_: Path) -> Iterator[bytes]:
    import torch

    for content in (_state(), {"model": _state()}, {"epoch": 3, "state_dict": _state()}):
        for new in (True, False):
            stream = io.BytesIO()
            torch.save(content, stream, _use_new_zipfile_serialization=new)
            yield stream.getvalue()


def _safetensors(_: Path) -> Iterator[bytes]:
    from safetensors.torch import save

    yield save(_state())  # type: ignore[arg-type]


def _headed(content: bytes, folder: Path) -> object:
    """Feed a header of safetensors whose length is told as it is, before a few bytes of data."""
    return _as("a.safetensors")(struct.pack("<Q", len(content)) + content + bytes(120), folder)


def _headers(_: Path) -> Iterator[bytes]:
    yield (
        b'{"a":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]},'
        b'"b":{"dtype":"I64","shape":[9],"data_offsets":[48,120]}}'
    )
    yield b'{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}'


def _description(content: bytes, folder: Path) -> object:
    from bench_cases.models._guess import arch_of
    from bench_cases.models._hf_folder import arch_of_folder

    (folder / "config.json").write_bytes(content)
    arch_of(folder)
    return arch_of_folder(folder)


def _descriptions(_: Path) -> Iterator[bytes]:
    yield b'{"model_type": "sam2", "architectures": ["Sam2Model"], "vision_config": {"image_size": 1024}}'
    yield b'{"model_type": "sam"}'


TARGETS = (
    Target(name="checkpoint", feed=_as("a.pt"), corpus=_torch, words=_PICKLE),
    Target(name="safetensors", feed=_as("a.safetensors"), corpus=_safetensors),
    Target(name="safetensors-header", feed=_headed, corpus=_headers, vary=varied_json),
    Target(name="model-folder", feed=_description, corpus=_descriptions, vary=varied_json),
)
