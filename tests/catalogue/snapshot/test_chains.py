"""What a chain hands down to its stores."""

from __future__ import annotations

from datetime import timedelta

from factories import NOON, a_chain, a_session, a_store, an_offering, an_override
from snapshots import TEMPLATE, a_chain_of_two, the

from lifecircle.catalogue.hours.model import Schedule, schedule_from_document
from lifecircle.catalogue.offerings.model import INHERITED_FIELDS
from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.catalogue.stores.model import store_from_document


def test_every_store_of_a_chain_has_its_offerings_and_others_have_not() -> None:
    snapshot = a_chain_of_two(an_offering("o1", store="s3"))
    names = {
        key: [o.id for o in snapshot.offerings_of(store)] for key in ("s1", "s2", "s3") if (store := the(snapshot, key))
    }
    assert names == {"s1": ["s1:t1"], "s2": ["s2:t1"], "s3": ["o1"]}


def test_an_inherited_offering_knows_where_everything_in_it_comes_from() -> None:
    (offering,) = a_chain_of_two().offerings_of(the(a_chain_of_two(), "s1"))
    assert (offering.id, offering.store, offering.chain, offering.template) == ("s1:t1", "s1", "c1", "t1")
    assert set(offering.inherits) == set(INHERITED_FIELDS) - {"state"}
    assert (offering.name, offering.price) == ("洗衣", 3000)


def test_a_price_override_holds_at_its_own_store_only_and_inherits_says_so() -> None:
    snapshot = a_chain_of_two(an_override("s1", "t1", price=2500))
    here, there = snapshot.offering("s1:t1"), snapshot.offering("s2:t1")
    assert here
    assert there
    assert (here.price, there.price) == (2500, 3000)
    assert "price" not in here.inherits
    assert "price" in there.inherits
    assert "name" in here.inherits
    assert snapshot.offerings.by_id.get("t1") == a_chain_of_two().offerings.by_id.get("t1")


def test_an_override_to_no_price_is_an_override() -> None:
    offering = a_chain_of_two(an_override("s1", "t1", price=None)).offering("s1:t1")
    assert offering
    assert offering.price is None
    assert "price" not in offering.inherits


def test_an_override_can_bring_sessions_of_its_own() -> None:
    offering = a_chain_of_two(an_override("s1", "t1", kind="SESSION", sessions=[a_session(NOON)])).offering("s1:t1")
    assert offering
    assert [session.end - session.start for session in offering.sessions] == [timedelta(minutes=90)]
    assert {"kind", "sessions"}.isdisjoint(offering.inherits)


def test_a_store_can_take_a_chain_offering_off() -> None:
    snapshot = a_chain_of_two(an_override("s1", "t1", state="PAUSED"))
    assert snapshot.offerings_of(the(snapshot, "s1")) == []
    assert len(snapshot.offerings_of(the(snapshot, "s2"))) == 1


def test_a_change_of_the_chain_reaches_every_store_but_not_what_a_store_overrides() -> None:
    snapshot = a_chain_of_two(an_override("s1", "t1", price=2500))
    dearer = with_changes(
        snapshot, [Change("offerings", "t1", {**TEMPLATE, "price": 9900, "name": "干洗", "version": 2})]
    )
    seen = [dearer.offering("s1:t1"), dearer.offering("s2:t1")]
    assert [(offering.name, offering.price) for offering in seen if offering] == [("干洗", 2500), ("干洗", 9900)]


def test_the_chain_offering_at_a_store_of_another_chain_is_nothing() -> None:
    snapshot = a_chain_of_two(an_offering("o1", store="s3"))
    for offering_id in ("s3:t1", "s9:t1", "s1:t9", "s3:o1", "s1:", ":t1", ":"):
        assert snapshot.offering(offering_id) is None


def test_hours_are_the_stores_own_else_the_chains_else_never() -> None:
    snapshot = a_chain_of_two()
    assert snapshot.schedule_of(the(snapshot, "s1")) == schedule_from_document(a_chain()["hours"])
    assert snapshot.schedule_of(the(snapshot, "s2")) == the(snapshot, "s2").hours
    orphan = store_from_document(a_store("s4", chain="c9", hours=None))
    assert snapshot.schedule_of(orphan) == Schedule()
