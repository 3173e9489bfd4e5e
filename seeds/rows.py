"""One model per seed file: what may stand in a record, before anything is looked up elsewhere."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=48)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=600)]
AreaCode = Annotated[str, StringConstraints(pattern=r"^\d{6}(\d{3}){0,2}$")]
CommunityCode = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
StoreId = Annotated[str, StringConstraints(pattern=r"^s\d{4,}$")]
# No subscriber number begins with 0, so these ring at nobody's.
SafePhone = Annotated[str, StringConstraints(pattern=r"^0571-0\d{7}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Longitude = Annotated[float, Field(ge=73, le=136)]
Latitude = Annotated[float, Field(ge=3, le=54)]
Position = tuple[Longitude, Latitude]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Fen = Annotated[int, Field(ge=0, le=10_000_000)]

ACCESSIBILITY = frozenset({"STEP_FREE", "ACCESSIBLE_TOILET", "LIFT", "PARKING", "SIGN_LANGUAGE", "LARGE_PRINT"})

Kind = Literal["APPOINTMENT", "SESSION", "REQUEST_ONLY"]


class SeedRow(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class BorderPointRow(SeedRow):
    name: Slug
    at: Annotated[Position, Field(strict=False)]


class AreaRow(SeedRow):
    code: AreaCode
    name: Text
    households: Positive | None = None
    ring: list[Slug] = []

    @model_validator(mode="after")
    def _only_communities_have_a_ring(self) -> "AreaRow":
        is_community = len(self.code) == 12
        if is_community != (len(self.ring) >= 3) or is_community != (self.households is not None):
            raise ValueError("a community, and only a community, has households and a ring of at least 3 points")
        return self


class CategoryRow(SeedRow):
    code: Slug
    under: Slug | None = None
    name: Text
    aliases: list[Text] = []


class MerchantRow(SeedRow):
    slug: Slug
    name: Text
    area: AreaCode


class SeasonRow(SeedRow):
    weekly: Text
    from_days: int | None = None
    through_days: int | None = None


class HoursRow(SeedRow):
    name: Slug
    weekly: Text | None = None
    seasons: list[SeasonRow] = []
    holidays: Text = "SAME"

    @model_validator(mode="after")
    def _says_when(self) -> "HoursRow":
        if (self.weekly is None) == (not self.seasons):
            raise ValueError("exactly one of weekly and seasons is needed")
        return self


class ChainRow(SeedRow):
    slug: Slug
    merchant: Slug
    name: Text
    hours: Slug


class StoreRow(SeedRow):
    id: StoreId
    name: Text
    category: Slug
    community: CommunityCode
    address: Text
    lng: Longitude
    lat: Latitude
    phone: SafePhone | None = None
    merchant: Slug | None = None
    chain: Slug | None = None
    number: Text | None = None
    operator: Text
    part_of: StoreId | None = None
    station_of: AreaCode | None = None
    hours: Slug | None = None
    accessibility: str = ""
    floor_area: Positive | None = None
    rating_sum: Count = 0
    rating_count: Count = 0
    assured_days_ago: Count
    notice: Text | None = None

    @model_validator(mode="after")
    def _hours_come_from_somewhere(self) -> "StoreRow":
        if self.hours is None and self.chain is None:
            raise ValueError("a store without a chain needs hours")
        if self.chain is not None and self.merchant is None:
            raise ValueError("a store of a chain needs the chain's merchant")
        return self

    @model_validator(mode="after")
    def _words_are_known(self) -> "StoreRow":
        unknown = set(self.accessibility.split()) - ACCESSIBILITY
        if unknown:
            raise ValueError(f"unknown accessibility {', '.join(sorted(unknown))}")
        if not self.rating_count <= self.rating_sum <= 5 * self.rating_count:
            raise ValueError("rating_sum must lie between 1 and 5 for each of rating_count")
        return self


class ExceptionRow(SeedRow):
    store: StoreId
    in_days: Count
    ranges: Text | None = None  # None: closed all day
    reason: Text | None = None


class EligibilityRow(SeedRow):
    code: Slug
    text: Text
    min_age: Annotated[int, Field(ge=0, le=130)] | None = None
    proof: Text | None = None
    must_declare: bool = False


class SessionRow(SeedRow):
    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1)]
    at: Clock
    weeks: Annotated[int, Field(ge=1, le=52)]


class OfferingTerms(SeedRow):
    """What an override may say differently from its chain's offering."""

    name: Text
    description: LongText | None = None
    aliases: list[Text] = []
    price: Fen | None = None
    unit: Text = "次"
    duration_minutes: Annotated[int, Field(ge=5, le=1440)] | None = None
    grid_minutes: Literal[15, 30, 60] = 30
    capacity: Positive = 1
    party_size_max: Positive = 1
    one_place_per_party: bool = False
    lead_minutes: Count = 60
    window_days: Annotated[int, Field(ge=1, le=120)] = 30
    cancel_before_minutes: Count = 120
    at_home: bool = False
    bookable: bool = True
    auto_confirm: bool = True
    eligibility: list[EligibilityRow] = []

    @model_validator(mode="after")
    def _party_fits(self) -> "OfferingTerms":
        if self.party_size_max > self.capacity and not self.one_place_per_party:
            raise ValueError("party_size_max is larger than capacity")
        return self


