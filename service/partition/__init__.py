"""One partition: what is known, kept, added up and shown, put together."""
