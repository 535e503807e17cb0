"""The display beside a session: it dies, hangs, falls silent, comes back; nobody waits."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect
from websockets.typing import Origin

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.display_settings import DisplaySettings
from pipeline.config.load import load_config
from pipeline.display import opening
from pipeline.display import serving as serving_module
from pipeline.display.listening import Listening
from pipeline.display.publisher import Publisher
from pipeline.display.serving import BACK, LOST, DisplayServer, Place, serving
from pipeline.display.start import Start
from pipeline.replay import replay
from pipeline.request import RunRequest
from pipeline.say import Say
from pipeline.sinks.sink import FrameResult, RunContext
from recordings.opening import open_source
from recordings.session.writer import SessionWriter
from tests.builders_results import make_context, make_result
from tests.display_parts import (
    AGE_MS,
    PATIENCE_S,
    VIEWER_TOKEN,
    At,
    Client,
    Stage,
    closing,
    make_page,
    small_result,
    staged,
)
from tests.shell_parts import Around
from tracking.errors import ConfigurationError
from tracking.reasons import Reason

SAMPLES = Path(__file__).resolve().parents[2] / "recordings" / "samples"
EMIT_MS = 5.0
CONSOLE = "cd" * 32


def until(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def until_said(stage: Stage, what: str, times: int) -> None:
    until(lambda: stage.said.count(what) == times)


@pytest.mark.slow
def test_a_server_that_dies_hangs_or_hears_nothing(tmp_path: Path) -> None:
    """Killed and stopped it is started again, and clients come back; silence and end are told."""
    with staged(tmp_path) as stage:
        with stage.playing(small_result()):
            for n_before, deadly in ((1, signal.SIGKILL), (2, signal.SIGSTOP)):
                with Client(stage) as client:
                    first = client.frame()[0]["sequence"]
                    os.kill(stage.server.process_id, deadly)
                    until_said(stage, BACK, n_before)
                with Client(stage) as again:  # the same address, the same token
                    assert again.frame()[0]["sequence"] > first
                assert stage.said.count(LOST) == n_before
        assert stage.server.n_starts == 3
        assert sorted(stage.emit_s)[len(stage.emit_s) // 2] * 1e3 < EMIT_MS
        with Client(stage) as client:
            client.told("hello")
            with stage.playing(small_result()):
                client.frame()
            client.told("session_lost")
            with stage.playing(small_result()):
                client.frame()  # the silence is over
            stage.publisher.close()
            client.told("session_lost")
            closing(client.socket)
        assert stage.said.count(LOST) == 2


def test_a_server_that_never_comes_up_is_tried_again_and_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the project is not, its process dies at once."""
    monkeypatch.setattr(serving_module, "ROOT", tmp_path)
    context = make_context()
    publisher = Publisher(context, lambda _result: AGE_MS)
    page = make_page(tmp_path / "page")
    said: list[str] = []
    with serving(DisplaySettings(), context, publisher, said.append, page=page) as server:
        until(lambda: server.n_starts >= 2)
        publisher.emit(small_result())
        assert LOST in said
        assert BACK not in said
        assert not publisher.is_attached
    assert publisher.is_closed


def test_without_a_page_nothing_is_served(tmp_path: Path) -> None:
    context = make_context()
    publisher = Publisher(context, lambda _result: AGE_MS)
    refused = serving(DisplaySettings(), context, publisher, print, page=tmp_path)
    with pytest.raises(ConfigurationError, match="page is missing"), refused:
        pass
    publisher.close()


def test_beyond_this_machine_it_speaks_tls_alone(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    inner, outer = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    place = f"127.0.0.1:{outer.getsockname()[1]}"
    start = Start(
        session_fd=-1,
        listeners=(),
        console_token=CONSOLE,
        viewer_token=VIEWER_TOKEN,
        plain_hosts=(f"127.0.0.1:{inner.getsockname()[1]}",),
        tls_hosts=(place,),
        origin="simulated",
        recording=True,
        language="en",
        certificate=str(certificate),
        key=str(key),
        page=str(make_page(tmp_path / "page")),
    )
    publisher = Publisher(make_context(), lambda _result: AGE_MS)
    listening = Listening(inner, outer, start.plain_hosts, start.tls_hosts)
    server = DisplayServer(start, listening, publisher, print, Place("", "", CONSOLE))
    server.begin()
    try:
        server.wait_until_up()
        trusted = ssl.create_default_context(cafile=str(certificate))
        hello = json.dumps({"kind": "hello", "role": "viewer", "token": VIEWER_TOKEN})
        with connect(
            f"wss://{place}/ws", ssl=trusted, origin=Origin(f"https://{place}"), proxy=None
        ) as viewer:
            viewer.send(hello)
            assert json.loads(viewer.recv(PATIENCE_S))["role"] == "viewer"
        with (
            pytest.raises((InvalidHandshake, OSError)),
            connect(f"ws://{place}/ws", origin=Origin(f"http://{place}"), proxy=None),
        ):
            pass
    finally:
        server.end()
        listening.close()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Certificate and key for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "display")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "c.pem", folder / "k.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


