"""`contact-metrics health`: does the process of this configuration answer? For health checks."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Final

import typer

from service.cli.options import FAILED, ConfigFile, FeedsFile, load_or_exit

if TYPE_CHECKING:
    from service.settings.http import Http

_SECONDS: Final = 4.0
#: Whoever listens on every interface listens on this one.
_EVERY: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


def health(config: ConfigFile = None, feeds: FeedsFile = None) -> None:
    """Ask /healthz of the process that runs here with this configuration; exit code 0: it lives."""
    http = load_or_exit(config, feeds).http
    if http.port == 0:
        typer.echo("http.port is 0, any free one: name a port to ask", err=True)
        raise typer.Exit(FAILED)
    url = _url(http)
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS, context=_trusting()):  # noqa: S310
            return
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        typer.echo(f"{url} does not answer as it should: {reason}", err=True)
        raise typer.Exit(FAILED) from None


def _trusting() -> ssl.SSLContext:
    """The certificate is for the name that others call it by, not for this address."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _url(http: Http) -> str:
    host = _EVERY.get(http.host, f"[{http.host}]" if ":" in http.host else http.host)
    return f"{'https' if http.tls_cert_file else 'http'}://{host}:{http.port}/healthz"
