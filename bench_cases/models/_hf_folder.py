"""Loading a transformers folder: config.json, safetensors, what prepares a frame. No network, no code, no pickles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench_cases.contracts import Checkpoint, Device
from bench_cases.errors import CheckpointError
from bench_cases.models._assemble import Assembled, moved
from bench_cases.models._devices import synchroniser
from bench_cases.models._fit import listed
from bench_cases.models._hf_families import MODEL_TYPES, Family, default_processor
from bench_cases.models._trust import verified
from bench_cases.models._weights import read_state, weights_of
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor


def describe_folder(folder: Path) -> Mapping[str, Any]:
    """Return a folder's config.json.

    Raises
    ------
    CheckpointError
        When it is not there or not JSON.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{folder} has no readable config.json ({error}); expected a folder that transformers saved."
        raise CheckpointError(msg) from error
    if not isinstance(config, dict):
        msg = f"config.json of {folder} holds a {type(config).__name__}; expected an object, as transformers saves it."
        raise CheckpointError(msg)
    return config


def arch_of_folder(folder: Path) -> str | None:
    """Return the architecture that runs a folder in the most modes, or None when there is none."""
    return MODEL_TYPES.get(str(describe_folder(folder).get("model_type")))


def load_folder(checkpoint: Checkpoint, folder: Path, *, family: Family, device: Device) -> Assembled:
    """Read the weights, build the network with them in it, move it to the device.

    Raises
    ------
    CheckpointError
        When there are no safetensors, one is damaged, or weights are missing or of another shape.
    """
    import torch
    import transformers

    clock = Clock(synchronise=synchroniser(device))
    files = weights_of(folder)
    if not files:
        msg = (
            f"{folder} holds no *.safetensors; expected weights in that form, which cannot carry code. "
            "Convert a *.bin with transformers: AutoModel.from_pretrained(DIR).save_pretrained(NEW)."
        )
        raise CheckpointError(msg)
    with clock.stage("read"):
        state: dict[str, Tensor] = {}
        for file in files:
            state.update(read_state(file))
    digest = verified(checkpoint, folder)
    kind = getattr(transformers, family.model)
    with clock.stage("build"), _quiet():
        config = kind.config_class.from_pretrained(folder, local_files_only=True)
        module, found = kind.from_pretrained(
            None, config=config, state_dict=state, dtype=torch.float32, output_loading_info=True
        )
        _refuse_misfits(checkpoint, found)
        module.eval().requires_grad_(requires_grad=False)
    return moved(module, device, digest=digest, clock=clock)


def _refuse_misfits(checkpoint: Checkpoint, found: Mapping[str, Any]) -> None:
    """Refuse weights that are missing, left over or of another shape: the library fills gaps with random numbers."""
    reshaped = [str(key[0] if isinstance(key, tuple) else key) for key in found["mismatched_keys"]]
    differences = [
        listed("missing", sorted(found["missing_keys"])),
        listed("unexpected", sorted(found["unexpected_keys"])),
        listed("of another shape", sorted(reshaped)),
    ]
    if any(differences):
        msg = (
            f"checkpoint {checkpoint.name!r} does not fit architecture {checkpoint.arch!r}: "
            f"{'; '.join(filter(None, differences))}. Name the architecture that its config.json names."
        )
        raise CheckpointError(msg)


def processor_of(folder: Path, family: Family) -> Any:
    """Return what prepares a frame, as the folder says, else as the library does by default."""
    from transformers import AutoImageProcessor

    if not any((folder / name).is_file() for name in ("preprocessor_config.json", "processor_config.json")):
        return default_processor(family)
    with _quiet():
        return AutoImageProcessor.from_pretrained(folder, local_files_only=True)


def video_processor_of(folder: Path | None, family: Family) -> Any:
    """Return what prepares the frames of a video, as the folder says, else like `processor_of` for single frames."""
    import transformers

    names = ("video_preprocessor_config.json", "processor_config.json")
    if folder is not None and any((folder / name).is_file() for name in names):
        with _quiet():
            return transformers.AutoVideoProcessor.from_pretrained(folder, local_files_only=True)
    single = default_processor(family) if folder is None else processor_of(folder, family)
    size = {"height": single.size["height"], "width": single.size["width"]}
    colours = {"image_mean": single.image_mean, "image_std": single.image_std}
    return getattr(transformers, family.video)(size=size, **colours)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's bars and remarks off the terminal, and leave its settings as they were."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
