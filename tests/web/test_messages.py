"""Messages leave by a real SMTP server with STARTTLS and AUTH, a real hook, a folder."""

import asyncio
import email
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from icalendar import Calendar

from server.app import build_app
from server.services import messages
from server.services.clock import Clock, real_now
from server.services.delegations import add_delegation, cancel_delegation, change_delegation, confirm_delegation
from server.services.desk import Desk
from server.services.message_doors import Letter, PermanentError, mail_of, open_doors
from server.settings import Settings
from server.storage import messages as storage
from server.storage.migrate import upgrade
from server.storage.spaces import sync_space
from server.web.letters import compose

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)  # Monday, 08:00
SLOT = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)  # Wednesday, 09:00


class Post:
    """What the mail server took; `refuse` makes it answer with a code once."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refuse: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuse:
            return self.refuse.pop()
        assert session.ssl is not None, "the letter came without TLS"
        assert session.authenticated
        self.mails.append(email.message_from_bytes(envelope.original_content, policy=policy.default))
        return "250 taken"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _sign_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = (data.login, data.password) == (b"sanh", b"b\xc3\xad m\xe1\xba\xadt")
    return AuthResult(success=is_right, handled=False)


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[tuple[Post, str]]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, secret = tmp_path / "mail.pem", tmp_path / "mail.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    post = Post()
    controller = Controller(
        post, hostname="127.0.0.1", port=_free_port(), tls_context=context, require_starttls=True, auth_required=True,
        authenticator=_sign_in,
    )  # fmt: skip
    controller.start()
    port = controller.port
    yield post, f"smtp://sanh:b%C3%AD%20m%E1%BA%ADt@localhost:{port}?starttls=yes&cafile={pem}"
    controller.stop()


class Desks:
    """A house with its doors, and Hoa's desk in it."""

    def __init__(self, app: Any) -> None:
        self.app, self.house = app, app.state.house
        self.desk = Desk(self.house.database, self.house.space, actor="account:hoa", at=NOW)
        self.doors = open_doors(self.house.settings)

    async def send(self, limit: int = 8) -> int:
        async def make(message: Any) -> Letter:
            return await compose(self.house, self.app.state.templates, message)

        return await messages.send_due(self.house.database, self.doors, make, limit=limit)

    async def request(self, **values: Any) -> str:
        row = {"organisation": "Sở Khoa học và Công nghệ", "kind": "agency", "status": "requested", "planned": 12}
        row |= {"slot_at": SLOT, "email": "lan@so.example", "contact_name": "Nguyễn Thị Lan"} | values
        return (await add_delegation(self.desk, row)).code

    async def states(self) -> list[str]:
        return [row["state"] for row in await messages.list_messages(self.house.database, limit=200)]


@asynccontextmanager
async def desks(tmp_path: Path, database_url: str, **settings: Any) -> AsyncIterator[Desks]:
    chosen = Settings(
        database_url=database_url, secret_file=tmp_path / "secret.json", message_from="sanh@kg.example",
        _env_file=None, **settings,
    )  # fmt: skip
    app = build_app(chosen, Clock(NOW))
    await app.state.house.database.write(upgrade)
    await app.state.house.database.write(sync_space, app.state.house.space)
    yield Desks(app)
    await app.state.house.database.close()


def _parts(mail: Any) -> dict[str, Any]:
    return {part.get_content_type(): part for part in mail.walk()}


