"""Every setting, in one typed place. All come from the environment, prefixed LIFECIRCLE_."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from lifecircle.catalogue.errors import SettingInvalid

PREFIX = "LIFECIRCLE_"
_MASK = "********"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    mongodb_uri: SecretStr | None = Field(
        None, description="MongoDB replica set or sharded cluster; unset: the embedded engine in the state folder"
    )
    mongodb_database: str = Field("lifecircle", pattern=r"^[A-Za-z0-9_-]{1,38}$", description="name of the database")
    districts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="area codes served, comma-separated; empty: all that the database holds"
    )
    state: Path = Field(Path(".state"), description="folder for the embedded database, demo keys and logs")
    keys_file: Path | None = Field(None, description="JSON file of keys (docs/operations.md); --demo makes one")
    synonyms_file: Path | None = Field(None, description="YAML of further search words (docs/search.md)")
    host: str = Field("127.0.0.1", description="listening address")
    port: int = Field(8000, ge=1, le=65535, description="listening port")
    workers: int = Field(1, ge=1, le=64, description="server processes")
    demo: bool = Field(False, description="seed an empty database and let demo codes sign in; never in production")
    demo_public: bool = Field(False, description="let --demo listen on an address that is not loopback")
    wechat_app_id: str | None = Field(None, description="app id of the mini-program; not together with --demo")
    wechat_app_secret: SecretStr | None = Field(None, description="secret of the mini-program")
    wechat_base_url: str = Field("https://api.weixin.qq.com", description="WeChat's server API")
    wechat_timeout_seconds: float = Field(3.0, gt=0, le=4, description="time limit of one call to WeChat")
    wechat_push_token: SecretStr | None = Field(None, description="token of the message push to /wechat/push")
    wechat_templates_file: Path | None = Field(
        None, description="JSON file of subscribe message templates (docs/notices.md)"
    )
    wechat_content_check: bool = Field(True, description="ask WeChat about what residents write")
    rate_sms_gap_seconds: int = Field(60, ge=1, description="seconds between two SMS codes to one number")
    rate_sms_hour: int = Field(5, ge=1, description="SMS codes to one number an hour")
    rate_sms_day: int = Field(10, ge=1, description="SMS codes to one number a day")
    rate_sign_in_hour: int = Field(30, ge=1, description="sign-ins of one account an hour")
    rate_booking_hour: int = Field(30, ge=1, description="attempts to book of one account an hour")
    rate_chat_minute: int = Field(30, ge=1, description="chat turns of one account or conversation a minute")
    max_body_bytes: int = Field(262_144, ge=1_024, description="largest request body of /graphql, in bytes")
    max_json_depth: int = Field(32, ge=4, description="deepest nesting of a request's JSON")
    max_depth: int = Field(12, ge=3, description="deepest nesting of fields in one operation")
    max_aliases: int = Field(100, ge=1, description="most aliases in one operation")
    max_cost: int = Field(5_000, ge=100, description="most points one operation may cost (docs/api.md)")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="networks whose X-Forwarded-For is believed, comma-separated, like 10.0.0.0/8"
    )
    account_rate: float = Field(20.0, gt=0, description="requests a second of one account to one worker")
    account_burst: int = Field(200, ge=1, description="requests of one account at once")
    address_rate: float = Field(500.0, gt=0, description="flood brake: requests a second from one address")
    address_burst: int = Field(5_000, ge=1, description="flood brake: requests from one address at once")
    max_query_tokens: int = Field(2_000, ge=50, description="most lexical tokens in one GraphQL document")
    operation_seconds: float = Field(10.0, gt=0, description="time limit of one operation")
    graceful_seconds: int = Field(20, ge=1, description="how long a stop waits for requests under way")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    @field_validator("districts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            ipaddress.ip_network(text)
        return value

    @field_validator("mongodb_uri")
    @classmethod
    def _is_mongodb(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("must begin with mongodb:// or mongodb+srv://")
        return value


def read_settings(**overrides: object) -> Settings:
    """The settings of this process; `overrides` come from the command line. Raises SettingInvalid by name."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        problems = "; ".join(_problem(str(item["loc"][0]), item["msg"]) for item in error.errors(include_input=False))
        raise SettingInvalid(problems) from None


def described(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """(environment name, value with secrets masked, what it is) of every setting."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        text = _MASK if isinstance(value, SecretStr) else "" if value is None else _plain(value)
        yield PREFIX + name.upper(), text, field.description or ""


def _plain(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _problem(name: str, message: str) -> str:
    return f"{PREFIX}{name.upper()}: {message}"
