"""The two micro checkpoints: their architectures, the recipe that trained them on phantoms, their weights."""
