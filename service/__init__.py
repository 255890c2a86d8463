"""contact-metrics: how a contact centre treats its customers, live."""
