"""The table of checkpoints, the command-line form, and where files are looked for."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench_cases.contracts import Checkpoint
from bench_cases.errors import AssetError, CheckpointError, SelectionError
from bench_cases.models import _hub, checkpoints
from bench_cases.models._hub import cached_folder
from bench_cases.models.backends import backend_of, backends
from bench_cases.models.checkpoints import CHECKPOINTS, fetch, locate, missing, resolve, unrunnable
from bench_cases.models.command_line import parse_checkpoint
from bench_cases.models.loading import load_model


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SAMBENCH_OFFLINE", raising=False)
    folder = tmp_path / "cache" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def test_every_record_has_an_adapter_or_says_why_not_and_a_licence_a_citation_and_a_digest_or_a_lock() -> None:
    names = [checkpoint.name for checkpoint in CHECKPOINTS]
    assert len(set(names)) == len(names) == 31
    for checkpoint in CHECKPOINTS:
        assert checkpoint.licence != "unknown"
        assert checkpoint.citation
        assert checkpoint.preprocessing
        assert checkpoint.sha256_confidence
        if checkpoint.blocked:
            assert checkpoint.backend not in backends()
        else:
            backend = backends()[checkpoint.backend]
            assert checkpoint.modes == backend.modes(checkpoint.arch)
            assert checkpoint.prompts == backend.prompts(checkpoint.arch)
            assert checkpoint.limits == backend.limits(checkpoint.arch)
            assert backend_of(checkpoint.arch) is backend
        if checkpoint.sha256 is None:
            assert "trusted on first use" in checkpoint.sha256_confidence
        else:
            assert re.fullmatch("[0-9a-f]{64}|md5:[0-9a-f]{32}", checkpoint.sha256)
        places = [checkpoint.url, checkpoint.hub, checkpoint.page]
        assert sum(map(bool, places)) == (0 if checkpoint.name in {"sam_micro", "sam2_micro"} else 1)
    digests = [checkpoint.sha256 for checkpoint in CHECKPOINTS if checkpoint.sha256]
    assert len(set(digests)) == len(digests)


def test_the_table_names_every_checkpoint_that_was_promised() -> None:
    names = {checkpoint.name for checkpoint in CHECKPOINTS}
    assert {"medsam", "medicosam", "mobile_sam", "sam_hq_vit_b", "sam_hq_vit_l", "sam_hq_vit_h"} <= names
    assert {"edgetam", "efficienttam_s", "efficienttam_ti", "sam3", "sam3.1"} <= names
    assert len([name for name in names if name.startswith("medsam2")]) == 5


def test_licences_that_ask_for_more_say_so() -> None:
    asking = {checkpoint.name: checkpoint.restrictions for checkpoint in CHECKPOINTS if checkpoint.restrictions}
    assert set(asking) == {it.name for it in CHECKPOINTS if it.name.startswith(("medsam2", "sam3"))}
    assert all("gated" in asking[name] for name in ("sam3", "sam3.1"))
    assert "research and education only" in asking["medsam2"]


def test_what_no_adapter_can_run_says_why_and_is_not_downloaded() -> None:
    reasons = {"sam3.1": "transformers up to 5.24 has no SAM 3.1"}
    for name, why in reasons.items():
        line = unrunnable(resolve(name))
        assert line is not None
        assert why in line
        assert missing(resolve(name)) == line
        with pytest.raises(AssetError, match=f"^{name} cannot be run here: .*Nothing was downloaded.$"):
            fetch(resolve(name))
        with pytest.raises(SelectionError, match=f"^{name} cannot be run here"):
            load_model(resolve(name), device="cpu")


def test_a_package_that_is_lacking_is_named_with_how_to_get_it() -> None:
    record = dataclasses.replace(resolve("mobile_sam"), requires="no_such_package: pip install no-such-package")
    assert missing(record) == (
        "mobile_sam needs the package no_such_package, which is not installed: pip install no-such-package"
    )


def test_what_people_get_in_a_browser_says_from_where_and_to_where(cache: Path) -> None:
    line = missing(resolve("medsam"))
    assert line == (
        "weights of medsam are not downloaded: save medsam_vit_b.pth from https://drive.google.com/drive/folders/"
        f"1ETWmi4AiniJeWOt6HAsYgTjYv_fkgzoN as {cache / 'medsam_vit_b.pth'}"
    )
    with pytest.raises(AssetError, match=r"save medsam_vit_b.pth from https://drive.google.com"):
        fetch(resolve("medsam"))
    (cache / "medsam_vit_b.pth").touch()
    assert missing(resolve("medsam")) is None


def test_a_folder_of_the_hub_is_found_in_its_cache_by_revision_and_never_fetched_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("SAMBENCH_OFFLINE", "1")
    record = dataclasses.replace(resolve("sam3"), requires="")
    assert missing(record) == "weights of sam3 are not downloaded (3,450 MB): sambench fetch sam3"
    with pytest.raises(AssetError, match=r"sam3 is not in .*hub and SAMBENCH_OFFLINE forbids downloads"):
        fetch(record)
    folder = tmp_path / "hub" / "models--facebook--sam3" / "snapshots" / "3c879f39826c281e95690f02c7821c4de09afae7"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert locate(record) == folder
    (tmp_path / "hub" / "models--facebook--sam3" / "refs").mkdir()
    (tmp_path / "hub" / "models--facebook--sam3" / "refs" / "main").write_text(folder.name)
    assert cached_folder("facebook/sam3") == folder
    assert cached_folder("facebook/sam4") is None


def test_published_records_are_where_their_publisher_keeps_them() -> None:
    assert resolve("sam_vit_l").url == "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_l_0b3195.pth"
    assert resolve("sam2_large").url == "https://dl.fbaipublicfiles.com/segment_anything_2/072824/sam2_hiera_large.pt"
    assert resolve("sam2.1_base_plus").url == (
        "https://dl.fbaipublicfiles.com/segment_anything_2/092824/sam2.1_hiera_base_plus.pt"
    )


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SelectionError, match=r"'sam2.1_larg' is not a checkpoint; .* Did you mean 'sam2.1_large'\?"):
        resolve("sam2.1_larg")


def test_what_is_not_downloaded_is_one_line_with_the_command(cache: Path) -> None:
    assert locate(resolve("sam_vit_l")) is None
    assert missing(resolve("sam_vit_l")) == (
        "weights of sam_vit_l are not downloaded (1,250 MB): sambench fetch sam_vit_l"
    )
    assert missing(resolve("sam2_base_plus")) == (
        "weights of sam2_base_plus are not downloaded (324 MB): sambench fetch sam2_base_plus"
    )
    (cache / "sam2_hiera_base_plus.pt").touch()
    assert missing(resolve("sam2_base_plus")) is None


def test_an_unfinished_download_is_told_by_its_size(cache: Path) -> None:
    path = cache / "sam_vit_b_01ec64.pth"
    path.write_bytes(b"half")
    assert missing(resolve("sam_vit_b")) == (
        "weights of sam_vit_b are 4 bytes instead of 375,042,383, an unfinished download? "
        f"Delete {path} and run: sambench fetch sam_vit_b"
    )


def test_loading_what_is_not_there_gives_the_same_line() -> None:
    with pytest.raises(CheckpointError, match=r"weights of sam_vit_h are not downloaded .*: sambench fetch sam_vit_h"):
        load_model(resolve("sam_vit_h"), device="cpu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backend": "sam9"}, r"checkpoint 'mine' names backend 'sam9'; expected one of baseline_threshold, sam2,"),
        (
            {"arch": "vit_x"},
            r"checkpoint 'mine' names architecture 'vit_x'; expected one of vit_b, vit_l, vit_h, sam_m",
        ),
    ],
)
def test_a_record_that_no_adapter_serves_is_refused(change: dict[str, Any], message: str) -> None:
    record: dict[str, Any] = {"name": "mine", "backend": "segment_anything", "arch": "vit_b", "modes": ("image",)}
    with pytest.raises(SelectionError, match=message):
        load_model(Checkpoint(**{**record, **change}, file=""), device="cpu")


ADAPTER = """
class Another:
    name = {name!r}

    def architectures(self):
        return ("another",)

