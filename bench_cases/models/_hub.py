"""Folders of the Hugging Face hub: looked up in its cache without the network, downloaded only when asked to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from bench_cases.errors import AssetError
from bench_cases.locations import directory, offline

NEEDED: Final = ("*.json", "*.safetensors")
"""What is downloaded: descriptions and weights; never pickles, never code."""


def hub_cache() -> Path:
    """Return where the hub's own library keeps downloads: ``HF_HUB_CACHE``, else ``HF_HOME/hub``, else its default."""
    given = directory("HF_HUB_CACHE") or directory("HUGGINGFACE_HUB_CACHE")
    if given is not None:
        return given
    home = directory("HF_HOME")
    cache = directory("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return (cache / "huggingface" if home is None else home) / "hub"


def cached_folder(hub: str) -> Path | None:
    """Return the folder of ``owner/name[@revision]`` in the hub's cache, or None when it is not there.

    Without a revision it is the one that ``main`` was at the last download. The layout is that which huggingface_hub
    documents; its library is not imported, so that a list of models costs nothing.
    """
    name, _, revision = hub.partition("@")
    root = hub_cache() / f"models--{name.replace('/', '--')}"
    pointer = root / "refs" / (revision or "main")
    try:
        if pointer.is_file():
            revision = pointer.read_text(encoding="utf-8").strip()
        folder = root / "snapshots" / (revision or "none")
        return folder if (folder / "config.json").is_file() else None
    except (OSError, ValueError):  # a name that no disk can have, or what lies there is none of the hub's
        return None


def fetch_folder(hub: str, *, name: str, licence: str, force: bool = False) -> Path:
    """Return the folder of ``owner/name[@revision]``, downloading it if need be; its digest is trusted on first use.

    Parameters
    ----------
    force
        Download also what is there; the digest of before must hold.

    Raises
    ------
    AssetError
        Offline, without huggingface_hub, behind a gate, or when the download fails.
    """
    folder = cached_folder(hub)
    if folder is None or force:
        folder = _download(hub, name=name, licence=licence, force=force)
    from bench_cases.models._trust import check_or_trust

    check_or_trust(folder, lock_name=hub, published=None)
    return folder


def _download(hub: str, *, name: str, licence: str, force: bool) -> Path:
    repository, _, revision = hub.partition("@")
    page = f"https://huggingface.co/{repository}"
    if offline():
        msg = (
            f"{name} is not in {hub_cache()} and SAMBENCH_OFFLINE forbids downloads; expected a folder downloaded "
            f"earlier. Unset SAMBENCH_OFFLINE, or copy the folder of {page} here and give it with --sam-checkpoint."
        )
        raise AssetError(msg)
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        msg = (
            f"{name} comes from {page}, which needs huggingface_hub: pip install -e '.[transformers]' in the checkout."
        )
        raise AssetError(msg) from error
    from bench_cases.assets import say

    say(f"Downloading {repository} from {page} (licence: {licence})")
    try:
        wanted: dict[str, Any] = {"revision": revision or None, "allow_patterns": list(NEEDED), "force_download": force}
        return Path(snapshot_download(repository, **wanted))
    except Exception as error:
        kind = type(error).__name__
        gate = (
            f"it is behind a gate: accept its licence on {page}, then run 'hf auth login'"
            if kind == "GatedRepoError" or "401" in str(error) or "403" in str(error)
            else f"check the network and {page}"
        )
        msg = f"{name} could not be downloaded from {page} ({kind}); expected its folder. Perhaps {gate}."
        raise AssetError(msg) from error
