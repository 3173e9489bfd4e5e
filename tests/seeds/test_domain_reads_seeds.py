"""The domain reads every seeded document as it stands."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from lifecircle.catalogue.areas import area_from_document
from lifecircle.catalogue.categories import category_from_document
from lifecircle.catalogue.merchants import chain_from_document, merchant_from_document
from lifecircle.catalogue.offerings.model import offering_from_document
from lifecircle.catalogue.stores.model import store_from_document
from lifecircle.seeds.loader import read_seed_documents

READERS: dict[str, Callable[[Mapping[str, Any]], object]] = {
    "areas": area_from_document,
    "categories": category_from_document,
    "merchants": merchant_from_document,
    "chains": chain_from_document,
    "stores": store_from_document,
    "offerings": offering_from_document,
}


@pytest.mark.parametrize("collection", READERS)
def test_the_domain_reads_every_document(collection: str) -> None:
    documents = read_seed_documents(date(2026, 3, 4), size=1_000).collections[collection]
    for document in documents:
        if not document.get("template"):
            assert READERS[collection](document)
