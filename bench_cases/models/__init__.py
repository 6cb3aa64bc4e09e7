"""Models: one file a library that adapts it, checkpoints as data, and the micro models with their recipe."""