def test_a_live_sessions_frames_carry_age_lease_and_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PAGE", make_page(tmp_path / "page"))
    config = load_config(SAMPLES / "docking.rig.toml", SAMPLES / "docking.plan.toml")
    around, said = Around(), list[str]()
    context = make_context("live", "realsense:1")
    view = {"session": {"step": "dock"}}
    live = opening.display_of_session(
        config, context, around.shell, tmp_path, said.append, view=lambda _result: view
    )
    with live as publisher:
        until(lambda: publisher.is_attached)
        url = said[0].split(": ", 1)[1]
        place = Place(url, "", url.partition("=")[2])
        with Client(At(place)) as client:
            assert client.told("hello")["recording"] is False
            for reasons, is_held in (((Reason.TILT_HIGH,), False), ((), False), ((), True)):
                around.frame(*reasons)
                publisher.emit(exposed_now(make_result(frame_index=around.frame_index)))
                header, _, age_ms = client.frame()
                assert header["holds_lease"] is is_held
                assert header["session"] == {"step": "dock"}
                assert EXPOSED_MS <= age_ms < EXPOSED_MS + 2000


EXPOSED_MS = 500.0


def exposed_now(result: FrameResult) -> FrameResult:
    """The same frame, exposed half a second ago by the clock on the wall."""
    source = result.source_frame
    stamp_ns = time.time_ns() - round(EXPOSED_MS * 1e6)
    frame = replace(source.frame, stamp_ns=stamp_ns, arrival_ns=stamp_ns)
    return replace(result, source_frame=replace(source, frame=frame))


N_FRAMES = 16


def cut(folder: Path) -> Path:
    """The first frames of the sample session."""
    path = folder / "cut.mcap"
    source = open_source(
        str(SAMPLES / "docking.mcap"), applicators=read_catalogue(None).applicators
    )
    with SessionWriter(path, source.header) as writer:
        for _ in range(N_FRAMES):
            frame = source.read()
            assert frame is not None
            writer.write(frame)
    source.close()
    return path


def request(source: Path, out: Path, *, serve: bool) -> RunRequest:
    """What `replay --serve` asks for."""
    return RunRequest(
        source=str(source),
        rig_path=SAMPLES / "docking.rig.toml",
        plan_path=SAMPLES / "docking.plan.toml",
        out_dir=out,
        segmenter="masks",
        video=False,
        realtime=serve,
        quiet=True,
        serve=serve,
    )


@pytest.mark.slow
def test_a_recording_is_shown_at_its_own_pace_and_then_all_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page is shown is what the records say, and they are as without a display."""
    monkeypatch.setattr(opening, "PAGE", make_page(tmp_path / "page"))
    source = cut(tmp_path)
    seen: list[dict[str, Any]] = []
    pages: list[threading.Thread] = []

    @contextmanager
    def watched(
        settings: DisplaySettings, context: RunContext, publisher: Publisher, say: Say, page: Path
    ) -> Iterator[DisplayServer]:
        with serving(settings, context, publisher, say, page=page) as server:
            server.wait_until_up()
            pages.append(threading.Thread(target=look, args=(At(server.place), seen)))
            pages[0].start()
            until(lambda: len(seen) == 1)  # greeted
            yield server

    monkeypatch.setattr(opening, "serving", watched)
    assert replay(request(source, tmp_path / "shown", serve=True)) == 0
    pages[0].join(PATIENCE_S)
    assert not pages[0].is_alive()
    assert replay(request(source, tmp_path / "alone", serve=False)) == 0
    shown, alone = (records(tmp_path / name) for name in ("shown", "alone"))
    assert shown == alone
    assert seen[0]["recording"] is True
    frames = {frame["frame_index"]: frame for frame in seen[1:]}
    assert len(frames) > N_FRAMES / 4
    by_index = {record["frame_index"]: record for record in shown}
    for index, frame in frames.items():
        for key in ("verdict", "reasons", "alignment", "arming"):
            assert frame[key] == by_index[index][key]
    first, last = min(frames), max(frames)
    played_s = frames[last]["at_s"] - frames[first]["at_s"]
    recorded_s = (by_index[last]["stamp_ns"] - by_index[first]["stamp_ns"]) / 1e9
    assert played_s > 0.8 * recorded_s - 0.1


def look(at: At, seen: list[dict[str, Any]]) -> None:
    """A page that draws every frame until the server is gone."""
    with Client(at) as client, suppress(ConnectionClosed):
        seen.append(client.told("hello"))
        while True:
            header, _, _ = client.frame()
            seen.append({**header, "at_s": time.monotonic()})


def records(folder: Path) -> list[dict[str, Any]]:
    """Records without what times them."""
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "stage_ms"} for line in lines]
