import json
from dataclasses import replace

import numpy as np
import pytest

from bench_cases import locations
from bench_cases.errors import SeedError
from bench_cases.frames import FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.seed_library import Library, make_seed
from bench_cases.seed_library._files import from_files, to_files
from bench_cases.seed_library._png import from_png, to_png
from bench_cases.seed_library.picture import draw_seed
from bench_cases.seed_library.seed import Seed
from bench_cases.volume import Scanner, Window
from tests.fakes import bar_volume
from tests.seed_examples import RULES, bar_seed


@pytest.fixture
def library(tmp_path):
    return Library(folder=tmp_path / "seeds")


def assert_equal(one: Seed, other: Seed) -> None:
    np.testing.assert_array_equal(one.frame, other.frame)
    assert one.digest() == other.digest()
    assert one.prompt.to_json() == other.prompt.to_json()
    facts = ("name", "source", "modality", "target", "rule", "window", "scaling", "spacing_zyx_mm", "scanner")
    assert all(getattr(one, name) == getattr(other, name) for name in (*facts, "sambench", "created_utc"))


def test_a_seed_is_the_prepared_frame_with_the_prompt_that_strategies_draw_there():
    volume = bar_volume()
    seed = bar_seed(which="5", volume=volume)
    np.testing.assert_array_equal(seed.frame, FrameSequence(volume=volume)[5])
    assert seed.prompt.box_xyxy == (5.0, 4.0, 10.0, 7.0)
    assert str(seed.source) == "bars/a slice 5 of 7"
    assert (seed.rule, seed.modality, seed.target, seed.spacing_zyx_mm) == ("composite", "CT", "bar", (5.0, 1.0, 1.0))


@pytest.mark.parametrize(("which", "index"), [("middle", 3), ("centre", 3), ("edge", 1), ("largest", 3), ("4", 4)])
def test_a_slice_is_named_by_number_or_word(which, index):
    assert bar_seed(which=which).source.slice_index == index


def test_a_slice_is_counted_in_the_source_file_however_few_are_held():
    limited = bar_volume().limited(3)
    assert bar_seed(which="4", volume=limited).digest() == bar_seed(which="4").digest()


@pytest.mark.parametrize("which", ["0", "99"])
def test_a_slice_without_the_target_is_refused_with_those_that_have_it(which):
    with pytest.raises(SeedError, match=rf"--slice {which}: .* shows no bar.*slices 1 to 5 of 7 do\. Name another"):
        bar_seed(which=which)


@pytest.mark.parametrize("which", ["midle", "three", "-1", "1.5", "²"])
def test_another_word_for_a_slice_is_refused(which):
    with pytest.raises(SeedError, match=r"expected the number of a slice, or one of middle, centre, edge, largest"):
        bar_seed(which=which)


def test_a_constant_frame_is_refused():
    volume = bar_volume()
    flat = replace(volume, image_zyx=np.zeros_like(volume.image_zyx))
    with pytest.raises(SeedError, match=r"one grey value everywhere after windowing"):
        bar_seed(volume=flat)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a..b", "end.", "ü", "x" * 65, "a b", "a,b", "a=b"])
def test_a_name_that_would_lead_elsewhere_is_refused(name, library):
    with pytest.raises(SeedError, match=r"cannot name a seed; expected up to 64 letters"):
        make_seed(bar_volume(), RULES["composite"], name=name, licence="CC0", own=False)
    with pytest.raises(SeedError, match=r"cannot name a seed"):
        library.path(name)


