"""The door through which plug-ins come: the kiosk, every exhibit, and packages that others install.

A plug-in is a package with an entry point in the group `sanh.plugins` that names a `Plugin`, or a function that
returns one. A plug-in that cannot be loaded is listed with its reason, and the rest runs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from starlette.routing import BaseRoute

from server.services.house import House

GROUP = "sanh.plugins"


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a plug-in brings. Handlers find the house at `request.app.state.house`.

    Its templates are reached as `<id>/name.html`, its static files as `/static/<id>/…`; `locales` holds its
    `en.po`. `prepare` is called once the house is open.
    """

    id: str
    routes: Sequence[BaseRoute] = ()
    templates: Path | None = None
    static: Path | None = None
    locales: Path | None = None
    prepare: Callable[[House], None] | None = None


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plug-in that could not be loaded, and why."""

    id: str
    reason: str


def load_plugins(points: Iterable[EntryPoint] | None = None) -> list[Plugin | BrokenPlugin]:
    """Load every plug-in that is installed, in the order of their names."""
    found = entry_points(group=GROUP) if points is None else points
    return [_load(point) for point in sorted(found, key=lambda point: point.name)]


def _load(point: EntryPoint) -> Plugin | BrokenPlugin:
    try:
        loaded = point.load()
        plugin = loaded if isinstance(loaded, Plugin) else loaded()
        if not isinstance(plugin, Plugin):
            return BrokenPlugin(point.name, f"{point.value} is no Plugin")
        fault = _find_fault(plugin)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plug-in does wrong is its own reason, never ours
        return BrokenPlugin(point.name, reason_of(error))
    return BrokenPlugin(plugin.id, fault) if fault else plugin


def reason_of(error: BaseException) -> str:
    """Return how an error is listed as the reason of a broken plug-in."""
    return f"{type(error).__name__}: {error}"


def _find_fault(plugin: Plugin) -> str | None:
    for folder in (plugin.templates, plugin.static):
        if folder is not None and not folder.is_dir():
            return f"{folder} is no folder"
    strange = [route for route in plugin.routes if not isinstance(route, BaseRoute)]
    return f"{strange[0]!r} is no route" if strange else None
