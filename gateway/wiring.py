"""Where everything is put together: settings in, services out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

from lifecircle.assistant import safety
from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.matcher.shipped import project_matcher
from lifecircle.assistant.policies.shelf import PolicyShelf
from lifecircle.assistant.router import Router
from lifecircle.assistant.service import Assistant
from lifecircle.catalogue.bookings.occupancy.index import OccupancyIndex
from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.bookings.occupancy.made import BookingRate
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.certification.rulebook import RuleShelf
from lifecircle.catalogue.certification.service import CertificationDesk
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, connect, open_database, wait_until_reachable
from lifecircle.catalogue.editing.service import EditingDesk
from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.catalogue.feed.service import ChangeFeed
from lifecircle.catalogue.freshness.service import FreshnessDesk
from lifecircle.catalogue.hours.holidays import state_calendar
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.notices.service import NoticeDesk
from lifecircle.catalogue.people.rates import Limit, RateCounter, RateLimits
from lifecircle.catalogue.people.service import PeopleDesk
from lifecircle.catalogue.people.sms import SmsCodes
from lifecircle.catalogue.privacy.service import PrivacyDesk
from lifecircle.catalogue.requests.service import RequestDesk
from lifecircle.catalogue.reviews.service import ReviewDesk
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.search.service import Searcher
from lifecircle.catalogue.search.synonyms import read_synonyms
from lifecircle.catalogue.snapshot.folder import image_folder
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.gateway.demo import DemoIdentity, NoIdentity
from lifecircle.gateway.keys import follow_keys
from lifecircle.gateway.notices import deliverers_of
from lifecircle.gateway.preparing import REACHABLE_SECONDS, key_ring_of, keys_path, uri_of
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.sms import DemoSms, NoSms
from lifecircle.gateway.tokens import JwtTokens
from lifecircle.gateway.wechat.client import WeChatClient, open_wechat
from lifecircle.gateway.wechat.transport import WeChatApp
from lifecircle.graphql.context import Services

WeChat = WeChatClient | DemoIdentity | NoIdentity


@dataclass(frozen=True)
class Wiring:
    """What a worker's routes need."""

    services: Services
    tokens: JwtTokens


@contextlib.asynccontextmanager
async def wired(settings: Settings, clock: Clock) -> AsyncIterator[Wiring]:
    """Connected, with the snapshot loaded, until the block ends. Raises CannotStart."""
    async with contextlib.AsyncExitStack() as stack:
        keys = key_ring_of(settings)
        client = connect(uri_of(settings))
        stack.callback(client.close)
        database = open_database(client, settings.mongodb_database)
        await wait_until_reachable(client, REACHABLE_SECONDS)
        wechat = await _wechat(settings, database, keys, clock, stack)
        matcher = await asyncio.to_thread(project_matcher, settings.state)
        services = _services(settings, database, keys, clock, wechat, matcher)
        await services.keeper.start()
        await asyncio.to_thread(services.searcher.prepare, services.keeper.current)
        await asyncio.to_thread(safety.prepare)
        stack.push_async_callback(services.keeper.stop)
        stack.push_async_callback(services.feed.stop)
        await stack.enter_async_context(running(follow_keys(keys_path(settings), keys)))
        yield Wiring(services, JwtTokens(keys, clock))


def _services(
    settings: Settings,
    database: Database,
    keys: KeyRing,
    clock: Clock,
    wechat: WeChatClient | DemoIdentity | NoIdentity,
    matcher: IntentMatcher,
) -> Services:
    calendar, rates, limits = state_calendar(), RateCounter(database, clock), rate_limits(settings)
    booking_rate = BookingRate(limits.booking, clock)
    shelf = PolicyShelf(database, matcher)
    occupancy = OccupancyIndex(database, settings.districts, clock, booking_rate)
    rules = RuleShelf(database)
    codes = SmsCodes(database, keys, DemoSms() if settings.demo else NoSms(), rates, limits, clock)
    keeper = SnapshotKeeper(
        database,
        settings.districts,
        clock,
        [shelf, shelf.regulations, occupancy, rules],
        image_folder(settings.state, settings.districts),
    )
    desk = BookingDesk(database, keys, calendar, clock, live=Live(keeper, occupancy))
    members = MembershipDesk(database, keys, keeper, clock)
    tokens, claim = JwtTokens(keys, clock), members.claim_invitations
    people = PeopleDesk(database, keys, wechat, tokens, clock, codes, wechat, rates, limits, claim)
    tell, requests = deliverers_of(settings, wechat), RequestDesk(database, keys, keeper, rates, clock)
    privacy = PrivacyDesk(database, keys, clock, members)
    certification = CertificationDesk(database, keys, keeper, privacy, desk, rules, clock)
    return Services(
        database=database,
        keeper=keeper,
        bookings=desk,
        booking_rate=booking_rate,
        people=people,
        members=members,
        privacy=privacy,
        certification=certification,
        assistant=Assistant(database, keys, desk, Router(desk, shelf, matcher, requests, certification), clock),
        keys=keys,
        calendar=calendar,
        freshness=FreshnessDesk(database, keeper, rates, clock),
        editing=EditingDesk(database, keeper, clock),
        searcher=Searcher(read_synonyms(settings.synonyms_file), calendar),
        notices=NoticeDesk(database, keys, keeper, clock, tell.templates, tell.wechat, tell.sms),
        reviews=ReviewDesk(database, keys, keeper, clock, tell.content),
        requests=requests,
        feed=ChangeFeed(database, ["bookings", "conversations"]),
        clock=clock,
    )


def rate_limits(settings: Settings) -> RateLimits:
    return RateLimits(
        sms_gap=Limit("sms-gap", 1, settings.rate_sms_gap_seconds),
        sms_hour=Limit("sms-hour", settings.rate_sms_hour, 3_600),
        sms_day=Limit("sms-day", settings.rate_sms_day, 86_400),
        sign_in=Limit("sign-in", settings.rate_sign_in_hour, 3_600),
        booking=Limit("booking", settings.rate_booking_hour, 3_600),
        chat=Limit("chat", settings.rate_chat_minute, 60, ahead=5),
    )


async def _wechat(
    settings: Settings, database: Database, keys: KeyRing, clock: Clock, stack: contextlib.AsyncExitStack
) -> WeChat:
    """WeChat where an app is set up; demo codes in demo mode; else nobody signs in this way."""
    if settings.demo:
        return DemoIdentity()
    if settings.wechat_app_id is None:
        return NoIdentity()
    if settings.wechat_app_secret is None:
        raise SettingInvalid("LIFECIRCLE_WECHAT_APP_SECRET: needed with LIFECIRCLE_WECHAT_APP_ID")
    app = WeChatApp(settings.wechat_app_id, settings.wechat_app_secret.get_secret_value())
    timeout = settings.wechat_timeout_seconds
    opening = open_wechat(app, database, keys, clock, base_url=settings.wechat_base_url, timeout_seconds=timeout)
    return await stack.enter_async_context(opening)


@contextlib.asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[None]:
    """Work that goes on in the background while the block runs."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
