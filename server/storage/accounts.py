"""Accounts of the staff, their sessions, and the bearer tokens of programs."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from server.storage.ids import new_id


class Account(SQLModel, table=True):
    __tablename__ = "account"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    login: str = Field(unique=True, max_length=100)
    name: str = Field(default="", max_length=200)
    role: str = Field(max_length=20)
    password_hash: str | None = None
    language: str = Field(default="vi", max_length=5)
    created_at: datetime
    disabled_at: datetime | None = None


class StaffSession(SQLModel, table=True):
    """A signed-in browser; `id_hash` is the SHA-256 of what its cookie bears."""

    __tablename__ = "staff_session"
    id_hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", index=True, max_length=32)
    agent: str = Field(default="", max_length=200)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class ApiToken(SQLModel, table=True):
    """A bearer token of a program, with the rights of a role."""

    __tablename__ = "api_token"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str = Field(max_length=100)
    role: str = Field(max_length=20)
    token_hash: str = Field(unique=True, max_length=64)
    created_at: datetime
    revoked_at: datetime | None = None
