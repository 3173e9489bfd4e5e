"""Reviews: written by who came, answered by the store, counted in the store's document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document, database_errors_as_refusals
from lifecircle.catalogue.errors import (
    ContentRejected,
    Forbidden,
    NotFound,
    RateLimited,
    StateChanged,
    Unavailable,
)
from lifecircle.catalogue.jobs import Job, Lease
from lifecircle.catalogue.notices.store import AddressStore
from lifecircle.catalogue.pages import PageKey
from lifecircle.catalogue.people.access import Roles, require_store
from lifecircle.catalogue.people.model import MemberRole
from lifecircle.catalogue.ports import ContentCheck, Verdict
from lifecircle.catalogue.reviews import rules
from lifecircle.catalogue.reviews.content import NOT_SUITABLE, check_text
from lifecircle.catalogue.reviews.model import Review, TextState, review_document
from lifecircle.catalogue.reviews.store import ReviewStore
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.reading import Change

REPAIR_PERIOD = timedelta(minutes=1)
SETTLED = timedelta(seconds=30)
"""A review that is not counted by then was left behind by a worker that ended."""

_NOTHING = {"sum": 0, "count": 0}
_TRIES = 40
_BATCH = 200


@dataclass(frozen=True)
class ReviewDesk:
    """Safe to use from any number of workers at once."""

    database: Database
    keys: KeyRing
    keeper: SnapshotKeeper
    clock: Clock
    content: ContentCheck | None = None
    """None: only our own checks."""

    @property
    def _store(self) -> ReviewStore:
        return ReviewStore(self.database)

    @property
    def jobs(self) -> Sequence[Job]:
        return (Job("reviews", REPAIR_PERIOD, self._repair),)

    # --- writing ---

    async def review(self, resident: str, booking_id: str, stars: int, text: str | None) -> Review:
        """Write the review of an own booking, or change it within seven days.

        Raises NotFound, NotReviewable, InvalidInput, ContentRejected, StateChanged.
        """
        stars, clean = rules.check_stars(stars), rules.clean_text(text)
        async with database_errors_as_refusals():
            booking = await BookingStore(self.database).find(booking_id)
            if booking is None or booking.resident != resident:
                raise NotFound("没有找到这个预约。", "booking")
            rules.check_came(booking)
            earlier = await self._store.find(booking_id)
            if earlier:
                rules.check_editable(earlier, self.clock())
            is_new_text = clean is not None and (earlier is None or clean != earlier.text)
            state = await self._text_state(clean, resident) if clean and is_new_text else None
            if earlier is None:
                document = review_document(booking, stars, clean, state or TextState.SHOWN, self.clock())
                if await self._store.insert(document):
                    return await self._counted(await self._found(booking_id))
                earlier = await self._found(booking_id)
            return await self._changed(earlier, stars, clean, state)

    async def reply(self, roles: Roles, review_id: str, text: str) -> Review:
        """The store's answer, changeable for seven days. Raises NotFound, Forbidden, InvalidInput, ContentRejected."""
        clean = rules.clean_reply(text)
        check_text(clean, "text")
        async with database_errors_as_refusals():
            review = await self._store.find(review_id)
            if review is None:
                raise NotFound("没有找到这条评价。", "review")
            if review.merchant is None:
                raise Forbidden("公共设施的评价由社区统一答复。", "review")
            require_store(roles, review.merchant, review.store, MemberRole.OWNER, MemberRole.MANAGER)
            now = self.clock()
            rules.check_reply_editable(review, now)
            reply = {"text": clean, "at": review.replied_at or now, "changed_at": now}
            changed = await self._store.change(review, {"reply": reply})
        return changed or _overtaken("review")

    # --- reading ---

    async def of_store(self, store: str, first: int, after: PageKey | None) -> list[Review]:
        async with database_errors_as_refusals():
            return await self._store.of_store(store, first, after)

    async def count_of_store(self, store: str) -> int:
        async with database_errors_as_refusals():
            return await self._store.count_of_store(store)

    async def find(self, review_id: str) -> Review | None:
        async with database_errors_as_refusals():
            return await self._store.find(review_id)

    # --- helpers ---

    async def _changed(self, earlier: Review, stars: int, text: str | None, state: TextState | None) -> Review:
        values: Document = {"stars": stars, "text": text, "changed_at": self.clock(), "uncounted": True}
        gone: tuple[str, ...] = ()
        if state is not None or text is None:
            values["text_state"] = (state or TextState.SHOWN).value
            if state is TextState.HELD:
                values["held"] = True
            else:
                gone = ("held",)
        changed = await self._store.change(earlier, values, gone)
        return await self._counted(changed or _overtaken("booking"))

    async def _found(self, key: str) -> Review:
        found = await self._store.find(key)
        return found or _overtaken("booking")

    async def _text_state(self, text: str, resident: str) -> TextState:
        """Raises ContentRejected."""
        check_text(text, "text")
        try:
            verdict = await self._verdict(text, resident)
        except (Unavailable, RateLimited):
            return TextState.HELD
        if verdict is Verdict.RISKY:
            raise ContentRejected(NOT_SUITABLE, "text")
        return TextState.SHOWN

    async def _verdict(self, text: str, resident: str) -> Verdict:
        """Raises Unavailable, RateLimited."""
        address = await AddressStore(self.database).of(resident) if self.content else {}
        sealed = address.get("openid")
        if self.content is None or sealed is None:
            return Verdict.UNKNOWN
        try:
            openid = self.keys.unseal(sealed, field="openid")
        except CannotUnseal:
            return Verdict.UNKNOWN
        return await self.content.check(text, openid)

    async def _counted(self, review: Review) -> Review:
        """The store's counter holds the review before its author is answered; if that fails the job sees to it."""
        if await self.recount(review.store):
            await self._store.mark_counted(review.id, review.version)
        return review

    async def recount(self, store: str) -> bool:
        """Make the store's counter what its reviews say.

        The reviews are counted after the store was read and the counter is written only if the store is still as read,
        so the last writer has counted everything. `reviewed` is the part that comes from reviews here; the rest came
        with the record. False where others were faster forty times over.
        """
        for _ in range(_TRIES):
            seen = await self._store.store_document(store)
            if seen is None:
                return True
            stars, count = await self._store.tally(store)
            rating = with_reviews(seen["rating"], stars, count)
            if rating == seen["rating"]:
                return True
            changed = await self._store.put_rating(seen, rating)
            if changed:
                self.keeper.apply([Change("stores", store, changed)])
                return True
        return False

    async def _repair(self, lease: Lease) -> None:
        for review in await self._store.uncounted(self.clock() - SETTLED, _BATCH):
            await lease.guard()
            await self._counted(review)
        if self.content:
            for review in await self._store.held(_BATCH):
                await lease.guard()
                if not await self._settle(review):
                    return  # still no answer: the others need not be asked either

    async def _settle(self, review: Review) -> bool:
        """Decide about a text that was held. False where WeChat cannot be asked."""
        try:
            verdict = await self._verdict(review.text or "", review.resident)
        except (Unavailable, RateLimited):
            return False
        state = TextState.REFUSED if verdict is Verdict.RISKY else TextState.SHOWN
        await self._store.change(review, {"text_state": state.value}, ("held",))
        return True


def with_reviews(rating: Document, stars: int, count: int) -> Document:
    before = rating.get("reviewed") or _NOTHING
    if count < before["count"]:  # no review is ever taken away: the record came from elsewhere, without its reviews
        before = _NOTHING
    return {
        "sum": rating["sum"] - before["sum"] + stars,
        "count": rating["count"] - before["count"] + count,
        "reviewed": {"sum": stars, "count": count},
    }


def _overtaken(field: str) -> NoReturn:
    raise StateChanged("这条评价刚刚有变化，请刷新后再试。", field)
