"""Seeds made from scans that nobody here made: stored, handed on and drawn, for every prompt rule."""

from __future__ import annotations

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.datasets.folder import FolderDataset
from bench_cases.seed_library import Library, export_seed, import_seed, make_seed
from bench_cases.seed_library.picture import draw_seed
from tests.real.real_data import SETS, real_data


@pytest.mark.parametrize("name", SETS)
def test_a_seed_of_every_rule_survives_the_library_and_an_archive(name, tmp_path):
    config = tmp_path / "set.toml"
    config.write_text(f'root = "{real_data(name)}"\n{SETS[name]}', encoding="utf-8")
    dataset = FolderDataset.from_directory("real", config)
    volume = dataset.load(next(iter(dataset.volume_ids())))
    library = Library(folder=tmp_path / "library")
    rules = registry.prompt_rules()
    for rule in rules:
        seed = make_seed(volume, rules[rule], name=rule, which="largest", licence="", own=True)
        library.write(seed)
        archive = tmp_path / f"{rule}.seed.zip"
        export_seed(library.read(rule), archive, yes=True)
        theirs = import_seed(archive)
        assert (theirs.digest(), theirs.source) == (seed.digest(), seed.source)
        assert theirs.source.volume is None
        assert np.asarray(draw_seed(seed)).std() > 0
    assert library.names() == sorted(rules)
