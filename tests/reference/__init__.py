"""The contract once more, as plainly as possible: what the service is compared with.

Batch, quadratic, plain dicts and integers; it shares no code with the service. Where the two
differ, read the contract beside `facts.py`: this is the version meant to be read.
"""
