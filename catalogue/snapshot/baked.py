"""A snapshot as columns and back: the whole of it as an image, and what lies over an image as a small file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lifecircle.catalogue.areas import Area, Areas
from lifecircle.catalogue.categories import Categories, Category
from lifecircle.catalogue.merchants import Chain, Merchant
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.image import ImageUnreadable, open_image, write_image
from lifecircle.catalogue.snapshot.layered import Layered
from lifecircle.catalogue.snapshot.layers import Layer, StoreLayers
from lifecircle.catalogue.snapshot.model import OWNED, OfferingIndex, Snapshot
from lifecircle.catalogue.snapshot.records import Records
from lifecircle.catalogue.snapshot.texts import Array, Arrays


def _code() -> str:
    """A digest of the catalogue's own source: whatever works out a column, or reads one."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


SHAPE = _code()
"""An image is opened only by the code that made it: it is sooner made anew than misread."""

_KINDS: dict[str, Any] = {
    "merchants": Merchant,
    "chains": Chain,
    "offerings": Offering,
    "overrides": Any,
    "of_store": OWNED,
    "of_chain": OWNED,
}


def bake(snapshot: Snapshot, path: Path, about: Mapping[str, Any]) -> None:
    """Write the base of a snapshot over which nothing lies. `about`: whatever the reader has to know."""
    arrays = _prefixed("stores", snapshot.stores.base.table.arrays()) | _small(snapshot)
    for name, layered in _layered(snapshot).items():
        arrays |= _prefixed(name, _records(name, layered.base).arrays())
    write_image(path, {**about, "shape": SHAPE, "loaded_at": snapshot.loaded_at.isoformat()}, arrays)


def unbake(path: Path) -> tuple[Snapshot, dict[str, Any]]:
    """The snapshot that lies in an image, and what was said about it. Raises ImageUnreadable, FileNotFoundError."""
    head, arrays = _opened(path)
    try:
        stores = StoreLayers.over(StoreTable.from_arrays(_of("stores", arrays)))
        layered = {name: Layered(Records.from_arrays(kind, _of(name, arrays))) for name, kind in _KINDS.items()}
        return _snapshot(arrays, stores, layered, head), head
    except (KeyError, ValueError, TypeError) as error:
        raise ImageUnreadable(f"{path.name}: {error!r}") from None


def bake_changes(snapshot: Snapshot, path: Path) -> None:
    """Write what lies over the base, so that another process can fold it in."""
    stores = snapshot.stores.settled()
    arrays = _prefixed("stores", stores.since.table.arrays()) | _small(snapshot)
    arrays |= {"hidden.base": stores.base.hidden, "hidden.since": stores.since.hidden}
    arrays |= _names("removed", stores.removed)
    for name, layered in _layered(snapshot).items():
        present = {key: value for key, value in layered.delta.items() if value is not None}
        arrays |= _prefixed(name, Records.of(_KINDS[name], present).arrays())
        arrays |= _names(f"gone.{name}", [key for key, value in layered.delta.items() if value is None])
    arrays |= _names("touched.stores", snapshot.offerings.touched_stores)
    arrays |= _names("touched.chains", snapshot.offerings.touched_chains)
    write_image(path, {"shape": SHAPE, "loaded_at": snapshot.loaded_at.isoformat()}, arrays)


def with_baked_changes(base: Snapshot, path: Path) -> Snapshot:
    """The base with the changes of the file over it. Raises ImageUnreadable, FileNotFoundError."""
    head, arrays = _opened(path)
    since = Layer(StoreTable.from_arrays(_of("stores", arrays)), arrays["hidden.since"])
    under = Layer(base.stores.base.table, arrays["hidden.base"])
    stores = StoreLayers(under, since, {}, frozenset(_read_names("removed", arrays)))
    layered = {}
    for name, below in _layered(base).items():
        delta: dict[str, Any] = dict.fromkeys(_read_names(f"gone.{name}", arrays))
        delta |= dict(Records.from_arrays(_KINDS[name], _of(name, arrays)).pairs())
        layered[name] = Layered(below.base, delta)
    found = _snapshot(arrays, stores, layered, head)
    touched_stores, touched_chains = (
        frozenset(_read_names(f"touched.{name}", arrays)) for name in ("stores", "chains")
    )
    touched = replace(found.offerings, touched_stores=touched_stores, touched_chains=touched_chains)
    return replace(found, offerings=touched)


def _opened(path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    head, arrays = open_image(path)
    if head.get("shape") != SHAPE:
        raise ImageUnreadable(f"{path.name}: made by another release")
    return head, arrays


def _layered(snapshot: Snapshot) -> dict[str, Layered[Any]]:
    index = snapshot.offerings
    held = (snapshot.merchants, snapshot.chains, index.by_id, index.overrides, index.of_store, index.of_chain)
    return dict(zip(_KINDS, held, strict=True))


def _snapshot(
    arrays: Mapping[str, Array], stores: StoreLayers, layered: Mapping[str, Layered[Any]], head: Mapping[str, Any]
) -> Snapshot:
    return Snapshot(
        areas=Areas(Records.from_arrays(Area, _of("areas", arrays)).values()),
        categories=Categories(Records.from_arrays(Category, _of("categories", arrays)).values()),
        merchants=layered["merchants"],
        chains=layered["chains"],
        stores=stores,
        offerings=OfferingIndex(layered["offerings"], layered["overrides"], layered["of_store"], layered["of_chain"]),
        loaded_at=datetime.fromisoformat(head["loaded_at"]),
    )


def _small(snapshot: Snapshot) -> Arrays:
    areas = Records.of(Area, {area.id: area for area in snapshot.areas})
    categories = Records.of(Category, {category.code: category for category in snapshot.categories})
    return _prefixed("areas", areas.arrays()) | _prefixed("categories", categories.arrays())


def _records(name: str, base: Mapping[str, Any]) -> Records[Any]:
    return base if isinstance(base, Records) else Records.of(_KINDS[name], base)


def _names(name: str, names: Any) -> Arrays:
    return _prefixed(name, Records.of(Any, dict.fromkeys(names, 1)).arrays())


def _read_names(name: str, arrays: Mapping[str, Array]) -> list[str]:
    return list(Records.from_arrays(Any, _of(name, arrays)))


def _prefixed(name: str, arrays: Arrays) -> Arrays:
    return {f"{name}/{key}": array for key, array in arrays.items()}


def _of(name: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    begin = f"{name}/"
    return {key[len(begin) :]: array for key, array in arrays.items() if key.startswith(begin)}
