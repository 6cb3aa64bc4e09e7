"""sambench: benchmark promptable segmentation models on medical volumes."""

__version__ = "0.1.0"
