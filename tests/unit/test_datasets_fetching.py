"""Fetching a set as a whole, against a local web server; adopting what the user has; sets that are fetched by hand."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import PublicSet
from bench_cases.datasets.adopting import adopt
from bench_cases.datasets.fetching import Archive, FetchPlan, fetch
from bench_cases.datasets.us_nerve import US_NERVE
from bench_cases.errors import AssetError, DataError
from bench_cases.volume import Volume
from tests.scan_files import Site, serve, write_nifti, zip_folder

EXPECTED = ("images/a.nii.gz", "masks/a.nii.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class TinySet:
    """One volume in one archive, or by hand."""

    root: Path
    url: str = ""
    sha256: str | None = None
    by_hand: bool = False
    ceiling_bytes: int | None = None
    archive: str = "tiny.zip"
    broken: bool = False
    name: str = "tiny"
    info: DatasetInfo = field(
        default_factory=lambda: DatasetInfo(
            title="Tiny", modality="CT", targets={"x": (1,)}, licence="CC BY 9.0", citation="-", source="tests"
        )
    )

    def missing(self) -> str | None:
        absent = [name for name in EXPECTED if not (self.root / "set" / name).is_file()]
        return f"tiny: {len(absent)} files absent; sambench fetch tiny" if absent else None

    def volume_ids(self) -> Sequence[str]:
        return ("a",)

    def load(self, volume_id: str, target: str | None = None) -> Volume:  # noqa: ARG002
        if self.broken:
            msg = "a.nii.gz is truncated; expected a whole file. Copy it again."
            raise DataError(msg)
        empty = np.zeros((1, 2, 3), np.uint8)
        return Volume(dataset="tiny", id=volume_id, image_zyx=empty, labels_zyx=empty, modality="CT", target="x")

    def fetch_plan(self) -> FetchPlan:
        one = Archive(
            url=f"{self.url}/{self.archive}",
            file_name=self.archive,
            folder="set",
            expected=EXPECTED,
            sha256=self.sha256,
            ceiling_bytes=self.ceiling_bytes,
        )
        return FetchPlan(
            directory=self.root,
            licence=self.info.licence,
            archives=() if self.by_hand else (one,),
            manual="ask at https://example.org" if self.by_hand else "",
            folder="set",
            layout="set/\n  images/NAME.nii.gz\n  masks/NAME.nii.gz" if self.by_hand else "",
        )


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMBENCH_OFFLINE", raising=False)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path / "www") as running:
        zip_folder(files(tmp_path / "src"), running.folder / "tiny.zip")
        yield running


def files(root: Path) -> Path:
    for name in EXPECTED:
        write_nifti(root / name, np.zeros((1, 2, 3), np.int16))
    return root


def tree(root: Path) -> set[str]:
    """What is there, but for locks, empty folders of downloads and the record."""
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.name.endswith(".lock")}
    return found - {"downloads", "fetched.json"}


def test_a_set_is_fetched_once_with_its_licence_shown_first_and_recorded(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = TinySet(root=tmp_path / "data", url=site.url)
    assert fetch(tiny, progress=False) == tmp_path / "data"
    assert "licence: CC BY 9.0" in capsys.readouterr().err
    fetch(tiny, progress=False)
    assert site.requests == ["/tiny.zip"]
    assert tree(tmp_path / "data") - {"downloads/digests.json"} == {"set", "set/images", "set/masks"} | {
        f"set/{name}" for name in EXPECTED
    }
    note = json.loads((tmp_path / "data" / "fetched.json").read_text())["set/tiny.zip"]
    assert note["licence"] == "CC BY 9.0"
    assert note["url"] == f"{site.url}/tiny.zip"
    assert note["digest"] == f"sha256:{hashlib.sha256((site.folder / 'tiny.zip').read_bytes()).hexdigest()}"


def test_force_fetches_again(site: Site, tmp_path: Path) -> None:
    tiny = TinySet(root=tmp_path / "data", url=site.url)
    fetch(tiny, progress=False)
    fetch(tiny, progress=False, force=True)
    assert len(site.requests) == 2
    assert tiny.missing() is None


def test_two_processes_that_fetch_at_once_download_once(site: Site, tmp_path: Path) -> None:
    tiny = TinySet(root=tmp_path / "data", url=site.url)
    threads = [threading.Thread(target=fetch, args=(tiny,), kwargs={"progress": False}) for _ in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.requests == ["/tiny.zip"]
    assert tiny.missing() is None


def evil_zip(path: Path, name: str, body: bytes = b"x", mode: int = stat.S_IFREG) -> None:
    info = zipfile.ZipInfo(name)
    info.external_attr = (mode | 0o644) << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(info, body)


def evil_tar(path: Path, **member: object) -> None:
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("set/a")
        for name, value in member.items():
            setattr(info, name, value)
        tar.addfile(info, io.BytesIO(b"x" * info.size))


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (lambda path: evil_zip(path, "../evil"), r"member '\.\./evil' leads out of the folder"),
        (lambda path: evil_zip(path, "/etc/evil"), "has an absolute path"),
        (lambda path: evil_zip(path, "link", b"/etc/passwd", stat.S_IFLNK), "is a link"),
        (lambda path: evil_tar(path, name="../../evil"), "leads out of the folder"),
        (lambda path: evil_tar(path, type=tarfile.SYMTYPE, linkname="/etc/passwd"), "is a link"),
        (lambda path: evil_tar(path, type=tarfile.LNKTYPE, linkname="../evil"), "is a link"),
        (lambda path: evil_zip(path, "bomb", bytes(3_000_000)), "unpacks to at least 3000000 bytes; expected at most"),
        (lambda path: evil_tar(path, size=3_000_000), "unpacks to at least .* bytes; expected at most 2000000"),
        (lambda path: path.write_bytes(b"<html>log in</html>"), "is no archive; expected zip or tar"),
        (lambda path: evil_zip(path, "readme.txt"), "2 of 2 files are not in it, first images/a.nii.gz"),
    ],
)
def test_a_bad_archive_is_one_clear_error_and_leaves_nothing_in_place(
    site: Site, tmp_path: Path, make: Callable[[Path], None], wrong: str
) -> None:
    make(site.folder / "tiny.zip")
    tiny = TinySet(root=tmp_path / "data" / "here", url=site.url, ceiling_bytes=2_000_000)
    with pytest.raises(AssetError, match=wrong):
        fetch(tiny, progress=False)
    assert not (tmp_path / "data" / "evil").exists()
    assert tiny.missing() is not None
    left = {path.name for path in (tmp_path / "data" / "here" / "set").rglob("*")}
    assert left <= {"readme.txt"}


@pytest.mark.parametrize("sha256", ["0" * 64, f"md5:{'0' * 32}"])
def test_a_wrong_digest_leaves_nothing(
    site: Site, tmp_path: Path, sha256: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _s: None)
    tiny = TinySet(root=tmp_path / "data", url=site.url, sha256=sha256)
    site.failures = [404]
    with pytest.raises(AssetError, match="404"):
        fetch(tiny, progress=False)
    assert tree(tmp_path / "data") == set()


def test_a_file_that_is_no_archive_is_put_in_its_folder(site: Site, tmp_path: Path) -> None:
    (site.folder / "table.csv").write_text("id,scanner\n")

    plan = FetchPlan(
        directory=tmp_path / "data",
        licence="CC0",
        archives=(
            Archive(
                url=f"{site.url}/table.csv",
                file_name="table.csv",
                folder="set",
                expected=("table.csv",),
                unpacked=False,
            ),
        ),
    )

    class WithTable:
        name, info = "tiny", TinySet(root=tmp_path).info
        missing = staticmethod(lambda: None)
        volume_ids = staticmethod(tuple)
        load = TinySet(root=tmp_path).load
        fetch_plan = staticmethod(lambda: plan)

    fetch(WithTable(), progress=False)
    assert (tmp_path / "data" / "set" / "table.csv").read_text() == "id,scanner\n"
    assert not any((tmp_path / "data" / "downloads").glob("*.csv"))


# ---------------------------------------------------------------- by hand, and adopting


def test_a_set_that_is_fetched_by_hand_says_where_how_and_what_next(tmp_path: Path) -> None:
    with pytest.raises(AssetError) as caught:
        fetch(TinySet(root=tmp_path, by_hand=True), progress=False)
    message = str(caught.value)
    assert message.startswith("tiny: 2 files absent. It cannot be downloaded for you")
    assert "ask at https://example.org; licence: CC BY 9.0" in message
    assert "masks/NAME.nii.gz" in message
    assert message.endswith("sambench fetch tiny --from PATH, the folder or the archive that you have.")


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("given", ["folder", "archive", "parent"])
def test_what_the_user_has_is_adopted(
    tmp_path: Path, by_hand: bool, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBENCH_OFFLINE", "1")
    tiny = TinySet(root=tmp_path / "data", by_hand=by_hand)
    mine = files(tmp_path / "mine" / "set")
    packed = zip_folder(mine, tmp_path / "mine" / "tiny.zip")
    adopt(tiny, {"folder": mine, "archive": packed, "parent": tmp_path / "mine"}[given])
    assert tiny.missing() is None
    assert mine.is_dir()
    note = next(iter(json.loads((tmp_path / "data" / "fetched.json").read_text()).values()))
    assert note == {"licence": "CC BY 9.0", "source": "tests", "adopted": True}


@pytest.mark.parametrize("given", ["folder", "parent", "archive", "wrapped"])
@pytest.mark.parametrize("force", [False, True])
def test_a_published_set_that_is_got_by_hand_takes_its_own_folder_and_leaves_the_others(
    tmp_path: Path, given: str, force: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, mine = tmp_path / "data", tmp_path / "mine" / "us-nerve"
    monkeypatch.setenv("SAMBENCH_DATA", str(data))
    other = data / "coronacases" / "scan"
    other.parent.mkdir(parents=True)
    other.touch()
    registry.datasets()["us-nerve-phantom"].write(mine)  # type: ignore[attr-defined]
    (mine / "PHANTOM.txt").unlink()
    adopted = {
        "folder": mine,
        "parent": mine.parent,
        "archive": zip_folder(mine, tmp_path / "nerves.zip"),
        "wrapped": zip_folder(mine.parent, tmp_path / "kaggle.zip"),
    }[given]
    adopt(US_NERVE, adopted, force=force)
    assert US_NERVE.missing() is None
    assert other.is_file()
    assert not data.is_symlink()
    assert (data / "us-nerve").is_symlink() == (given in {"folder", "parent"})
    assert sorted(path.name for path in mine.iterdir()) == ["train"], "nothing is written where the user keeps it"
    assert {path.name for path in data.glob("[!.]*")} == {"coronacases", "fetched.json", "us-nerve"}


@pytest.mark.parametrize("name", [name for name, it in registry.datasets().items() if isinstance(it, PublicSet)])
def test_no_set_takes_the_whole_data_folder(name: str) -> None:
    assert registry.datasets()[name].fetch_plan().folder  # type: ignore[attr-defined]


def test_a_folder_is_linked_not_copied(tmp_path: Path) -> None:
    mine = files(tmp_path / "mine")
    adopt(TinySet(root=tmp_path / "data"), mine)
    assert (tmp_path / "data" / "set").resolve() == mine


def test_a_folder_without_the_set_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for by_hand, wrong in (
        (False, "nothing of the set is in it .*expected tiny.zip, or set/ with"),
        (True, "laid out"),
    ):
        with pytest.raises(AssetError, match=wrong):
            adopt(TinySet(root=tmp_path / "data", by_hand=by_hand), tmp_path / "mine")
    assert not (tmp_path / "data" / "set").exists()


def test_a_volume_that_cannot_be_read_undoes_the_adoption_and_what_was_there_comes_back(tmp_path: Path) -> None:
    mine = files(tmp_path / "mine")
    files(tmp_path / "data" / "set")
    (tmp_path / "data" / "set" / "mine-already").touch()
    with pytest.raises(AssetError, match=r"has the layout of tiny and its first volume cannot be read: a\.nii\.gz is"):
        adopt(TinySet(root=tmp_path / "data", broken=True), mine, force=True)
    assert (tmp_path / "data" / "set" / "mine-already").is_file()
    assert mine.is_dir()


def test_an_archive_with_another_digest_is_not_adopted(tmp_path: Path) -> None:
    packed = zip_folder(files(tmp_path / "mine"), tmp_path / "tiny.zip")
    with pytest.raises(AssetError, match=r"has the digest .*expected sha256:0000.*unpack it yourself"):
        adopt(TinySet(root=tmp_path / "data", sha256="0" * 64), packed)


def test_what_is_in_the_way_is_kept_unless_forced_and_then_kept_aside(tmp_path: Path) -> None:
    (tmp_path / "data" / "set").mkdir(parents=True)
    (tmp_path / "data" / "set" / "half").touch()
    mine = files(tmp_path / "mine")
    with pytest.raises(AssetError, match=r"set is there and would be replaced; expected no such folder.*--force"):
        adopt(TinySet(root=tmp_path / "data"), mine)
    adopt(TinySet(root=tmp_path / "data"), mine, force=True)
    assert (tmp_path / "data" / "set.before" / "half").exists()


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"there is no .*nowhere; expected a folder or an archive of tiny"):
        adopt(TinySet(root=tmp_path), tmp_path / "nowhere")
