"""What is known: the record of a contact, its life, and the contacts beside it."""
