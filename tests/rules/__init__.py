"""Every rule of the contract once, by name: one list of cases, for the service and the reference.

The numbers are worked out by hand from the contract's words.
"""
