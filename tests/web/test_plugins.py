"""The plug-in door: a plug-in that cannot come in is listed with its reason, and the house is open all the same."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx2
import pytest

from server import app as app_module
from server.plugin import GROUP, BrokenPlugin, Plugin, load_plugins
from server.services.house import House
from tests.web.running_house import running_house

ROOT = Path(__file__).parents[2]


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


def test_the_kiosk_comes_in_through_the_door() -> None:
    loaded = {plugin.id: plugin for plugin in load_plugins()}
    assert isinstance(loaded["kiosk"], Plugin)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_package:plugin", "ModuleNotFoundError"),
        ("tests.cast:no_such_name", "AttributeError"),
        ("tests.cast:MORNING", "TypeError"),
        ("builtins:dict", "is no Plugin"),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason(value: str, reason: str) -> None:
    (broken,) = load_plugins([point("strange", value)])
    assert isinstance(broken, BrokenPlugin)
    assert (broken.id, reason in broken.reason) == ("strange", True)


def leave() -> Plugin:
    raise SystemExit("this machine has no camera")


def fail_to_prepare(_house: House) -> None:
    raise OSError("no broker")


without_folder = Plugin("without-folder", static=ROOT / "nowhere")
without_route = Plugin("without-route", routes=["/exhibits/quiz"])  # type: ignore[list-item]
unprepared = Plugin("unprepared", prepare=fail_to_prepare)


async def test_the_house_opens_whatever_a_plugin_does_wrong(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("leave", "without_folder", "without_route", "unprepared")
    points = [point(name, f"{__name__}:{name}") for name in names]
    monkeypatch.setattr(app_module, "load_plugins", lambda: load_plugins(points))
    async with running_house(tmp_path, database_url) as hall:
        assert hall.house.plugins == {
            "leave": "SystemExit: this machine has no camera",
            "without-folder": f"{ROOT / 'nowhere'} is no folder",
            "without-route": "'/exhibits/quiz' is no route",
            "unprepared": "OSError: no broker",
        }


async def test_the_rest_runs_beside_a_broken_plugin_and_the_start_page_says_why(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [point("kiosk", "no_such_package:plugin")]
    monkeypatch.setattr(app_module, "load_plugins", lambda: load_plugins(points))
    async with running_house(tmp_path, database_url) as hall, httpx2.AsyncClient() as client:
        assert hall.house.plugins["kiosk"] is not None
        assert (await client.get(f"{hall.url}/wall")).status_code == 200
        assert (await client.get(f"{hall.url}/kiosk")).status_code == 404
        assert "no_such_package" in (await client.get(hall.url)).text


@pytest.mark.slow
def test_the_house_opens_without_the_kiosks_folder(tmp_path: Path) -> None:
    for folder in ("server", "templates", "static"):
        skip = shutil.ignore_patterns("__pycache__", "vendor")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=skip)
    script = (
        "import sys; sys.path[:] = [p for p in sys.path if 'editable' not in p.lower()]\n"
        "from server.app import build_app\n"
        "from server.settings import Settings\n"
        "app = build_app(Settings(database_url='sqlite:///x.db', secret_file='s.json', _env_file=None))\n"
        "print(sorted(app.state.house.plugins.items()), len(app.routes) > 30)\n"
    )
    kiosk_is_gone = (
        "import sys\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'kiosk': raise ModuleNotFoundError(\"No module named 'kiosk'\")\n"
        "sys.meta_path.insert(0, Gone())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", kiosk_is_gone + script],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "No module named 'kiosk'" in run.stdout
    assert "True" in run.stdout
