"""
The one table of settings: name, default, unit and help.

An argument wins over the environment (``TELPUNT_`` and the name in capitals), which wins over ``telpunt.toml`` in the
working directory, which wins over the default. Nothing else in the program reads the environment.
"""

from __future__ import annotations

import os
import tomllib
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from collector.errors import UsageError

Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """Settings of one installation. Frozen: a factory takes them as an argument and nobody changes them after."""

    model_config = SettingsConfigDict(
        env_prefix="TELPUNT_",
        frozen=True,
        extra="forbid",
        toml_file="telpunt.toml",
        validate_default=True,
        env_ignore_empty=True,
    )

    data: Path = Field(Path("telpunt-data"), description="Folder in which everything is kept.")
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Networks (CIDR, comma-separated) whose X-Forwarded-For and Forwarded are believed; default: nobody's.",
    )
    visit_idle_s: int = Field(1800, ge=60, le=14400, description="Seconds of silence after which a visit is closed.")
    visit_max_s: int = Field(
        82800,
        ge=3600,
        le=82800,
        description="Seconds after which a visit is closed though it is not silent (23 h: a journal record lives at most 24 h).",
    )
    key_lifetime_s: int = Field(
        86400,
        ge=600,
        le=86400,
        description="Seconds after which the visit key in memory is replaced by a new random one (24 h at most).",
    )
    body_max_bytes: int = Field(
        65536, ge=1024, le=1048576, description="Largest body that POST /api/event accepts, in bytes."
    )
    batch_max_events: int = Field(50, ge=1, le=50, description="Most events in one POST /api/event.")
    rate_max_per_minute: int = Field(
        600, ge=0, description="Most events a minute from one address before 429 (counted in memory only); 0: no limit."
    )
    visits_max_per_address: int = Field(
        300,
        ge=0,
        description="Most visits a day from one public address (an office or school has one) before 429; in memory only; 0: no limit.",
    )
    pace_max_per_minute: int = Field(
        300,
        ge=0,
        description="Most page views a minute of one visit before it counts as a bot; not for private addresses; 0: no limit.",
    )
    fetch_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Networks (CIDR, comma-separated) that are not public and from which the dashboard may fetch the registered "
        "sites' pages, to check the snippet and to read a sitemap; default: none.",
    )
    address_bits_v4: int = Field(
        32,
        ge=8,
        le=32,
        description="Bits of an IPv4 address that are used at all, for the visit token too; 24 leaves out the last number.",
    )
    address_bits_v6: int = Field(
        128,
        ge=16,
        le=128,
        description="Bits of an IPv6 address that are used at all, for the visit token too; such as 48 or 64.",
    )
    country_file: Path | None = Field(
        None,
        description="File in MaxMind's format (GeoLite2 Country, DB-IP) that has the country of an address; none: no countries.",
    )
    journal_max_mb: int = Field(
        4096,
        ge=1,
        description="Size of the journal, in MB, from which events are refused with 503 until a fold has read it.",
    )
    honour_opt_out: bool = Field(
        True, description="Drop events sent with Global Privacy Control (Sec-GPC) or Do Not Track (DNT)."
    )
    fsync_every_s: float = Field(
        1.0, ge=0.0, le=60.0, description="Most seconds between two fsyncs of the journal; 0: after every request."
    )
    fold_every_s: int = Field(300, ge=10, le=3600, description="Seconds between two folds of the journal into counts.")
    analyse_at: str = Field(
        "03:30",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="Time of the nightly analysis, HH:MM in the server's time zone.",
    )
    fine_pattern_days: int = Field(
        35,
        ge=7,
        le=400,
        description="Days that pattern counts of rare patterns stay fine before they too obey the rule of k.",
    )
    analysis_workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes that count a large import at the same time; more than 1 pays on machines with many cores.",
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL of the metadata (users, jobs); empty: SQLite in the data folder."
    )
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^/?#\s]+/?)?$",
        description="Address at which people reach the dashboard, such as https://count.example.org; links in e-mails start with it.",
    )
    session_idle_hours: int = Field(
        336, ge=1, le=2160, description="Hours without use after which somebody has to log in to the dashboard again."
    )
    session_max_days: int = Field(
        30, ge=1, le=365, description="Days after which somebody has to log in to the dashboard again, used or not."
    )
    smtp_host: str = Field("", description="Server that sends e-mail; empty: no e-mail is sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port; 587 goes with starttls, 465 with tls.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way to it is protected: starttls, tls or none (for a server on this machine)."
    )
    smtp_user: str = Field("", description="Name to log in to it with; empty: without logging in.")
    smtp_password: str = Field("", repr=False, description="Password that goes with the name.")
    mail_from: str = Field(
        "",
        pattern=r"^([^\s@<>]+@[^\s@<>]+)?$",
        description="Sender of e-mails, such as telpunt@example.org; empty: no e-mail is sent.",
    )
    seed: int = Field(
        20260, ge=0, description="Seed of everything random in the analysis, so that a run can be repeated."
    )

    @field_validator("trusted_proxies", "fetch_networks", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        networks = []
        for part in value:
            try:
                networks.append(ip_network(part, strict=False))
            except ValueError:
                raise ValueError(
                    f"{part!r} is not a network; expected CIDR such as 10.0.0.0/8 or 2001:db8::/32"
                ) from None
        return tuple(networks)

    @field_validator("country_file", mode="before")
    @classmethod
    def _no_file(cls, value: Any) -> Any:
        return None if value == "" else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then ``telpunt.toml``; no ``.env`` and no secrets folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def environment(self) -> dict[str, str]:
        """The environment for a process of ours that is to have these settings: the present one and every setting that is not its default."""
        given = {
            f"TELPUNT_{name.upper()}": ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            for name in type(self).model_fields
            if (value := getattr(self, name)) != type(self).model_fields[name].default
        }
        return {**os.environ, **given}

    @classmethod
    def load(cls, **arguments: Any) -> Settings:
        """
        Read the settings of this process.

        Args:
            arguments: settings given on the command line; those that are None count as not given.

        Raises:
            UsageError: a value that cannot be used, named with what was expected.
        """
        try:
            return cls(**{name: value for name, value in arguments.items() if value is not None})
        except tomllib.TOMLDecodeError as error:
            raise UsageError(
                f"telpunt.toml cannot be read: {error}; expected lines such as fold_every_s = 60"
            ) from None
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            if first["type"] == "extra_forbidden":
                raise UsageError(
                    f"telpunt.toml has {name!r}, which is no setting; docs/reference.md lists them"
                ) from None
            raise UsageError(
                f"Setting TELPUNT_{name.upper()} has value {first['input']!r}: {first['msg'].removeprefix('Value error, ')}"
            ) from None
