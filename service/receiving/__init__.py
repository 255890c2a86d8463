"""Webhooks: HTTP in, one Kafka record a request, answered when Kafka has it."""
