"""How long does reading a scan take? A gzipped CT of 512 x 512 x 300, against inflating its bytes and nothing else."""

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench_cases.datasets._files import read_image

pytestmark = pytest.mark.speed

SHAPE_XYZ = (512, 512, 300)
MOST_TIME = 1.2
"""Times what the fastest library needs to inflate the file into memory."""
MOST_MEMORY = 1.5
"""Times the array."""


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A body in air with the noise of a scanner, which is what makes a CT hard to compress."""
    import nibabel as nib

    noise = np.random.default_rng(0).normal(0, 12, SHAPE_XYZ[:2]).astype(np.int16)
    x, y = np.ogrid[-1 : 1 : SHAPE_XYZ[0] * 1j, -1 : 1 : SHAPE_XYZ[1] * 1j]
    body = np.where(x**2 / 0.6 + y**2 / 0.35 < 1, 40, -1000).astype(np.int16) + noise
    voxels = np.stack([np.roll(body, 37 * z) for z in range(SHAPE_XYZ[2])], axis=-1)
    path = tmp_path_factory.mktemp("reading") / "ct.nii.gz"
    nib.save(nib.Nifti1Image(voxels, np.diag([0.7, 0.7, 1, 1])), path)
    return path


def inflaters(path: Path) -> dict[str, Callable[[], object]]:
    """Ways to have all bytes of a gzip file in memory: zlib and ISA-L, at once and as a stream."""
    from isal import igzip, isal_zlib

    packed = path.read_bytes()

    def stream(opened: Callable[[Path], gzip.GzipFile]) -> None:
        rest = memoryview(np.empty(352 + 2 * int(np.prod(SHAPE_XYZ)), np.uint8).data)
        with opened(path) as source:
            while got := source.readinto(rest[: 1 << 18]):
                rest = rest[got:]

    return {
        "zlib": lambda: zlib.decompress(packed, 31),
        "zlib, stream": lambda: stream(gzip.GzipFile),
        "isal": lambda: isal_zlib.decompress(packed, 31),
        "isal, stream": lambda: stream(igzip.IGzipFile),
    }


@pytest.mark.benchmark(group="reading: a gzipped CT of 512 x 512 x 300")
def test_reading_costs_little_more_than_inflating(benchmark: BenchmarkFixture, ct: Path) -> None:
    """Reading and all ways of inflating take turns in the same run, so that a busy machine slows all; the best of each.

    Time of this process on the processor, because the file is in memory and other work on the machine is not ours.
    """
    ways = inflaters(ct)
    spent_s: dict[str, list[float]] = {name: [] for name in (*ways, "read_image")}

    def one_round() -> None:
        for name, run in (*ways.items(), ("read_image", lambda: read_image(ct))):
            start = time.process_time()
            run()
            spent_s[name].append(time.process_time() - start)

    benchmark.pedantic(one_round, rounds=5, warmup_rounds=1)
    best_s = {name: min(times) for name, times in spent_s.items()}
    fastest = min(ways, key=lambda name: best_s[name])
    ratio = best_s["read_image"] / best_s[fastest]
    benchmark.extra_info.update(ratio=ratio, fastest=fastest, best_s=best_s)
    assert ratio < MOST_TIME, f"reading costs {ratio:.2f} times inflating with {fastest}; all in s: {best_s}"


@pytest.mark.benchmark(group="reading: peak memory")
def test_reading_needs_little_more_memory_than_the_array(benchmark: BenchmarkFixture, ct: Path) -> None:
    """Peak of what Python and numpy allocate while reading, over the bytes of the array."""
    read_image(ct)  # imports what it needs

    def peak() -> float:
        tracemalloc.start()
        try:
            array = read_image(ct).array_zyx
            return tracemalloc.get_traced_memory()[1] / array.nbytes
        finally:
            tracemalloc.stop()

    ratio = benchmark.pedantic(peak, rounds=1)
    benchmark.extra_info["ratio"] = ratio
    assert ratio < MOST_MEMORY, f"reading needs {ratio:.2f} times the array"