BACKEND = Another()
"""


def test_one_file_with_one_constant_adds_an_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bench_cases.models as package

    (tmp_path / "added_for_a_test.py").write_text(ADAPTER.format(name="another"))
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    assert backend_of("another").name == "another"
    (tmp_path / "clashes_in_a_test.py").write_text(ADAPTER.format(name="sam2"))
    with pytest.raises(SelectionError, match=r"two modules of bench_cases.models offer a backend 'sam2'; expected one"):
        backends()


# ---------------------------------------------------------------- NAME=PATH@ARCH


def test_a_command_line_checkpoint_is_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a=b@c.pt").write_bytes(b"\0" * 5)
    monkeypatch.chdir(tmp_path)
    checkpoint = parse_checkpoint("mine-2.1=a=b@c.pt@sam2.1_large")
    assert (checkpoint.name, checkpoint.backend, checkpoint.arch) == ("mine-2.1", "sam2", "sam2.1_large")
    assert checkpoint.modes == ("image", "video")
    assert (checkpoint.size_bytes, checkpoint.sha256, checkpoint.url) == (5, None, None)
    monkeypatch.chdir("/")
    assert locate(checkpoint) == tmp_path / "a=b@c.pt"
    assert missing(checkpoint) is None
    (tmp_path / "a=b@c.pt").unlink()
    assert missing(checkpoint) == f"weights of mine-2.1 are not at {tmp_path / 'a=b@c.pt'}; check the path"


@pytest.mark.parametrize("text", ["", "mine", "w.pt@vit_b", "=w.pt@vit_b", "mine=@vit_b", "mine=w.pt@"])
def test_another_form_is_refused_with_an_example(text: str) -> None:
    message = f"checkpoint {text!r} is not NAME=PATH@ARCH; expected for instance mine=weights.pt@sam2.1_large, with"
    with pytest.raises(SelectionError, match=re.escape(message)):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("my model={}/w.pt@vit_b", "checkpoint name 'my model' cannot stand in a case's id; expected letters, digits"),
        ("mine={}/w.pt@vitb", "'vitb' is not an architecture; expected one of .*Did you mean 'vit_b'"),
        ("mine={}/gone.pt@vit_b", "checkpoint 'mine': no file at .*gone.pt; expected a file there. Check the path."),
        ("mine={}/w.bin@vit_b", "checkpoint 'mine': w.bin ends in '.bin'; expected .pt, .pth, .safetensors, or"),
    ],
)
def test_each_part_is_checked(form: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "w.pt").touch()
    (tmp_path / "w.bin").touch()
    with pytest.raises(SelectionError, match=message):
        parse_checkpoint(form.format(tmp_path))


# ---------------------------------------------------------------- downloads


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", folder
        http.shutdown()


def record_of(url: str, content: bytes, file: str) -> Checkpoint:
    return Checkpoint(
        name="served",
        backend="sam2",
        arch="sam2_micro",
        file=file,
        url=f"{url}/{file}",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        licence="Apache-2.0",
        modes=("image",),
    )


def test_a_checkpoint_is_fetched_into_the_cache_and_then_found(server: tuple[str, Path], cache: Path) -> None:
    url, folder = server
    (folder / "w.pt").write_bytes(b"weights")
    checkpoint = record_of(url, b"weights", "w.pt")
    assert missing(checkpoint) is not None
    assert fetch(checkpoint) == locate(checkpoint) == cache / "w.pt"
    assert missing(checkpoint) is None


def test_force_fetches_a_checkpoint_again(server: tuple[str, Path], cache: Path) -> None:
    url, folder = server
    (folder / "w.pt").write_bytes(b"weights")
    checkpoint = dataclasses.replace(record_of(url, b"weights", "w.pt"), sha256=None, size_bytes=None)
    fetch(checkpoint)
    (folder / "w.pt").write_bytes(b"a new release")
    assert fetch(checkpoint).read_bytes() == b"weights"
    assert fetch(checkpoint, force=True).read_bytes() == (cache / "w.pt").read_bytes() == b"a new release"


def test_force_asks_the_hub_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[bool] = []

    def downloaded(_hub: str, *, force: bool, **_said: str) -> Path:
        asked.append(force)
        return tmp_path

    monkeypatch.setattr(_hub, "cached_folder", lambda _: tmp_path)
    monkeypatch.setattr(_hub, "_download", downloaded)
    monkeypatch.setattr("bench_cases.models._trust.check_or_trust", lambda *_, **__: None)
    record = resolve("edgetam")
    assert fetch(record) == fetch(record, force=True) == tmp_path
    assert asked == [True]


def test_a_file_that_does_not_begin_with_the_md5_in_its_name_is_refused(server: tuple[str, Path]) -> None:
    url, folder = server
    (folder / "sam_vit_b_000000.pth").write_bytes(b"weights")
    message = "sam_vit_b_000000.pth has the MD5 bf9ae6.*; expected it to start with 000000. Delete it and fetch it"
    digest = hashlib.md5(b"weights", usedforsecurity=False).hexdigest()
    with pytest.raises(AssetError, match=message.replace("bf9ae6", digest[:6])):
        fetch(record_of(url, b"weights", "sam_vit_b_000000.pth"))
    good = folder / f"sam_vit_b_{digest[:6]}.pth"
    good.write_bytes(b"weights")
    checkpoints.check_md5_in_name(good)


def test_what_has_no_address_is_only_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(b"\0")
    checkpoint = parse_checkpoint(f"mine={path}@vit_b")
    assert fetch(checkpoint) == path
    path.unlink()
    with pytest.raises(AssetError, match=r"'mine' has no address to download from, and no file at .*w.pt."):
        fetch(checkpoint)
