"""Outcomes: what is known of one contact's verdicts, told contact by contact."""
