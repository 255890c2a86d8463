"""What the service is measured against, each written the way its own documentation shows.

Every file here is a program, run in a process of its own: BOOTSTRAP EVENTS SECONDS. It takes
events of the three topics until it has had so many, or for so long, and prints what it took as
JSON. They import nothing of the service.
"""
