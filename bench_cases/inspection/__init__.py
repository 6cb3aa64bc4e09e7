"""Looking at data before they are trusted: what a folder holds, whether volumes are fit, how they look."""
