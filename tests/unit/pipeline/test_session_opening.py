from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.audit.archive import load_ledger
from pipeline.audit.key_files import PRIVATE_NAME, load_public_key
from pipeline.audit.naming import KEYS_NAME, LEDGER_NAME, check_session_id
from pipeline.session.opening import new_session_id, open_archive
from tracking.errors import ConfigurationError

NOW = datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC)


class TestArchive:
    @pytest.mark.parametrize("exists", [True, False])
    def test_a_new_or_empty_folder_gets_a_key_and_a_ledger_signed_by_it(
        self, tmp_path: Path, *, exists: bool
    ) -> None:
        folder = tmp_path / "archive"
        if exists:
            folder.mkdir()
        key, ledger = open_archive(folder)
        ledger.opened("session-1")
        public = load_public_key(folder / KEYS_NAME / "audit_key.pub.pem")
        assert public.raw == key.public.raw
        view = load_ledger(folder / LEDGER_NAME, [public])
        assert list(view.sessions) == ["session-1"]
        mode = stat.S_IMODE((folder / KEYS_NAME / PRIVATE_NAME).stat().st_mode)
        assert mode == 0o600

    def test_an_old_one_keeps_its_key_and_its_ledger_goes_on(self, tmp_path: Path) -> None:
        first, ledger = open_archive(tmp_path)
        ledger.opened("session-1")
        again, ledger = open_archive(tmp_path)
        ledger.opened("session-2")
        assert again.public.raw == first.public.raw
        view = load_ledger(tmp_path / LEDGER_NAME, [first.public])
        assert list(view.sessions) == ["session-1", "session-2"]

    def test_an_old_one_without_its_key_is_refused_and_left_as_it_was(self, tmp_path: Path) -> None:
        open_archive(tmp_path)
        (tmp_path / KEYS_NAME / PRIVATE_NAME).unlink()
        before = sorted(tmp_path.rglob("*"))
        text = (tmp_path / LEDGER_NAME).read_bytes()
        with pytest.raises(ConfigurationError, match="the key that signs it is missing") as caught:
            open_archive(tmp_path)
        assert str(tmp_path / KEYS_NAME / PRIVATE_NAME) in str(caught.value)
        assert sorted(tmp_path.rglob("*")) == before
        assert (tmp_path / LEDGER_NAME).read_bytes() == text

    def test_a_folder_of_something_else_never_becomes_an_archive(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("not ours")
        with pytest.raises(ConfigurationError, match="empty folder"):
            open_archive(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

    def test_an_old_one_without_its_ledger_opens_no_session(self, tmp_path: Path) -> None:
        open_archive(tmp_path)
        (tmp_path / LEDGER_NAME).unlink()
        _, ledger = open_archive(tmp_path)
        with pytest.raises(ConfigurationError, match="there is none"):
            ledger.opened("session-1")

    def test_a_key_that_others_may_read_is_refused(self, tmp_path: Path) -> None:
        open_archive(tmp_path)
        (tmp_path / KEYS_NAME / PRIVATE_NAME).chmod(0o644)
        with pytest.raises(ConfigurationError, match="others may read"):
            open_archive(tmp_path)


class TestSessionId:
    def test_ids_sort_by_time(self) -> None:
        steps_s = (1, 60, 3_600, 86_400, 86_400 * 40, 86_400 * 400)
        ids = [new_session_id(NOW), *(new_session_id(NOW + timedelta(seconds=s)) for s in steps_s)]
        assert sorted(ids) == ids

    def test_two_of_the_same_second_differ_and_all_can_name_a_log(self) -> None:
        ids = {new_session_id(NOW) for _ in range(20)}
        assert len(ids) == 20
        for each in ids:
            check_session_id(each)
