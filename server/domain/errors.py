"""Broken promises of the domain.

A refusal that is a normal outcome (a scan that may not enter) is a value, never an exception.
"""


class DomainError(Exception):
    """A promise was broken; `code` is stable and is translated on the web floor.

    `arguments` fill the translated sentence and are part of the problem document.
    """

    def __init__(self, code: str, **arguments: object) -> None:
        super().__init__(code)
        self.code = code
        self.arguments = arguments

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.arguments.items())
        return f"{self.code} ({details})" if details else self.code
