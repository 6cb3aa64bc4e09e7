"""Where prompts go and what they are: seeds, prompt rules (one file each), and the grammar that names strategies."""
