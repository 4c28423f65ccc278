"""The settings of the manager: every name, its default, and what it means."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from metrics.channels import open_channel
from metrics.prices import (
    DOLLARS_A_GB_OF_MEMORY_A_MONTH,
    DOLLARS_A_THOUSAND_S3_GETS,
    DOLLARS_A_THOUSAND_SECONDS_OF_WAITING,
    Prices,
)
from web.exposure import refuse_exposed

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Settings(BaseSettings):
    """Read from the environment, else from ``.env``, under the fields' names in capitals."""

    # .env serves both apps, so it holds names that this one does not know.
    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(Path("data"), description="Folder of the embedded channel.")
    host: str = Field("127.0.0.1", description="Address to listen on.", min_length=1)
    port: int = Field(8100, description="Port to listen on.", ge=1, le=65_535)
    channel_url: str = Field(
        "", description="Where statistics and configuration travel; sqlite:///<DATA_DIR>/channel.db where empty."
    )
    image_service_url: str = Field(
        "", description="Where browsers reach the image service; the pages have no link to it where empty."
    )
    manager_password: SecretStr = Field(
        SecretStr(""), description="Password of the manager; it asks for none where empty."
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="What signs its sessions; a random one, kept in DATA_DIR, where empty."
    )
    allowed_hosts: str = Field(
        "", description="Host names it answers to, with commas between; * for any. Loopback names and HOST where empty."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="The least important messages that are logged."
    )
    memory_price: float = Field(
        DOLLARS_A_GB_OF_MEMORY_A_MONTH, ge=0, description="Dollars for a GB of memory a month, for estimates of cost."
    )
    s3_get_price: float = Field(
        DOLLARS_A_THOUSAND_S3_GETS, ge=0, description="Dollars for a thousand GETs of S3, for estimates of cost."
    )
    verdict_seconds: int = Field(
        600,
        ge=60,
        le=86_400,
        description="How long a cache may take to come round after a change, before three minutes are counted to say "
        "whether its prediction came true; less for a demonstration.",
    )

    waiting_price: float = Field(
        DOLLARS_A_THOUSAND_SECONDS_OF_WAITING,
        ge=0,
        description="Dollars for a thousand seconds that people wait, which is a million milliseconds.",
    )
    miss_milliseconds: float = Field(
        0, ge=0, le=60_000, description="How much longer a miss takes than a hit; as it was measured where 0."
    )
    scale_requests: int = Field(
        1000, ge=1, le=1_000_000_000, description="The auto-scaler never acts on fewer requests than that."
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("channel_url")
    @classmethod
    def _embedded_by_default(cls, value: str, info: ValidationInfo) -> str:
        url = value or f"sqlite:///{info.data.get('data_dir', 'data')}/channel.db"
        open_channel(url)  # asks nobody yet; refuses a scheme that no adapter has
        return url

    @field_validator("manager_password", "secret_key", mode="before")
    @classmethod
    def _without_spaces_around(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _no_stranger_may_configure(self) -> "Settings":
        refuse_exposed(self.host, self.manager_password, "MANAGER_PASSWORD", "change the configuration")
        return self

    @field_validator("image_service_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("it must start with http:// or https://")
        return url

    @property
    def prices(self) -> Prices:
        return Prices(self.memory_price, self.s3_get_price, self.waiting_price, self.miss_milliseconds)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The host names to answer to, in lower case; empty where any will do."""
        named = [name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip()]
        return frozenset() if "*" in named else frozenset(named or {*LOOPBACK, self.host.lower()})
