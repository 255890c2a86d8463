"""The command line, `contact-metrics`: one file a command.

Exit codes: 0 well, 1 failed, 2 wrong usage or configuration.
"""

_INTERRUPTED = 130


def main() -> None:
    """Run the command that was typed."""
    try:
        # It takes a while: Ctrl-C meanwhile is no error either.
        from service.cli.app import main as run
        from service.cli.ending import ending_at_once
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    with ending_at_once():
        run()
