"""Agents: what is known of those who answer, and what it adds up to, for one partition of them."""
