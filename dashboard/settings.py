"""Everything the manager takes from the environment or a `.env` file: name, default, help."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from metrics.channels import open_channel

LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda level: str(level).upper())]


class Settings(BaseSettings):
    """One field a setting; its name in capitals is the variable."""

    # .env serves both apps, so it holds what this one does not know; an empty value is no value.
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True)

    data_dir: Path = Field(Path("data"), description="The folder of the embedded defaults.")
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8100, ge=1, le=65_535, description="The port to listen on.")
    channel_url: str = Field(
        "", validate_default=True, description="The channel to the services; default sqlite:///DATA_DIR/channel.db."
    )
    image_service_url: str = Field("", description="Where browsers reach the image service; no link where unknown.")
    allowed_hosts: str = Field(
        "", description="Host names to answer to, with commas between; default the loopback names and HOST."
    )
    log_level: LogLevel = Field("INFO", description="The least that is logged: DEBUG, INFO, WARNING or ERROR.")

    @field_validator("channel_url")
    @classmethod
    def _channel_is_known(cls, url: str, earlier: ValidationInfo) -> str:
        url = url or f"sqlite:///{earlier.data.get('data_dir', Path('data')) / 'channel.db'}"
        open_channel(url)  # opens nothing yet; refuses a scheme that no adapter has
        return url

    @field_validator("image_service_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return url

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names in ALLOWED_HOSTS."""
        return tuple(name.strip() for name in self.allowed_hosts.split(",") if name.strip())


def read_settings() -> Settings:
    """The settings; ends the process with a sentence for each that does not hold."""
    try:
        return Settings()
    except ValidationError as refused:
        sys.exit("\n".join(_sentence(error) for error in refused.errors()))


def _sentence(error: dict) -> str:
    name = "_".join(str(step) for step in error["loc"]).upper()
    reason = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{reason}." if reason.startswith(name) else f"{name} {error['input']!r}: {reason}."
