"""What the gate is shown before a session: all of it not READY, and it has to be able to be."""

from __future__ import annotations

import pytest

from pipeline.session import proof_stimuli
from pipeline.session.proof_stimuli import kernel_stimuli
from tests.builders import make_snapshot
from tracking import gate
from tracking.decision import Verdict
from tracking.errors import FaultError
from tracking.gate import decide
from tracking.guards import GUARDS, PROVEN, Check
from tracking.snapshot import KernelState


def test_every_stimulus_is_answered_with_not_ready() -> None:
    stimuli = kernel_stimuli()
    assert len(stimuli) > 90
    assert {name for name, show in stimuli.items() if show().verdict is Verdict.READY} == set()


def test_a_gate_without_a_check_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {**GUARDS, Check.CONTENT: lambda _frame, _state: PROVEN}
    monkeypatch.setattr(gate, "GUARDS", broken)
    ready = {name for name, show in kernel_stimuli().items() if show().verdict is Verdict.READY}
    assert "frozen with moving stamps" in ready


def test_a_gate_that_is_never_ready_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, state = decide(make_snapshot(0), KernelState())
    monkeypatch.setattr(proof_stimuli, "state_before", lambda *_: (state, False, 0))
    with pytest.raises(FaultError, match="perfect session"):
        kernel_stimuli()
