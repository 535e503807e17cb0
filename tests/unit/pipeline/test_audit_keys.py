"""Key files: who may read them, which are refused, and what they make."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pipeline.audit.key_files import (
    KeyPaths,
    load_pseudonym_key,
    load_public_key,
    load_signing_key,
    make_key_files,
)
from pipeline.audit.keys import KeyFormatError, PublicKey
from pipeline.audit.pseudonym import pseudonym
from tests.builders_audit import KEY, OTHER_KEY
from tracking.errors import ConfigurationError


@pytest.fixture
def paths(tmp_path: Path) -> KeyPaths:
    return make_key_files(tmp_path / "keys")[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_public_key_can_be_read_by_others(paths: KeyPaths) -> None:
    assert [mode(path) for path in (paths.private, paths.pseudonym)] == [0o600, 0o600]
    assert mode(paths.public) & 0o022 == 0
    assert load_signing_key(paths.private).public == load_public_key(paths.public)
    assert len(load_pseudonym_key(paths.pseudonym)) == 32


def test_keys_are_never_overwritten(paths: KeyPaths) -> None:
    before = paths.private.read_bytes()
    with pytest.raises(ConfigurationError, match="not overwritten"):
        make_key_files(paths.private.parent)
    assert paths.private.read_bytes() == before


@pytest.mark.parametrize("loose", [0o640, 0o604, 0o660, 0o602])
def test_a_private_key_that_others_may_touch_is_refused(paths: KeyPaths, loose: int) -> None:
    cases: tuple[tuple[Path, Callable[[Path], object]], ...] = (
        (paths.private, load_signing_key),
        (paths.pseudonym, load_pseudonym_key),
    )
    for path, load in cases:
        path.chmod(loose)
        with pytest.raises(ConfigurationError, match="others may read") as caught:
            load(path)
        assert caught.value.actual == f"mode {loose:04o}"


def refused_private(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        load_signing_key(path)


def test_other_files_and_other_keys_are_refused(tmp_path: Path, paths: KeyPaths) -> None:
    other = generate_private_key(SECP256R1())
    locked = load_pem_private_key(paths.private.read_bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
    )
    other_pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for data in (b"", b"\x00" * 50, paths.public.read_bytes(), other_pem, locked):
        refused_private(tmp_path, data)
    other_public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for data in (b"", b"-----BEGIN", paths.private.read_bytes(), other_public):
        (tmp_path / "public").write_bytes(data)
        with pytest.raises(ConfigurationError, match="cannot be used"):
            load_public_key(tmp_path / "public")


def test_a_missing_key_is_a_matter_of_configuration(tmp_path: Path) -> None:
    loads: tuple[Callable[[Path], object], ...] = (
        load_signing_key,
        load_public_key,
        load_pseudonym_key,
    )
    for load in loads:
        with pytest.raises(ConfigurationError, match="cannot be opened"):
            load(tmp_path / "none")


def test_a_signature_is_good_for_one_message_and_one_key() -> None:
    signature = KEY.sign(b"message")
    assert KEY.public.has_signed(b"message", signature)
    assert not KEY.public.has_signed(b"messagf", signature)
    assert not OTHER_KEY.public.has_signed(b"message", signature)
    for spelt in (
        signature.upper(),
        signature[:-1],
        signature + "0",
        " " + signature[1:],
        "g" * 128,
    ):
        assert not KEY.public.has_signed(b"message", spelt)


def test_a_public_key_has_one_spelling() -> None:
    text = KEY.public.raw.hex()
    assert PublicKey.from_hex(text) == KEY.public
    for spelt in (text.upper(), text[:-1], "g" * 64, ""):
        with pytest.raises(KeyFormatError):
            PublicKey.from_hex(spelt)


def test_a_pseudonym_needs_the_key() -> None:
    made = pseudonym("P-1", b"a" * 32)
    assert made == pseudonym("P-1", b"a" * 32)
    assert len({made, pseudonym("P-2", b"a" * 32), pseudonym("P-1", b"b" * 32)}) == 3
    assert "P-1" not in made
    with pytest.raises(ValueError, match="at least 32"):
        pseudonym("P-1", b"short")
