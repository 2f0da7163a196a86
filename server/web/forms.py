"""What a page's form sends: texts, whatever encoding the sender claims."""

import re

from starlette.requests import Request

from server.domain.errors import DomainError

_MOST_CHOICES = 5_000
# No database stores a zero character or half of a pair, and no page can show them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, what no text may hold replaced. Raise `bad_request` when it cannot be read."""
    try:
        form = await request.form(max_files=0)
    except UnicodeError as error:
        # A form may name any codec, and some refuse what is no work of theirs.
        raise DomainError("bad_request") from error
    return {key: _UNSTORABLE.sub("\ufffd", value) for key, value in form.items() if isinstance(value, str)}


async def read_list(request: Request, name: str, most: int = 500) -> list[str]:
    """Return every value of one field of a form, at most so many. Raise `bad_request` as `read_form` does."""
    try:
        form = await request.form(max_files=0)
    except UnicodeError as error:
        raise DomainError("bad_request") from error
    return [_UNSTORABLE.sub("\ufffd", value) for value in form.getlist(name) if isinstance(value, str)][:most]


async def read_choices(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form with every value of each, as a list of ticked boxes sends them."""
    try:
        form = await request.form(max_files=0, max_fields=_MOST_CHOICES)
    except UnicodeError as error:
        raise DomainError("bad_request") from error
    choices: dict[str, list[str]] = {}
    for key, value in form.multi_items():
        if isinstance(value, str):
            choices.setdefault(key, []).append(_UNSTORABLE.sub("\ufffd", value))
    return choices
