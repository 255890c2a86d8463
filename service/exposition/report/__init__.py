"""The page of a file of events: its numbers, and the page that shows them without a server."""
