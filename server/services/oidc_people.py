"""Which of our accounts a person of the OpenID provider gets, and who gets none."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from server.domain.roles import Role
from server.services.accounts import login_of, new_session
from server.services.clock import real_now
from server.services.secrets import hash_secret
from server.settings import Settings
from server.storage import accounts, oidc
from server.storage.audit import Entry, append_line
from server.storage.ids import new_id
from server.storage.standings import add_standing

_LONGEST_LOGIN = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider vouches for. `email` is a verified one or empty."""

    issuer: str
    subject: str
    name: str
    email: str = ""
    role: Role | None = None

    @property
    def label(self) -> str:
        """Return what the audit log calls the person: neither name nor address."""
        return f"oidc:{hash_secret(f'{self.issuer} {self.subject}')[:16]}"


def person_of(claims: Mapping[str, Any], settings: Settings) -> Person:
    """Read a person out of verified claims. Raises `ValueError` for a subject that cannot be kept."""
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ValueError("no usable subject")
    email = str(claims.get("email") or "").strip()
    # Some providers write the word instead of the truth value.
    is_verified = claims.get("email_verified") in (True, "true")
    names = (claims.get("name"), claims.get("preferred_username"), email, subject)
    return Person(
        issuer=settings.oidc_issuer,
        subject=subject,
        name=next((name for name in map(_name, names) if name), "OpenID"),
        email=email if is_verified and len(login_of(email)) <= _LONGEST_LOGIN else "",
        role=_role(claims, settings),
    )


def enter(connection: Connection, person: Person, agent: str) -> tuple[Mapping[Any, Any] | None, str]:
    """Open a session; return the account and the session's secret, or nobody and why not."""
    known = oidc.account_of_identity(connection, person.issuer, person.subject)
    account_id = known or _first_time(connection, person)
    row = oidc.hold_account(connection, account_id) if account_id else None
    if row is None or row["disabled_at"] is not None:
        why = "oidc_unknown" if row is None else "account_locked"
        append_line(connection, Entry(real_now(), person.label, "refuse_oidc", person.label, after={"why": why}))
        return None, why
    me = f"account:{row['id']}"
    now = real_now()
    if known is None:
        oidc.link_identity(
            connection,
            {"issuer": person.issuer, "subject": person.subject, "account_id": row["id"], "linked_at": now},
        )
        append_line(connection, Entry(now, me, "link_oidc", me, after={"person": person.label}))
    if row["must_change"]:
        # Who has come another way will never change the password that was lent: it must not stay good.
        oidc.drop_lent_password(connection, row["id"])
        append_line(connection, Entry(now, me, "drop_lent_password", me))
    secret, session = new_session(row["id"], agent)
    accounts.add_session(connection, session)
    append_line(connection, Entry(now, me, "sign_in", me, after={"by": "oidc"}))
    return {**row, "must_change": False}, secret


def _first_time(connection: Connection, person: Person) -> str | None:
    login = login_of(person.email)
    found = accounts.find_account(connection, login) if login else None
    if found is not None:
        # An address that passed to somebody else opens nothing of its first owner's.
        return None if oidc.is_linked(connection, found["id"], person.issuer) else str(found["id"])
    if person.role is None:
        return None
    now = real_now()
    row: dict[str, Any] = {
        "id": new_id(),
        # Without a verified address, a login that nobody's address can equal: it has a blank.
        "login": login or f"oidc {urlsplit(person.issuer).hostname} {person.subject}"[:60] + person.label[4:],
        "name": person.name,
        "role": person.role.value,
        "password_hash": None,
        "language": "vi",
        "created_at": now,
    }
    accounts.add_account(connection, row)
    add_standing(connection, f"s:{row['id']}", None)
    account, after = f"account:{row['id']}", {"role": row["role"]}
    append_line(connection, Entry(now, person.label, "add_account", account, after=after))
    return str(row["id"])


def _role(claims: Mapping[str, Any], settings: Settings) -> Role | None:
    """Return the first role of the settings whose word the claim has; `a.b` is a claim within a claim."""
    found: Any = claims if settings.oidc_role_claim else None
    if settings.oidc_role_claim in claims:
        found = claims[settings.oidc_role_claim]
    else:
        for part in settings.oidc_role_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    words = found if isinstance(found, list) else [found]
    return next((role for word, role in settings.roles_of_oidc() if word in words), None)


def _name(name: Any) -> str:
    shown = " ".join(unicodedata.normalize("NFC", name).split()) if isinstance(name, str) else ""
    return shown[:100] if shown.isprintable() else ""
