"""Names the plugin, and nothing else: ``pytest-benchmark compare`` imports this file as a plain module."""

pytest_plugins = ["bench_cases.pytest_plugin"]
