"""What docs/deploy hands to operators works: nginx runs its file, and every metric that is named is told."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from server.simulator.testbed import free_port
from tests.web.running_house import RunningHouse, running_house

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
REQUEST_ID = "0123456789abcdef0123456789abcdef"

_AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {site}
}}
"""


@pytest.fixture
async def hall(tmp_path: Path, database_url: str) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path, database_url) as hall:
        yield hall


@contextlib.asynccontextmanager
async def nginx(folder: Path, hall: RunningHouse) -> AsyncIterator[str]:
    """Run nginx with the site as it is handed out, on a free port, without its certificate."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    site = (DEPLOY / "nginx.conf").read_text().replace("127.0.0.1:8000", hall.url.removeprefix("http://"))
    site = re.sub(r"\n *ssl_certificate.*", "", site).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    config = folder / "nginx.conf"
    config.write_text(_AROUND.format(folder=folder, site=site))
    process = await asyncio.create_subprocess_exec(NGINX, "-p", str(folder), "-c", str(config), "-e", "stderr")
    try:
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                assert process.returncode is None, "nginx did not start"
                await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def test_nginx_brings_pages_the_socket_and_a_request_s_id(hall: RunningHouse, tmp_path: Path):
    async with nginx(tmp_path, hall) as url, httpx2.AsyncClient(base_url=url) as client:
        page = await client.get("/wall")
        assert page.status_code == 200
        assert re.fullmatch("[0-9a-f]{32}", page.headers["x-request-id"])
        assert (await client.get("/readyz")).status_code == 200
        signed_in = await client.post("/staff/sign-in", data={"login": "x", "password": "y"}, headers={"origin": url})
        assert signed_in.status_code != 403, "Host does not reach the server"
        async with connect(url.replace("http", "ws") + "/live", origin=url) as wall:  # type: ignore[arg-type]
            await wall.send('{"type": "watch", "topics": ["occupancy"]}')
            assert '"occupancy"' in str(await wall.recv())


@pytest.mark.parametrize("file", ["deploy/alerts.yml", "operating.md"])
async def test_every_metric_that_is_named_is_told(hall: RunningHouse, file: str):
    text = (DEPLOY.parent / file).read_text()
    named = set(re.findall(r"\bsanh_[a-z_]+[a-z]\b", text)) - {"sanh_space", "sanh_zone"}
    async with httpx2.AsyncClient(base_url=hall.url) as client:
        found = (await client.get("/metrics")).text
    told = set(re.findall(r"^# TYPE (\w+)", found, re.MULTILINE))
    # A counter that has counted nothing has no sample yet, but its help.
    known = told | {f"{name}_bucket" for name in told}
    assert named
    assert named <= known, named - known


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda unit: unit.name)
def test_a_unit_works_in_the_folder_that_systemd_makes_for_it(unit: Path):
    said = dict(line.split("=", 1) for line in unit.read_text().splitlines() if re.match("[A-Z]\\w+=", line))
    assert said["WorkingDirectory"] == f"/var/lib/{said['StateDirectory']}"


def test_the_settings_file_that_is_shown_can_be_read_by_systemd():
    # To systemd a `#` that does not begin its line belongs to the value.
    lines = re.findall("^(?:# )?SANH_.*$", (DEPLOY.parent / "operating.md").read_text(), re.MULTILINE)
    assert lines
    assert not [line for line in lines if "#" in line.removeprefix("# ")]
