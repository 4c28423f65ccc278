"""The settings of the image service: every name, its default, and what it means."""

import os
import socket
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cache.caches import check_url
from cache.config import MIB
from image_service.ec2 import instance_id
from web.exposure import refuse_exposed

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
MAX_INSTANCE_LETTERS = 100
LEAST_WHATIF_BYTES = 80 * MIB
"""With less the memory may not last for LEAST_OBJECTS at every capacity."""


class Settings(BaseSettings):
    """Read from the environment, else from ``.env``, under the fields' names in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    data_dir: Path = Field(
        Path("data"), description="Folder of the embedded stores, the spool, the last configuration."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.", min_length=1)
    port: int = Field(8000, description="Port to listen on.", ge=1, le=65_535)
    images_url: str = Field("", description="Where image bytes are kept; file:<DATA_DIR>/images where empty.")
    database_url: str = Field("", description="Where the rows are kept; sqlite:///<DATA_DIR>/images.db where empty.")
    cache_url: str = Field("memory:", description="What caches: memory: is this process's own, redis: all share.")
    workers: int = Field(
        1, description="Processes that serve; more than one only where CACHE_URL is not memory:.", ge=1, le=64
    )
    channel_url: str = Field(
        "", description="Where statistics and configuration travel; sqlite:///<DATA_DIR>/channel.db where empty."
    )
    instance: str = Field(
        "",
        description="Stable name of this instance; the host's name where empty, on CloudWatch the EC2 instance's id.",
        max_length=MAX_INSTANCE_LETTERS,
    )
    max_upload_bytes: int = Field(10 * MIB, description="The longest file accepted, in bytes.", ge=1, le=1 << 30)
    max_image_pixels: int = Field(
        24_000_000, description="The most pixels an accepted image may have.", ge=1, le=1_000_000_000
    )
    stale_seconds: int = Field(
        3600, description="How long cached images are served while the database can't be asked.", ge=0, le=86_400
    )
    whatif_bytes: int = Field(
        128 * MIB,
        description="Memory for what-if, beside the cache's: fewer bytes, rougher curves. 0 switches it off, "
        "and what there is must be 80 MiB at least.",
        ge=0,
        le=1 << 40,
    )
    trace_requests: int = Field(
        0,
        description="How many of the last requests /export/trace.csv gives, with hashed keys; 0 switches it off.",
        ge=0,
        le=10_000_000,
    )
    upload_token: SecretStr = Field(
        SecretStr(""), description="Secret that whoever adds or deletes images must bring; nobody where empty."
    )
    allowed_hosts: str = Field(
        "", description="Host names it answers to, with commas between; * for any. Loopback names and HOST where empty."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="The least important messages that are logged."
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("whatif_bytes")
    @classmethod
    def _enough_or_none(cls, value: int) -> int:
        if 0 < value < LEAST_WHATIF_BYTES:
            raise ValueError(f"must be 0 or at least {LEAST_WHATIF_BYTES}")
        return value

    @field_validator("cache_url")
    @classmethod
    def _names_a_cache(cls, value: str) -> str:
        return check_url(value)

    @field_validator("instance")
    @classmethod
    def _machine_by_default(cls, value: str, info: ValidationInfo) -> str:
        on_aws = info.data.get("channel_url", "").startswith("cloudwatch:")
        name = value or (on_aws and instance_id(os.environ)) or socket.gethostname() or "localhost"
        if not name.isprintable():
            raise ValueError("must be printable")
        return name

    @field_validator("upload_token", mode="before")
    @classmethod
    def _without_spaces_around(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value

    @field_validator("upload_token")
    @classmethod
    def _fits_into_a_header(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if not (token.isascii() and token.isprintable()):
            raise ValueError("it must be of ASCII letters, digits and signs, as it travels in a header")
        return value

    @model_validator(mode="after")
    def _no_stranger_may_write(self) -> "Settings":
        refuse_exposed(self.host, self.upload_token, "UPLOAD_TOKEN", "add and delete images")
        return self

    @model_validator(mode="after")
    def _workers_share_a_cache(self) -> "Settings":
        if self.workers > 1 and self.cache_url.startswith("memory:"):
            raise ValueError(
                "WORKERS above 1 needs a CACHE_URL that they can share: with memory: each worker process would have "
                "a cache of its own, each filled by a part of the requests, and the hit rate would suffer"
            )
        return self

    @field_validator("images_url", "database_url", "channel_url")
    @classmethod
    def _embedded_by_default(cls, value: str, info: ValidationInfo) -> str:
        return value or _EMBEDDED[info.field_name].format(data_dir=info.data.get("data_dir", "data"))

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The host names to answer to, in lower case; empty where any will do."""
        named = [name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip()]
        return frozenset() if "*" in named else frozenset(named or {*LOOPBACK, self.host.lower()})


_EMBEDDED = {
    "images_url": "file:{data_dir}/images",
    "database_url": "sqlite:///{data_dir}/images.db",
    "channel_url": "sqlite:///{data_dir}/channel.db",
}
