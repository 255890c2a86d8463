"""The gate for events: what it takes, what it refuses and why."""
