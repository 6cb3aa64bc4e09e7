"""Downloads, against a local web server."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench_cases import assets
from bench_cases.assets import Digest
from bench_cases.errors import AssetError
from tests.scan_files import Site, serve

BODY = b"weights of a model" * 10_000


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMBENCH_OFFLINE", raising=False)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path / "www") as running:
        (running.folder / "model.pt").write_bytes(BODY)
        yield running


def fetch(site: Site, directory: Path, *, sha256: str | None = None, force: bool = False, attempts: int = 1) -> Path:
    return assets.fetch(
        f"{site.url}/model.pt",
        file_name="model.pt",
        directory=directory,
        sha256=sha256,
        licence="Apache-2.0",
        force=force,
        progress=False,
        attempts=attempts,
        pause_s=0,
    )


def left_in(directory: Path) -> list[str]:
    """What a download left; the lock stays, because taking it away would let a third process in."""
    return sorted(path.name for path in directory.iterdir() if path.name != ".model.pt.lock")


def sha256_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_a_file_is_downloaded_once_and_then_found(site: Site, tmp_path: Path) -> None:
    first = fetch(site, tmp_path / "cache", sha256=sha256_of(BODY))
    second = fetch(site, tmp_path / "cache", sha256=f"sha256:{sha256_of(BODY).upper()}")
    assert first == second == tmp_path / "cache" / "model.pt"
    assert first.read_bytes() == BODY
    assert site.requests == ["/model.pt"]
    assert not (tmp_path / "cache" / "digests.json").exists()


def test_the_server_is_told_who_asks(site: Site, tmp_path: Path) -> None:
    fetch(site, tmp_path / "cache")
    assert site.agents == ["sambench/0.1"]


def test_an_md5_is_good_enough_where_nothing_better_is_published(site: Site, tmp_path: Path) -> None:
    md5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
    assert fetch(site, tmp_path / "cache", sha256=f"md5:{md5}").is_file()


def test_the_licence_is_printed_before_the_download(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.failures = [404]
    with pytest.raises(AssetError):
        fetch(site, tmp_path / "cache")
    assert "Apache-2.0" in capsys.readouterr().err


def test_a_bar_is_shown_on_standard_error_when_asked_for(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assets.fetch(f"{site.url}/model.pt", file_name="model.pt", directory=tmp_path / "cache", progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "model.pt" in err


def test_a_wrong_digest_keeps_nothing_and_says_so(site: Site, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"does not have the digest sha256:0000.*Nothing was kept.*do not use it"):
        fetch(site, tmp_path / "cache", sha256="0" * 64, attempts=2)
    assert left_in(tmp_path / "cache") == []
    assert len(site.requests) == 2


def test_a_missing_page_is_asked_for_once_and_the_way_out_is_named(site: Site, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"404 Not Found.*expected the file.*put it at .*absent\.pt"):
        assets.fetch(
            f"{site.url}/absent.pt", file_name="absent.pt", directory=tmp_path, progress=False, attempts=3, pause_s=0
        )
    assert site.requests == ["/absent.pt"]


@pytest.mark.parametrize("failures", [[503], [429, 500]])
def test_a_server_that_recovers_is_asked_again(site: Site, tmp_path: Path, failures: list[int]) -> None:
    site.failures = list(failures)
    assert fetch(site, tmp_path / "cache", attempts=3).read_bytes() == BODY
    assert len(site.requests) == len(failures) + 1


def test_a_transfer_that_breaks_off_is_repeated(site: Site, tmp_path: Path) -> None:
    site.cut_short = 1
    assert fetch(site, tmp_path / "cache", attempts=2).read_bytes() == BODY


@pytest.mark.parametrize(
    ("said", "waited_s"), [("7", 7), ("99999", 300), ("Wed, 21 Oct 2015 07:28:00 GMT", 2), ("soon", 2), ("", 2)]
)
def test_a_server_that_says_how_long_to_wait_is_obeyed_within_reason(
    site: Site, tmp_path: Path, said: str, waited_s: float
) -> None:
    site.failures, site.retry_after = [429], said
    waits: list[float] = []
    assets.fetch(f"{site.url}/model.pt", file_name="model.pt", directory=tmp_path, progress=False, sleep=waits.append)
    assert waits == [waited_s]


def test_what_broke_off_is_gone_on_with_where_the_server_can(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cut_short = True, 1
    assert fetch(site, tmp_path / "cache", attempts=2).read_bytes() == BODY
    assert site.asked_for == ["", f"bytes={2 << 16}-"]
    assert left_in(tmp_path / "cache") == ["digests.json", "model.pt"]


def test_a_half_file_of_an_earlier_call_is_gone_on_with(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cut_short = True, 1
    with pytest.raises(AssetError, match="could not be downloaded"):
        fetch(site, tmp_path / "cache", attempts=1)
    assert not (tmp_path / "cache" / "model.pt").exists()
    assert fetch(site, tmp_path / "cache", sha256=sha256_of(BODY)).read_bytes() == BODY
    assert site.asked_for[-1] == f"bytes={2 << 16}-"


def test_half_a_file_of_another_version_is_not_joined_to_this_one(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cut_short = True, 1
    with pytest.raises(AssetError):
        fetch(site, tmp_path / "cache", attempts=1)
    other = b"another release, longer than the first" * 6000
    (site.folder / "model.pt").write_bytes(other)
    assert fetch(site, tmp_path / "cache").read_bytes() == other


def test_a_half_file_that_is_longer_than_the_file_is_thrown_away(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cut_short = True, 1
    with pytest.raises(AssetError):
        fetch(site, tmp_path, attempts=1)
    site.failures = [416]
    assert fetch(site, tmp_path, attempts=2).read_bytes() == BODY
    assert site.asked_for[-1] == ""


def test_a_server_that_stops_half_way_is_given_up_and_asked_for_the_rest(site: Site, tmp_path: Path) -> None:
    site.ranges, site.stall = True, 1
    path = assets.fetch(
        f"{site.url}/model.pt",
        file_name="model.pt",
        directory=tmp_path,
        progress=False,
        pause_s=0,
        timeout_s=0.1,
    )
    assert path.read_bytes() == BODY
    assert site.asked_for == ["", f"bytes={1 << 16}-"]


def test_a_file_that_does_not_fit_is_refused_when_the_server_says_how_long_it_is(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(0, 0, 100_000_500))
    with pytest.raises(AssetError, match=r"model\.pt needs about 0\.0 GB and 0\.1 GB are free.*expected room for it"):
        fetch(site, tmp_path / "cache")
    assert left_in(tmp_path / "cache") == []


def test_a_transfer_that_always_breaks_off_fails_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    site.cut_short = 9
    with pytest.raises(AssetError, match="could not be downloaded"):
        fetch(site, tmp_path / "cache", attempts=2)
    assert left_in(tmp_path / "cache") == []


def test_an_address_that_is_none_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"could not be downloaded from http:///nowhere"):
        assets.fetch("http:///nowhere", file_name="x", directory=tmp_path, progress=False)


def test_without_a_published_digest_the_first_is_trusted_recorded_and_kept_to(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "cache"
    path = fetch(site, cache)
    assert "trusted on first use" in capsys.readouterr().err
    assert json.loads((cache / "digests.json").read_text()) == {"model.pt": f"sha256:{sha256_of(BODY)}"}
    path.write_bytes(b"tampered with")
    assert fetch(site, cache).read_bytes() == BODY
    (site.folder / "model.pt").write_bytes(b"another model")
    path.write_bytes(b"tampered with")
    with pytest.raises(AssetError, match="does not have the digest"):
        fetch(site, cache)


def test_a_file_put_there_by_hand_is_trusted_on_first_use(site: Site, tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(BODY)
    assert fetch(site, tmp_path) == tmp_path / "model.pt"
    assert site.requests == []
    assert Digest.parse(json.loads((tmp_path / "digests.json").read_text())["model.pt"]).value == sha256_of(BODY)


def test_force_downloads_again_and_trusts_anew(site: Site, tmp_path: Path) -> None:
    fetch(site, tmp_path)
    (site.folder / "model.pt").write_bytes(b"a new release")
    assert fetch(site, tmp_path, force=True).read_bytes() == b"a new release"
    assert fetch(site, tmp_path).read_bytes() == b"a new release"
    assert len(site.requests) == 2


def test_a_damaged_lock_file_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "digests.json").write_text("[1, 2")
    with pytest.raises(AssetError, match=r"digests\.json cannot be read.*expected a JSON object.*Delete it"):
        fetch(site, tmp_path)


def test_offline_refuses_to_download_and_says_where_to_put_the_file(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBENCH_OFFLINE", "1")
    with pytest.raises(
        AssetError, match=r"model\.pt is not in the cache and SAMBENCH_OFFLINE .*expected.*Unset .*put it at"
    ):
        fetch(site, tmp_path)
    assert site.requests == []


def test_offline_uses_a_good_file_and_refuses_a_bad_one(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBENCH_OFFLINE", "1")
    (tmp_path / "model.pt").write_bytes(BODY)
    assert fetch(site, tmp_path, sha256=sha256_of(BODY)).is_file()
    with pytest.raises(AssetError, match=r"has the digest sha256:.*expected sha256:1111"):
        fetch(site, tmp_path, sha256="1" * 64)


def test_too_little_disk_space_is_told_before_the_download(site: Site, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"needs about 1000000\.0 GB.*expected room.*SAMBENCH_CACHE"):
        assets.fetch(f"{site.url}/model.pt", file_name="model.pt", directory=tmp_path, size_bytes=10**15)
    assert site.requests == []


def test_a_directory_that_cannot_be_made_is_told(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AssetError, match=r"cannot be made.*SAMBENCH_CACHE"):
        fetch(site, tmp_path / "file" / "cache")


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "digests.json"])
def test_file_names_stay_in_the_directory(name: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="expected a plain name"):
        assets.fetch("http://127.0.0.1:9/x", file_name=name, directory=tmp_path)


@pytest.mark.parametrize("text", ["", "sha256:123", "crc:" + "0" * 64, "g" * 64])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(AssetError, match="is not a digest; expected 64 hex digits"):
        Digest.parse(text)


def test_two_downloads_at_once_leave_one_good_file(site: Site, tmp_path: Path) -> None:
    threads = [threading.Thread(target=fetch, args=(site, tmp_path), kwargs={"sha256": sha256_of(BODY)}) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.glob("*.pt")] == ["model.pt"]
    assert (tmp_path / "model.pt").read_bytes() == BODY
    assert site.requests == ["/model.pt"]
