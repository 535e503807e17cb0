"""Verify and recover: damage anywhere is found, and costs the frames that it lies in."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.app import main
from pipeline.demo import SAMPLES
from pipeline.recorder.recording_notes import notes_of
from recordings.progress import unheard
from recordings.session.reader import SessionSource
from recordings.session.recover import Gap, recover, recovery_sentences
from recordings.session.salvage import salvaged
from recordings.session.verify import verify_session
from recordings.session.writer import SessionWriter
from tests.recording_frames import assert_same_depth, make_frames, make_header, read_all
from tests.unit.recordings.test_mcap_cut import CAMERA, N_FRAMES, chunks, frame_ends
from tracking.errors import SourceError, UsageError


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("session") / "session.mcap"
    with SessionWriter(path, make_header(CAMERA)) as writer:
        for frame in make_frames(N_FRAMES, CAMERA):
            writer.write(frame)
    return path


def with_bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_whole_session_is_verified_and_recovered_byte_by_byte(
    session: Path, tmp_path: Path
) -> None:
    found = verify_session(session, unheard)
    assert (found.is_whole, found.n_frames, found.order) == (True, N_FRAMES, ())
    assert found.n_left_out == 0
    done = recover(session, tmp_path / "out.mcap", unheard)
    assert (done.n_frames, done.gaps) == (N_FRAMES, ())
    before, after = (
        [m.frame for m in read_all(SessionSource(path))]
        for path in (session, tmp_path / "out.mcap")
    )
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old.depth_raw, new.depth_raw)
        assert (old.color_rgb is None) == (new.color_rgb is None)
        if old.color_rgb is not None and new.color_rgb is not None:
            assert np.array_equal(old.color_rgb, new.color_rgb)  # not encoded once more


@pytest.mark.parametrize("which", range(3))
def test_damage_in_a_chunk_costs_its_frames_and_no_others(
    session: Path, tmp_path: Path, which: int
) -> None:
    data = bytearray(session.read_bytes())
    start, end = chunks(bytes(data))[which]
    ends = frame_ends(bytes(data))
    data[(start + end) // 2] ^= 0x10
    damaged = with_bytes(tmp_path / "damaged.mcap", bytes(data))
    found = verify_session(damaged, unheard)
    assert "checksum" in found.damage
    done = recover(damaged, tmp_path / "out.mcap", unheard)
    starts = [CHUNKLESS, *ends[:-1]]
    touched = [k for k in range(N_FRAMES) if starts[k] < end and ends[k] > start]
    kept = [k for k in range(N_FRAMES) if k not in touched]
    assert done.n_frames == len(kept)
    [gap] = done.gaps
    assert gap.n_lost == len(touched)
    frames = read_all(source := SessionSource(tmp_path / "out.mcap"))
    assert source.damage is None
    expected = make_frames(N_FRAMES, CAMERA)
    assert [f.frame.frame_index for f in frames] == [expected[k].frame.frame_index for k in kept]
    for frame, k in zip(frames, kept, strict=True):
        assert_same_depth(frame, expected[k])
    note = json.loads(dict(source.header.embedded)["recovery.json"])
    assert note["gaps"][0]["n_lost"] == len(touched)
    assert verify_session(tmp_path / "out.mcap", unheard).is_whole
    assert recovery_sentences(source.header) == (
        f"This session was recovered from a damaged file; frames lost: {len(touched)}.",
    )
    assert notes_of(source.header) == recovery_sentences(source.header)


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ([None], "how much was lost is not known."),
        ([2, None], "frames lost: at least 2."),
        ([2, 3], "frames lost: 5."),
        (["x"], "how much was lost is not known."),
    ],
)
def test_a_recovered_session_says_what_is_known(lost: list[object], told: str) -> None:
    note = json.dumps({"gaps": [{"n_lost": n} for n in lost]})
    header = make_header(CAMERA).carrying("recovery.json", note).carrying("plan.toml", "")
    [sentence] = recovery_sentences(header)
    assert sentence.endswith(told)
    assert recovery_sentences(make_header(CAMERA)) == ()


CHUNKLESS = 0


def test_a_flipped_length_between_chunks_costs_nothing_behind_it(
    session: Path, tmp_path: Path
) -> None:
    data = bytearray(session.read_bytes())
    _, end = chunks(bytes(data))[0]
    data[end + 1] ^= 0x40  # length of the message index behind the first chunk
    damaged = with_bytes(tmp_path / "damaged.mcap", bytes(data))
    assert not verify_session(damaged, unheard).is_whole
    assert recover(damaged, tmp_path / "out.mcap", unheard).n_frames == N_FRAMES


def test_a_cut_session_gives_its_frames_and_says_that_the_rest_is_unknown(
    session: Path, tmp_path: Path
) -> None:
    data = session.read_bytes()
    cut = with_bytes(tmp_path / "cut.mcap", data[: frame_ends(data)[6] + 100])
    done = recover(cut, tmp_path / "out.mcap", unheard)
    assert done.n_frames == 7
    last = make_frames(7, CAMERA)[-1].frame.frame_index
    assert done.gaps == (Gap(last, None, None),)
    assert len(read_all(SessionSource(tmp_path / "out.mcap"))) == 7


def test_every_flipped_byte_is_found_by_verify(session: Path, tmp_path: Path) -> None:
    """Also where no frame lies: index, summary, footer."""
    data = session.read_bytes()
    rng = np.random.default_rng(3)
    behind = chunks(data)[-1][1]
    offsets = [*rng.integers(0, len(data), 20), *rng.integers(behind, len(data), 40)]
    for offset in offsets:
        flipped = bytearray(data)
        flipped[offset] ^= 1 << int(rng.integers(8))
        damaged = with_bytes(tmp_path / "damaged.mcap", bytes(flipped))
        try:
            assert not verify_session(damaged, unheard).is_whole, offset
        except SourceError:
            continue  # in the header


def test_what_is_put_behind_the_end_is_found(session: Path, tmp_path: Path) -> None:
    longer = with_bytes(tmp_path / "longer.mcap", session.read_bytes() + b"more")
    assert "end" in verify_session(longer, unheard).damage


def test_a_file_of_false_chunk_heads_ends_soon(session: Path, tmp_path: Path) -> None:
    """Heads inside one another, each announcing almost the whole file: no quadratic search."""
    data = bytearray(session.read_bytes())
    start, end = chunks(bytes(data))[0]
    data[start + 100] ^= 1
    for place in range(start + 200, end - 200, 60):
        length = end - place
        head = b"\x06" + length.to_bytes(8, "little") + bytes(16)
        size = (length - 40).to_bytes(8, "little")
        data[place : place + 49] = (
            head + size + zlib.crc32(b"x").to_bytes(4, "little") + bytes(4) + size
        )
    damaged = with_bytes(tmp_path / "damaged.mcap", bytes(data))
    found = verify_session(damaged, unheard)
    assert not found.is_whole


def test_the_commands(session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions", "verify", str(session)]) == 0
    assert "every checksum and hash matches" in capsys.readouterr().out
    data = bytearray(session.read_bytes())
    start, end = chunks(bytes(data))[1]
    data[(start + end) // 2] ^= 1
    damaged = str(with_bytes(tmp_path / "damaged.mcap", bytes(data)))
    assert main(["sessions", "verify", damaged, "--json"]) == 5
    told = json.loads(capsys.readouterr().out)
    assert told["is_whole"] is False
    assert told["recoverable"]["n_frames"] > told["n_frames"] > 0
    out = str(tmp_path / "out.mcap")
    assert main(["sessions", "recover", damaged, out]) == 0
    assert "lost:" in capsys.readouterr().out
    for command in ("verify", "info"):
        assert main(["sessions", command, out]) == 0
        assert "was recovered from a damaged file; frames lost:" in capsys.readouterr().out
    assert main(["sessions", "recover", damaged, out]) == 2  # never overwritten
    assert main(["sessions", "verify", str(tmp_path / "none.mcap")]) == 2


def test_a_file_without_a_whole_frame_is_refused(session: Path, tmp_path: Path) -> None:
    data = session.read_bytes()
    cut = with_bytes(tmp_path / "cut.mcap", data[: chunks(data)[0][0] + 60])
    with pytest.raises(SourceError, match="no whole frame"):
        recover(cut, tmp_path / "out.mcap", unheard)
    assert not (tmp_path / "out.mcap").exists()
    with pytest.raises(UsageError):
        recover(session, session, unheard)


def test_a_file_of_another_order_of_channels_is_recovered_by_its_own(tmp_path: Path) -> None:
    """The packaged sample was written before the picture's topic: its frames are channel 5."""
    data = bytearray((SAMPLES / "docking.mcap").read_bytes())
    data[60_000] ^= 1
    done = recover(
        with_bytes(tmp_path / "damaged.mcap", bytes(data)), tmp_path / "out.mcap", unheard
    )
    assert done.n_frames > 150


