"""The doors by which messages leave: SMTP, an HTTP hook for SMS and chat services, a folder."""

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import httpx2 as httpx
import orjson

from server.domain.text import clean
from server.settings import Settings

_SECONDS = 20.0
_KNOCK_SECONDS = 5.0
_REFUSED = range(500, 600)


class PermanentError(Exception):
    """A message that no second try would bring: its address is refused."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file with its type, e.g. `application/pdf`; one with a `cid` is shown inside the letter."""

    name: str
    kind: str
    content: bytes
    cid: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it leaves. `id` is the same at each try."""

    id: str
    channel: str
    recipient: str
    sender: str
    sender_name: str
    subject: str
    text: str
    html: str = ""
    step: str = ""
    delegation: str = ""
    language: str = "vi"
    attachments: tuple[Attachment, ...] = ()


Door = Callable[[Letter], Awaitable[None]]


def open_doors(settings: Settings) -> dict[str, Door]:
    """Return the doors that the settings open, by channel; the folder stands in for those that are not set."""
    doors: dict[str, Door] = {}
    if settings.message_folder is not None:
        doors = dict.fromkeys(("mail", "hook"), folder_door(settings.message_folder))
    if settings.smtp_url:
        doors["mail"] = smtp_door(settings.smtp_url)
    if settings.message_hook_url:
        doors["hook"] = hook_door(settings.message_hook_url, settings.message_hook_secret)
    return doors


def smtp_door(url: str) -> Door:
    """Return the door to an SMTP server: `smtp://user:pass@host:587?starttls=yes&cafile=…`, `smtps://…`."""

    async def send(letter: Letter) -> None:
        if letter.channel != "mail":
            raise PermanentError("no mail address")
        try:
            await aiosmtplib.send(mail_of(letter), **smtp_options(url))  # type: ignore[arg-type]
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(one.code in _REFUSED for one in error.recipients):
                raise PermanentError(f"SMTP {error.recipients[0].code}") from error
            raise
        except aiosmtplib.SMTPDataError as error:
            if error.code in _REFUSED:
                raise PermanentError(f"SMTP {error.code}") from error
            raise

    return send


async def knock(url: str) -> None:
    """Greet an SMTP server and sign in, sending nothing. Raise what goes wrong."""
    options = smtp_options(url) | {"timeout": _KNOCK_SECONDS}
    async with aiosmtplib.SMTP(**options) as server:  # type: ignore[arg-type]
        await server.noop()


def smtp_options(url: str) -> dict[str, object]:
    """Return what an SMTP address says, as aiosmtplib takes it. Raise `ValueError` for one that says nothing."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("smtp:// or smtps:// with a host")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    is_tls = parts.scheme == "smtps"
    starttls = options.get("starttls", "yes" if parts.username else "auto").lower()
    context = ssl.create_default_context(cafile=options.get("cafile"))
    return {
        "hostname": parts.hostname,
        "port": parts.port or (465 if is_tls else 587),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": is_tls,
        # A password never leaves without encryption: only `starttls=no` in the address allows that.
        "start_tls": False if is_tls or starttls in ("no", "0") else None if starttls == "auto" else True,
        "tls_context": context,
        "timeout": _SECONDS,
    }


def hook_door(url: str, secret: str) -> Door:
    """Return the door to an HTTP service: JSON, signed in `Sanh-Signature: sha256=…` over the body."""

    async def send(letter: Letter) -> None:
        body = orjson.dumps(plain(letter))
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Idempotency-Key": letter.id}
        if secret:
            headers["Sanh-Signature"] = f"sha256={signature}"
        async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False) as client:
            answer = await client.post(url, content=body, headers=headers)
        if answer.status_code in (400, 410, 422):
            raise PermanentError(f"HTTP {answer.status_code}")
        if not 200 <= answer.status_code < 300:
            raise ConnectionError(f"HTTP {answer.status_code}")

    return send


def folder_door(folder: Path) -> Door:
    """Return the door to a folder: an .eml file a mail, a .json file any other message."""

    async def send(letter: Letter) -> None:
        content = bytes(mail_of(letter)) if letter.channel == "mail" else orjson.dumps(plain(letter))
        ending = "eml" if letter.channel == "mail" else "json"
        await asyncio.to_thread(_write, folder / f"{letter.id}.{ending}", content)

    return send


def plain(letter: Letter) -> dict[str, str]:
    """Return a message as services for SMS and chat get it."""
    return {
        "id": letter.id,
        "to": letter.recipient,
        "language": letter.language,
        "step": letter.step,
        "delegation": letter.delegation,
        "subject": letter.subject,
        "text": letter.text,
    }


def mail_of(letter: Letter) -> EmailMessage:
    """Return a message as mail: text, HTML with its pictures, files. Raise `PermanentError` for a bad address."""
    mail = EmailMessage(policy=SMTP)
    try:
        user, _, host = letter.recipient.rpartition("@")
        # Whatever stands in a name or a subject, it stays within its line.
        mail["To"] = Address(username=user, domain=host)
        mail["From"] = Address(clean(letter.sender_name), addr_spec=letter.sender)
    except (MessageError, ValueError, IndexError) as error:
        raise PermanentError("bad address") from error
    if not user or not host or not letter.recipient.isascii() or any(mark in letter.recipient for mark in " \r\n,;<>"):
        raise PermanentError("bad address")
    mail["Subject"] = clean(letter.subject)
    mail["Message-ID"] = f"<{letter.id}@{letter.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    if letter.html:
        mail.add_alternative(letter.html, subtype="html")
    for one in letter.attachments:
        main, _, sub = one.kind.partition("/")
        if one.cid:
            html = mail.get_body(("html",))
            assert isinstance(html, EmailMessage)
            html.add_related(one.content, main, sub, cid=f"<{one.cid}>", filename=one.name, disposition="inline")
        elif main == "text":
            mail.add_attachment(one.content.decode(), sub, filename=one.name, params=one.parameters)
        else:
            mail.add_attachment(one.content, main, sub, filename=one.name)
    return mail


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    half.write_bytes(content)
    half.replace(path)
