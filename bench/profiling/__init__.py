"""Where the time of an event goes."""
