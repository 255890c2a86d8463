"""Feeds: what other systems publish, and the events that are made of it."""
