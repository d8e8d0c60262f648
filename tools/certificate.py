"""Make a self-signed certificate for the demo's names or a class's addresses, and keep it.

A deployment brings its own certificate, or leaves TLS to its proxy.
"""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("localhost", "demo.localhost", "*.demo.localhost", "127.0.0.1")
LIFETIME = datetime.timedelta(days=365)


def ensure(data_dir: Path, names: Sequence[str] = NAMES) -> tuple[Path, Path]:
    """Return the paths of certificate and key. A name may be an IP address.

    Make both anew if they are missing, about to expire, or for other names.
    """
    cert_path, key_path = data_dir / "tls-certificate.pem", data_dir / "tls-key.pem"
    if not key_path.exists() or not _is_fresh(cert_path, names):
        key = ec.generate_private_key(ec.SECP256R1())
        # PKCS#8 is the only form granian reads.
        _write(
            key_path,
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        _write(cert_path, _certificate(key, names).public_bytes(serialization.Encoding.PEM))
    return cert_path, key_path


def fingerprint(path: Path) -> str:
    """The SHA-256 of a certificate, as browsers show it."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _is_fresh(path: Path, names: Sequence[str]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    if list(extension.value) != _alternatives(names):
        return False
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return left > datetime.timedelta(days=7)


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _certificate(key: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gatehouse on this machine")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        # Not a certificate authority: whoever trusts it trusts these names and no others.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
