"""The pictures that came last, each made ready once. One thread's."""

from __future__ import annotations

from pipeline.display.drawing import Picture, picture_number, picture_of
from pipeline.display.wire import Message, WireError

N_KEPT = 2  # of the frame that waits, and of the next one


class Pictures:
    """Messages that bring a picture, and what was made of them."""

    def __init__(self) -> None:
        self._held: dict[int, Message | Picture] = {}

    def keep(self, message: Message) -> None:
        """Keep a picture, and forget older ones. Raises WireError where it has no number."""
        self._held[picture_number(message)] = message
        for number in sorted(self._held)[:-N_KEPT]:
            del self._held[number]

    def newest(self) -> Picture | None:
        """The last picture, ready to be sent; None before the first. Raises as `ready`."""
        return self.ready(max(self._held)) if self._held else None

    def ready(self, number: int) -> Picture:
        """A picture, ready to be sent.

        Raises
        ------
        WireError
            It is not here, or cannot be made; that is tried once.
        """
        held = self._held.pop(number, None)
        if held is None:
            raise WireError(f"picture {number} is not here")
        picture = held if isinstance(held, Picture) else picture_of(held)
        self._held[number] = picture
        return picture
