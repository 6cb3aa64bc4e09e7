"""Unpacking archives that are not trusted: small real ones, good and evil."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from bench_cases import assets
from bench_cases.errors import AssetError
from tests.scan_files import zip_folder


def make_tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for info, body in members:
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return path


def make_zip(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for name, body in members:
            bundle.writestr(name, body)
    return path


def refused(archive: Path, into: Path, match: str, *, max_bytes: int = 10**6) -> None:
    with pytest.raises(AssetError, match=match) as caught:
        assets.unpack(archive, into, max_bytes=max_bytes)
    assert archive.name in str(caught.value)
    assert not into.exists()
    assert {path.name for path in into.parent.iterdir()} <= {archive.name, "www", "src"}


def test_a_zip_is_unpacked_with_its_folders(tmp_path: Path) -> None:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "a.txt").write_text("a")
    archive = zip_folder(tmp_path / "src", tmp_path / "a.zip")
    with zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr("empty/", b"")
    into = assets.unpack(archive, tmp_path / "out")
    assert (into / "deep" / "a.txt").read_text() == "a"
    assert (into / "empty").is_dir()


def test_a_tar_is_unpacked_with_its_folders(tmp_path: Path) -> None:
    folder = tarfile.TarInfo("Task09/images")
    folder.type = tarfile.DIRTYPE
    archive = make_tar(tmp_path / "a.tar", (folder, b""), (tarfile.TarInfo("Task09/images/x.nii.gz"), b"voxels"))
    assert (assets.unpack(archive, tmp_path / "out") / "Task09" / "images" / "x.nii.gz").read_bytes() == b"voxels"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("../evil.txt", "leads out of the folder"),
        ("a/../../evil.txt", "leads out of the folder"),
        ("..\\evil.txt", "leads out of the folder"),
        ("/evil.txt", "has an absolute path"),
        ("\\evil.txt", "has an absolute path"),
        ("C:\\evil.txt", "has an absolute path"),
    ],
)
def test_members_that_leave_the_folder_are_refused(tmp_path: Path, name: str, wrong: str) -> None:
    refused(make_zip(tmp_path / "evil.zip", ("good.txt", b"1"), (name, b"2")), tmp_path / "out", wrong)
    (tmp_path / "evil.zip").unlink()
    refused(make_tar(tmp_path / "evil.tar", (tarfile.TarInfo(name), b"2")), tmp_path / "out", wrong)


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(make_zip(tmp_path / "l.zip", (link, b"/etc/passwd")), tmp_path / "out", "is a link")
    (tmp_path / "l.zip").unlink()
    for kind, word in ((tarfile.SYMTYPE, "a link"), (tarfile.LNKTYPE, "a link"), (tarfile.FIFOTYPE, "a device")):
        info = tarfile.TarInfo("member")
        info.type = kind
        info.linkname = "/etc/passwd"
        refused(make_tar(tmp_path / "l.tar", (info, b"")), tmp_path / "out", f"is {word}")


def test_an_archive_that_grows_too_large_is_refused_by_declaration_and_by_count(tmp_path: Path) -> None:
    refused(
        make_zip(tmp_path / "b.zip", ("b", bytes(2000))), tmp_path / "out", r"2000 bytes.*at most 999", max_bytes=999
    )
    (tmp_path / "b.zip").unlink()
    tar = make_tar(tmp_path / "b.tar", (tarfile.TarInfo("b"), bytes(2000)))
    refused(tar, tmp_path / "out", r"2000 bytes.*at most 999.*raise the ceiling", max_bytes=999)


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    tar = make_tar(tmp_path / "d.tar", (tarfile.TarInfo("x"), b"1"), (tarfile.TarInfo("x"), b"2"))
    refused(tar, tmp_path / "out", "comes twice")


def test_damaged_archives_and_other_files_are_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.zip"
    page.write_text("<html>log in first</html>")
    refused(page, tmp_path / "out", "is no archive; expected zip or tar")
    page.unlink()
    archive = make_zip(tmp_path / "cut.zip", ("a", bytes(range(256)) * 9))
    body = bytearray(archive.read_bytes())
    body[60] ^= 0xFF
    archive.write_bytes(body)
    refused(archive, tmp_path / "out", r"is damaged or locked.*Download it again")


def test_a_folder_in_the_way_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", ("new.txt", b"new"))
    into = tmp_path / "out"
    into.mkdir()
    (into / "old.txt").write_text("old")
    with pytest.raises(AssetError, match=r"is there and not empty; expected to make it. Move it away"):
        assets.unpack(archive, into)
    assert (into / "old.txt").is_file()
    assets.unpack(archive, into, replace=True)
    assert [path.name for path in into.iterdir()] == ["new.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]
