"""The seams of the house, as Protocols: what a dataset, a model and a prompt rule must offer.

Nothing here imports a library that takes long to load, so that the collection of cases stays quick.
"""

from bench_cases.contracts.datasets import Dataset, DatasetInfo
from bench_cases.contracts.models import (
    Backend,
    Checkpoint,
    Chooser,
    Device,
    Embedding,
    ImageSegmenter,
    LoadedModel,
    MaskChoice,
    Precision,
    Prediction,
    VideoSegmenter,
)
from bench_cases.contracts.prompts import PromptFamily, PromptKind, PromptRule

__all__ = [
    "Backend",
    "Checkpoint",
    "Chooser",
    "Dataset",
    "DatasetInfo",
    "Device",
    "Embedding",
    "ImageSegmenter",
    "LoadedModel",
    "MaskChoice",
    "Precision",
    "Prediction",
    "PromptFamily",
    "PromptKind",
    "PromptRule",
    "VideoSegmenter",
]
