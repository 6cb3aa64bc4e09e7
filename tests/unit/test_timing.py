import pytest

from bench_cases.timing import Clock


class FakeDevice:
    """A clock and a device: work queued on it takes time only when somebody waits for it."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.queued_s = 0.0

    def now(self) -> float:
        return self.time_s

    def queue(self, seconds: float) -> None:
        self.queued_s += seconds

    def wait(self) -> None:
        self.time_s += self.queued_s
        self.queued_s = 0.0


def run_two_stages(clock, device):
    with clock.stage("embed"):
        device.queue(10.0)
    with clock.stage("predict"):
        device.queue(1.0)
        device.wait()  # copying a mask to the host waits for everything
    return clock.drain()


def test_queued_work_is_charged_to_the_stage_that_queued_it():
    device = FakeDevice()
    clock = Clock(synchronise=device.wait, now=device.now)
    assert run_two_stages(clock, device) == {"embed": [10.0], "predict": [1.0]}


def test_without_waiting_the_encoders_time_is_charged_to_the_prediction():
    """The published artefact: SAM 2's prediction seems ten times slower than it is."""
    device = FakeDevice()
    assert run_two_stages(Clock(now=device.now), device) == {"embed": [0.0], "predict": [11.0]}


def test_a_stage_that_fails_leaves_no_sample():
    clock = Clock()
    with pytest.raises(RuntimeError), clock.stage("embed"):
        raise RuntimeError
    assert clock.samples_s == {}


def test_draining_starts_afresh():
    clock = Clock()
    with clock.stage("read"):
        pass
    assert list(clock.drain()) == ["read"]
    assert clock.drain() == {}
