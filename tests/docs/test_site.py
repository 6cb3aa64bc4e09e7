"""The site builds strictly, asks nothing of the network, and holds every page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench_cases import contracts

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md"))


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(source), str(target)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    done = build(ROOT / "docs", target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_every_page_is_built_and_can_be_reached_from_the_first(site: Path) -> None:
    first = (site / "index.html").read_text(encoding="utf-8")
    for page in SOURCES:
        assert (site / page.with_suffix(".html")).exists(), page
        assert str(page) == "index" or f'href="{page}.html"' in first, f"{page} is not in the navigation"


def test_no_page_fetches_anything(site: Path) -> None:
    fetched = re.compile(
        r'<(?:script|img|iframe|source)\b[^>]*\bsrc="(?:https?:)?//|<link\b[^>]*\bhref="(?:https?:)?//'
    )
    for page in site.rglob("*.html"):
        assert not fetched.search(page.read_text(encoding="utf-8")), page
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")), style


def test_the_seams_are_documented_from_their_docstrings(site: Path) -> None:
    page = (site / "python.html").read_text(encoding="utf-8")
    types = [name for name in contracts.__all__ if isinstance(getattr(contracts, name), type)]
    assert types
    for name in types:
        assert f'id="bench_cases.contracts.{name}"' in page, name
    for name in ("report.read.load", "volume.Volume", "prompt.Prompt", "metrics.dice", "errors.SambenchError"):
        assert f'id="bench_cases.{name}"' in page, name


def test_every_field_of_the_report_and_every_picture_is_on_the_site(site: Path) -> None:
    assert "per_slice" in (site / "report.html").read_text(encoding="utf-8")
    pictures = {path.name for path in (ROOT / "docs" / "pictures").glob("*.svg")}
    assert pictures == set(re.findall(r"\]\(pictures/([^)]+)\)", (ROOT / "docs" / "figures.md").read_text()))
    assert pictures <= {path.name for path in (site / "_images").glob("*.svg")}


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text('extensions = ["myst_parser"]\n', encoding="utf-8")
    (tmp_path / "index.md").write_text("# A page\n\n[another](nowhere.md)\n", encoding="utf-8")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    assert "nowhere.md" in done.stderr
