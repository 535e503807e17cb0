"""The sinks that write one artefact each: records, masks, video, stills."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.overlay.overlay import draw_overlay
from pipeline.sinks.image_file import jpeg_bytes, write_png
from pipeline.sinks.masks import MasksSink
from pipeline.sinks.records import RecordsSink
from pipeline.sinks.sink import FrameResult
from pipeline.sinks.stills import StillsSink
from pipeline.sinks.video import VideoSink
from tests.builders_results import Geometry, make_context, make_result
from tracking.decision import Verdict
from tracking.reasons import Reason

CONTEXT = make_context()
MEAN_CODING_ERROR = 6.0  # grey levels of 255: crf 23 at 4:2:0


def _run() -> list[FrameResult]:
    return [
        make_result(Verdict.UNSURE, (Reason.NO_APPLICATOR,), has_pose=False, frame_index=0),
        make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), Geometry(lateral_x_mm=5), frame_index=1),
        make_result(frame_index=2),
        make_result(Verdict.UNSURE, (Reason.NO_APPLICATOR,), has_pose=False, frame_index=3),
    ]


def test_records_are_one_line_each_in_the_contracts_order(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    sink = RecordsSink(path)
    for result in _run():
        sink.emit(result)
    readable_while_open = path.read_text(encoding="utf-8")
    sink.close()
    sink.close()
    text = path.read_text(encoding="utf-8")
    assert text == readable_while_open
    assert text.endswith("\n")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["frame_index"] for line in lines] == [0, 1, 2, 3]
    assert list(lines[0])[:5] == ["frame_index", "stamp_ns", "verdict", "reasons", "checks_passed"]
    assert lines[0]["alignment"]["air_gap_mm"] == {
        "value": None,
        "sigma": None,
        "observable": False,
    }
    assert lines[2]["alignment"]["air_gap_mm"]["value"] == 0.3  # repr: not rounded


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        sink = RecordsSink(tmp_path / name)
        for result in _run():
            sink.emit(result)
        sink.close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_record_with_nan_is_refused(tmp_path: Path) -> None:
    result = make_result()
    broken = dict(result.record.stage_ms) | {"total": float("nan")}
    object.__setattr__(result.record, "stage_ms", broken)
    sink = RecordsSink(tmp_path / "records.jsonl")
    with pytest.raises(ValueError, match="JSON compliant"):
        sink.emit(result)
    sink.close()


def test_masks_are_the_labels_by_frame_index(tmp_path: Path) -> None:
    sink = MasksSink(tmp_path / "masks")
    result = make_result(frame_index=41)
    sink.emit(result)
    sink.close()
    labels = cv2.imread(str(tmp_path / "masks" / "000041.png"), cv2.IMREAD_UNCHANGED)
    assert labels is not None
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, result.segmentation.labels)


def test_the_video_holds_every_frame_at_the_nominal_rate(tmp_path: Path) -> None:
    path = tmp_path / "overlay.mp4"
    sink = VideoSink(path, CONTEXT)
    for result in _run():
        sink.emit(result)
    sink.close()
    sink.close()
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(30.0)
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1])
    assert len(frames) == 4
    assert frames[0].shape == (720, 1280, 3)
    expected = draw_overlay(_run()[2], CONTEXT)[..., ::-1]
    difference = np.abs(frames[2].astype(np.int64) - expected.astype(np.int64))
    assert difference.mean() < MEAN_CODING_ERROR


def test_the_video_is_what_browsers_decode(tmp_path: Path) -> None:
    import av

    path = tmp_path / "overlay.mp4"
    sink = VideoSink(path, CONTEXT)
    sink.emit(make_result())
    sink.close()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # plays while it loads


def test_without_frames_there_is_no_video(tmp_path: Path) -> None:
    VideoSink(tmp_path / "overlay.mp4", CONTEXT).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("n_frames", "shown"), [(1, 0), (2, 1), (3, 2), (4, 2)])
def test_the_most_telling_still(tmp_path: Path, n_frames: int, shown: int) -> None:
    path = tmp_path / "overlay.png"
    sink = StillsSink(path, CONTEXT)
    results = _run()[:n_frames]
    for result in results:
        sink.emit(result)
    sink.close()
    sink.close()
    pixels = cv2.imread(str(path))
    assert pixels is not None
    assert np.array_equal(pixels[..., ::-1], draw_overlay(results[shown], CONTEXT))


def test_one_still_for_each_verdict_that_occurred(tmp_path: Path) -> None:
    sink = StillsSink(tmp_path / "overlay.png", CONTEXT)
    for result in _run():
        sink.emit(result)
    captions = [still.caption for still in sink.stills()]
    assert captions == ["Last READY frame: 2", "Last HOLD frame: 1", "Last UNSURE frame: 3"]


def test_without_frames_there_is_no_still(tmp_path: Path) -> None:
    sink = StillsSink(tmp_path / "overlay.png", CONTEXT)
    sink.close()
    assert list(tmp_path.iterdir()) == []
    assert sink.stills() == ()


def test_pictures_are_written_in_rgb_and_repeatably(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    pixels[..., 0] = 200
    write_png(tmp_path / "red.png", pixels)
    read = cv2.imread(str(tmp_path / "red.png"))
    assert read is not None
    assert read[0, 0].tolist() == [0, 0, 200]
    assert jpeg_bytes(pixels) == jpeg_bytes(pixels)
