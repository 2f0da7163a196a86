"""The `sanh` command: one module per group of commands, each with `add_commands(subparsers)`.

A command is a function `run(args) -> int`: 0 done, 1 refused with a sentence on standard error, 2 wrong usage. With
`--json` standard output holds the JSON and nothing else.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from server import logs
from server.cli.terminal import complain
from server.domain.errors import DomainError
from server.settings import Settings
from server.storage.database import StorageUnavailableError
from server.web.i18n import gettext as _
from server.web.i18n import set_language

_MODULES = {
    "operating": ("serve", "migrate", "recount", "close-day", "backup", "restore"),
    "importing": ("import",),
    "exporting": ("export",),
    "passes": ("passes",),
    "devices": ("kiosk",),
    "accounts": ("staff", "token"),
    "keys": ("keys",),
    "doctor": ("doctor",),
    "simulating": ("simulate",),
    "benching": ("bench",),
    "demo": ("demo",),
}


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of one command, or of all, in the language of the context."""
    parser = argparse.ArgumentParser(prog="sanh", description=_("Sảnh: ghi danh, đón và đếm khách tham quan."))
    commands = parser.add_subparsers(dest="command", metavar=_("LỆNH"), required=True)
    # A command waits for its own module only.
    wanted = [name for name, its in _MODULES.items() if command in its] or list(_MODULES)
    for name in wanted:
        import_module(f"server.cli.{name}").add_commands(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    logs.set_up()
    # Wrong settings are for the command to name: the doctor lists them.
    with suppress(ValidationError):
        settings = Settings()
        logs.set_up(settings.log_level)
        set_language(settings.language)
    try:
        words = sys.argv[1:] if argv is None else list(argv)
        args = build_parser(words[0] if words else None).parse_args(words)
        code: int = args.run(args)
        sys.stdout.flush()
    except StorageUnavailableError as error:
        return complain(_("Cơ sở dữ liệu không nhận lệnh: %(why)s", why=error.why))
    except DomainError as error:
        return complain(error)
    except ValidationError as error:
        wrong = ", ".join(f"SANH_{str(entry['loc'][0]).upper()}" for entry in error.errors() if entry["loc"])
        return complain(_("Cài đặt không hợp lệ: %(names)s.", names=wrong))
    except SQLAlchemyError as error:
        return complain(_("Cơ sở dữ liệu không nhận lệnh: %(why)s", why=str(error).splitlines()[0]))
    except BrokenPipeError:
        # Whoever read us has seen enough, as in `sanh passes --all | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code
