"""The seams of the house, as Protocols: what a dataset, a model and a prompt rule must offer.

Nothing here imports a library that takes long to load, so that the collection of cases stays quick.
"""

from bench_cases.contracts.datasets import Dataset, DatasetInfo
from bench_cases.contracts.models import (
    ANY_PROMPT,
    Attention,
    Backend,
    Checkpoint,
    Chooser,
    CorrectedFrame,
    Decoded,
    Device,
    Embedding,
    ImageSegmenter,
    LoadedModel,
    LoadOptions,
    MaskChoice,
    Precision,
    Prediction,
    Previous,
    VideoSegmenter,
    VideoSession,
)
from bench_cases.contracts.prompts import PromptFamily, PromptKind, PromptRule

__all__ = [
    "ANY_PROMPT",
    "Attention",
    "Backend",
    "Checkpoint",
    "Chooser",
    "CorrectedFrame",
    "Dataset",
    "DatasetInfo",
    "Decoded",
    "Device",
    "Embedding",
    "ImageSegmenter",
    "LoadOptions",
    "LoadedModel",
    "MaskChoice",
    "Precision",
    "Prediction",
    "Previous",
    "PromptFamily",
    "PromptKind",
    "PromptRule",
    "VideoSegmenter",
    "VideoSession",
]
