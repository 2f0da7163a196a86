"""A running house for tests of the records' API, and programs that may do this or that."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from server.app import build_app
from server.settings import Settings
from tests.statements import run_sql


class Programs:
    """Clients of one house, each with a token of a role."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._tokens: dict[str, str] = {}

    @property
    def house(self) -> Any:
        return self.client.app.state.house  # type: ignore[attr-defined]

    def call(self, method: str, path: str, *, role: str = "administrator", **options: Any) -> Any:
        """Call `/api/v1` + path as a program with a role."""
        headers = {"Authorization": f"Bearer {self._token(role)}"} | options.pop("headers", {})
        return self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    def sql(self, statement: str, **values: Any) -> Any:
        """Run a statement; return its rows if it has any."""
        query = partial(run_sql, statement=statement, **values)
        return self.client.portal.call(self.house.database.write, query)  # type: ignore[union-attr]

    def forget_all(self) -> None:
        """Empty the register, so that the next test begins with D001."""
        for name in ("printed_pass", "print", "pass", "standing", "visitor", "delegation", "organisation"):
            self.sql(f'DELETE FROM "{name}"')

    def _token(self, role: str) -> str:
        if role not in self._tokens:
            _, secret = self.client.portal.call(self.house.accounts.add_token, role, role)  # type: ignore[union-attr]
            self._tokens[role] = secret
        return self._tokens[role]


@contextmanager
def open_programs(folder: Path, database_url: str) -> Iterator[Programs]:
    """Open a house on a database of the test's own; its keys lie in a folder."""
    settings = Settings(database_url=database_url, secret_file=folder / "secret.json", _env_file=None)
    # A failure of the server shall be the 500 that a program would see.
    with TestClient(build_app(settings), raise_server_exceptions=False) as client:
        yield Programs(client)
