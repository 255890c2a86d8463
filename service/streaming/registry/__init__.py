"""A schema registry: what the bytes of a record mean that carry the id of their schema."""
