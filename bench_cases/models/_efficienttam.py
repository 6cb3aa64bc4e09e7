"""EfficientTAM (Xiong et al. 2024): SAM 2 with a plain ViT in the place of its encoder, from its authors' own package.

The package, ``efficient_track_anything``, holds sam2's classes under names of its own, line for line but for the
encoder, the attention to the memory in the forms ``_1`` and ``_2``, and the finer levels of features, which it does
without. sam2's walks run on its networks as they are.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Final

from bench_cases.errors import SelectionError

CONFIGURATIONS: Final = {
    f"efficienttam_{size}{ours}": f"configs/efficienttam/efficienttam_{size}{theirs}.yaml"
    for size in ("s", "ti")
    for ours, theirs in (("", ""), ("_512", "_512x512"), ("_1", "_1"), ("_2", "_2"))
}
"""Architecture to configuration file inside the package. All forms of a size have weights of the same shapes."""

PACKAGE: Final = "efficient_track_anything"
LIBRARY: Final = f"{PACKAGE}.efficienttam_video_predictor"

# From a clone that stays, since a plain install leaves the configurations out; without its dependencies, since it pins
# old releases of what its demonstration needs, and its modules import nothing that sam2 does not. The package of nearly
# this name on the index is another: it installs itself as sam2.
INSTALL: Final = f"pip install --no-deps -e 'git+https://github.com/yformer/EfficientTAM.git#egg={PACKAGE}'"
REQUIRES: Final = f"{PACKAGE}: {INSTALL}"

OWN: Final = {
    "_target_": f"{LIBRARY}.EfficientTAMVideoPredictor",
    # The configurations compile the encoder; here that is the option `compile`, for every model alike.
    "compile_image_encoder": False,
}
"""What differs from the configuration as published."""


def configuration(arch: str) -> Any:
    """Read the configuration of an architecture from the package.

    Raises
    ------
    SelectionError
        When the package was installed without its configurations.
    """
    from omegaconf import OmegaConf

    folder = Path(importlib.import_module(PACKAGE).__path__[0])
    path = folder / CONFIGURATIONS[arch]
    if not path.is_file():
        msg = (
            f"the package {PACKAGE} in {folder} has no {CONFIGURATIONS[arch]}; expected the configurations of its "
            f"repository, which only an editable install keeps. Install it anew: {INSTALL}"
        )
        raise SelectionError(msg)
    return OmegaConf.load(path).model
