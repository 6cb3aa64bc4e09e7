"""Settings in TOML: a folder of scans, a study, floors, a gate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.cases import Case
from bench_cases.datasets.folder import FolderDataset
from bench_cases.floors import Floors
from bench_cases.studies.shelf import _SHELF, find
from tests.fuzz.corpus import ROOT
from tests.fuzz.target import Target

_WORDS = (
    *(b"[", b"]", b"{", b"}", b"=", b'"', b"'''", b'"""', b",", b".", b"#", b"\n"),
    *(b"\\u0000", b"\\uD800", b"\\U00110000"),
    *(b"true", b"false", b"nan", b"inf", b"-0.0", b"1e999", b"0x" + b"f" * 400, b"9" * 400, b"9" * 5000, b"1979-05-27"),
    *(b"[" * 20_000, b"{a=" * 20_000, b"a." * 2000, b"[[volume]]\n", b"[a]\n", b"{id}", b"{class}", b"*", b"../"),
    *(b"\x1b[31m", b"\xe2\x80\xae", b"[]", b"{}", b'""', b"0", b"-1", b"[1, 2]", b'["a"]', b"{ value = 1 }"),
)
_ONE_TARGET = b"""\
modality = "CT"
target = "lungs"
image = "{id}/image.nii.gz"
mask = "{id}/mask.nii.gz"
threshold = 127
window = {level = -650, width = 1500}
exclude = ["a"]
orientation = "radiological"
"""
_CLASSES = b"""\
modality = "MR"
image = "{id}.png"
mask = ["{id}-{class}.png"]
ordered = false
stack = true
targets = {kidneys = ["kidney_left", "kidney_right"], liver = ["liver"]}
channel = 0
mask_colour = "index"
"""
_COLOURS = b"""\
modality = "US"
image = "i/{id}.png"
mask = "m/{id}*.png"
volumes = ["b", "a"]
[colours]
tumour = "#ff0000"
organ = ["#00ff00", "#0000ff"]
"""
_FLOORS = b"""\
[[volume]]
dataset = "lungs-*"
volume = "001"
model = "sam2*"
strategy = "every.box"
dice = 0.9
jaccard = 0.8
tolerance = 0.02
source = "Table 2"
[[dataset]]
published = { dice = 0.95, jaccard = 0.9 }
tolerance = 0.01
"""
_GATE = b"""\
[quality]
metrics = ["dice"]
margin = 0.02
margins = { hd95 = 2.0 }
alpha = 0.05
min_pairs = 3
[speed]
limit = 1.2
min_samples = 9
[memory]
limit = false
[allow]
new = ["*"]
[models]
a = "b"
[[floor]]
dataset = "lungs"
dice = 0.8
"""
_CASE = Case("lungs-phantom", "001", "sam2_tiny", "every.box")


def _folder(content: bytes, folder: Path) -> object:
    (folder / "dataset.toml").write_bytes(content)
    (folder / "a").mkdir()
    for name in ("a/image.nii.gz", "a.png", "b.png"):
        (folder / name).write_bytes(b"x")
    dataset = FolderDataset.from_directory("mine", folder)
    return dataset.missing(), dataset.volume_ids(), dataset.slice_counts()


def _study(content: bytes, folder: Path) -> object:
    (folder / "mine.toml").write_bytes(content)
    return find(str(folder / "mine.toml"))


def _floors(content: bytes, folder: Path) -> object:
    (folder / "floors.toml").write_bytes(content)
    floors = Floors.read(folder / "floors.toml")
    return floors.for_volume(_CASE), floors.for_dataset(_CASE)


def _gate(content: bytes, folder: Path) -> object:
    (folder / "gate.toml").write_bytes(content)
    return GateConfig.read(folder / "gate.toml")


def _studies(_: Path) -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted(_SHELF.glob("*.toml")))


def _written_floors(_: Path) -> Iterator[bytes]:
    yield from (_FLOORS, (ROOT / "benchmark" / "floors.toml").read_bytes())


TARGETS = (
    Target(name="dataset-toml", feed=_folder, corpus=lambda _: [_ONE_TARGET, _CLASSES, _COLOURS], words=_WORDS),
    Target(name="study-toml", feed=_study, corpus=_studies, words=_WORDS),
    Target(name="floors-toml", feed=_floors, corpus=_written_floors, words=_WORDS),
    Target(name="gate-toml", feed=_gate, corpus=lambda _: [_GATE], words=_WORDS),
)
