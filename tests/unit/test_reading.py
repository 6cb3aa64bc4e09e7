import threading
import tracemalloc

import numpy as np
import pytest

from bench_cases.cases import Case
from bench_cases.errors import DataError
from bench_cases.groups import Groups
from bench_cases.reading import Reader
from bench_cases.volume import Volume
from tests.fakes import BarDataset, BrightSegmenter, checkpoint, loaded
from tests.unit.test_runner import make_runner


def read(reader, name):
    """Return a volume that is there."""
    reading = reader.read(("bars", name))
    assert isinstance(reading.volume, Volume)
    return reading.volume


class Gated:
    """Reads volumes, and says who read which; a volume with a gate is ready only when that is opened."""

    def __init__(self, gates=(), broken=()):
        self.read: list[tuple[str, str]] = []
        self.begun = {name: threading.Event() for name in gates}
        self.gates = {name: threading.Event() for name in gates}
        self.broken = dict(broken)
        self._volumes = BarDataset()

    def load(self, dataset, volume_id):  # noqa: ARG002 - what Reader calls
        self.read.append((volume_id, threading.current_thread().name.partition("_")[0]))
        if volume_id in self.gates:
            self.begun[volume_id].set()
            assert self.gates[volume_id].wait(10)
        if volume_id in self.broken:
            raise self.broken[volume_id]
        return self._volumes.load(volume_id)


def test_the_next_volume_is_read_on_another_thread_while_this_one_is_in_use():
    source = Gated(gates=("b",))
    reader = Reader(load=source.load)
    assert reader.read(("bars", "a")).ahead is False
    reader.read_ahead(("bars", "b"))
    assert source.begun["b"].wait(10), "reading has begun, and this thread goes on"
    source.gates["b"].set()
    reading = reader.read(("bars", "b"))
    reader.abandon()
    assert (reading.key, reading.ahead, len(reading.read_s)) == (("bars", "b"), True, 1)
    assert isinstance(reading.volume, Volume)
    assert source.read == [("a", "MainThread"), ("b", "sambench-reader")]


def test_a_volume_that_was_read_ahead_in_vain_is_let_go_and_no_volume_is_read_twice():
    source = Gated()
    reader = Reader(load=source.load)
    reader.read_ahead(("bars", "b"))
    reader.read_ahead(("bars", "b"))
    assert read(reader, "c").id == "c"
    assert read(reader, "b").id == "b"
    reader.abandon()
    assert [name for name, _ in source.read] == ["b", "c"]


def test_what_is_wrong_with_a_volume_is_found_where_the_volume_is_asked_for():
    source = Gated(broken={"b": DataError("b.nii.gz is truncated."), "c": MemoryError("no room")})
    reader = Reader(load=source.load)
    for name in "bc":
        reader.read_ahead(("bars", name))
        assert read(reader, "a").id == "a"
        if name == "b":
            assert str(reader.read(("bars", "b")).volume) == "b.nii.gz is truncated."
        else:
            with pytest.raises(MemoryError, match="no room"):
                reader.read(("bars", "c"))
    reader.abandon()


def test_groups_know_their_cases_and_the_volume_after_them():
    cases = [Case("d", v, m, s) for m in ("one", "two") for v in ("a", "b") for s in ("every.box", "every.point")]
    groups = Groups.of(cases)
    assert groups.siblings(cases[3]) == cases[2:4]
    assert groups.siblings(Case("d", "z", "one", "every.box")) == [Case("d", "z", "one", "every.box")]
    assert [groups.volume_after(cases[place]) for place in (0, 2, 4, 6)] == [("d", "b"), ("d", "a"), ("d", "b"), None]
    alone = Groups.of([Case("d", "a", m, "every.box") for m in ("one", "two")])
    assert alone.volume_after(Case("d", "a", "one", "every.box")) is None


def test_a_runner_reads_ahead_when_told_to_unless_cases_are_isolated_and_masks_are_the_same():
    results = {}
    for ahead, isolated in ((False, False), (True, False), (True, True)):
        runner = make_runner(models=("one",), isolated=isolated)
        runner.read_ahead = ahead
        results[ahead, isolated] = [runner.outcome(case).result for case in runner.selection]
        runner.close()
    plain, early, alone = results.values()
    assert [it.digests for it in plain] == [it.digests for it in early] == [it.digests for it in alone]
    assert [it.details.get("read_ahead") for it in early] == [None] * 3 + [True] * 6
    assert not any("read_ahead" in it.details for it in (*plain, *alone))
    assert all(len(it.timings_s["read"]) == 1 for it in early)


def test_a_volume_that_cannot_be_read_ahead_is_the_error_of_its_own_cases():
    runner = make_runner(dataset=BarDataset(broken="b"), models=("one",))
    runner.read_ahead = True
    for case in runner.selection:
        if case.volume == "b":
            with pytest.raises(DataError, match=r"b.nii.gz is truncated.*Fetch it again"):
                runner.outcome(case)
        else:
            assert runner.outcome(case).result.scores.dice_nonempty > 0
    runner.close()


class ManyBars:
    """As many volumes as wanted, each of one megabyte, made when it is loaded."""

    name = "bars"
    info = BarDataset().info

    def __init__(self, count):
        self.ids = tuple(str(number) for number in range(count))

    def missing(self):
        return None

    def volume_ids(self):
        return self.ids

    def load(self, volume_id, target=None):  # noqa: ARG002 - the protocol
        image = np.zeros((4, 256, 256), np.int32)
        image[1:3, 100:200, 100 : 200 + int(volume_id)] = 200
        labels = (image > 0).astype(np.uint8)
        return Volume(dataset="bars", id=volume_id, image_zyx=image, labels_zyx=labels, modality="CT", target="bar")


def peak_bytes(volumes, *, read_ahead):
    dataset = ManyBars(volumes)
    cases = [Case("bars", name, "one", "every.box") for name in dataset.ids]
    runner = make_runner(dataset=dataset, models=("one",), cases=cases)
    runner.read_ahead = read_ahead
    runner.load_model = lambda it: loaded(BrightSegmenter(), it.name)
    runner.checkpoints = {"one": checkpoint("one")}
    tracemalloc.start()
    try:
        for case in cases:
            runner.outcome(case)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        runner.close()


@pytest.mark.parametrize("read_ahead", [False, True])
def test_the_peak_of_memory_does_not_grow_with_the_number_of_volumes(read_ahead):
    few, many = (peak_bytes(count, read_ahead=read_ahead) for count in (2, 20))
    one = 4 * 256 * 256 * 4
    assert few > one
    # Eighteen volumes more; what is read ahead coincides with what is computed more often, by less than one of them.
    assert many < few + one
