"""Sheets: the tables of a comparison, one a file, each a function from evidence to rows of plain values."""
