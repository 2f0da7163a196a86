"""A small stand-in for the server's live socket: it answers by the simple tables, and can be made to misbehave."""

import asyncio
from collections import Counter
from typing import Any

import orjson
from websockets.asyncio.server import serve


class Doors:
    """Knows kiosks by their token (the post's key), counts who is where, and keeps every scan that it was sent."""

    def __init__(self, posts, capacity=1000):
        self.posts = {post.key: post for post in posts}
        self.capacity = capacity
        self.where = {}
        self.groups: Counter[str] = Counter()
        self.answers = {}
        self.received = []
        self.scripted = []  # answers to give before the tables are asked
        self.mute = False
        self.port = 0
        self._server: Any = None

    async def open(self):
        self._server = await serve(self._talk, "127.0.0.1", self.port, process_request=self._admit)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self):
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/live"

    def _admit(self, connection, request):
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.posts:
            return connection.respond(401, "unknown device")
        connection.post = self.posts[token]
        return None

    async def _talk(self, socket):
        async for frame in socket:
            scans = orjson.loads(frame)["scans"]
            self.received += [(socket.post.key, scan) for scan in scans]
            if not self.mute:
                answers = [self._answer(socket.post, scan) for scan in scans]
                await socket.send(orjson.dumps({"type": "answers", "answers": answers}).decode())
            await asyncio.sleep(0)

    def _answer(self, post, scan):
        if scan["id"] in self.answers:
            return self.answers[scan["id"]] | {"repeat": True}
        told = self.scripted.pop(0) if self.scripted else self._decide(post, scan)
        answer = {"id": scan["id"], "code": None, "people": 0, "repeat": False, "conflict": None} | told
        self.answers[scan["id"]] = answer
        return answer

    def _decide(self, post, scan):
        text = scan["pass"]
        if text.startswith("GROUP"):
            return self._decide_group(post, scan)
        inside = self.where.get(text)
        way = post.direction if post.direction != "auto" else scan["direction"]
        if not post.inner:
            if way == "auto":
                way = "out" if inside else "in"
            if way == "out":
                if inside:
                    del self.where[text]
                return {"answer": "left", "people": 1} if inside else refuse("not_inside")
            if inside and not scan.get("offline"):
                return refuse("already_inside")
            if len(self.where) >= self.capacity:
                return refuse("space_full")
        if inside == post.zone:
            return {"answer": "present"}
        self.where[text] = post.zone
        return {"answer": "moved" if inside else "admitted", "people": 1}

    def _decide_group(self, post, scan):
        text, inside = scan["pass"], self.groups[scan["pass"]]
        if post.inner:
            return {"answer": "moved", "people": scan.get("people", inside)}
        way = post.direction if post.direction != "auto" else scan["direction"]
        if way == "auto" and inside:
            return refuse("direction_needed")
        if way == "out":
            del self.groups[text]
            return {"answer": "left", "people": inside} if inside else refuse("not_inside")
        self.groups[text] += scan.get("people", 1)
        return {"answer": "admitted", "people": scan.get("people", 1)}


def refuse(code, **more):
    return {"answer": "refused", "code": code} | more
