"""How fast the harness is against the libraries' own predictors used plainly, and what that costs in accuracy."""
