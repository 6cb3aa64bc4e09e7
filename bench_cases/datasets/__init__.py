"""Datasets: one public module a dataset or family, found by its ``DATASETS`` constant; file formats in ``_files``."""
