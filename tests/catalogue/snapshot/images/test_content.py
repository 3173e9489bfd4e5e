"""What an image holds, and that it comes back as it was."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from factories import DISTRICT, NOON, a_chain, a_merchant, a_store, an_area, an_offering
from snapshots import a_full_catalogue, content

from lifecircle.catalogue.offerings.model import OfferingKind
from lifecircle.catalogue.snapshot.baked import bake, bake_changes, unbake, with_baked_changes
from lifecircle.catalogue.snapshot.codec import codec, from_text, to_text
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change, with_changes


def test_an_image_gives_back_the_same_catalogue(tmp_path: Path) -> None:
    snapshot = a_full_catalogue()
    bake(snapshot, tmp_path / "one.image", {})
    found, _ = unbake(tmp_path / "one.image")
    assert content(found) == content(snapshot)


def test_an_empty_catalogue_has_an_image_too(tmp_path: Path) -> None:
    bake(Snapshot.empty(NOON), tmp_path / "none.image", {})
    found, _ = unbake(tmp_path / "none.image")
    assert (found.store_count, list(found.areas), found.loaded_at) == (0, [], NOON)


def some_changes() -> list[Change]:
    return [
        Change("stores", "s3", None),
        Change("stores", "s4", a_store("s4", name="新名字", version=2)),
        Change("stores", "new", a_store("new", chain="c1", hours=None)),
        Change("chains", "c1", a_chain(name="新字号", version=2)),
        Change("merchants", "m1", None),
        Change("merchants", "m2", a_merchant("m2")),
        Change("offerings", "o1", None),
        Change("offerings", "c-1:t1", None),
        Change("offerings", "t1", an_offering("t1", chain="c1", store=None, price=77, version=2)),
        Change("areas", "330199002", an_area("330199002", level="SUBDISTRICT", parent=DISTRICT)),
    ]


def test_changes_folded_into_an_image_by_another_process_are_what_they_are_here(tmp_path: Path) -> None:
    image, changes, folded = (tmp_path / name for name in ("one.image", "one.changes", "two.image"))
    bake(a_full_catalogue(), image, {})
    changed = with_changes(unbake(image)[0], some_changes())
    bake_changes(changed, changes)
    assert content(with_baked_changes(unbake(image)[0], changes)) == content(changed)
    command = [sys.executable, "-P", "-m", "lifecircle.catalogue.snapshot.folding", image, changes, folded, "{}"]
    subprocess.run(command, check=True, cwd=tmp_path)
    found, _ = unbake(folded)
    assert content(found) == content(changed) == content(changed.folded())
    assert found.unfolded == 0


@dataclasses.dataclass(frozen=True)
class Inner:
    day: date
    kind: OfferingKind | None


@dataclasses.dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...]
    pair: tuple[float, str]
    at: datetime | None


def test_records_of_any_shape_come_back_as_they_were() -> None:
    both_ways = codec(Outer)
    assert both_ways.encode
    assert both_ways.decode
    for record in (
        Outer((Inner(NOON.date(), OfferingKind.SESSION), Inner(NOON.date(), None)), (0.1, "二"), NOON),
        Outer((), (-1e-300, ""), None),
    ):
        assert both_ways.decode(from_text(to_text(both_ways.encode(record)))) == record


def test_a_type_that_has_no_plain_form_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="complex"):
        codec(complex)
