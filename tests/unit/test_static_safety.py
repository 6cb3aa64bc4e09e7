"""What could run code from a file, or hand words to a shell, is not in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "bench_cases").rglob("*.py"), *(ROOT / "reports").glob("*.py"), *(ROOT / "benchmark").glob("*.py")]

FORBIDDEN = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.spawnl"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.loads", "shelve.open", "joblib.load", "dill.load"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load", "tempfile.mktemp"),
    "pandas.read_pickle",
}
"""Calls by the name they are written under. ruff's S rules know more of them; these hold without it."""


def test_nothing_runs_code_from_a_file_and_no_shell_is_given_words() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""
            words = {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg is not None}
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            assert name not in FORBIDDEN, where
            assert words.get("allow_pickle") in {None, "False"}, where
            assert words.get("shell") in {None, "False"}, where
            if name == "torch.load":
                assert words.get("weights_only") == "True", where


def test_each_exception_to_the_rules_of_safety_has_its_reason_beside_it() -> None:
    places = ("bench_cases", "benchmark", "reports", "docs", "tests")
    paths = [ROOT / "conftest.py", ROOT / ".ci" / "audit", *(it for at in places for it in (ROOT / at).rglob("*.py"))]
    exception = re.compile(r"# noqa: [A-Z0-9, ]*\bS\d{3}\b(?P<rest>.*)")
    found = [(path, match) for path in paths for match in exception.finditer(path.read_text(encoding="utf-8"))]
    assert len(found) > 20
    assert not [
        f"{path.relative_to(ROOT)}: {match[0]}" for path, match in found if not re.search(" - .", match["rest"])
    ]
