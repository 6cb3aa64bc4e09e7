"""Every command and every snippet of the README and the pages is run, or is in one list with the reason why not."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench_cases.cli import build_parser, document_options
from tests.docs import ray_of_ours, stand_ins
from tests.docs.kitchen import Done, Kitchen

ROOT = Path(__file__).resolve().parents[2]
REFRESH = runpy.run_path(str(ROOT / "docs" / "refresh.py"))
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "reports" / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}

AT_START = Path(__file__).with_name("at_start")
HAS_RAY = find_spec("ray") is not None and ray_of_ours.can_tell()
RAY_PORT = "6379"
"""As the page has it; a Ray of others may have taken it."""

INSTALLS = "installs from a registry; .ci/run does it"
NOT_RUN = {
    "python -m venv": INSTALLS,
    "pip install": INSTALLS,
    "pytest-benchmark compare": "needs a process that pytest has not been in; tests/report runs it",
}
"""Beginnings of commands, as they are typed."""

ELSEWHERE = {
    "docs/your-own-model.md": "test_models_pages.py",
    "docs/is-my-fine-tune-better.md": "test_models_pages.py",
    "docs/your-own-suite.md": "test_readme.py",
}
"""Pages that are followed to the letter by tests of their own."""

STOCKED = {"docs/throughput.md", "docs/speed.md", "docs/video-throughput.md", "docs/your-own-study.md"}
"""Pages read with data and weights on disk, small ones in their place. A page that fetches begins with none."""

FIRST = "docs/tutorial.md"
ANSWERS = {
    "sambench gate": {0, 1, 2},
    "sambench summary": {0, 1, 2},
    "sambench speed": {0, 1},
    "pytest benchmark -m speed": {0, 1},
    "pytest benchmark -k grid": {0, 1},
    "pytest benchmark/test_reading.py": {0, 1},
    "pytest benchmark/image_sharing.py": {0, 1},
}
"""Commands whose status is an answer, of speed beside other work too; all others end with 0, unless the page shows
``echo $?``."""

FEW = ["--sam-limit-slices=2", "--sam-warmups=0"]
HERE = ["--sam-device=cpu", *FEW, "--benchmark-disable"]
FEWER = {
    "sambench seeds best": ["--limit-slices", "2"],
    "sambench speed --model": ["--slices", "2", "--rounds", "1", "--size", "64"],
    "sambench run": [*HERE, "--sam-limit-volumes=1"],
    "pytest benchmark -k coronacases": [*HERE, "--sam-limit-volumes=1"],
    "pytest benchmark --sam-study": [*HERE, "--sam-limit-volumes=1"],
    "pytest benchmark --sam-strategy": [*HERE, "--sam-limit-volumes=1"],
    "pytest benchmark --sam-checkpoint": [*HERE, "--sam-limit-volumes=1"],
    "sbatch": HERE,
    "pytest benchmark/load_cost.py": [],
    "pytest benchmark/image_sharing.py": [],
    "pytest benchmark/test_reading.py": [],
    "pytest benchmark -m speed": [],
    "pytest benchmark -k grid": [],
    "pytest benchmark/test_loading.py": FEW,
    "pytest": HERE,
}
"""What a command is given besides, so that it takes seconds and no GPU: by its first words, the first that fit."""

MEANT = {
    "FIRST": "127.0.0.1",
    RAY_PORT: "{port}",
    "/data/ct": "clinic-ct",
    "/data/sets": "{stock}/data",
    "/data/weights": "{stock}/cache",
}
"""What a reader puts where a page has a word or a place of its own."""

THREE_VOLUMES = {"reports/A.json", "reports/B.json", "run.json"}
"""Reports that are tested and judged: they need three pairs. One volume, or what the page says, does for the others."""

REASSEMBLED = re.compile(r"\\\n\s*")


def commands(text: str) -> Iterator[list[str]]:
    for line in REASSEMBLED.sub(" ", text).splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield words


def begins(words: list[str], beginning: str) -> bool:
    return " ".join(words).startswith(beginning)


def reason_not_to_run(words: list[str]) -> str | None:
    return next((reason for beginning, reason in NOT_RUN.items() if begins(words, beginning)), None)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Reader:
    """Somebody who types what the pages show, in one folder, from the tutorial on."""

    def __init__(self, kitchen: Kitchen, shelves: Path) -> None:
        self.kitchen, self.shelves = kitchen, shelves
        self.done: dict[tuple[str, ...], Done] = {}
        self.port = free_port()

    def follow(self, name: str) -> None:
        """Run a page from top to bottom, and hold its pasted output to what is printed."""
        last: Done | None = None
        fetches = "sambench fetch" in PAGES[name]
        self.stand_before("stocked" if name in STOCKED else name.replace("/", "-") if fetches else "empty")
        for block in REFRESH["blocks"](PAGES[name]):
            where = f"{name}, line {block.line}"
            if block.part is not None:
                assert last is not None, where
                self._same_lines(block, last.output, where)
            elif block.file is not None:
                target = self.kitchen.folder / (block.file if block.file != "conftest.py" else "suite/conftest.py")
                target.parent.mkdir(exist_ok=True)
                target.write_text(block.text, encoding="utf-8")
            elif block.language == "python" and name != "docs/your-own-prompt-rule.md":
                last = self._run(["python", "-c", block.text], where, fails=False)
            elif block.language == "sh":
                for words in commands(block.text):
                    last = self._command(words, where, fails=block.fails) or last

    def stand_before(self, shelf: str) -> None:
        """Take data and weights from a shelf of their own; phantoms that were made once serve all."""
        stock = self.shelves / shelf
        (stock / "cache").mkdir(parents=True, exist_ok=True)
        phantoms = Path(os.environ["SAMBENCH_CACHE"]) / "phantoms"
        phantoms.mkdir(exist_ok=True)
        if not (stock / "cache" / "phantoms").exists():
            (stock / "cache" / "phantoms").symlink_to(phantoms)
        self.kitchen.environment |= {"SAMBENCH_DATA": f"{stock}/data", "SAMBENCH_CACHE": f"{stock}/cache"}
        self.kitchen.environment["SAMBENCH_OFFLINE"] = ""  # whatever a page fetches is on this machine

    def meant(self, word: str) -> str:
        """Return a word as this reader types it."""
        stock = Path(self.kitchen.environment["SAMBENCH_CACHE"]).parent
        for shown, typed in MEANT.items():
            word = word.replace(shown, typed.format(stock=stock, port=self.port))
        return word

    def _command(self, words: list[str], where: str, *, fails: bool) -> Done | None:
        if words == ["echo", "$?"] or reason_not_to_run(words) is not None:
            return None
        if words[0] == "export":
            self.kitchen.environment |= dict(self.meant(word).partition("=")[::2] for word in words[1:])
            return None
        more = next((more for beginning, more in FEWER.items() if begins(words, beginning)), [])
        if "benchmark/test_volume.py" in words and not THREE_VOLUMES & set(words):
            more = [*more, "--sam-limit-volumes=1"]
        return self._run([*map(self.meant, words), *more], where, fails=fails)

    def _run(self, words: list[str], where: str, *, fails: bool) -> Done:
        typed = " ".join(words)
        key = (self.kitchen.environment["SAMBENCH_DATA"], *words)
        if key not in self.done:
            self.done[key] = self.kitchen.run(words)
        done = self.done[key]
        expected = next((codes for beginning, codes in ANSWERS.items() if begins(words, beginning)), {0})
        assert fails or done.status in expected, f"{where}: {typed}\n{done.output}"
        assert "Traceback (most recent call last)" not in done.output, f"{where}: {typed}\n{done.output}"
        return done

    def _same_lines(self, block, output: str, where: str) -> None:
        """Numbers differ, on fewer slices; the lines must be those that are pasted, by the words they begin with."""
        shown = {self._head(line) for line in REFRESH["kept"](output, block.part).splitlines()}
        pasted = {self._head(line) for line in block.text.splitlines()}
        assert pasted, f"{where} is empty; run python docs/refresh.py"
        pasted -= {""}  # lines of numbers alone, such as a status, have no words
        assert pasted <= shown, f"{where} is stale; run python docs/refresh.py. Not printed: {pasted - shown}"

    @staticmethod
    def _head(line: str) -> str:
        """Return the words before the first number or colon: verdicts depend on numbers."""
        line = re.sub(r"^(PASS|REGRESSION|UNDECIDED) +", "", line)
        return " ".join(re.split(r"(?<![\w.-])[-+]?\d|[─-]{2,}|\bnan\b|NaN|: ", line)[0].split())


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader who has done the tutorial: its reports lie where the other pages expect them."""
    folder = tmp_path_factory.mktemp("reader") / "work"
    folder.mkdir()
    REFRESH["lay_out"](folder)
    rules = folder.parent / "rules"
    rules.mkdir()
    (code,) = re.findall(r"```python\n(.*?)```", PAGES["docs/your-own-prompt-rule.md"], flags=re.DOTALL)
    (rules / "extremes.py").write_text(code, encoding="utf-8")
    ignored = "-W ignore::pytest.PytestAssertRewriteWarning"  # the fork server has imported what pytest would rewrite
    programs = (AT_START, Path(sys.executable).parent, os.environ["PATH"])
    ray_folder = tempfile.mkdtemp(prefix="ray")  # short: Ray's sockets lie in it, and their names have a limit
    kitchen = Kitchen(
        folder,
        {
            "SAMBENCH_SEEDS": os.environ["SAMBENCH_SEEDS"],
            "PYTEST_ADDOPTS": f"-p no:cacheprovider --color=no {ignored}",
            "COLUMNS": "110",
            "HOME": str(folder.parent),
            "PATH": os.pathsep.join(map(str, programs)),
            "PYTHONPATH": os.pathsep.join(map(str, (AT_START, ROOT))),
            "RAY_TMPDIR": ray_folder,  # where a Ray is found that is asked for by `auto`
            ray_of_ours.MARK: str(folder),
        },
    )
    kitchen.packages["bench_cases.prompting"] = str(rules)
    somebody = Reader(kitchen, folder.parent / "shelves")
    somebody.follow(FIRST)
    for name in ("reports/20261121T081500.json", "run.json", "base.json"):
        shutil.copy(folder / "reports" / "A.json", folder / name)
    shutil.copy(ROOT / "reports" / "speed-cpu.json", folder / "reports" / "speed-20261121T160000.json")
    with stand_ins.served(folder.parent / "downloads") as site:
        kitchen.environment |= {stand_ins.SITE: site.url, stand_ins.FOLDER: str(site.folder)}
        somebody.stand_before("stocked")
        clinic = MEANT["/data/ct"]
        for words in (
            ["sambench", "fetch", "coronacases", *stand_ins.CHECKPOINTS],
            ["sambench", "phantom", "msd-spleen", clinic],
            ["sambench", "describe", clinic, "--write"],
        ):
            done = kitchen.run(words)
            assert done.status == 0, done.output
        yield somebody
    ray_of_ours.end(str(folder))  # what a page that broke off has left
    shutil.rmtree(ray_folder, ignore_errors=True)


