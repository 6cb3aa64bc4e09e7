"""Figures, one kind a file; each is a function from a study to the figures it can draw of it."""
