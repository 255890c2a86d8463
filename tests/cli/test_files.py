"""Each file that the settings name, spoiled in each way: one line names the setting and why."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from service.cli.files import UnusableFileError, require_files
from service.settings import Settings
from service.settings.http import Http
from service.settings.kafka import Kafka
from tests.brokers.certificates import make_certificates
from tests.cli.program import run


def _make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _write(file: Path, text: str) -> None:
    file.write_text(text)


#: How a file can be spoiled, and what is said of it.
_SPOILED: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "missing": (lambda file: file.unlink(), "No such file"),
    "a folder": (_make_folder, "Is a directory"),
    "empty": (lambda file: _write(file, ""), "no certificate|no private key|is empty"),
    "no PEM": (lambda file: _write(file, "hello"), "no certificate|no private key"),
    "broken PEM": (
        lambda file: _write(
            file,
            "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"
            "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n",
        ),
        "no certificate|not valid PEM",
    ),
}
_NAMES: Final = ("tls_ca_file", "tls_cert_file", "tls_key_file", "oauth_token_file")


@pytest.fixture
def kafka(tmp_path: Path) -> Kafka:
    """Every file there is, and all of them good."""
    made = make_certificates(tmp_path)
    files = {name: tmp_path / name for name in _NAMES}
    files["tls_ca_file"].write_bytes(made.authority.read_bytes())
    for name in ("tls_cert_file", "tls_key_file"):
        files[name].write_bytes(made.key_and_chain.read_bytes())
    files["oauth_token_file"].write_text("token")
    return Kafka(tls=True, sasl_mechanism="OAUTHBEARER", **files)


def test_good_files_are_taken(kafka: Kafka) -> None:
    http = Http(tls_cert_file=kafka.tls_cert_file, tls_key_file=kafka.tls_key_file)
    require_files(Settings(kafka=kafka, http=http), "kafka", "http")


@pytest.mark.parametrize(
    ("name", "way"),
    # A token has no form of its own.
    [
        (name, way)
        for name in _NAMES
        for way in _SPOILED
        if name != "oauth_token_file" or "PEM" not in way
    ],
)
def test_a_spoiled_file_is_named_with_what_is_wrong(kafka: Kafka, name: str, way: str) -> None:
    spoil, told = _SPOILED[way]
    file = getattr(kafka, name)
    spoil(file)
    with pytest.raises(UnusableFileError, match=told) as caught:
        require_files(Settings(kafka=kafka), "kafka")
    assert f"kafka.{name} {file}" in str(caught.value)


def test_a_key_of_another_certificate_is_told(kafka: Kafka, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert kafka.tls_key_file is not None
    kafka.tls_key_file.write_bytes(make_certificates(other).key_and_chain.read_bytes())
    with pytest.raises(UnusableFileError, match="not that of the certificate"):
        require_files(Settings(kafka=kafka), "kafka")


def test_an_encrypted_key_is_told_instead_of_asking_the_terminal(kafka: Kafka) -> None:
    file = kafka.tls_key_file
    assert file is not None
    command = ["openssl", "pkcs8", "-topk8", "-in", str(file), "-passout", "pass:x"]
    encrypted = subprocess.run(command, capture_output=True, check=True).stdout
    file.write_bytes(encrypted)
    with pytest.raises(UnusableFileError, match="encrypted: store it without a passphrase"):
        require_files(Settings(kafka=kafka), "kafka")


@pytest.mark.parametrize("command", ["run", "check", "simulate"])
def test_each_command_ends_with_the_name_of_a_file_that_is_missing(
    tmp_path: Path, command: str
) -> None:
    settings = {"KAFKA__TLS": "true", "KAFKA__TLS_CA_FILE": "absent.pem"}
    code, output, errors = run(command, cwd=tmp_path, settings=settings)
    assert code == 1
    assert "kafka.tls_ca_file absent.pem cannot be read: No such file" in output + errors


#: Of each file that the settings can name, the setting; but for look-up tables.
_EVERY_FILE: Final = {
    "kafka": ("tls_ca_file", "tls_cert_file", "tls_key_file", "oauth_token_file"),
    "http": ("tls_cert_file", "tls_key_file", "peers_ca_file"),
    "receive": ("tls_cert_file", "tls_key_file"),
    "registry": ("tls_ca_file",),
}
_BESIDE: Final = {
    "KAFKA__TLS": "true",
    "KAFKA__SASL_MECHANISM": "OAUTHBEARER",
    "REGISTRY__URL": "https://registry",
    "RECEIVE__WEBHOOKS__CRM__TOPIC": "crm",
    "RECEIVE__WEBHOOKS__CRM__SIGNATURE": "none",
}


@pytest.mark.parametrize(
    ("command", "sections"),
    [
        ("run", ("kafka", "http", "registry")),
        ("check", ("kafka", "http", "receive", "registry")),
        ("receive", ("kafka", "http", "receive")),
        ("simulate", ("kafka",)),
    ],
)
def test_of_several_files_that_are_missing_all_are_named_at_once(
    tmp_path: Path, command: str, sections: tuple[str, ...]
) -> None:
    named = {
        f"{section}.{name}": f"absent/{section}-{name}"
        for section, names in _EVERY_FILE.items()
        for name in names
    }
    settings = {name.replace(".", "__").upper(): file for name, file in named.items()}
    code, _, errors = run(command, cwd=tmp_path, settings={**_BESIDE, **settings})
    assert code == 1
    for name, file in named.items():
        told = f"  {name} {file} cannot be read: No such file"
        assert (told in errors) == name.startswith(sections), errors