async def test_a_confirmed_delegation_gets_its_passes_badges_and_invitation_over_starttls(
    tmp_path: Path, database_url: str, mail_server: tuple[Post, str]
) -> None:
    post, url = mail_server
    async with desks(tmp_path, database_url, smtp_url=url) as here:
        code = await here.request()
        await confirm_delegation(here.desk, code)
        await here.send()
        await change_delegation(here.desk, code, {"slot_at": SLOT + timedelta(hours=1)})
        await here.send()
        await cancel_delegation(here.desk, code)
        await here.send()
        assert await here.states() == ["sent"] * 3
    confirmed, _changed, _cancelled = post.mails
    parts = _parts(confirmed)
    assert "Đã xác nhận" in confirmed["Subject"]
    assert code in confirmed["Subject"]
    assert code in parts["text/plain"].get_content()
    assert "cid:code" in parts["text/html"].get_content()
    assert parts["image/png"]["Content-ID"] == "<code>"
    assert parts["application/pdf"].get_content().startswith(b"%PDF")
    events = []
    for mail in post.mails:
        calendar = Calendar.from_ical(_parts(mail)["text/calendar"].get_content())
        event: Any = calendar.walk("VEVENT")[0]
        events.append((str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"]), event["DTSTART"].dt))
    assert [event[0] for event in events] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({event[1] for event in events}) == 1
    assert [event[2] for event in events] == [0, 1, 2]
    assert events[1][3] == SLOT + timedelta(hours=1)


async def test_a_server_that_is_down_or_busy_is_asked_again_and_one_that_refuses_is_not(
    tmp_path: Path, database_url: str, mail_server: tuple[Post, str]
) -> None:
    post, url = mail_server
    async with desks(tmp_path, database_url, smtp_url=url) as here:
        await cancel_delegation(here.desk, await here.request())
        post.refuse = ["451 later"]
        await here.send()
        [row] = await messages.list_messages(here.house.database)
        assert row["state"] == "failed"
        assert row["next_try_at"] > real_now()
        assert await here.send() == 0, "it rests until its time"
        await messages.send_again(here.desk, row["id"])
        await here.send()
        assert await here.states() == ["sent"]
        assert len(post.mails) == 1
        await cancel_delegation(here.desk, await here.request(organisation="Khác"))
        post.refuse = ["554 no"]
        await here.send()
        assert "given_up" in await here.states()


async def test_a_sender_killed_between_sending_and_marking_sends_the_same_letter_again(
    tmp_path: Path, database_url: str, mail_server: tuple[Post, str]
) -> None:
    post, url = mail_server
    async with desks(tmp_path, database_url, smtp_url=url) as here:
        await cancel_delegation(here.desk, await here.request())
        taken = await here.house.database.write(storage.claim_messages, ["mail"], real_now(), timedelta(minutes=-1), 8)
        await here.doors["mail"](await compose(here.house, here.app.state.templates, taken[0]))
        await here.send()
        assert await here.states() == ["sent"]
        assert len({mail["Message-ID"] for mail in post.mails}) == 1
        assert len(post.mails) == 2
        settled = await here.house.database.write(
            storage.settle_message, taken[0]["id"], taken[0]["claim"], {"state": "failed"}
        )
        assert not settled, "whoever lost the claim changes nothing"


@pytest.mark.slow
async def test_several_senders_at_once_send_a_hundred_invitations_once_each(tmp_path: Path, database_url: str) -> None:
    async with desks(tmp_path, database_url, message_folder=tmp_path / "out") as here:
        for number in range(100):
            await cancel_delegation(here.desk, await here.request(email=f"lan{number}@so.example"))

        async def work() -> int:
            count = 0
            while taken := await here.send():
                count += taken
            return count

        assert sum(await asyncio.gather(*(work() for _ in range(4)))) == 100
        assert await here.states() == ["sent"] * 100
        assert len(list((tmp_path / "out").glob("*.eml"))) == 100


async def test_a_phone_is_told_by_a_signed_hook(tmp_path: Path, database_url: str) -> None:
    got: list[tuple[bytes, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((body, self.headers["Sanh-Signature"]))
            self.send_response(503 if len(got) == 1 else 204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/sms"
    async with desks(tmp_path, database_url, message_hook_url=url, message_hook_secret="chung") as here:
        await cancel_delegation(here.desk, await here.request(email=None, phone="+84903123456"))
        await here.send()
        [row] = await messages.list_messages(here.house.database)
        assert row["state"] == "failed"
        assert "503" in row["last_error"]
        await messages.send_again(here.desk, row["id"])
        await here.send()
        assert await here.states() == ["sent"]
    server.shutdown()
    server.server_close()
    body, signature = got[1]
    assert signature == "sha256=" + hmac.new(b"chung", body, hashlib.sha256).hexdigest()
    assert json.loads(body)["to"] == "+84903123456"


@pytest.mark.parametrize("hostile", ["Lan\r\nBcc: all@so.example", "=?utf-8?q?x?=", "\u202eLan<b>", "é" * 300])
def test_no_name_writes_a_header_of_its_own(hostile: str) -> None:
    letter = Letter("1", "mail", "lan@so.example", "sanh@kg.example", hostile, hostile, "text", "<p>html</p>")
    content = bytes(mail_of(letter))
    read = email.message_from_bytes(content, policy=policy.default)
    assert read["Bcc"] is None
    assert str(read["To"]) == "lan@so.example"


@pytest.mark.parametrize("address", ["", "lan", "lan@", "a@b.example\r\nBcc: c@d.example", "a,b@c.example", "lan @x"])
def test_an_address_that_is_none_is_given_up_at_once(address: str) -> None:
    with pytest.raises(PermanentError):
        mail_of(Letter("1", "mail", address, "sanh@kg.example", "Sảnh", "Chào", "text"))


async def test_a_hostile_organisation_stays_text_in_html(tmp_path: Path, database_url: str) -> None:
    async with desks(tmp_path, database_url, message_folder=tmp_path / "out") as here:
        await cancel_delegation(here.desk, await here.request(organisation="<img src=x onerror=1>"))
        await here.send()
        mail = email.message_from_bytes(next((tmp_path / "out").glob("*.eml")).read_bytes(), policy=policy.default)
        assert "<img src=x" not in _parts(mail)["text/html"].get_content()
