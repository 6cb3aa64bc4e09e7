"""What is written beside or in a temporary folder is gone at the end, and if its writer was killed, at the next."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bench_cases.claims import clear_abandoned
from bench_cases.scratch import PREFIX, scratch
from bench_cases.whole_files import write_whole

posix = pytest.mark.skipif(sys.platform == "win32", reason="nothing is claimed on Windows")

HOLDER = """
import sys, tempfile
from pathlib import Path
from bench_cases.claims import claim
from bench_cases.scratch import scratch

tempfile.tempdir = sys.argv[1]
half = Path(sys.argv[1]) / ".mask.nii.gz.000000000000.part"
half.write_bytes(b"half")
kept = claim(half)
with scratch("test") as folder:
    (folder / "slice.jpg").write_bytes(b"pixels")
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def holder(temporary: Path):
    """Another process at work on a folder and on a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(temporary)],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def test_a_scratch_folder_is_the_users_alone_and_goes_with_the_block(temporary: Path) -> None:
    with scratch("test") as folder:
        (folder / "below").mkdir()
        assert folder.parent == temporary
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700 or sys.platform == "win32"
    with pytest.raises(KeyboardInterrupt), scratch("test"):
        raise KeyboardInterrupt
    assert list(temporary.iterdir()) == []


@posix
def test_what_a_living_process_is_at_work_on_is_left_alone_and_cleared_when_it_was_killed(
    temporary: Path, holder: subprocess.Popen[str]
) -> None:
    (at_work,) = temporary.glob(f"{PREFIX}*")
    write_whole(temporary / "mask.nii.gz", b"whole")
    with scratch("test"):
        assert (at_work / "slice.jpg").exists()
    assert len(list(temporary.glob(".mask.nii.gz.*.part"))) == 1
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert at_work.exists()
    write_whole(temporary / "mask.nii.gz", b"whole")
    with scratch("test"):
        pass
    assert [path.name for path in temporary.iterdir()] == ["mask.nii.gz"]


@posix
def test_links_and_other_names_are_never_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "scan").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "target")
    (tmp_path / "sambench-else").mkdir()
    clear_abandoned(tmp_path, f"{PREFIX}*")
    assert {path.name for path in tmp_path.iterdir()} == {"target", f"{PREFIX}link", "sambench-else"}
    assert (tmp_path / "target" / "scan").exists()


def test_a_file_is_whole_or_not_there_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "page[1].html"
    write_whole(path, b"one", mode=0o600)
    assert path.read_bytes() == b"one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["page[1].html"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_whole(tmp_path / "folder", b"three")
    assert {each.name for each in tmp_path.iterdir()} == {"deep", "folder"}