def test_whoever_interrupts_it_has_no_file_that_says_something_wrong(
    session: Path, tmp_path: Path
) -> None:
    n_told = 0

    def interrupted(_done: int, _total: int | None) -> None:
        nonlocal n_told
        n_told += 1
        if n_told > N_FRAMES + 2:  # all were counted, and two are written
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recover(session, tmp_path / "out.mcap", interrupted)
    assert n_told == N_FRAMES + 3
    assert list(tmp_path.iterdir()) == []
    assert recover(session, tmp_path / "out.mcap", unheard).n_frames == N_FRAMES


def test_a_session_that_changes_meanwhile_is_refused(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = list(salvaged(session, make_header(CAMERA)))
    passes = iter([whole, whole[:-1]])
    monkeypatch.setattr("recordings.session.recover.salvaged", lambda _p, _h: iter(next(passes)))
    with pytest.raises(SourceError, match="changed while it was read"):
        recover(session, tmp_path / "out.mcap", unheard)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_not_written_over(session: Path, tmp_path: Path) -> None:
    left = with_bytes(tmp_path / "out.mcap.partial", b"left")
    with pytest.raises(UsageError, match="cannot create") as refused:
        recover(session, tmp_path / "out.mcap", unheard)
    assert "remove it" in refused.value.remedy
    assert left.read_bytes() == b"left"
    assert list(tmp_path.iterdir()) == [left]


def test_numbers_that_are_left_out_and_orders_that_are_wrong_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "session.mcap"
    frames = make_frames(6, CAMERA)
    with SessionWriter(path, make_header(CAMERA)) as writer:
        for position in (0, 3, 5, 4):  # numbers 5, 8, 10, 9
            writer.write(frames[position])
    found = verify_session(path, unheard)
    assert (found.is_whole, found.n_frames, found.n_left_out) == (True, 4, 2)  # 6 and 7
    [line] = found.order
    assert line.startswith("frame 9 at ")
    assert main(["sessions", "verify", str(path)]) == 0
    told = capsys.readouterr().out
    assert "numbers      2 between lowest and highest have no frame\n" in told
    assert f"order        {line}\n" in told
