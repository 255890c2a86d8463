"""The command line, `contact-metrics`: one file a command.

Exit codes: 0 well, 1 failed, 2 wrong usage or configuration.
"""

from service.cli.app import main

__all__ = ["main"]
