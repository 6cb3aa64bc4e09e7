"""Downloads into the cache, checked by digest; the offline switch; unpacking of archives that are not trusted."""

from __future__ import annotations

from bench_cases._assets.digests import SHA256, Digest, remembered
from bench_cases._assets.download import fetch, trust
from bench_cases._assets.locks import only_one
from bench_cases._assets.notices import say
from bench_cases._assets.records import copy_whole, record
from bench_cases._assets.unpack import unpack

__all__ = [
    "SHA256",
    "Digest",
    "copy_whole",
    "fetch",
    "only_one",
    "record",
    "remembered",
    "say",
    "trust",
    "unpack",
]
