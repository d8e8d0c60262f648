"""Keys for the peers, kept beside their database."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def _kept(path: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    if not path.exists():
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return path.read_text()


def rsa_pem(folder: Path) -> str:
    return _kept(folder / "rsa.pem", rsa.generate_private_key(65537, 2048))


def ec_pems(folder: Path) -> tuple[str, str]:
    """A P-256 key: private and public."""
    private = _kept(folder / "ec.pem", ec.generate_private_key(ec.SECP256R1()))
    key = serialization.load_pem_private_key(private.encode(), None)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public.decode()
