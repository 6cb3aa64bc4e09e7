"""The parts of `bench_cases.assets`."""
