"""What the simulator asks the server for, by the JSON API and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any, Self

import httpx2
import orjson
from websockets.asyncio.client import connect

from server.domain.errors import DomainError
from server.domain.text import search_key
from server.simulator.people import Guest, Party, Place, Post, Span
from server.simulator.walkers import MARK

_AT_ONCE = 8
_LUNCH = "an trua tai cho"


@dataclass(frozen=True, slots=True)
class Health:
    """The server's clock. Its time zone is the offset in which the server writes its times."""

    at: datetime
    speed: float


@dataclass(frozen=True, slots=True)
class Paired:
    """A kiosk that the server knows: its device id and its token."""

    device: str
    token: str


class Api:
    """A client of `/api/v1`. Raise `server_unreachable` or `server_refused`."""

    def __init__(self, client: httpx2.AsyncClient, zone: tzinfo) -> None:
        self._client = client
        self._zone = zone
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, token: str, zone: tzinfo) -> AsyncIterator[Self]:
        """Open a client of the server at `url`; `zone` is the space's time zone."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False) as client:
            yield cls(client, zone)

    async def health(self) -> Health:
        """Return the server's time and how fast it runs."""
        body = await self._get("/healthz")
        return Health(datetime.fromisoformat(body["at"]).astimezone(self._zone), float(body.get("speed") or 1))

    async def places(self) -> tuple[tuple[Place, ...], int]:
        """Return the zones, the lobby first, and how many people are inside."""
        body = await self._get("/api/v1/occupancy")
        zones = tuple(Place(zone["id"], zone["name"], zone["capacity"]) for zone in body["zones"])
        return zones, int(body["people"])

    async def parties(self, day: date) -> tuple[Party, ...]:
        """Return the day's delegations that may come, with a pass for each and for each member."""
        rows = [row async for row in self._list("/api/v1/delegations", {"date": day.isoformat()})]
        coming = [row for row in rows if row.get("status") not in ("cancelled", "no_show")]
        return tuple(await asyncio.gather(*(self._party(row) for row in coming)))

    async def walkers(self, names: Sequence[tuple[str, str]], day: date) -> tuple[Guest, ...]:
        """Register walk-ins by name and e-mail, once each, and return them with their passes."""
        if not names:
            return ()
        rows = [row async for row in self._list("/api/v1/visitors", {}) if (row["email"] or "").endswith(MARK)]
        known = {row["email"]: row["id"] for row in rows}
        texts = await self._texts({}) if known else {}
        guests = (self._walker(name, email, known.get(email), day, texts) for name, email in names)
        return tuple(await asyncio.gather(*guests))

    async def pair(self, post: Post, name: str) -> Paired:
        """Pair a kiosk: the device asks for a code, staff approve it, the device claims its token."""
        asked = await self._post("/api/v1/devices/codes", {})
        settings = {
            "name": name,
            "role": post.role,
            "zone": post.zone,
            "direction": post.direction,
            "inner": post.inner,
        }
        await self._post(f"/api/v1/devices/codes/{asked['code']}/approve", settings)
        claimed = await self._post("/api/v1/devices/claims", {"secret": asked["secret"]})
        return Paired(claimed["device"]["id"], claimed["token"])

    async def known_devices(self) -> frozenset[str]:
        """Return the ids of the devices whose tokens are still good."""
        rows = [row async for row in self._list("/api/v1/devices", {})]
        return frozenset(row["id"] for row in rows if not row["revoked_at"])

    async def unpair(self, device: str) -> None:
        """Revoke a kiosk that is not needed any more."""
        await self._post(f"/api/v1/devices/{device}/revoke", {})

    async def _party(self, row: dict[str, Any]) -> Party:
        code = row["code"]
        members = [row async for row in self._list(f"/api/v1/delegations/{code}/visitors", {}) if not row["erased"]]
        texts = await self._texts({"delegation": code})
        guests = await asyncio.gather(*(self._guest(member["id"], texts.get(member["id"])) for member in members))
        return Party(
            code=code,
            slot=datetime.fromisoformat(row["slot_at"]).astimezone(self._zone).time() if row["slot_at"] else None,
            covers=row["covers"],
            guests=tuple(guests),
            pass_text=texts.get(None) or await self._pass_of(delegation=code),
            kind=row["kind"],
            interest=row["sector"],
            lunch_on_site=_LUNCH in search_key(f"{row['needs']} {row['notes']}"),
        )

    async def _guest(self, visitor: str, pass_text: str | None = None) -> Guest:
        return Guest(visitor, pass_text or await self._pass_of(visitor=visitor))

    async def _walker(self, name: str, email: str, known: str | None, day: date, texts: dict[str | None, str]) -> Guest:
        if known is None:
            body = {"name": name, "email": email, "visit_date": day.isoformat()}
            known = str((await self._post("/api/v1/visitors", body))["id"])
        return await self._guest(known, texts.get(known))

    async def _texts(self, query: dict[str, str]) -> dict[str | None, str]:
        """Return the good passes by visitor; a delegation's own has none."""
        rows = [row async for row in self._list("/api/v1/passes", query)]
        return {row["visitor_id"]: row["text"] for row in rows if not row["revoked_at"]}

    async def _pass_of(self, **holder: str) -> str:
        return str((await self._post("/api/v1/passes", holder))["text"])

    async def _list(self, path: str, query: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = await self._get(path, query | {"limit": "1000"} | ({"cursor": cursor} if cursor else {}))
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if cursor is None:
                return

    async def _get(self, path: str, query: dict[str, str] | None = None) -> Any:
        return await self._ask("GET", path, params=query)

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._ask("POST", path, json=body)

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        async with self._at_once:
            try:
                response = await self._client.request(method, path, **request)
            except httpx2.HTTPError as error:
                raise DomainError("server_unreachable", url=str(self._client.base_url), why=str(error)) from error
        if response.is_error:
            raise DomainError("server_refused", path=path, status=response.status_code, why=_reason(response))
        return orjson.loads(response.content) if response.content else {}


async def read_message(url: str, topic: str) -> bytes:
    """Return the message with the present state of a public topic of the live socket; empty if there is none."""
    async with asyncio.timeout(10), connect(url, compression=None, proxy=None) as socket:
        await socket.send(orjson.dumps({"type": "watch", "topics": [topic]}).decode())
        async for frame in socket:
            message = orjson.loads(frame)
            if message.get("type") == "state" and message.get("topic") == topic:
                return frame if isinstance(frame, bytes) else frame.encode()
    return b""


async def read_state(url: str, topic: str) -> dict[str, Any]:
    """Return the present state of a public topic of the live socket."""
    message = await read_message(url, topic)
    return dict(orjson.loads(message)["state"]) if message else {}


def live_url(url: str) -> str:
    """Return the address of the live socket of the server at `url`."""
    return url.rstrip("/").replace("http", "ws", 1) + "/live"


def spans_of(state: dict[str, Any]) -> tuple[Span, ...]:
    """Return the opening hours that the `arrivals` topic tells: none on a closed day, the usual ones if it is mute."""
    if hours := state.get("hours"):
        return tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in hours)
    opens, closes = state.get("opens_at"), state.get("closes_at")
    if opens and closes:
        return ((_clock(opens), _clock(closes)),)
    is_closed = "opens_at" in state and not state.get("is_open")
    return () if is_closed else ((time(7, 30), time(17, 0)),)


def _clock(text: str) -> time:
    return datetime.fromisoformat(text).time() if "T" in text else time.fromisoformat(text)


def _reason(response: httpx2.Response) -> str:
    try:
        problem = orjson.loads(response.content)
        return str(problem.get("code") or problem.get("detail") or "")
    except orjson.JSONDecodeError:
        return ""
