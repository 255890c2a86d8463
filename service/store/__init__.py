"""How a partition's state is kept: its changelog, what is not written yet, and for how long."""
