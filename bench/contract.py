"""Does the schema keep the contract? Run by `make check` and by the tests.

The committed SDL must be what the code builds; where the contract lies beside the checkout, nothing of it may be broken
but what `bench/contract_missing.txt` still lists, and that list may only shrink; every type and field is described.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLSchema, build_schema, find_breaking_changes, find_dangerous_changes

from lifecircle.graphql import schema as product

ROOT = Path(__file__).parent.parent
COMMITTED = ROOT / "graphql" / "operations" / "schema.graphql"
CONTRACT = ROOT.parent / "shared" / "design" / "contract.graphql"
MISSING = ROOT / "bench" / "contract_missing.txt"
_SCALARS = ("String", "Int", "Float", "Boolean", "ID")


def problems() -> Iterator[str]:
    sdl = product.build_schema().as_str()
    if COMMITTED.read_text("utf-8").strip() != sdl.strip():
        yield f"{COMMITTED.relative_to(ROOT)} is not what the code builds: run `make schema`"
    built = build_schema(sdl)
    yield from (f"no description: {name}" for name in undescribed(built))
    if CONTRACT.exists():
        yield from _against_contract(built)


def _against_contract(built: GraphQLSchema) -> Iterator[str]:
    broken, listed = set(breaks(built)), set(MISSING.read_text("utf-8").splitlines())
    yield from (f"breaks the contract: {change}" for change in sorted(broken - listed))
    yield from (f"kept now, take it off {MISSING.name}: {change}" for change in sorted(listed - broken))


def breaks(built: GraphQLSchema) -> list[str]:
    contract = build_schema(CONTRACT.read_text("utf-8"))
    changes = list(find_breaking_changes(contract, built))
    changes += [change for change in find_dangerous_changes(contract, built) if "DEFAULT_VALUE" in change.type.name]
    return [f"{change.type.name}: {change.description}" for change in changes]


def undescribed(built: GraphQLSchema) -> Iterator[str]:
    for name, kind in sorted(built.type_map.items()):
        if name.startswith("__") or name in _SCALARS:
            continue
        if not kind.description:
            yield name
        yield from (f"{name}.{field}" for field, it in getattr(kind, "fields", {}).items() if not it.description)


def main() -> int:
    found = list(problems())
    print("\n".join(found) or "the schema is as committed and keeps the contract as far as it has grown")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
