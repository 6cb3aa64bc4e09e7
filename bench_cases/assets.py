"""Downloads into the cache, checked by digest; the offline switch; unpacking of archives that are not trusted."""

from __future__ import annotations

from bench_cases._assets.digests import Digest, remembered
from bench_cases._assets.download import fetch, trust
from bench_cases._assets.notices import say
from bench_cases._assets.unpack import unpack

__all__ = ["Digest", "fetch", "remembered", "say", "trust", "unpack"]