def test_the_name_of_somebodys_own_volume_is_left_out_of_everything(library):
    seed = bar_seed(own=True, volume=replace(bar_volume(), id="Doe-Jane-1971"))
    folder = library.write(seed)
    assert seed.source.volume is None
    assert all(b"Doe" not in path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("rule", ["composite", "boxes", "mask", "point", "centroid+2neg", "mask-dilated3px"])
def test_a_seed_comes_back_as_it_was_stored(library, rule):
    seed = bar_seed(rule=rule, scanner=Scanner("SIEMENS", None), window=Window(-650, 1500))
    library.write(seed)
    assert_equal(library.read("demo"), seed)


def test_a_prompt_with_parts_comes_back():
    part = {"size_yx": (12, 16), "box_xyxy": (1.0, 1.0, 4.0, 4.0)}
    seed = bar_seed(prompt=Prompt(**part, apart=(Prompt(**part), Prompt(**part))))  # type: ignore[arg-type]
    files = to_files(seed)
    assert from_files(files.__getitem__, "x").prompt.n_boxes == 3


def test_what_is_on_disk_is_a_grey_png_and_a_readable_record(library):
    folder = library.write(bar_seed(rule="mask"))
    assert sorted(path.name for path in folder.iterdir()) == ["frame.png", "mask.png", "seed.json"]
    record = json.loads((folder / "seed.json").read_text())
    assert record["schema"] == {"name": "sambench-seed", "version": 1}
    assert record["source"]["slice"] == 3
    assert record["scanner"] is None
    assert record["prompt"]["mask"]["area_px"] == 40
    assert not [entry for entry in library.folder.iterdir() if entry.name.startswith(".")]


def test_a_taken_name_is_kept_unless_it_is_to_be_replaced(library):
    library.write(bar_seed())
    with pytest.raises(SeedError, match=r"there is a seed 'demo' in .* already; .* or say --replace"):
        library.write(bar_seed(which="4"))
    library.write(bar_seed(which="4"), replace=True)
    assert library.read("demo").source.slice_index == 4


def test_a_seed_that_is_not_there_is_told_with_the_nearest(library):
    library.write(bar_seed())
    with pytest.raises(SeedError, match=r"there is no seed 'dmo' in .*expected one of demo\. Did you mean 'demo'\?"):
        library.read("dmo")
    with pytest.raises(SeedError, match=r"expected one of none yet"):
        Library(folder=library.folder / "nowhere").read("demo")


def test_a_library_lists_good_seeds_and_says_what_is_wrong_with_others(library):
    library.write(bar_seed("good"))
    (library.write(bar_seed("bad")) / "frame.png").unlink()
    found = dict(library)
    assert isinstance(found["good"], Seed)
    assert str(found["bad"]) == ("seed bad: frame.png is not there; expected a file. Make or import the seed again.")


def test_a_folder_that_cannot_be_written_is_told_with_another_place(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SeedError, match=r"cannot be written .*--library, or set SAMBENCH_SEEDS"):
        Library(folder=tmp_path / "file" / "seeds").write(bar_seed())


def test_the_library_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("SAMBENCH_SEEDS", str(tmp_path))
    assert Library().folder == tmp_path
    monkeypatch.delenv("SAMBENCH_SEEDS")
    assert locations.seeds_dir().parts[-2:] == ("sambench", "seeds")


def test_a_renamed_folder_is_refused(library):
    library.write(bar_seed()).rename(library.folder / "other")
    with pytest.raises(SeedError, match=r"its record calls it 'demo'; expected one name"):
        library.read("other")


def edited(change):
    """Return the files of a seed after a change to its record."""
    files = to_files(bar_seed())
    record = json.loads(files["seed.json"])
    change(record)
    return {**files, "seed.json": json.dumps(record).encode()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda it: it.update(schema={"name": "x", "version": 1}), r"schema\.name is 'x'; expected one of"),
        (lambda it: it["schema"].update(version=2), "of schema version 2; expected 1. Update"),
        (lambda it: it["schema"].update(version=0), "schema.version is 0; expected a whole number from 1"),
        (lambda it: it.pop("target"), "lacks target"),
        (lambda it: it.update(extra=1), "has 'extra'"),
        (lambda it: it.update(target="\x1b[2Jlungs"), r"target is .*; expected up to 300 printable characters"),
        (lambda it: it.update(modality="C" * 301), "modality is .*; expected up to 300 printable"),
        (lambda it: it.update(name="../../x"), "'../../x' cannot name a seed"),
        (lambda it: it.update(scaling="none"), "scaling is 'none'; expected one of slice, volume"),
        (lambda it: it.update(created_utc="now"), "created_utc is 'now'; expected a time in ISO 8601"),
        (lambda it: it.update(window={"level": True, "width": 1}), "window.level is True; expected a finite number"),
        (lambda it: it.update(scanner={"manufacturer": "A", "model": "B", "serial": "1"}), "scanner has 'serial'"),
        (lambda it: it.update(spacing_zyx_mm=[1, 1]), r"spacing_zyx_mm is \[1, 1\]; expected a list of 3"),
        (lambda it: it.update(spacing_zyx_mm=[1, 1, 0]), "expected three lengths above 0"),
        (lambda it: it.update(source=[]), r"source is \[\]; expected an object"),
        (lambda it: it["source"].update(slice=-1), "source.slice is -1; expected a whole number"),
        (lambda it: it["source"].update(own="no"), "source.own is 'no'; expected true or false"),
        (lambda it: it["source"].update(slice_sha256="abc"), "slice_sha256 is 'abc'; expected 64 hex digits"),
        (lambda it: it["source"].update(patient="Doe"), "has 'patient'"),
        (lambda it: it["frame"].update(size_yx=[1 << 20, 1 << 20]), r"size_yx is \[1048576, .*expected height"),
        (lambda it: it["frame"].update(size_yx=[12, 17]), r"frame\.png is 12 x 16 pixels .*expected 12 x 17"),
        (lambda it: it["frame"].update(sha256="0" * 64), "the frame of .* has SHA-256"),
        (lambda it: it["prompt"].update(points_xy=[[1, 1]] * 1001), "points_xy is .*; expected a list of up to 1000"),
        (lambda it: it["prompt"]["points_xy"].__setitem__(0, [1, "x"]), r"points_xy.value is .*finite numbers"),
        (lambda it: it["prompt"]["labels"].__setitem__(0, True), "labels.value is True; expected a whole number"),
        (lambda it: it["prompt"].update(box_xyxy=[0, 0, 99, 3]), r"the prompt touches \(99.0, 3.0\), outside a frame"),
        (lambda it: it["prompt"].update(size_yx=[99, 99]), r"size_yx is \[99, 99\]; expected the size of the frame"),
        (lambda it: it["prompt"].update(apart=[{**it["prompt"], "apart": []}]), "expected no parts within parts"),
        (lambda it: it["prompt"]["points_xy"].__setitem__(0, [1, 1]), "the prompt of .* has SHA-256"),
    ],
)  # fmt: skip
def test_a_record_that_is_not_as_it_should_be_is_refused_in_one_sentence(change, message):
    with pytest.raises(SeedError, match=message):
        from_files(edited(change).__getitem__, "seed demo")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[]", "holds a list; expected a JSON object"),
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b'{"a": NaN}', "is no JSON .*a bare NaN"),
        (b"[" * 100_000, "is no JSON .*nested too deeply"),
        (b"1" * 5000, "is no JSON"),
    ],
)
def test_what_is_no_record_is_refused(content, message):
    with pytest.raises(SeedError, match=message):
        from_files({"seed.json": content}.__getitem__, "seed demo")


