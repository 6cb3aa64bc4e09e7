"""What a report says of the datasets of a run."""

from __future__ import annotations

from typing import Any

from bench_cases.pytest_plugin.bench import Bench


def dataset_facts(bench: Bench) -> dict[str, dict[str, Any]]:
    """Describe the datasets of the cases that were run, for the report."""
    facts = {}
    for name in dict.fromkeys(case.dataset for case in bench.results):
        base, _, target = name.partition(":")
        info = bench.datasets[base].info
        facts[name] = {
            "name": name,
            "title": info.title,
            "modality": info.modality,
            "target": target or next(iter(info.targets)),
            "phantom": info.phantom,
            "ordered": info.ordered,
            "affine_trusted": info.affine_trusted,
            "licence": info.licence,
            "citation": info.citation,
            "source": info.source,
            "volumes": len(bench.places(base)),
        }
    return facts
