"""Events: what publishers say about contacts, typed, and the gate that refuses what is not one."""
