"""Who may use which seeds: three ranges that never meet, so that no score is measured on training data."""

BENCHMARK_SEEDS = range(1_000)
"""The phantom datasets of the benchmark."""

TRAINING_SEEDS = range(10_000, 900_000)
"""What the micro checkpoints were trained on."""

HELD_OUT_SEEDS = range(900_000, 1_000_000)
"""What the scores on the model cards were measured on."""
