"""What a download says while it runs: licence, progress, warnings; all of it to standard error."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress


def say(text: str) -> None:
    """Print a line to standard error, without markup."""
    from rich.console import Console

    Console(stderr=True, soft_wrap=True).print(text, markup=False, highlight=False)


class DownloadBar:
    """A progress bar with the four names that pooch calls: ``total``, ``update``, ``reset``, ``close``."""

    def __init__(self, file_name: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(file_name, total=None)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away, also after an error."""
        self._progress.stop()

    @property
    def total(self) -> float | None:
        """Bytes to come; None or 0 where the server does not say."""
        return self._progress.tasks[0].total

    @total.setter
    def total(self, value: int) -> None:
        self._progress.update(self._task, total=value or None)

    def update(self, amount: int) -> None:
        """Count bytes that came."""
        self._progress.advance(self._task, amount)

    def reset(self) -> None:
        """Start counting anew, as pooch does at the end to fill the bar."""
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """Do nothing: the context manager ends the display."""
