"""All seed files, read into typed records; nothing is compared across files here."""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from lifecircle.seeds.reading import Record, read_csv, read_yaml
from lifecircle.seeds.rows import (
    AreaRow,
    BorderPointRow,
    CategoryRow,
    ChainRow,
    ExceptionRow,
    HoursRow,
    MerchantRow,
    OfferingRow,
    OverrideRow,
    PrefixRow,
    RoadRow,
    StoreRow,
    TradeRow,
)


@dataclass(frozen=True, slots=True)
class SeedFiles:
    border_points: list[Record[BorderPointRow]]
    areas: list[Record[AreaRow]]
    categories: list[Record[CategoryRow]]
    merchants: list[Record[MerchantRow]]
    hours: list[Record[HoursRow]]
    chains: list[Record[ChainRow]]
    stores: list[Record[StoreRow]]
    exceptions: list[Record[ExceptionRow]]
    offerings: list[Record[OfferingRow]]
    overrides: list[Record[OverrideRow]]


@dataclass(frozen=True, slots=True)
class GrowthFiles:
    roads: list[Record[RoadRow]]
    prefixes: list[Record[PrefixRow]]
    trades: list[Record[TradeRow]]


def read_files(folder: Path | None = None) -> SeedFiles:
    source = data_folder(folder)
    return SeedFiles(
        border_points=read_yaml(source, "border_points.yaml", BorderPointRow),
        areas=read_yaml(source, "areas.yaml", AreaRow),
        categories=read_yaml(source, "categories.yaml", CategoryRow),
        merchants=read_csv(source, "merchants.csv", MerchantRow),
        hours=read_yaml(source, "hours.yaml", HoursRow),
        chains=read_yaml(source, "chains.yaml", ChainRow),
        stores=read_csv(source, "stores.csv", StoreRow),
        exceptions=read_yaml(source, "exceptions.yaml", ExceptionRow),
        offerings=read_yaml(source, "offerings.yaml", OfferingRow),
        overrides=read_yaml(source, "overrides.yaml", OverrideRow),
    )


def read_growth_files(folder: Path | None = None) -> GrowthFiles:
    source = data_folder(folder)
    return GrowthFiles(
        roads=read_yaml(source, "roads.yaml", RoadRow),
        prefixes=read_yaml(source, "prefixes.yaml", PrefixRow),
        trades=read_yaml(source, "trades.yaml", TradeRow),
    )


def data_folder(folder: Path | None) -> Traversable:
    return folder if folder is not None else files("lifecircle.seeds.data")
