"""What `lifecircle policies` takes; apart from its work, which loads much."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path


def add_arguments(command: argparse.ArgumentParser) -> None:
    steps = command.add_subparsers(dest="step", required=True, metavar="STEP")
    taking = steps.add_parser("import", help="take laws, regulations and notices in; all or nothing")
    taking.add_argument("path", type=Path, help="a .md, .txt, .html, .docx or text PDF file, or a folder of them")
    taking.add_argument("--issuer", help="who issued what does not say so itself")
    taking.add_argument("--region", help="where it holds, for what does not say so itself; without: the whole country")
    taking.add_argument("--checked-on", type=date.fromisoformat, help="when it was read at its source (today)")
    listing = steps.add_parser("list", help="show every version that is kept")
    for step in (taking, listing):
        step.add_argument("--state", type=Path, help="folder for the embedded database and demo keys")
