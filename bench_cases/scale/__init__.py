"""Past one process: groups of cases that belong together, parts of a selection, and the parts brought together."""
