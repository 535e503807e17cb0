"""Arguments and options that the calibrations share."""

from __future__ import annotations

from typing import Annotated

import typer

Board = Annotated[
    str,
    typer.Option(
        "--board",
        metavar="SPEC",
        help="chessboard:COLSxROWS:SQUARE_MM (inner corners), "
        "charuco:COLSxROWS:SQUARE_MM:MARKER_MM:DICT (squares), circles:COLSxROWS:SPACING_MM, "
        "apriltag:COLSxROWS:TAG_MM:GAP_MM[:DICT]",
    ),
]
Images = Annotated[
    list[str], typer.Argument(metavar="IMAGES", help="A folder, a quoted pattern, or files.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite --out.")]
Serial = Annotated[str, typer.Option("--serial", help="The camera's serial number.")]
