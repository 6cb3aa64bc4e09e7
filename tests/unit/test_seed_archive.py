import io
import zipfile

import pytest

from bench_cases.errors import SeedError
from bench_cases.seed_library import export_seed, import_seed
from bench_cases.seed_library._files import LARGEST, to_files
from tests.seed_examples import bar_seed


def zipped(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.fixture
def members():
    return list(to_files(bar_seed()).items())


@pytest.mark.parametrize("rule", ["composite", "mask", "boxes"])
def test_an_exported_seed_comes_back_and_may_take_another_name(tmp_path, rule):
    seed = bar_seed(rule=rule)
    given = export_seed(seed, tmp_path / "demo.seed.zip")
    assert given == "the archive shows one slice of bars/a slice 3 of 7, whose licence is: CC0"
    assert import_seed(tmp_path / "demo.seed.zip").digest() == seed.digest()
    assert import_seed(tmp_path / "demo.seed.zip", name="theirs").name == "theirs"


def test_equal_seeds_give_equal_archives_that_say_nothing_of_time_or_machine(tmp_path):
    for name in ("a.zip", "b.zip"):
        export_seed(bar_seed(), tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


def test_a_slice_of_ones_own_scans_leaves_only_when_that_is_said_to_be_fine(tmp_path):
    seed = bar_seed(own=True)
    with pytest.raises(SeedError, match=r"THE PIXELS OF ONE SLICE OF YOUR OWN SCANS .*say --yes if it may"):
        export_seed(seed, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()
    assert "YOUR OWN SCANS" in export_seed(seed, tmp_path / "x.zip", yes=True)
    assert import_seed(tmp_path / "x.zip").source.own


def test_an_archive_that_is_there_is_kept_unless_it_is_to_be_replaced(tmp_path):
    path = tmp_path / "demo.seed.zip"
    path.write_text("mine")
    with pytest.raises(SeedError, match=r"is there already; expected a new file"):
        export_seed(bar_seed(), path)
    assert path.read_text() == "mine"
    export_seed(bar_seed(), path, replace_file=True)
    assert import_seed(path).name == "demo"


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(SeedError, match=r"cannot be written .*Name another with --out"):
        export_seed(bar_seed(), tmp_path / "nowhere" / "x.zip")


@pytest.mark.parametrize(
    "name", ["../evil.png", "/etc/passwd", "demo/frame.png", "C:\\x", "__MACOSX/._frame.png", "x/"]
)
def test_a_member_that_no_seed_has_is_refused_and_nothing_is_written(tmp_path, members, name):
    path = zipped(tmp_path / "x.zip", [(name, b"x"), *members])
    with pytest.raises(SeedError, match=r"among its members; expected seed.json, frame.png and perhaps mask.png"):
        import_seed(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_member_that_comes_twice_is_refused(tmp_path, members):
    with pytest.raises(SeedError, match=r"'seed\.json' twice"):
        import_seed(zipped(tmp_path / "x.zip", [*members, members[0]]))


def test_more_members_than_a_seed_has_are_refused_before_they_are_listed(tmp_path):
    path = zipped(tmp_path / "x.zip", [(f"{number}", b"") for number in range(2000)])
    with pytest.raises(SeedError, match=r"lists 2000 members in .* bytes"):
        import_seed(path)


def test_a_table_of_contents_that_lies_about_its_length_is_refused(tmp_path):
    path = zipped(tmp_path / "x.zip", [(f"{number}", b"") for number in range(2000)])
    content = bytearray(path.read_bytes())
    content[-12:-10] = content[-14:-12] = (2).to_bytes(2, "little")  # of both counts
    path.write_bytes(content)
    with pytest.raises(SeedError, match=r"lists 2 members in .* bytes"):
        import_seed(path)


def test_a_member_that_is_missing_is_told(tmp_path, members):
    with pytest.raises(SeedError, match=r"has no frame\.png; expected seed\.json and frame\.png"):
        import_seed(zipped(tmp_path / "x.zip", members[:1]))


def test_a_bomb_is_read_up_to_its_bound_and_no_further(tmp_path, members):
    bomb = b"\0" * (LARGEST["seed.json"] + 1)
    path = zipped(tmp_path / "x.zip", [("seed.json", bomb), members[1]], compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10_000
    with pytest.raises(SeedError, match=r"seed.json unpacks to more than 1048576 bytes"):
        import_seed(path)


def test_methods_of_packing_that_an_export_does_not_use_are_refused(tmp_path, members):
    with pytest.raises(SeedError, match=r"packed with method 12; expected 0 or 8"):
        import_seed(zipped(tmp_path / "x.zip", members, compression=zipfile.ZIP_BZIP2))


def test_a_file_that_is_no_archive_cut_off_too_large_or_absent_is_refused(tmp_path, members):
    path = zipped(tmp_path / "x.zip", members)
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(SeedError, match=r"is no zip as `sambench seeds export` writes it, or is cut off"):
        import_seed(path)
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(SeedError, match=r"is no zip"):
        import_seed(path)
    with path.open("wb") as stream:
        stream.truncate(sum(LARGEST.values()) + 1)
    with pytest.raises(SeedError, match=r"has more than .* bytes"):
        import_seed(path)
    with pytest.raises(SeedError, match=r"cannot be read .*Check the name"):
        import_seed(tmp_path / "nowhere.zip")


def test_a_damaged_member_is_told_by_its_checksum(tmp_path, members):
    path = zipped(tmp_path / "x.zip", members)
    content = path.read_bytes()
    at = content.index(b"IDAT") + 8
    path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    with pytest.raises(SeedError, match=r"is damaged or locked .*CRC"):
        import_seed(path)


def test_an_archive_of_the_long_kind_is_refused(tmp_path, members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    content = stream.getvalue()
    locator = b"PK\x06\x07" + b"\0" * 16
    (tmp_path / "x.zip").write_bytes(content[:-22] + locator + content[-22:])
    with pytest.raises(SeedError, match=r"is no zip"):
        import_seed(tmp_path / "x.zip")
