"""The formats in which foreign records are written: each from a record to a tree as of JSON."""
