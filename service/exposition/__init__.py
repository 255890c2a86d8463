"""All that touches HTTP: the Prometheus page, health, the summary and the live page."""
