"""How many rows are read at once: so many that they take some MiB, however long each of them is."""

_BYTES = 8 * 1024 * 1024
_FIRST = 16  # rows, of which nothing is known yet


class Portion:
    """`rows` to be read next, at most so many; told of each portion how large it was."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.rows = min(_FIRST, most)

    def took(self, rows: int, size: int) -> None:
        """At most twice as many next time, as longer ones may come."""
        fitting = _BYTES * rows // max(size, 1)
        self.rows = max(1, min(fitting, 2 * self.rows, self._most))
