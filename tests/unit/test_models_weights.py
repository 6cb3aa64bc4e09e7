"""Files of weights are read without running code from them, and what is wrong with one is said plainly."""

from __future__ import annotations

import argparse
import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from bench_cases.errors import CheckpointError
from bench_cases.models._pickled import look_into
from bench_cases.models._weights import file_digest, read_state

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}

Write = Callable[[Any, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def save(content: Any, name: str = "weights.pt") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif path.suffix == ".safetensors":
            save_file(content, path)
        else:
            torch.save(content, path)
        return path

    return save


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"model": STATE},
        {"state_dict": STATE, "epoch": 3},
        {"model": {"state_dict": STATE}},
        {f"module.{name}": value for name, value in STATE.items()},
        {"model": {f"module.{name}": value for name, value in STATE.items()}, "optimizer": {"lr": 1e-4}},
    ],
    ids=["bare", "model", "state_dict", "nested twice", "DataParallel", "DataParallel under model"],
)
@pytest.mark.parametrize("name", ["weights.pt", "weights.pth"])
def test_weights_are_found_where_training_scripts_put_them(write: Write, content: Any, name: str) -> None:
    found = read_state(write(content, name))
    assert list(found) == list(STATE)
    assert all(torch.equal(found[key], STATE[key]) for key in STATE)


def test_safetensors_are_read(write: Write) -> None:
    found = read_state(write(STATE, "weights.safetensors"))
    assert all(torch.equal(found[key], STATE[key]) for key in STATE)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "w.pt", r"w.pt is empty; expected a checkpoint. Download it again."),
        (b"<!DOCTYPE html><html>", "w.pth", r"w.pth is a web page, not a checkpoint: the server returned an HTML page"),
        (b"\n <html>", "w.safetensors", r"w.safetensors is a web page"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:1",
            "w.pt",
            r"w.pt is a Git LFS pointer, not the weights it points to. Run 'git lfs pull' where it came from.",
        ),
        (
            b"no such thing",
            "w.pt",
            r"w.pt is a text file, not a checkpoint; it begins 'no such thing'. Expected the weig",
        ),
        (
            b"\x00\x01 no weights",
            "w.pt",
            r"w.pt \(13 bytes\) cannot be read as a torch checkpoint \(.*damaged or of another",
        ),
        (b"12345678{}", "w.safetensors", r"w.safetensors cannot be read as safetensors \(.*truncated or damaged"),
        (STATE, "w.bin", r"w.bin ends in '.bin'; expected .pt, .pth, .safetensors."),
        ([1, 2], "w.pt", r"w.pt holds a list; expected weights: names and tensors, bare or under model, state_dict"),
        ({}, "w.pt", r"w.pt holds an empty dict; expected weights"),
        ({"epoch": 3, **STATE}, "w.pt", r"w.pt holds 'epoch' among its weights \(1 in all\), which are no tensors"),
    ],
)
def test_what_is_not_a_checkpoint_is_refused_by_name(write: Write, content: Any, name: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_state(write(content, name))


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_a_truncated_file_is_refused(write: Write, name: str) -> None:
    path = write(STATE, name)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=rf"{name} .*cannot be read as .*truncated.* Download it again."):
        read_state(path)


def test_a_file_with_python_objects_in_it_is_refused_and_the_culprit_named(write: Write) -> None:
    path = write({"model": STATE, "args": argparse.Namespace(lr=1)}, "weights.pt")
    with pytest.raises(CheckpointError) as caught:
        read_state(path)
    message = str(caught.value)
    assert message.startswith("weights.pt holds Python objects beside its weights, and reading them would run code")
    assert "argparse.Namespace" in message
    assert "save its weights alone" in message


class Spy:
    """Unpickling this leaves a folder behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("form", ["zip", "one after the other"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_code_in_a_checkpoint_is_not_run_and_is_named(tmp_path: Path, protocol: int, form: str) -> None:
    path, trace = tmp_path / "weights.pt", tmp_path / "trace"
    content = {"epoch": 3, "spy": Spy(trace)}  # no tensors: under protocol 0 torch cannot read its own
    torch.save(content, path, pickle_protocol=protocol, _use_new_zipfile_serialization=form == "zip")
    torch.load(path, weights_only=False)  # to show that the code is there and does what it says
    trace.rmdir()
    with pytest.raises(CheckpointError) as caught:
        read_state(path)
    assert not trace.exists()
    assert str(caught.value).startswith(
        "weights.pt holds Python objects beside its weights, and reading them would run code from the file "
        f"({os.mkdir.__module__}.mkdir). Expected tensors only."
    )


@pytest.mark.parametrize("form", ["zip", "one after the other"])
@pytest.mark.parametrize("protocol", [0, 4])
def test_weights_under_a_protocol_that_torch_reads_in_part_are_not_called_damaged(
    tmp_path: Path, protocol: int, form: str
) -> None:
    path = tmp_path / "weights.pt"
    torch.save(STATE, path, pickle_protocol=protocol, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(CheckpointError) as caught:
        read_state(path)
    assert str(caught.value) == (
        f"weights.pt was pickled under protocol {protocol}, of which torch reads a part without running code; "
        "expected protocol 2, torch.save's own. Save its weights again without pickle_protocol, or as .safetensors."
    )


def test_names_are_read_from_bytes_that_are_no_whole_pickle(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    whole = pickle.dumps([Spy(tmp_path), Spy(tmp_path)], protocol=4)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert look_into(path).strangers in {(), (f"{os.mkdir.__module__}.mkdir",)}
    path.write_bytes(whole)
    assert look_into(path) == (4, (f"{os.mkdir.__module__}.mkdir",))
    path.write_bytes(b"\x80\x02c\x1b[2J\nrm\n.")
    assert look_into(path).strangers == ()  # what is no name is not repeated


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no file at .*gone.pt; expected a checkpoint. Check the path."):
        read_state(tmp_path / "gone.pt")


def test_a_digest_is_that_of_the_file_and_follows_its_changes(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    for content in (b"one", b"another"):
        path.write_bytes(content)
        assert file_digest(path) == hashlib.sha256(content).hexdigest()
