"""The record of a contact, and the contacts beside it."""
