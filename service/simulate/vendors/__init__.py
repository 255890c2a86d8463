"""The simulated centre as if it had another system: what that one publishes of its contacts."""
