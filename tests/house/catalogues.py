"""Judges a catalogue: complete, true to its placeholders, and English."""

import re

from babel.messages.catalog import Catalog, Message

PLACEHOLDER = re.compile(r"%\(\w+\)|\{\w+\}")  # filled by the server, and by a script of the page


def faults(catalogue: Catalog, said: Catalog, same_in_both: set[str]) -> list[str]:
    """Return what is wrong with an English catalogue, given the sentences that the code says."""
    found = [
        f"not in the catalogue: {_key(message)!r}" for message in said if message.id and message.id not in catalogue
    ]
    found += [f"no longer said: {_key(message)!r}" for message in catalogue if message.id and message.id not in said]
    found += [f"obsolete: {key!r}" for key in catalogue.obsolete]
    for message in catalogue:
        if message.id:
            found += _faults_of(message, same_in_both)
    return found


def _faults_of(message: Message, same_in_both: set[str]) -> list[str]:
    keys = _texts(message.id)
    english = _texts(message.string)
    if message.fuzzy:
        return [f"fuzzy: {keys[0]!r}"]
    if not all(english) or not english:
        return [f"no English: {keys[0]!r}"]
    faults = [f"English equals Vietnamese: {text!r}" for text in english if text in keys and text not in same_in_both]
    named = _names(" ".join(keys))
    faults += [f"names what nobody fills: {text!r}" for text in english if _names(text) - named]
    # A plural's single form may leave its number out: "one guest".
    faults += [f"loses a placeholder: {text!r}" for text in english[-1:] if named - _names(text)]
    return faults


def _key(message: Message) -> str:
    return _texts(message.id)[0]


def _names(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def _texts(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or [])
