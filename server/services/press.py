"""The press: typst in a process of its own, since it keeps half a gigabyte after a large print.

Run as `python -m server.services.press TEMPLATE [DOTS]`: cards, layout and words as JSON on standard input, the PDF
on standard output; with DOTS an inch, the first page as PNG. The codes are drawn here too, since each takes 5 ms.
"""

import json
import os
import sys
from importlib.resources import files
from pathlib import Path

import typst

from server.services.badge_drawing import Card, Words, content_of


def load(template: Path, content: str) -> typst.Compiler:
    """Return typst's compiler with a template and its content laid in. It reads no fonts but the house's."""
    return typst.Compiler(
        str(template),
        root=str(template.parent),
        font_paths=[str(files("fontpkg_be_vietnam_pro") / "files")],
        ignore_system_fonts=True,
        sys_inputs={"content": content},
    )


if __name__ == "__main__":
    # Scans go first where cores are few.
    os.nice(10)
    asked = json.load(sys.stdin)
    cards = [Card(**card) for card in asked["cards"]]
    content = content_of(cards, asked["layout"], Words(**asked["words"]))
    press = load(Path(sys.argv[1]), json.dumps(content))
    made: object
    if len(sys.argv) > 2:
        pages = press.compile(format="png", ppi=float(sys.argv[2]))
        made = pages[0] if isinstance(pages, list) else pages
    else:
        made = press.compile()
    assert isinstance(made, bytes)
    sys.stdout.buffer.write(made)
