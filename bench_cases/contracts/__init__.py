"""The seams of the house, as Protocols: what a dataset, a model and a prompt rule must offer.

Nothing here imports a library that takes long to load, so that the collection of cases stays quick.
"""

from bench_cases.contracts.batches import BatchDecoder, BatchEmbedder, Choice, HostPixels
from bench_cases.contracts.checkpoints import (
    ANY_PROMPT,
    Attention,
    Backend,
    Checkpoint,
    Device,
    LoadedModel,
    LoadOptions,
    Precision,
    WalkLimits,
)
from bench_cases.contracts.datasets import CountsSlices, Dataset, DatasetInfo
from bench_cases.contracts.models import (
    Chooser,
    CorrectedFrame,
    Decoded,
    Embedding,
    ImageSegmenter,
    MaskChoice,
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
    "BatchDecoder",
    "BatchEmbedder",
    "Checkpoint",
    "Choice",
    "Chooser",
    "CorrectedFrame",
    "CountsSlices",
    "Dataset",
    "DatasetInfo",
    "Decoded",
    "Device",
    "Embedding",
    "HostPixels",
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
    "WalkLimits",
]