@pytest.mark.pages
@pytest.mark.parametrize("name", [name for name in PAGES if name not in {FIRST, *ELSEWHERE}])
def test_what_a_page_shows_runs_and_prints_what_is_pasted(reader: Reader, name: str) -> None:
    if name == "docs/cluster-ray.md" and not HAS_RAY:
        pytest.skip("needs Ray (pip install -e '.[ray]'), and a system that tells whose Ray a process is of: Linux")
    reader.follow(name)


def every_command() -> list[list[str]]:
    return [
        words
        for text in PAGES.values()
        for block in REFRESH["blocks"](text)
        if block.language == "sh" and block.part is None
        for words in commands(block.text)
    ]


def test_every_reason_not_to_run_is_for_a_command_that_is_shown() -> None:
    shown = every_command()
    for beginning in NOT_RUN:
        assert any(begins(words, beginning) for words in shown), f"{beginning} is on no page"
    assert {*ELSEWHERE} <= set(PAGES)
    assert all((ROOT / "tests" / "docs" / file).exists() for file in ELSEWHERE.values())


def test_what_is_not_run_could_be_typed_as_it_stands() -> None:
    parser = build_parser()
    options = {name for action in document_options.options() for name in action.option_strings}
    for words in (words for words in every_command() if reason_not_to_run(words)):
        if words[0] == "sambench":
            parser.parse_args(words[1:])
        elif words[0] == "pytest":
            assert {word.partition("=")[0] for word in words if word.startswith("--sam-")} <= options


def test_no_command_hides_in_a_block_that_nobody_runs() -> None:
    for name, text in PAGES.items():
        for block in REFRESH["blocks"](text):
            if block.language in {"", "text", "console", "bash"} and block.part is None:
                assert not re.search(r"^(pytest|sambench|python|pip|sbatch) ", block.text, flags=re.MULTILINE), (
                    f"{name}, line {block.line}: a command; expected in a block of sh, where it is run"
                )


def test_outputs_are_cut_where_the_page_says() -> None:
    kept = REFRESH["kept"]
    assert kept("a 1\nb 2  \nc 3\nd 4\n", ", from: b, to: c") == "b 2\nc 3\n"
    assert kept("\na\n\n", "") == "a\n"
    with pytest.raises(ValueError, match=r"'z' is in no line of what was printed; expected it \(from\)"):
        kept("a\n", ", from: z")
