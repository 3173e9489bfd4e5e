from datetime import date
from functools import cache

from lifecircle.seeds.checks import community_rings
from lifecircle.seeds.documents import SeedDocuments
from lifecircle.seeds.files import read_files
from lifecircle.seeds.geometry import ring_contains
from lifecircle.seeds.loader import read_seed_documents

DAY = date(2026, 3, 4)


@cache
def grown(size: int) -> SeedDocuments:
    return read_seed_documents(DAY, size=size)


def test_twenty_thousand_stores_are_the_same_every_time() -> None:
    assert len(grown(20_000).collections["stores"]) == 20_000
    assert grown(20_000) == read_seed_documents(DAY, size=20_000)


def test_a_larger_district_begins_with_the_smaller_one() -> None:
    small, large = grown(3_000).collections, grown(20_000).collections
    assert large["stores"][:3_000] == small["stores"]
    assert large["offerings"][: len(small["offerings"])] == small["offerings"]


def test_a_size_below_the_files_changes_nothing() -> None:
    assert read_seed_documents(DAY, size=10) == read_seed_documents(DAY)


def test_grown_stores_stand_in_their_communities_under_names_of_their_own() -> None:
    stores, rings = grown(20_000).collections["stores"], community_rings(read_files())
    assert all(ring_contains(rings[store["community"]], tuple(store["location"]["coordinates"])) for store in stores)
    assert len({(store["community"], store["name"]) for store in stores}) == 20_000
    assert len({store["_id"] for store in stores}) == 20_000
    assert len({store["community"] for store in stores}) == 12


def test_about_every_third_grown_store_has_an_offering_of_its_own() -> None:
    small, large = read_seed_documents(DAY).collections, grown(20_000).collections
    offerings = len(large["offerings"]) - len(small["offerings"])
    assert 0.28 < offerings / (20_000 - len(small["stores"])) < 0.4


def test_grown_documents_have_the_same_keys_as_those_of_the_files() -> None:
    for name in ("stores", "offerings"):
        documents = [one for one in grown(3_000).collections[name] if not one.get("template")]
        assert len({frozenset(one) for one in documents}) == 1
