"""What the kiosk's one page shows: its screens in both languages and what its scripts need to know."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from jinja2 import Environment
from markupsafe import Markup, escape

from server.domain.plan import Box, plan_of
from server.domain.space import Space, Zone
from server.web.i18n import LANGUAGES, Language, use_language

_SLOT = re.compile(r"%\((\w+)\)s")
_STRESS = re.compile(r"\*([^*]+)\*")
_NAMES = {"vi": "Tiếng Việt", "en": "English"}


def slots(sentence: str) -> Markup:
    """Return a translated sentence as HTML: each `%(name)s` a slot that scripts fill, `*…*` stressed."""
    stressed = _STRESS.sub(r"<em>\1</em>", str(escape(sentence)))
    return Markup(_SLOT.sub(r'<span class="k-slot" data-slot="\1"></span>', stressed))  # noqa: S704 - escaped above


def describe_zone(zone: Zone) -> dict[str, Any]:
    """Return what the page knows of a zone before the first state arrives."""
    return {
        "id": zone.id,
        "name": {"vi": zone.name, "en": zone.name_en or zone.name},
        "capacity": zone.capacity,
        "glyph": zone.glyph,
        "letter": zone.letter,
        "colour": zone.colour,
    }


def describe_plan(space: Space) -> dict[str, Any]:
    """Return where the rooms and the lobby's floor lie, as fractions of the plan's width and height."""
    plan = plan_of(space)
    rooms = [{"id": room.zone.id, "door": room.door, **_corners(room.box)} for room in plan.rooms]
    return {"ratio": plan.ratio, "lobby": {"id": space.lobby, **_corners(plan.lobby)}, "rooms": rooms}


def _corners(box: Box) -> dict[str, float]:
    figures = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    return {name: round(figure, 4) for name, figure in figures.items()}


def page_config(
    space: Space, device: Mapping[str, Any] | None, *, at: datetime, speed: float, simulated: bool, language: Language
) -> dict[str, Any]:
    """Return what the scripts of the page need, as plain JSON values; `device` is None until it is paired."""
    return {
        "language": language,
        "timezone": space.timezone,
        "at": space.local(at).isoformat(),
        "speed": speed,
        "simulated": simulated,
        "device": dict(device) if device else None,
        "capacity": space.capacity,
        "plan": describe_plan(space),
        "opening": [[f"{opens:%H:%M}" for opens, _ in spans] for spans in space.opening.days],
        "zones": [describe_zone(zone) for zone in space.zones],
    }


def render_page(environment: Environment, space: Space, config: Mapping[str, Any]) -> str:
    """Return the page's HTML; every screen stands in it once per language."""
    places = {
        "vi": {"name": space.name, "city": space.city},
        "en": {"name": space.name_en or space.name, "city": space.city_en or space.city},
    }
    screens = {language: _render_screens(environment, *places[language].values(), language) for language in LANGUAGES}
    with use_language(config["language"]):
        return environment.get_template("kiosk/page.html").render(
            config=config, config_text=orjson.dumps(config).decode(), places=places, screens=screens
        )


@lru_cache(maxsize=8)
def _render_screens(environment: Environment, name: str, city: str, language: Language) -> Markup:
    other: Language = "en" if language == "vi" else "vi"
    with use_language(language):
        screens = environment.get_template("kiosk/screens.html").render(
            place={"name": name, "city": city}, slots=slots, other_language={"code": other, "name": _NAMES[other]}
        )
    return Markup(screens)  # noqa: S704 - a template made it
