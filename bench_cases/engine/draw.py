"""Drawing a prompt on a slice: deterministic from what is prompted, never from the order of calls or the model."""

from __future__ import annotations

import hashlib

from bench_cases.contracts import PromptRule
from bench_cases.prompt import Prompt
from bench_cases.prompting.clicks import first_prompt
from bench_cases.volume import Volume


def draw_prompt(volume: Volume, index: int, rule: PromptRule) -> Prompt:
    """Apply a prompt rule to slice `index` of a volume, with a seed derived from dataset, volume, slice and rule.

    Clicks that may follow change nothing: ``centroid+3+clicks=5`` begins with the points of ``centroid+3``.
    """
    rule, _ = first_prompt(rule)
    identity = f"{volume.dataset}/{volume.id}/{index + volume.slice_offset}/{rule.name}"
    seed = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big")
    return rule(volume.labels_zyx[index], seed=seed)
