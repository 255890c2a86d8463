"""Prometheus rules made from the configuration: published indexes, and alerts on objectives.

Pure: definitions and objectives in, text out. ``contact-metrics rules`` writes the files.
"""
