"""The engine: one pass over a volume serves every strategy asked of a model."""
