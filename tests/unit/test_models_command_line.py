"""A checkpoint on the command line: any source, any options, and the architecture read from the weights."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from bench_cases.contracts import LoadOptions
from bench_cases.errors import SelectionError
from bench_cases.models._guess import arch_of
from bench_cases.models.command_line import parse_checkpoint, parse_options
from bench_cases.models.loading import identity, load_model
from bench_cases.timing import Clock
from tests.model_examples import WithoutMemory, frame_of, load_untrained, prompt_of


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = load_untrained("sam2_micro").image.module.state_dict()  # type: ignore[union-attr]
    return found


def test_options_stand_behind_and_the_path_may_hold_commas_and_signs(tmp_path: Path) -> None:
    path = tmp_path / "a,b=c@d.pt"
    path.write_bytes(b"\0")
    plain = parse_checkpoint(f"mine={path}@sam2.1_tiny")
    assert (plain.file, plain.arch, plain.options) == (str(path), "sam2.1_tiny", LoadOptions())
    rich = parse_checkpoint(f"mine={path}@sam2.1_tiny,precision=bf16,compile=1,image_size=512,postprocessing=no,tf32=1")
    assert rich.options == LoadOptions(precision="bf16", compile=True, image_size=512, postprocessing=False, tf32=True)
    assert (rich.file, rich.arch) == (plain.file, plain.arch)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("presicion=bf16", "has the option 'presicion'; expected one each of precision, .* Did you mean 'precision'?"),
        ("precision=bf17", "has precision=bf17; expected one of fp32, bf16, fp16."),
        ("compile=maybe", "has compile=maybe; expected 1 or 0."),
        ("image_size=big", "has image_size=big; expected a number of pixels."),
        ("attention=flash", "has attention=flash; expected one of auto, math."),
        ("tf32=1,tf32=0", "gives twice the option 'tf32'; expected one each"),
    ],
)
def test_options_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(SelectionError, match=rf"checkpoint 'mine' {message}"):
        parse_options("mine", text)


def test_a_named_checkpoint_can_be_run_in_another_way() -> None:
    record = parse_checkpoint("math=sam2_micro,attention=math")
    assert (record.name, record.arch, record.options.attention) == ("math", "sam2_micro", "math")
    with pytest.raises(
        SelectionError, match=r"'large': weights of sam2.1_large are not downloaded .*: sambench fetch sam2"
    ):
        parse_checkpoint("large=sam2.1_large,precision=bf16")
    with pytest.raises(
        SelectionError, match=r"expected a file there. Check the path. Did you mean the checkpoint 'sam2_micro'?"
    ):
        parse_checkpoint("mine=sam2_mcro")


def test_an_id_of_the_hub_is_looked_up_and_never_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        SelectionError, match=r"no folder of that id in .*; nothing is downloaded from here; expected a file there"
    ):
        parse_checkpoint("mine=facebook/sam2.1-hiera-tiny")
    folder = tmp_path / "models--facebook--sam2.1-hiera-tiny" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "sam2_video"}')
    refs = folder.parents[1] / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc")
    found = parse_checkpoint("mine=facebook/sam2.1-hiera-tiny")
    assert (found.backend, found.arch, found.file) == ("transformers", "Sam2Video", str(folder))


def shapes_of(arch: str) -> dict[str, tuple[int, ...]]:
    from bench_cases.models import _sam2_build, segment_anything

    with WithoutMemory():
        module = segment_anything.build(arch) if arch.startswith("vit") else _sam2_build.build(arch)
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def test_the_architecture_is_read_from_names_and_shapes(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    save_file(state, tmp_path / "a.safetensors")
    torch.save({"model": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "b.pt")
    for name in ("a.safetensors", "b.pt"):
        assert parse_checkpoint(f"mine={tmp_path / name}").arch == "sam2_micro"
    tiny = {
        key: torch.empty(0).expand(*shape, 0)[..., 0] if 0 in shape else torch.zeros(1).expand(shape)
        for key, shape in shapes_of("sam2.1_tiny").items()
    }
    torch.save(dict(tiny.items()), tmp_path / "tiny.pth")
    found = parse_checkpoint(f"mine={tmp_path / 'tiny.pth'}")
    assert found.arch == "sam2.1_tiny"
    assert found.doubt == (
        "tiny.pth was taken for 'sam2.1_tiny', whose keys are not only its own. Give mine=tiny.pth@medsam2 if they are "
        "MedSAM2's, which works at 512 pixels."
    )
    assert parse_checkpoint(f"mine={tmp_path / 'tiny.pth'}@medsam2").doubt == ""


def test_what_stands_in_front_of_every_key_is_taken_off(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save({f"net.student.{key}": value for key, value in state.items()}, tmp_path / "c.pt")
    checkpoint = parse_checkpoint(f"mine={tmp_path / 'c.pt'}")
    assert (checkpoint.arch, checkpoint.doubt) == ("sam2_micro", "")
    loaded = load_model(checkpoint, device="cpu").image.module.state_dict()  # type: ignore[union-attr]
    assert all(torch.equal(loaded[key], value) for key, value in state.items())


def test_weights_beside_others_are_told_with_what_is_too_many(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    both = {f"{who}.{key}": value for who in ("student", "teacher") for key, value in state.items()}
    torch.save(both, tmp_path / "c.pt")
    with pytest.raises(SelectionError) as caught:
        parse_checkpoint(f"mine={tmp_path / 'c.pt'}")
    assert str(caught.value) == (
        f"checkpoint 'mine': c.pt does not say what it is ({len(state)} keys under 'student.' are near 'sam2_micro', "
        f"the other {len(state)}, first {', '.join(f'teacher.{key}' for key in list(state)[:3])}, are too many: save "
        "those alone); expected the architecture behind an '@', for instance mine=c.pt@sam2_micro. "
        "`sambench list architectures` shows all."
    )


def test_weights_that_are_mostly_those_of_an_architecture_are_told_by_share(
    state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    changed = {key: value for key, value in state.items() if "memory_attention" not in key}
    torch.save({**changed, "adapter.a": torch.zeros(1)}, tmp_path / "c.pt")
    share = len(changed) / (len(state) + 1)
    assert 0.5 < share < 1
    with pytest.raises(
        SelectionError, match=rf"\({share:.0%} of its keys are those of 'sam2_micro'\); .*mine=c.pt@sam2_micro\."
    ):
        parse_checkpoint(f"mine={tmp_path / 'c.pt'}")


def test_what_cannot_be_told_says_what_was_seen(tmp_path: Path) -> None:
    torch.save({"student.a": torch.zeros(1), "b": torch.zeros(1)}, tmp_path / "c.pt")
    message = r"c.pt does not say what it is \(2 keys, first student.a, b\); expected the architecture behind"
    with pytest.raises(SelectionError, match=message):
        parse_checkpoint(f"mine={tmp_path / 'c.pt'}")
    torch.save({"vision_encoder.a": torch.zeros(1)}, tmp_path / "d.pt")
    assert "give the folder" in arch_of(tmp_path / "d.pt").looks
    (tmp_path / "e.pt").write_text("<html>")
    with pytest.raises(SelectionError, match=r"e.pt is a web page"):
        parse_checkpoint(f"mine={tmp_path / 'e.pt'}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"epoch,loss\n1,0.5\n", "checkpoint 'mine': w.pt is a text file, not a checkpoint; it begins 'epoch,loss"),
        (
            b"<!DOCTYPE html>",
            "checkpoint 'mine': w.pt is a web page, not a checkpoint: the server returned an HTML page",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1",
            "checkpoint 'mine': w.pt is a Git LFS pointer, not the weights",
        ),
        (b"", "checkpoint 'mine': w.pt is empty; expected a checkpoint. Download it again."),
    ],
)
def test_what_is_no_checkpoint_is_refused_whatever_architecture_is_claimed(
    content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(SelectionError, match=re.escape(message)):
        parse_checkpoint(f"mine={tmp_path / 'w.pt'}@sam2_micro")


# ---------------------------------------------------------------- options at work


@pytest.fixture
def torch_as_it_was() -> Any:
    yield
    load_untrained("sam2_micro")  # each load sets every switch


def micro(tmp_path: Path, state: dict[str, torch.Tensor], options: str = "", **settings: Any) -> Any:
    path = tmp_path / "w.safetensors"
    if not path.exists():
        save_file(state, path)
    return load_model(parse_checkpoint(f"mine={path}@sam2_micro{options}"), device="cpu", **settings)


@pytest.mark.usefixtures("torch_as_it_was")
def test_options_are_recorded_and_part_of_identity(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    plain = micro(tmp_path, state)
    assert identity(plain) == identity(micro(tmp_path, state))
    seen = {identity(plain)}
    for options, setting, value in (
        (",precision=bf16", "precision", "bf16"),
        (",attention=math", "attention", "math"),
        (",compile=1", "compile", True),
        (",postprocessing=0", "apply_postprocessing", False),
        (",image_size=128", "image_size", 128),
    ):
        model = micro(tmp_path, state, options)
        assert model.settings[setting] == value != plain.settings[setting]
        seen.add(identity(model))
    deterministic = micro(tmp_path, state, deterministic=True)
    assert (deterministic.settings["deterministic"], deterministic.settings["attention"]) == (True, "math")
    seen.add(identity(deterministic))
    assert len(seen) == 7
    assert micro(tmp_path, state).settings["attention"] == plain.settings["attention"] != "math"


@pytest.mark.usefixtures("torch_as_it_was")
def test_deterministic_runs_are_equal_bit_for_bit(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    frames = [frame_of((160, 256), seed) for seed in range(3)]
    prompt = prompt_of("composite", (160, 256))
    runs = []
    for _ in range(2):
        model = micro(tmp_path, state, deterministic=True)
        embedding = model.image.embed(frames[0], clock=Clock())
        logits = model.image.decode(embedding, prompt, clock=Clock()).logits
        video = [model.video.encode(frame, clock=Clock()) for frame in frames]
        walked = list(model.video.propagate(video, {0: prompt}, size_yx=(160, 256), clock=Clock()))
        runs.append((logits, *(level for it in video for level in it.levels), [it.score for it in walked]))
    for one, other in zip(*runs, strict=True):
        assert torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


@pytest.mark.usefixtures("torch_as_it_was")
def test_a_compiled_encoder_gives_the_masks_of_the_plain_one(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    frame, prompt = frame_of((160, 256)), prompt_of("box", (160, 256))
    plain, compiled = micro(tmp_path, state), micro(tmp_path, state, ",compile=1")
    with torch.compiler.set_stance("force_eager"):  # the kernels are torch's affair, and take a compiler and minutes
        one, other = (
            it.image.predict(it.image.embed(frame, clock=Clock()), prompt, clock=Clock()) for it in (plain, compiled)
        )
    assert (one.mask_yx == other.mask_yx).all()
    assert compiled.image.module.image_encoder.forward is not type(compiled.image.module.image_encoder).forward


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs the compiler g++")
@pytest.mark.usefixtures("torch_as_it_was")
def test_an_encoder_that_is_compiled_for_real_gives_the_masks_of_the_plain_one(
    state: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "kernels"))  # nothing that was compiled before
    frame, prompt = frame_of((160, 256)), prompt_of("box", (160, 256))
    decoded = []
    for options in ("", ",compile=1"):
        image = micro(tmp_path, state, options).image
        decoded.append((image, image.decode(image.embed(frame, clock=Clock()), prompt, clock=Clock())))
    assert list((tmp_path / "kernels").rglob("*.so"))
    (_, plain), (_, compiled) = decoded
    torch.testing.assert_close(compiled.logits, plain.logits, atol=1e-3, rtol=1e-4)  # fused, sums in another order
    one, other = (image.mask_of(it, clock=Clock()).mask_yx for image, it in decoded)
    assert 0 < one.mean() < 1
    assert (one != other).mean() < 1e-3


def test_channels_last_lays_out_convolutions_alone_changes_no_mask_and_is_another_model(
    state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    frame, prompt = frame_of((160, 256)), prompt_of("box", (160, 256))
    plain, last = micro(tmp_path, state), micro(tmp_path, state, ",channels_last=1")
    assert (plain.settings.get("channels_last"), last.settings["channels_last"]) == (None, True)
    assert identity(plain) != identity(last)
    encoder = last.image.module.image_encoder
    laid_out = [it for it in encoder.modules() if isinstance(it, torch.nn.Conv2d) and it.kernel_size != (1, 1)]
    assert laid_out
    assert all(it.weight.is_contiguous(memory_format=torch.channels_last) for it in laid_out)
    assert encoder.trunk.pos_embed.is_contiguous()
    one, other = (it.image.decode(it.image.embed(frame, clock=Clock()), prompt, clock=Clock()) for it in (plain, last))
    torch.testing.assert_close(one.logits, other.logits, atol=1e-3, rtol=1e-4)  # sums in another order
    masks = [it.image.mask_of(of, clock=Clock()).mask_yx for it, of in ((plain, one), (last, other))]
    assert (masks[0] != masks[1]).mean() < 1e-3


def test_an_image_size_that_cannot_be_is_refused(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match=r"image_size=100 cannot be used with SAM 2; expected a multiple of 32"):
        micro(tmp_path, state, ",image_size=100")
    (tmp_path / "v.pt").write_bytes(b"\0")
    with pytest.raises(
        SelectionError, match=r"image_size=512, which architecture 'vit_b' does not have; expected only"
    ):
        load_model(parse_checkpoint(f"mine={tmp_path / 'v.pt'}@vit_b,image_size=512"), device="cpu")
