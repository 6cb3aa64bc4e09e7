from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace

from bench_cases.pytest_plugin.progress import Progress


@dataclass
class Terminal:
    """What the progress display needs of pytest's terminal, and what was written to it."""

    isatty: bool
    written: list[str] = field(default_factory=list)
    fullwidth: int = 60

    @property
    def _tw(self):
        return self

    def write(self, text, *, flush):
        assert flush
        self.written.append(text)

    def line(self, text):
        self.written.append(text)


class Time:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def progress_on(terminal, clock, verbosity=0):
    plugins = {
        "terminalreporter": terminal,
        "capturemanager": SimpleNamespace(global_and_fixture_disabled=nullcontext),
    }
    config = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=plugins.get), get_verbosity=lambda: verbosity)
    return Progress(config, now=clock)  # type: ignore[arg-type]


def test_a_log_gets_a_line_every_half_minute():
    terminal, clock = Terminal(isatty=False), Time()
    tell = progress_on(terminal, clock).watch("set/volume model")
    for second in range(70):
        clock.seconds = second
        tell("propagate", second, 300)
    assert terminal.written == [
        "  ... set/volume model: propagate 31/300",
        "  ... set/volume model: propagate 61/300",
    ]


def test_a_terminal_gets_one_line_that_moves_and_is_wiped_at_the_end():
    terminal, clock = Terminal(isatty=True), Time()
    tell = progress_on(terminal, clock).watch("set/volume model")
    for done in range(4):
        clock.seconds += 0.15
        tell("embed", done, 4)
    assert terminal.written[0].startswith("\rset/volume model: embed 2/4")
    assert terminal.written[-1].strip() == ""
    assert all(len(text) <= 61 for text in terminal.written)


def test_a_quiet_run_is_told_nothing():
    terminal, clock = Terminal(isatty=True), Time()
    tell = progress_on(terminal, clock, verbosity=-1).watch("x")
    clock.seconds = 100
    tell("embed", 0, 1)
    assert terminal.written == []
