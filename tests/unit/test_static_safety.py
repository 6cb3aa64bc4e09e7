"""What could run code from a file, or hand words to a shell, is not in the code."""

from __future__ import annotations

import ast
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
