"""Measured alone in a process: parts of the service, without a broker. Each prints JSON."""
