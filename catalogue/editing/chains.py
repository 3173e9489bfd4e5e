"""Making chains. What a chain holds is edited where it is: offerings, hours."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from lifecircle.catalogue.database import Document, database_errors_as_refusals
from lifecircle.catalogue.editing import rules
from lifecircle.catalogue.editing.desk import Desk, clean_key
from lifecircle.catalogue.editing.model import Edit, Taken, once
from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.history.model import ChangeKind
from lifecircle.catalogue.merchants import Chain, chain_from_document
from lifecircle.catalogue.people.access import Roles


@dataclass(frozen=True)
class ChainEdits:
    desk: Desk

    async def create(self, roles: Roles, merchant: str, name: str, key: str | None) -> Chain:
        """Raises NotFound, Forbidden, InvalidInput, LimitReached, IdempotencyConflict."""
        async with database_errors_as_refusals():
            owner, member = await self.desk.merchant_for(roles, merchant)
            repeated = once(roles.resident, clean_key(key), "createChain", [merchant, name])
            earlier = await self.desk.earlier(repeated)
            if earlier:
                return await self._chain(earlier["chain"])
            await self.desk.check_room("chains", rules.MOST_CHAINS, "品牌", merchant=merchant)
            document = _new_chain(owner, rules.name(name, "name"))
            edit = Edit("chains", None, document, ChangeKind.CREATED)
            try:
                await self.desk.write(roles, member, edit, once=repeated, answer={"chain": document["_id"]})
            except Taken:
                again = await self.desk.earlier(repeated)  # the same request, a moment ago
                if again is None:
                    raise
                return await self._chain(again["chain"])
            return chain_from_document(document)

    async def _chain(self, key: str) -> Chain:
        row = await self.desk.store.one("chains", key)
        if row is None:
            raise NotFound("没有找到这个品牌。", "chain")
        return chain_from_document(row)


def _new_chain(owner: Document, name: str) -> Document:
    return {
        "_id": secrets.token_hex(12),
        "district": owner["district"],
        "merchant": owner["_id"],
        "name": name,
        "hours": {"weekly": [], "holidays": {"mode": "SAME", "ranges": []}},
        "version": 1,
    }
