"""The goals of speed, a file each: how it is measured, and what it says.

Where a part of the service is measured alone, its file is also that program; it prints JSON.
"""
