"""The environment of a run: what it names, what it must never name."""

from __future__ import annotations

import getpass
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench_cases.report import environment


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a package that a git repository tracks."""
    folder = tmp_path / "repository" / "package"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    git(folder.parent, "init", "-q")
    git(folder.parent, "add", ".")
    git(folder.parent, "commit", "-q", "-m", "first")
    return folder


def test_versions_are_read_without_importing_anything_heavy() -> None:
    code = (
        "import sys; from bench_cases.report import describe_environment; d = describe_environment();"
        "heavy = {'torch', 'sam2', 'pandas', 'numpy', 'scipy', 'rich', 'pytest'} & set(sys.modules);"
        "print(sorted(heavy), d['packages']['numpy'])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"[] {np.__version__}"


def test_a_package_that_is_not_installed_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "PACKAGES", ("numpy", "no-such-distribution"))
    assert environment.describe()["packages"] == {"numpy": np.__version__, "no-such-distribution": None}


def test_the_python_is_this_one_and_the_device_is_left_to_the_models() -> None:
    described = environment.describe()
    assert described["python"]["version"] == platform.python_version()
    assert "device" not in described


def test_neither_host_nor_user_is_named() -> None:
    described = environment.describe()
    text = str((described, environment.machine_info(described)))
    assert platform.node() not in text
    assert f"/{getpass.getuser()}" not in text


def test_the_commit_is_that_of_the_repository_that_tracks_the_package(package: Path) -> None:
    described = environment.describe_code(package)
    assert described["commit"] == git(package, "rev-parse", "HEAD")
    assert described["dirty"] is False
    assert described["time"].startswith("20")


def test_a_changed_or_new_file_of_the_package_makes_it_dirty_and_another_does_not(package: Path) -> None:
    (package.parent / "report.json").touch()
    assert environment.describe_code(package)["dirty"] is False
    (package / "new.py").touch()
    assert environment.describe_code(package)["dirty"] is True


def test_an_installed_copy_inside_somebodys_repository_is_not_that_repositorys_code(package: Path) -> None:
    installed = package.parent / "venv" / "package"
    installed.mkdir(parents=True)
    (installed / "__init__.py").touch()
    assert environment.describe_code(installed) == {"commit": None, "dirty": None, "time": None}


def test_the_variables_of_a_git_hook_do_not_mislead(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert environment.describe_code(package)["commit"] is not None


def test_outside_a_repository_and_without_git_the_commit_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = {"commit": None, "dirty": None, "time": None}
    assert environment.describe_code(tmp_path) == unknown
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.describe_code(tmp_path) == unknown
    assert environment.commit_info({"code": unknown}) == {
        "id": "unversioned",
        "time": None,
        "author_time": None,
        "dirty": False,
        "project": "sambench",
        "branch": "(unknown)",
    }


def test_a_repository_without_a_commit_has_none(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    assert environment.describe_code(tmp_path)["commit"] is None


def test_the_processor_has_a_name_with_and_without_proc(tmp_path: Path) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor\t: 0\nmodel name\t: A Processor 9000\n", encoding="utf-8")
    assert environment._cpu_name(listing) == "A Processor 9000"
    listing.write_text("processor\t: 0\n", encoding="utf-8")
    assert environment._cpu_name(listing) == (platform.processor() or platform.machine())
    assert environment._cpu_name(tmp_path / "none") == (platform.processor() or platform.machine())


def test_machine_info_names_the_processor() -> None:
    info = environment.machine_info({"cpu": {"name": "A Processor", "count": 2}, "platform": {"system": "Linux"}})
    assert info["cpu"] == {"brand_raw": "A Processor", "count": 2}
    assert info["system"] == "Linux"
    assert "node" not in info
