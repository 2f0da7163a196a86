"""Pages: one Jinja environment for the house and its plug-ins."""

from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from server.services.house import House
from server.web import i18n

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"


def build_environment(plugin_templates: dict[str, Path]) -> Environment:
    """Return the environment of all pages; a plug-in's are reached as `<plug-in>/name.html`."""
    plugins: dict[str, BaseLoader] = {id_: FileSystemLoader(path) for id_, path in plugin_templates.items()}
    loader = ChoiceLoader([FileSystemLoader(TEMPLATES), PrefixLoader(plugins)])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    i18n.install(environment)
    environment.globals["static_url"] = static_url
    return environment


def static_url(path: str) -> str:
    """Return the address of a static file, e.g. `css/base.css` or `kiosk/outbox.js`."""
    return f"/static/{path}"


def house_of(request: HTTPConnection) -> House:
    """Return the house that this request came to."""
    house: House = request.app.state.house
    return house


def render(request: HTTPConnection, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a page. Every template knows `space`, `now` (local time), `clock`, `request` and its own context."""
    house = house_of(request)
    now = house.space.local(house.clock.now())
    page = request.app.state.templates.get_template(template)
    text = page.render(request=request, space=house.space, clock=house.clock, now=now, **context)
    return HTMLResponse(text, status)
