"""The settings: environment variables with the prefix `SANH_`, or a `.env` file, read here and nowhere else."""

from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from server.domain.errors import DomainError
from server.domain.roles import Role
from server.domain.space import Space, default_space, parse_space


class Settings(BaseSettings):
    """What the operator decided. `sanh doctor` and the README list every field with its description."""

    model_config = SettingsConfigDict(env_prefix="SANH_", env_file=".env", extra="ignore")

    database_url: str = Field(
        "sqlite:///var/sanh.db", description="SQLite file, or postgresql://… for several processes"
    )
    bus_url: str = Field("", description="empty: inside the process; redis://… between processes")
    secret_file: Path = Field(Path("var/secret.json"), description="signing keys; made on first use, owner only")
    public_url: str = Field("http://127.0.0.1:8000", description="the address that the QR codes bear")
    timezone: str = Field("Asia/Ho_Chi_Minh", description="the space's own clock")
    language: str = Field("vi", description="vi or en")
    smtp_url: str = Field("", description="smtp://user:password@host:port?starttls=yes, or smtps://…: mail leaves here")
    message_from: str = Field("sanh@localhost", description="the address that mail comes from")
    message_hook_url: str = Field("", description="https://…: messages to phones are posted here as JSON")
    message_hook_secret: str = Field("", description="signs what is posted to the hook")
    message_folder: Path | None = Field(None, description="messages that have no other door are written here")
    oidc_issuer: str = Field("", description="https://…: the OpenID provider by which staff may sign in")
    oidc_client_id: str = Field("", description="what the provider knows this space by")
    oidc_client_secret: str = Field("", description="proves it to the provider; empty for a public client")
    oidc_name: str = Field("", description="the words of the button that leads there")
    oidc_role_claim: str = Field("", description="the claim that names groups or roles, e.g. realm_access.roles")
    oidc_roles: str = Field("", description="value=role,…: who gets an account of their own at the first sign-in")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what is logged, and above")
    space_file: Path | None = Field(None, description="TOML: names, zones, capacities, opening hours, brand")

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (KeyError, OSError) as error:
            raise ValueError(f"no time zone {timezone!r}") from error
        return timezone

    @field_validator("oidc_issuer")
    @classmethod
    def _is_safe(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if issuer and (not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and is_here))):
            raise ValueError("https://… is needed")
        return issuer

    @field_validator("oidc_roles")
    @classmethod
    def _are_roles(cls, pairs: str) -> str:
        _role_pairs(pairs)
        return pairs

    @property
    def has_oidc(self) -> bool:
        return bool(self.oidc_issuer and self.oidc_client_id)

    def roles_of_oidc(self) -> list[tuple[str, Role]]:
        """Return which value of the role claim gives which role, the first that fits first."""
        return _role_pairs(self.oidc_roles)

    def space(self) -> Space:
        """Read the space file, or return the built-in space. Raise `bad_space_file`."""
        if self.space_file is None:
            return replace(default_space(), timezone=self.timezone)
        try:
            text = self.space_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DomainError("bad_space_file", where=str(self.space_file), why=str(error)) from error
        return parse_space(text, timezone=self.timezone)


def _role_pairs(pairs: str) -> list[tuple[str, Role]]:
    split = [pair.rpartition("=") for pair in pairs.split(",") if pair.strip()]
    if not all(word.strip() for word, _, _ in split):
        raise ValueError("value=role,… is needed")
    return [(word.strip(), Role(role.strip())) for word, _, role in split]
