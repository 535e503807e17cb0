"""`sessions audit` on the command line: exit codes, what people and machines read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.audit.keys import SigningKey
from pipeline.cli.app import main
from tests.builders_audit import KEY, OTHER_KEY, Archive, new_archive

AUDIT = ["sessions", "audit"]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = new_archive(tmp_path)
    archive.write("s-1")
    archive.write("s-2")
    (tmp_path / "pub.pem").write_bytes(KEY.public.pem())
    key = tmp_path / "key.pem"
    key.touch(mode=0o600)
    key.write_bytes(KEY.pem())
    return archive


def run(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0
) -> tuple[str, str]:
    assert main([*AUDIT, *(str(argument) for argument in arguments)]) == code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.out, captured.err


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_the_way_of_a_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "key", "--out", tmp_path / "keys")
    run(capsys, "key", "--out", tmp_path / "keys", code=3)
    key = tmp_path / "keys" / "audit_key.pem"
    out, _ = run(capsys, "ledger", tmp_path / "ledger.jsonl", "--key", key)
    assert out.startswith("AUDIT HEAD")
    out, _ = run(capsys, "verify", tmp_path / "ledger.jsonl")
    assert "2 entries, 0 sessions" in out


def test_everything_at_hand_verifies_by_all_means(
    archive: Archive, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out, _ = run(capsys, "head", archive.path("s-1"))
    (tmp_path / "head.txt").write_text(out, encoding="utf-8")
    means: list[str | Path] = ["--public-key", tmp_path / "pub.pem", "--chain", archive.ledger.path]
    out, err = run(
        capsys, "verify", archive.path("s-1"), *means, "--head-file", tmp_path / "head.txt"
    )
    assert out.startswith("VERIFIED by all means")
    assert "NOT USED" not in out
    assert err == ""


def test_what_was_not_proven_is_said(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "verify", archive.path("s-1"))
    assert out.startswith("NO CHANGE FOUND by the means used")
    assert out.count("NOT USED") == 2
    assert "ledger ledger.jsonl" in out, "the archive's own is used without being asked for"
    out, _ = run(capsys, "verify", archive.path("s-1"), "--json")
    means = json.loads(out)["means"]
    assert [name for name, row in means.items() if not row["used"]] == [
        "public key",
        "printed head",
    ]


def test_the_archives_own_public_key_is_used(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = archive.folder / "keys"
    keys.mkdir()
    (keys / "audit_key.pub.pem").write_bytes(KEY.public.pem())
    for path in (archive.path("s-1"), archive.folder, archive.ledger.path):
        out, _ = run(capsys, "verify", path, "--json")
        assert json.loads(out)["means"]["public key"]["used"]
    (keys / "audit_key.pub.pem").write_bytes(OTHER_KEY.public.pem())
    for path in (archive.path("s-1"), archive.folder, archive.ledger.path):
        _, err = run(capsys, "verify", path, code=6)
        assert "found by: public key" in err
    (keys / "audit_key.pub.pem").write_text("no key")
    run(capsys, "verify", archive.path("s-1"), code=3)


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_a_replaced_file_is_found_by_the_ledger_beside_it(
    archive: Archive, capsys: pytest.CaptureFixture[str], tmp_path: Path, key: SigningKey
) -> None:
    other = new_archive(made(tmp_path / "other"))
    with other.open("s-1", key) as log:
        log.verdict(1, 1, "UNSURE", "READY", [])
    archive.path("s-1").write_bytes(other.path("s-1").read_bytes())
    _, err = run(capsys, "verify", archive.path("s-1"), code=6)
    assert "found by: ledger" in err


def test_a_lone_log_that_nobody_vouches_for_is_refused_unless_asked_for(
    archive: Archive, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lone = made(tmp_path / "lone") / archive.path("s-1").name
    lone.write_bytes(archive.path("s-1").read_bytes())
    out, err = run(capsys, "verify", lone, code=6)
    assert out.startswith("NO CHANGE FOUND, AND NOBODY VOUCHES FOR THE KEY")
    assert "nobody vouches" in err
    out, _ = run(capsys, "verify", lone, "--json", code=6)
    assert json.loads(out)["vouched_for"] is False
    run(capsys, "verify", lone, "--untrusted-key")
    run(capsys, "verify", lone, "--public-key", tmp_path / "pub.pem")
    run(capsys, "verify", lone, "--ledger", archive.ledger.path)
    head = json.loads(lone.read_bytes().splitlines()[-1])["hash"]
    run(capsys, "verify", lone, "--head", head)
    lone.write_bytes(lone.read_bytes().replace(b'"to":"HOLD"', b'"to":"FAULT"', 1))
    run(capsys, "verify", lone, "--untrusted-key", code=6)


def test_a_change_is_a_fault_that_names_line_and_means(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    path = archive.path("s-1")
    path.write_bytes(path.read_bytes().replace(b'"to":"HOLD"', b'"to":"FAULT"', 1))
    _, err = run(capsys, "verify", path, code=6)
    assert "line 3" in err
    assert "found by: hash chain" in err
    out, _ = run(capsys, "verify", path, "--json", code=6)
    (fault,) = json.loads(out)["faults"]
    assert (fault["line"], fault["found_by"]) == (3, "hash chain")
    run(capsys, "head", path, code=6)
    out, _ = run(capsys, "verify", archive.folder, code=6)
    assert "session s-2" in out  # one bad log does not hide the good ones


def test_a_file_that_cannot_be_read_is_a_source_error(
    archive: Archive, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for arguments in (
        ["verify", tmp_path / "none"],
        ["verify", archive.path("s-1"), "--chain", tmp_path / "none"],
        ["verify", "/dev/null"],
        ["head", tmp_path],
        ["show", tmp_path / "none"],
        ["verify", archive.path("s-1"), "--head-file", tmp_path],
    ):
        run(capsys, *arguments, code=5)
    run(capsys, "verify", archive.path("s-1"), "--public-key", tmp_path / "none", code=3)


def test_heads_that_make_no_sense_are_refused(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "verify", archive.path("s-1"), "--head", "12", code=2)
    run(capsys, "verify", archive.folder, "--head", "0" * 64, code=2)
    run(capsys, "verify", archive.path("s-1"), "--head", "0" * 64, code=6)


def test_a_newest_head_must_be_the_last(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    early = json.loads(archive.path("s-1").read_bytes().splitlines()[1])["hash"]
    run(capsys, "verify", archive.path("s-1"), "--head", early)
    run(capsys, "verify", archive.path("s-1"), "--head", early, "--head-is-last", code=6)


def test_a_crashed_log_is_sealed(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    path, key = archive.path("s-3"), archive.folder / "key.pem"
    ledger = archive.ledger.path.read_bytes()
    with archive.open("s-3"):
        opened = archive.ledger.path.read_bytes()
    assert opened != ledger
    archive.ledger.path.write_bytes(opened)  # as a crash leaves both: no end anywhere
    path.write_bytes(path.read_bytes()[:-700])
    _, err = run(capsys, "verify", path, code=6)
    assert "sessions audit seal" in err
    out, _ = run(capsys, "seal", path, "--key", key)
    assert "closed" in out
    out, _ = run(capsys, "verify", path)
    assert "resumed after a crash" in out
    run(capsys, "verify", archive.folder)


def test_a_cut_log_that_had_ended_is_not_sealed_into_a_whole_one(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = archive.path("s-1"), archive.folder / "key.pem"
    path.write_bytes(path.read_bytes()[:-700])
    run(capsys, "seal", path, "--key", key, code=6)
    run(capsys, "verify", path, code=6)


def test_show_filters_and_never_steers_the_terminal(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    with archive.open("s-3") as log:
        log.verdict(1, 1, "UNSURE", "HOLD", ["\x1b[2J\u202e"])
    out, _ = run(capsys, "show", archive.path("s-3"), "--kind", "verdict")
    assert "\\u001b[2J\\u202e" in out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 1
    out, _ = run(capsys, "show", archive.path("s-3"), "--json")
    assert out.encode() == archive.path("s-3").read_bytes()
    _, err = run(capsys, "show", archive.path("s-3"), "--kind", "nothing", code=2)
    assert "session_start" in err
