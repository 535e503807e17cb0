"""Hands a console's command to the session's own socket and brings the answer back.

Without a session that takes commands every command is refused. Waiting happens in threads.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.display.commands import Asked, Refused, answer, for_session
from pipeline.display.limits import MAX_CONSOLES, MAX_IN_FLIGHT
from pipeline.session.client import ask
from tracking.errors import UsageError


class SessionAsker:
    """Asks the session in `folder`; None: there is none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(MAX_CONSOLES * MAX_IN_FLIGHT, "asking")

    async def ask(self, asked: Asked) -> str:
        """The answer as the page gets it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._ask, asked)

    def close(self) -> None:
        """Take no more; what waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, asked: Asked) -> str:
        try:
            message = for_session(asked)
        except ValueError as error:
            return answer(asked.id, accepted=False, why=Refused.NOT_A_COMMAND, detail=str(error))
        if self._folder is None:
            return answer(asked.id, accepted=False, why=Refused.NO_SESSION)
        try:
            found = ask(self._folder, message)
        except UsageError as error:
            what = str(error).partition("\n")[0]
            return answer(asked.id, accepted=False, why=Refused.NO_SESSION, detail=what)
        why = found.code or ("" if found.accepted else Refused.NOT_A_COMMAND)
        return answer(asked.id, accepted=found.accepted, why=why, detail=found.why)
