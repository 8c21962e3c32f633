"""Scripts of ours, command by command: a Citus coordinator hands on the whole text that a command comes in."""

import re

_COMMENT = re.compile(r"--.*$", re.MULTILINE)


def commands(script: str) -> list[str]:
    """A command ends where a line does with a semicolon, comments aside, unless it is in a body between $$."""
    found, lines = [], list[str]()
    for line in _COMMENT.sub("", script).splitlines():
        lines.append(line)
        text = "\n".join(lines)
        if line.rstrip().endswith(";") and text.count("$$") % 2 == 0:
            found.append(text.strip())
            lines = []
    return found
