"""The gate: a run and its baseline go in, verdicts and an exit status come out."""
