"""Training's encoder against the library's own: embeddings and gradients."""

from __future__ import annotations

import pytest
import torch

from bench_cases.models._devices import faster_in_bf16
from bench_cases.models.micro import quick_encoder
from bench_cases.models.micro.architectures import build_sam_micro
from bench_cases.models.micro.quick_encoder import encode


@pytest.fixture(scope="module")
def encoder() -> torch.nn.Module:
    """The micro SAM's, with tables of positions that are not zero as they are at birth."""
    torch.manual_seed(0)
    built: torch.nn.Module = build_sam_micro().image_encoder
    for name, weights in built.named_parameters():
        if "rel_pos" in name or name == "pos_embed":
            torch.nn.init.normal_(weights, std=0.2)
    return built


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    return torch.randn(2, 3, 384, 384, generator=torch.Generator().manual_seed(1))


def test_in_float32_it_gives_the_librarys_embedding_and_gradients(
    encoder: torch.nn.Module, pixels: torch.Tensor
) -> None:
    theirs, ours = encoder(pixels), encode(encoder, pixels, bf16=False)
    assert torch.allclose(ours, theirs, atol=1e-5)
    weights = [each for name, each in encoder.named_parameters() if "rel_pos" in name or "qkv.weight" in name]
    expected = torch.autograd.grad(theirs.square().mean(), weights)
    found = torch.autograd.grad(ours.square().mean(), weights)
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-5 * float(other.abs().max()) + 1e-8)


def test_in_bfloat16_it_is_as_near_as_eight_bits_are(encoder: torch.nn.Module, pixels: torch.Tensor) -> None:
    with torch.no_grad():
        theirs, ours = encoder(pixels), encode(encoder, pixels, bf16=True)
    assert ours.dtype == torch.float32
    assert 0 < float((ours - theirs).abs().mean()) < 0.02 * float(theirs.abs().mean())


@pytest.mark.parametrize("faster", [False, True])
def test_by_itself_it_takes_the_precision_that_is_faster_here(
    encoder: torch.nn.Module, pixels: torch.Tensor, monkeypatch: pytest.MonkeyPatch, *, faster: bool
) -> None:
    monkeypatch.setattr(quick_encoder, "faster_in_bf16", lambda device: faster and device == "cpu")
    with torch.no_grad():
        assert torch.equal(encode(encoder, pixels[:1]), encode(encoder, pixels[:1], bf16=faster))


def test_which_precision_is_faster_is_measured_once_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    faster_in_bf16.cache_clear()
    now = iter(float(second) for half in (1, 3) for _ in range(5) for second in (0, half))
    monkeypatch.setattr("bench_cases.models._devices.time.perf_counter", lambda: next(now))
    assert faster_in_bf16("cpu"), "bfloat16 is timed first: a second, against three"
    assert faster_in_bf16("cpu")
    faster_in_bf16.cache_clear()
