"""Statistics on plain numbers: one a file, none of which knows what a report is."""
