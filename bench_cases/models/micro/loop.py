"""The training loop: schedule, averaged weights, progress, checkpoints to resume from, exports."""

from __future__ import annotations

import copy
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench_cases.models.micro.focus import BROAD
from bench_cases.models.micro.train_image import StepResult
from bench_cases.models.micro.weights import export_weights

Step = Callable[[Any, np.random.Generator, float], StepResult]
"""``step(model, rng, progress)``: ``progress`` runs from 0 to 1."""

Check = Callable[[Any], float]
"""Held-out Dice of a model in evaluation mode."""

STATE = "state.pt"
PHASES = ("broad", "finish", "crops", "places")
WARM_UP_STEPS, WEIGHT_DECAY, CLIP = 100, 0.02, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """When to stop: after ``steps``, or after ``minutes`` of wall time summed over resumed runs."""

    steps: int | None
    minutes: float | None

    def progress(self, step: int, elapsed_s: float) -> float:
        """Return the share that is done, 0..1."""
        if self.steps is not None:
            return min(step / self.steps, 1.0)
        return min(elapsed_s / 60 / (self.minutes or 1.0), 1.0)


def learning_rate(step: int, progress: float, peak: float) -> float:
    """Linear warm-up, then a cosine to 1 % of the peak."""
    cosine = 0.5 * (1 + math.cos(math.pi * progress))
    return peak * min((step + 1) / WARM_UP_STEPS, 1.0) * (0.01 + 0.99 * cosine)


class Trainer:
    """Holds a model in training and everything needed to go on as if it had never stopped.

    Parameters
    ----------
    model
        A micro model.
    step
        One training step.
    out
        Folder for ``state.pt``, ``log.csv`` and the exported ``<name>.safetensors``.
    name
        ``sam_micro`` or ``sam2_micro``.
    seed
        Seeds the samples; the weights are seeded by the caller.
    peak_rate
        Learning rate at the start of the phase.
    check
        Scores the averaged weights whenever they are saved; None shows no held-out Dice.
    """

    def __init__(
        self,
        model: Any,
        step: Step,
        *,
        out: Path,
        name: str,
        seed: int,
        peak_rate: float = BROAD.peak_rate,
        check: Check | None = None,
    ) -> None:
        import torch

        self._model, self._step_fn, self._out, self._name = model, step, out, name
        self._check, self._peak_rate = check, peak_rate
        self._seed, self.phase = seed, "broad"
        self._optimizer = torch.optim.AdamW(
            model.parameters(), lr=peak_rate, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY
        )
        self._average = {key: value.detach().clone() for key, value in model.state_dict().items()}
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self.step, self.elapsed_s, self.cpu_s = 0, 0.0, 0.0
        out.mkdir(parents=True, exist_ok=True)

    def run(self, budget: Budget, *, save_every_s: float = 120.0, show_every_s: float = 20.0) -> None:
        """Train until the budget is spent; a state and an export are written every ``save_every_s``."""
        started, base = time.monotonic(), self.elapsed_s
        cpu_started, cpu_base = time.process_time(), self.cpu_s
        saved = shown = started
        losses: list[float] = []
        dices: list[float] = []
        while (progress := budget.progress(self.step, self.elapsed_s)) < 1:
            result = self._advance(progress)
            losses.append(float(result.loss.detach()))
            dices.append(result.dice)
            now = time.monotonic()
            self.elapsed_s = base + now - started
            self.cpu_s = cpu_base + time.process_time() - cpu_started
            if now - shown > show_every_s:
                self._show(losses, dices, progress)
                losses, dices, shown = [], [], now
            if now - saved > save_every_s:
                self.save()
                self._show_held_out()
                saved = now
        self.save()
        self._show_held_out()

    def _show_held_out(self) -> None:
        if self._check is None:
            return
        scored = copy.deepcopy(self._model)
        scored.load_state_dict(self._average)
        sys.stdout.write(f"{self._name} step {self.step} held-out Dice {self._check(scored.eval()):.4f}\n")
        sys.stdout.flush()

    def _advance(self, progress: float) -> StepResult:
        import torch

        rate = learning_rate(self.step, progress, self._peak_rate)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._model.train()
        result = self._step_fn(self._model, self._rng, progress)
        self._optimizer.zero_grad(set_to_none=True)
        result.loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), CLIP)
        self._optimizer.step()
        self.step += 1
        keep = min(0.998, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for key, value in self._model.state_dict().items():
                if value.dtype.is_floating_point:
                    self._average[key].lerp_(value, 1 - keep)
                else:
                    self._average[key].copy_(value)
        return result

    def _show(self, losses: list[float], dices: list[float], progress: float) -> None:
        left = self.elapsed_s / max(progress, 1e-6) * (1 - progress) / 60
        line = (
            f"{self._name} step {self.step} loss {np.mean(losses):.4f} Dice {np.mean(dices):.4f} "
            f"{self.elapsed_s / 60:.1f} min, {left:.1f} min left"
        )
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        with (self._out / "log.csv").open("a") as log:
            log.write(f"{self.step},{np.mean(losses):.5f},{np.mean(dices):.5f},{self.elapsed_s:.1f},{self.cpu_s:.1f}\n")

    def save(self) -> None:
        """Write the state to resume from, and the averaged weights as an export; both replace atomically."""
        import torch

        state = {
            "model": self._model.state_dict(),
            "average": self._average,
            "optimizer": self._optimizer.state_dict(),
            "rng": self._rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "phase": self.phase,
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "cpu_s": self.cpu_s,
        }
        draft = self._out / f"{STATE}.part"
        torch.save(state, draft)
        draft.replace(self._out / STATE)
        export_weights(self._average, self._out / f"{self._name}.safetensors")

    def begin(self, phase: str) -> None:
        """Begin a phase of `PHASES`, once: its own budget and its own samples, on the weights that are there."""
        if self.phase == phase:
            return
        self.phase, self.elapsed_s = phase, 0.0
        self._rng = np.random.Generator(np.random.PCG64([self._seed, PHASES.index(phase)]))

    def resume(self) -> bool:
        """Load ``state.pt`` if there is one; says whether there was."""
        import torch

        path = self._out / STATE
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        self._model.load_state_dict(state["model"])
        self._average = state["average"]
        self._optimizer.load_state_dict(state["optimizer"])
        self._rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])
        self.phase = state["phase"]
        self.step, self.elapsed_s, self.cpu_s = state["step"], state["elapsed_s"], state["cpu_s"]
        return True
