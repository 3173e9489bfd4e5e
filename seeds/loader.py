"""The demo district, from the files of this package into a database."""

from datetime import date
from pathlib import Path

from lifecircle.seeds.checks import check_files, check_growth
from lifecircle.seeds.documents import SeedDocuments, build_documents
from lifecircle.seeds.files import read_files, read_growth_files
from lifecircle.seeds.generator import grow
from lifecircle.seeds.store import LoadReport, load, seeding_day

__all__ = ["LoadReport", "SeedDocuments", "load", "read_seed_documents", "seeding_day"]


def read_seed_documents(seeded_on: date, *, size: int | None = None, folder: Path | None = None) -> SeedDocuments:
    """`size` grows the stores to that many for load tests; the stores of the files always stay the first."""
    files = read_files(folder)
    check_files(files)
    documents = build_documents(files, seeded_on)
    if size is not None and size > len(files.stores):
        growth = read_growth_files(folder)
        check_growth(growth, files)
        grow(documents, growth, files, size)
    return documents
