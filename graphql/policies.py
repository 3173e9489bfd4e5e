"""Policy guides and their lists."""

from __future__ import annotations

from datetime import date
from typing import Self

import strawberry

from lifecircle.assistant.policies import model
from lifecircle.assistant.policies.answering import as_policy
from lifecircle.assistant.policies.store import RegulationStore
from lifecircle.assistant.replies import Citation as CitationRecord
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import PolicyStatus
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.node import Node
from lifecircle.graphql.paging import PageInfo, begin_after, cursor, page_info, page_size, read_key_cursor

MAX_QUERY = 200


@strawberry.type(
    description="A policy guide in plain Chinese, or an imported regulation word for word (topic regulation)."
)
class Policy(Node):
    title: str = strawberry.field(description="Chinese title.")
    issuer: str = strawberry.field(description="Who issued the rule.")
    document_number: str | None = strawberry.field(description="Number of the document; null where unknown.")
    topic: str = strawberry.field(description="Topic code, usable as `policies(topic:)`.")
    summary: str = strawberry.field(description="The answer in one sentence.")
    body: str = strawberry.field(description="The guide, paragraphs separated by blank lines.")
    effective_on: date | None = strawberry.field(description="In force since; null where unknown.")
    checked_on: date = strawberry.field(description="When the source was last read.")
    is_stale: bool = strawberry.field(description="Whether the source should be read again before relying on it.")
    region: str | None = strawberry.field(description="Where it holds; null: the whole country.")
    status: PolicyStatus = strawberry.field(description="In force, replaced or abolished.")
    version: int = strawberry.field(description="Rises with every version that is taken in.")
    record: strawberry.Private[model.Policy]

    @strawberry.field(description="Versions of a regulation that this one took the place of, the newest first.")
    async def older_versions(self, info: Info) -> list[Policy]:
        older = await RegulationStore(info.context.services.database).older_than(self.record.id)
        return [Policy.of(as_policy(one), info.context) for one in older]

    @classmethod
    def of(cls, record: model.Policy, context: RequestContext) -> Self:
        return cls(
            id=global_id("Policy", record.id),
            title=record.title,
            issuer=record.issuer,
            document_number=record.document_number,
            topic=record.topic,
            summary=record.summary,
            body=record.body,
            effective_on=record.effective_on,
            checked_on=record.checked_on,
            is_stale=record.is_stale(local_day(context.now)),
            region=record.region,
            status=record.status,
            version=record.version,
            record=record,
        )


@strawberry.type(description="A guide in a page.")
class PolicyEdge:
    node: Policy = strawberry.field(description="The guide.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of guides.")
class PolicyConnection:
    edges: list[PolicyEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int | None = strawberry.field(description="How many there are in all.")


@strawberry.type(description="Where an answer comes from.")
class Citation:
    title: str = strawberry.field(description="Title of the guide.")
    issuer: str = strawberry.field(description="Who issued the rule.")
    document_number: str | None = strawberry.field(description="Number of the document; null where unknown.")
    section: str | None = strawberry.field(description="Article or section that was used.")
    region: str | None = strawberry.field(description="Where it holds; null: the whole country.")
    effective_on: date | None = strawberry.field(description="In force since; null where unknown.")
    checked_on: date = strawberry.field(description="When the source was last read.")
    url: str | None = strawberry.field(description="Where the source was read.")
    policy: Policy | None = strawberry.field(description="The guide itself.")

    @classmethod
    def of(cls, record: CitationRecord, context: RequestContext) -> Self:
        policy = record.policy
        return cls(
            title=policy.title,
            issuer=policy.issuer,
            document_number=policy.document_number,
            section=record.section,
            region=policy.region,
            effective_on=policy.effective_on,
            checked_on=policy.checked_on,
            url=policy.sources[0].url if policy.sources else None,
            policy=Policy.of(policy, context),
        )


def policy_page(
    info: Info, query: str | None, topic: str | None, region: str | None, first: int | None, after: str | None
) -> PolicyConnection:
    """Guides change seldom: a page continues after the guide that the cursor names."""
    if query and len(query) > MAX_QUERY:
        raise InvalidInput(f"搜索词最多 {MAX_QUERY} 个字。", "query")
    size, key = page_size(first), read_key_cursor(after, "policy")
    found = info.context.services.assistant.shelf.current.select(query, topic, region)
    begin = begin_after([policy.id for policy in found], key)
    page = found[begin : begin + size]
    edges = [PolicyEdge(node=Policy.of(p, info.context), cursor=cursor("policy", p.id)) for p in page]
    position = page_info(edges, has_next=begin + size < len(found), after=after)
    return PolicyConnection(edges=edges, page_info=position, total_count=len(found))


async def load_policy(context: RequestContext, key: str) -> Node | None:
    """A version that was replaced is in the database only."""
    record = context.services.assistant.shelf.current.get(key)
    if record is None:
        old = await RegulationStore(context.services.database).find(key)
        record = as_policy(old) if old else None
    return Policy.of(record, context) if record else None
