"""A believable contact centre, simulated event by event, and its publisher."""
