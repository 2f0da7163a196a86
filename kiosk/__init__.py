"""Everything that runs on a paired device: pairing, the screens of its role, the scanner, the outbox."""

from pathlib import Path

from kiosk.routes import routes
from server.plugin import Plugin

_HERE = Path(__file__).parent

plugin = Plugin(
    id="kiosk",
    routes=routes,
    templates=_HERE / "templates",
    static=_HERE / "static",
    locales=_HERE / "locales",
)
