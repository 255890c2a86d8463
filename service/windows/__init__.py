"""Event time: a partition's clock, sliding windows, and what takes effect later."""
