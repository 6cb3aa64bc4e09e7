"""From reports to verdicts: pairing by key, paired tests with the volume as the unit, tables."""
