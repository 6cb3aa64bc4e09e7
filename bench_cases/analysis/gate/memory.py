"""Memory: the peak of the run as a share of the baseline's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.cases import CaseResult

_MIB = 2**20


def memory(
    run: Sequence[CaseResult], base: Sequence[CaseResult], config: GateConfig, *, label: Callable[[str], str] = str
) -> Iterator[Verdict]:
    """Yield a verdict for each dataset, model and place (process, device) whose peak is known.

    The peak of a process grows with all that ran before in it, so it is judged over whole runs alone: the greatest of
    all cases. That of a device is reset before each volume.
    """
    if config.memory_limit is None:
        return
    new, old = _peaks(run), _peaks(base)
    for key, before in old.items():
        *of, model = key if len(key) > 1 else (*key, "")
        subject = " ".join((*of, *([label(model)] if model else ())))
        after = new.get(key)
        if after is None:
            reason = "known of the baseline and not of the run; expected both"
            yield Verdict(outcome="undecided", kind="memory", subject=subject, reason=reason)
            continue
        share = after / before
        yield Verdict(
            outcome="pass" if share <= config.memory_limit else "regression",
            kind="memory",
            subject=subject,
            reason=f"{after / _MIB:,.0f} MiB, x {share:.3f} of {before / _MIB:,.0f}, limit x {config.memory_limit:g}",
        )


def _peaks(results: Sequence[CaseResult]) -> Mapping[tuple[str, ...], int]:
    peaks: dict[tuple[str, ...], int] = {}
    for result in results:
        for place, value in result.peak_memory_bytes.items():
            if value:
                key = (place,) if place == "process" else (place, result.case.dataset, result.case.model)
                peaks[key] = max(peaks.get(key, 0), value)
    return peaks
