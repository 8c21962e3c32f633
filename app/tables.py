"""Objects kept as columns. A statement gives columns, and an answer is made of columns: objects between them would be
made only to be taken apart again, which takes longer than all else that is done with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate, chain
from operator import attrgetter, itemgetter
from typing import Any, Generic, SupportsIndex, TypeVar, overload

T = TypeVar("T")

Values = Sequence[Any]


class Columns(dict[str, Values]):
    """The columns of a table's objects by the path of an attribute ("email"), or of an attribute of one ("row.email").
    One that is not there is made when it is first asked for, and then is. Raises AttributeError for a path that leads
    nowhere."""

    __slots__ = ("_made", "_source", "kind")

    def __init__(self, kind: type[Any], known: Iterable[tuple[str, Values]], source: Callable[[str], Values]) -> None:
        """`source` makes the columns of the class's own fields that are not known."""
        super().__init__(known)
        self.kind = kind
        self._source = source
        self._made: list[Any] | None = None

    def __missing__(self, path: str) -> Values:
        around, name = _parts(path)
        if around:
            values = column(self[around], name)
        elif name in self.kind._fields:
            values = self._source(name)
        else:
            values = [*map(_getter(name), self.objects())]
        self[path] = values
        return values

    def objects(self) -> list[Any]:
        if self._made is None:
            fields = map(self.__getitem__, self.kind._fields)
            make: Callable[[Values], Any] = partial(tuple.__new__, self.kind)
            self._made = [*map(make, zip(*fields, strict=True))]
        return self._made


class Table(Sequence[T], Generic[T]):
    """Objects of one class of named tuples, by the columns of their attributes. A sequence of them, too: whoever wants
    the objects themselves has them made, once. `beside` are other objects that belong to them, row by row. Is never
    changed, nor are its columns."""

    __slots__ = ("_size", "beside", "columns", "kind")

    def __init__(self, columns: Columns, size: int, beside: "Mapping[str, Table[Any]] | None" = None) -> None:
        self.kind: type[T] = columns.kind
        self.columns = columns
        self.beside: Mapping[str, Table[Any]] = beside or {}
        self._size = size

    def column(self, path: str) -> Values:
        """The values of an attribute, or of an attribute of one ("row.email"). Raises AttributeError."""
        return self.columns[path]

    def objects(self) -> list[T]:
        return self.columns.objects()

    def _chosen(self, choose: Callable[[Any], Any], size: int) -> "Table[T]":
        """Some of the objects. A column is chosen from when it is wanted."""
        whole = self.columns
        beside = {name: choose(each) for name, each in self.beside.items()}
        return Table(Columns(self.kind, (), lambda name: choose(whole[name])), size, beside)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        return iter(self.objects())

    @overload
    def __getitem__(self, place: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> "Table[T]": ...
    def __getitem__(self, place: SupportsIndex | slice) -> "T | Table[T]":
        if not isinstance(place, slice):
            return self.objects()[place]
        size = len(range(*place.indices(self._size)))
        return self if size == self._size and place.step is None else self._chosen(itemgetter(place), size)


class Cut(Sequence[Values]):
    """Lists, by all their items one after the other, and by their lengths."""

    __slots__ = ("_starts", "items", "lengths")

    def __init__(self, items: Values, lengths: Sequence[int]) -> None:
        self.items = items
        self.lengths = lengths
        self._starts: list[int] = []

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, place: SupportsIndex) -> Values: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Values]: ...
    def __getitem__(self, place: SupportsIndex | slice) -> Values | Sequence[Values]:
        self._starts = self._starts or [0, *accumulate(self.lengths)]
        lists = range(len(self.lengths))[place]
        if isinstance(lists, range):
            return [self[each] for each in lists]
        return self.items[self._starts[lists] : self._starts[lists + 1]]


def table(
    kind: type[T],
    columns: Iterable[Values],
    size: int,
    beside: Mapping[str, Table[Any]] | None = None,
    **later: Callable[[], Values],
) -> Table[T]:
    """A table of columns in the order of the class's fields, without those that are made when they are first wanted."""
    of: Any = kind
    return Table(Columns(of, zip(_names(of, *later), columns, strict=True), lambda name: later[name]()), size, beside)


def table_of(kind: type[T], rows: Sequence[Iterable[Any]]) -> Table[T]:
    """A table of rows whose columns are in the order of the class's fields."""
    width = len(kind._fields)  # type: ignore[attr-defined]
    return table(kind, [*zip(*rows, strict=True)] if rows else [()] * width, len(rows))


def column(objects: Values, path: str) -> Values:
    """The values of an attribute of any objects. Raises AttributeError."""
    return objects.columns[path] if type(objects) is Table else [*map(_getter(path), objects)]


def columns(objects: Values, paths: Sequence[str]) -> list[Values]:
    """The same of several attributes."""
    if type(objects) is Table:
        return [*map(objects.columns.__getitem__, paths)]
    return [column(objects, path) for path in paths]


def kinds(values: Values) -> set[type]:
    """The classes of the values."""
    return {values.kind} if type(values) is Table and values._size else {*map(type, values)}


def joined(lists: Sequence[Values]) -> Values:
    """The items of the lists, one list after the other. A list of our own, or what is never changed."""
    if type(lists) is Cut:
        return lists.items
    if len(lists) == 1:
        return lists[0] if type(lists[0]) is Table else list(lists[0])
    return [*chain.from_iterable(lists)]


@lru_cache(maxsize=1_000)
def _names(kind: Any, *later: str) -> tuple[str, ...]:
    """The names of its fields but these."""
    return tuple(name for name in kind._fields if name not in later)


@lru_cache(maxsize=1_000)
def _parts(path: str) -> tuple[str, str]:
    """What an attribute is one of, if it is one of an attribute's, and its own name."""
    around, _, name = path.rpartition(".")
    return around, name


@lru_cache(maxsize=1_000)
def _getter(path: str) -> Callable[[Any], Any]:
    return attrgetter(path)