class OfferingRow(OfferingTerms):
    id: Slug
    chain: Slug | None = None
    store: StoreId | None = None
    each: Slug | None = None  # one offering for each store of this category, with ids "<store>-<id>"
    kind: Kind
    sessions: list[SessionRow] = []

    @model_validator(mode="after")
    def _has_one_owner(self) -> "OfferingRow":
        if [self.chain, self.store, self.each].count(None) != 2:
            raise ValueError("exactly one of chain, store and each is needed")
        return self

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> "OfferingRow":
        if (self.kind == "SESSION") != bool(self.sessions):
            raise ValueError("sessions belong to the kind SESSION, which needs them")
        if self.kind != "REQUEST_ONLY" and self.duration_minutes is None:
            raise ValueError(f"the kind {self.kind} needs duration_minutes")
        return self


class OverrideRow(SeedRow):
    """Only the terms that are given are laid over the chain's offering."""

    store: StoreId
    template: Slug
    name: Text | None = None
    description: LongText | None = None
    aliases: list[Text] | None = None
    price: Fen | None = None
    unit: Text | None = None
    duration_minutes: Annotated[int, Field(ge=5, le=1440)] | None = None
    capacity: Positive | None = None
    party_size_max: Positive | None = None
    lead_minutes: Count | None = None
    window_days: Annotated[int, Field(ge=1, le=120)] | None = None
    cancel_before_minutes: Count | None = None
    bookable: bool | None = None
    auto_confirm: bool | None = None
    eligibility: list[EligibilityRow] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "OverrideRow":
        if not self.terms():
            raise ValueError("the override changes nothing")
        return self

    def terms(self) -> dict[str, object]:
        return self.model_dump(exclude_unset=True, exclude={"store", "template"})


class RoadRow(SeedRow):
    name: Text
    line: Annotated[list[Annotated[Position, Field(strict=False)]], Field(min_length=2)]


class SketchRow(SeedRow):
    """An offering as a generated store has it; the price is drawn between the two ends."""

    name: Text
    price: Annotated[tuple[Fen, Fen], Field(strict=False)]
    unit: Text = "次"
    kind: Literal["APPOINTMENT", "REQUEST_ONLY"] = "APPOINTMENT"
    duration_minutes: Positive = 60
    capacity: Positive = 2
    at_home: bool = False


class PrefixRow(SeedRow):
    name: Slug
    words: Annotated[list[Text], Field(min_length=5)]


class TradeRow(SeedRow):
    """How stores of one category are named and kept when the district is grown for load tests."""

    category: Slug
    weight: Positive
    prefix: Slug
    endings: Annotated[list[Text], Field(min_length=1)]
    hours: Annotated[list[Slug], Field(min_length=1)]
    offering: SketchRow | None = None
