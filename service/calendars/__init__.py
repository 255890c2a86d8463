"""Local time: when an office is open, and where the days of a place begin."""
