"""Every command and every snippet of the README and the pages is run, or is in one list with the reason why not."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench_cases.cli import build_parser, document_options
from tests.docs.kitchen import Done, Kitchen

ROOT = Path(__file__).resolve().parents[2]
REFRESH = runpy.run_path(str(ROOT / "docs" / "refresh.py"))
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "reports" / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}

INSTALLS = "installs from a registry; .ci/run does it"
DOWNLOADS = "needs data or weights that are downloaded"
LARGE = "hours on a processor; tests/plugin expands the same names"
NOT_RUN = {
    "python -m venv": INSTALLS,
    "pip install": INSTALLS,
    "pytest-benchmark compare": "needs a process that pytest has not been in; tests/report runs it",
    "sambench fetch coronacases": DOWNLOADS,
    "sambench check coronacases": DOWNLOADS,
    "sambench show coronacases/001": DOWNLOADS,
    "pytest benchmark -k coronacases": DOWNLOADS,
    "pytest benchmark --sam-checkpoint mine=weights.pt@sam2.1_large": DOWNLOADS,
    "pytest benchmark --sam-study g25-images": DOWNLOADS,
    "pytest benchmark --sam-strategy grid-24": LARGE,
    "pytest benchmark --sam-strategy largest.*": LARGE,
}
"""Beginnings of commands, as they are typed; with `--sam-phantom` a study needs nothing and is run."""

ELSEWHERE = {
    "docs/your-own-model.md": "test_models_pages.py",
    "docs/is-my-fine-tune-better.md": "test_models_pages.py",
    "docs/your-own-suite.md": "test_readme.py",
}
"""Pages that are followed to the letter by tests of their own."""

CLUSTER = "needs workers, a batch system or a cluster; tests/plugin run the same options"
NOT_FOLLOWED = {
    "docs/parallel.md": CLUSTER,
    "docs/cluster-ray.md": CLUSTER,
    "docs/cluster/README.md": CLUSTER,
    "docs/throughput.md": "minutes on a processor: full-size networks",
    "docs/speed.md": "the same; tests/speed runs the command on small ones",
}
"""Pages whose commands need more than one small machine."""

FIRST = "docs/tutorial.md"
ANSWERS = {"sambench gate": {0, 1, 2}, "sambench summary": {0, 1, 2}}
"""Commands whose status is an answer; all others end with 0, unless the page shows ``echo $?``."""

FEW = ["--sam-limit-slices=2", "--sam-warmups=0"]
FEWER = {
    "sambench seeds best": ["--limit-slices", "2"],
    "pytest benchmark/load_cost.py": [],
    "pytest benchmark/test_loading.py": FEW,
    "pytest": [*FEW, "--benchmark-disable"],
}
"""What a command is given besides, so that it takes seconds: by its first words, the first that fit."""

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
    if "--sam-phantom" in words:
        return None
    return next((reason for beginning, reason in NOT_RUN.items() if begins(words, beginning)), None)


class Reader:
    """Somebody who types what the pages show, in one folder, from the tutorial on."""

    def __init__(self, kitchen: Kitchen) -> None:
        self.kitchen = kitchen
        self.done: dict[str, Done] = {}

    def follow(self, name: str) -> None:
        """Run a page from top to bottom, and hold its pasted output to what is printed."""
        last: Done | None = None
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

    def _command(self, words: list[str], where: str, *, fails: bool) -> Done | None:
        if words == ["echo", "$?"] or reason_not_to_run(words) is not None:
            return None
        more = next((more for beginning, more in FEWER.items() if begins(words, beginning)), [])
        if "benchmark/test_volume.py" in words and not THREE_VOLUMES & set(words):
            more = [*more, "--sam-limit-volumes=1"]
        return self._run([*words, *more], where, fails=fails)

    def _run(self, words: list[str], where: str, *, fails: bool) -> Done:
        typed = " ".join(words)
        if typed not in self.done:
            if words[0] in {"cp", "ls"}:
                status = subprocess.run(words, cwd=self.kitchen.folder, check=False).returncode
                self.done[typed] = Done(status, "")
            else:
                self.done[typed] = self.kitchen.run(words)
        done = self.done[typed]
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
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader who has done the tutorial: its reports lie where the other pages expect them."""
    folder = tmp_path_factory.mktemp("reader") / "work"
    folder.mkdir()
    REFRESH["lay_out"](folder)
    rules = folder.parent / "rules"
    rules.mkdir()
    (code,) = re.findall(r"```python\n(.*?)```", PAGES["docs/your-own-prompt-rule.md"], flags=re.DOTALL)
    (rules / "extremes.py").write_text(code, encoding="utf-8")
    names = ("SAMBENCH_CACHE", "SAMBENCH_SEEDS", "SAMBENCH_OFFLINE")
    ignored = "-W ignore::pytest.PytestAssertRewriteWarning"  # the fork server has imported what pytest would rewrite
    kitchen = Kitchen(
        folder,
        {
            **{name: os.environ[name] for name in names},
            "PYTEST_ADDOPTS": f"-p no:cacheprovider --color=no {ignored}",
            "COLUMNS": "110",
        },
    )
    kitchen.packages["bench_cases.prompting"] = str(rules)
    somebody = Reader(kitchen)
    somebody.follow(FIRST)
    for name in ("reports/20261121T081500.json", "run.json"):
        shutil.copy(folder / "reports" / "A.json", folder / name)
    return somebody


@pytest.mark.pages
@pytest.mark.parametrize("name", [name for name in PAGES if name not in {FIRST, *ELSEWHERE, *NOT_FOLLOWED}])
def test_what_a_page_shows_runs_and_prints_what_is_pasted(reader: Reader, name: str) -> None:
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
    assert {*ELSEWHERE, *NOT_FOLLOWED} <= set(PAGES)
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
        for block in REFRESH["blocks"](text) if name not in NOT_FOLLOWED else ():
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