def picture_of(mode, size=(16, 12)):
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.new(mode, size).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no PNG"),
        (b"GIF89a" + b"\0" * 60, "is no PNG"),
        (picture_of("RGB"), "of 8 bits, colour type 2; expected 12 x 16 of 8 bits, grey"),
        (picture_of("I;16"), "of 16 bits, colour type 0"),
        (picture_of("L", (9, 9)), "9 x 9 pixels"),
        (to_png(np.zeros((12, 16), np.uint8))[:45], "truncated or damaged"),
    ],
)
def test_a_picture_that_is_not_the_frame_is_refused(content, message):
    with pytest.raises(SeedError, match=message):
        from_png(content, size_yx=(12, 16), where="seed demo: frame.png")


def test_a_size_that_the_header_lies_about_is_refused_before_a_pixel_is_allocated():
    honest = to_png(np.zeros((12, 16), np.uint8))
    huge = honest[:16] + (1 << 30).to_bytes(4, "big") * 2 + honest[24:]
    with pytest.raises(SeedError, match=r"1073741824 x 1073741824 pixels"):
        from_png(huge, size_yx=(12, 16), where="frame.png")


def test_a_mask_of_grey_values_is_refused():
    files = to_files(bar_seed(rule="mask"))
    files["mask.png"] = to_png(np.full((12, 16), 7, np.uint8))
    with pytest.raises(SeedError, match=r"has grey values; expected 0 and 255 only"):
        from_files(files.__getitem__, "seed demo")


def test_a_file_that_is_too_large_is_not_read_to_its_end(library):
    folder = library.write(bar_seed())
    with (folder / "seed.json").open("r+b") as stream:
        stream.truncate(10 << 20)
    with pytest.raises(SeedError, match=r"seed.json has more than 1048576 bytes"):
        library.read("demo")


def test_the_picture_shows_points_box_and_mask_in_their_places_and_colours():
    seed = bar_seed()
    picture = np.asarray(draw_seed(seed))
    scale = 896 / 16

    def at(x, y):
        return tuple(int(value) for value in picture[round((y + 0.5) * scale), round((x + 0.5) * scale)])

    (x, y), label = seed.prompt.points_xy[0], seed.prompt.labels[0]
    assert label == 1
    assert at(x, y) == (255, 255, 255)  # the cross
    assert at(x + 0.08, y + 0.08) == (0, 220, 90)
    negative = seed.prompt.points_xy[-1]
    assert at(negative[0], negative[1] + 0.12) == (255, 70, 70)
    assert seed.prompt.box_xyxy is not None
    x0, y0, _, _ = seed.prompt.box_xyxy
    assert tuple(picture[round(y0 * scale) - 2, round((x0 + 1) * scale)]) == (255, 200, 0)  # just outside its pixels
    masked = np.asarray(draw_seed(bar_seed(rule="mask")))[round(5.5 * scale), round(8.5 * scale)]
    assert masked[2] > masked[0]


def test_the_picture_of_a_large_frame_is_brought_down_and_captions_stay_inside():
    frame = np.repeat(np.arange(3000, dtype=np.uint16).astype(np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2)
    frame = np.repeat(frame, 40, axis=0)
    prompt = Prompt(size_yx=(40, 3000), points_xy=((5.0, 5.0),), labels=(1,))
    picture = draw_seed(bar_seed(frame=frame, prompt=prompt, target="lungs" * 60, scanner=Scanner("SIEMENS", "Avanto")))
    assert picture.width == 1400
    caption = np.asarray(picture)[-60:, -10:]
    assert (caption == caption[0, 0]).all()
