"""Names of user and machine are not in what is handed on; whose they are finds the place again."""

import platform
from pathlib import Path

import pytest

from bench_cases.nameless import named, nameless
from bench_cases.pytest_plugin.recorder import _as_typed


@pytest.fixture(autouse=True)
def jane(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "jane")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, "/home/jane")
    monkeypatch.setattr(platform, "node", lambda: "node17.ward.example")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("--sam-folder=ct=/home/jane/ct", "--sam-folder=ct=~/ct"),
        ("no file at /home/jane; expected one", "no file at ~; expected one"),
        ("'/home/jane/a b.nii' is empty", "'~/a b.nii' is empty"),
        ("/home/janet/ct", "/home/janet/ct"),
        ("/scratch/jane/x/jane", "/scratch/$USER/x/$USER"),
        ("/net/node17/data and /net/node17.ward.example/data", "/net/$HOSTNAME/data and /net/$HOSTNAME/data"),
        ("jane and node17", "jane and node17"),
        ("jane/ct-sam-every.composite", "jane/ct-sam-every.composite"),
    ],
)
def test_paths_lose_the_names_in_them_and_other_words_do_not(typed, written):
    assert nameless(typed) == written


@pytest.mark.parametrize("path", ["/home/jane/masks", "/scratch/jane/masks", "/data/masks", "masks"])
def test_the_same_user_finds_the_same_place(path):
    assert named(nameless(path)) == Path(path)


def test_the_root_as_home_names_nobody(monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, "/")
    assert nameless("/data/ct") == "/data/ct"


def test_a_command_line_in_a_report_has_no_address_of_a_cluster():
    typed = ["--sam-engine=ray", "--sam-address=node3:6379", "--sam-report", "/home/jane/run.json"]
    shown = ["--sam-engine=ray", "--sam-address=HOST:PORT", "--sam-report", "~/run.json"]
    assert _as_typed(typed) == ["pytest", *shown]
    assert _as_typed(["--sam-address", "node3:6379"]) == ["pytest", "--sam-address", "HOST:PORT"]
    assert _as_typed(["--sam-address", "auto", "--sam-address=auto"])[2:] == ["auto", "--sam-address=auto"]
