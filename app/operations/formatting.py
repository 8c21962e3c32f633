"""Values written for people, by the conventions of their language. The conventions are CLDR's, by Babel."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import NumberPattern, format_currency, parse_pattern

from app.domain.entities import Attribute, Kind
from app.domain.problems import Code, Unfit

FALLBACK = Locale("en")
PLAIN = "plain"  # as it is stored

_LENGTHS = ("short", "medium", "long", "full")
_NUMBERS = (Kind.NUMBER, Kind.DECIMAL)
_ALL_DIGITS = Context(prec=1_000)  # a double has up to 309 before the point, and more behind it
_QUOTED = re.compile(r"'[^']*'")  # letters that a pattern means as they are

Write = Callable[[Any], str]


def locale(name: str) -> Locale:
    """The locale of a name such as "fr" or "pt-BR". Raises Unfit."""
    found = _locale(name)
    if found is None:
        raise Unfit(Code.INVALID_LOCALE, f"{name[:20]!r} is no locale that is known. Send one such as fr, en or pt-BR.")
    return found


def locale_or_fallback(name: str | None) -> Locale:
    """The same of a contact's language; English where that is not known."""
    return (_locale(name) if name else None) or FALLBACK


@lru_cache(maxsize=1_000)
def _locale(name: str) -> Locale | None:
    try:
        return Locale.parse(name[:20].replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        return None


def writing(attribute: Attribute, format_: str | None, zone: ZoneInfo) -> Callable[[Locale], Write]:
    """How values of an attribute are written, by locale. `format_`: "plain" as it is stored; dates "short", "medium"
    (usual), "long", "full" or a pattern ("d MMMM y"); numbers a pattern ("#,##0.00") or a currency ("EUR"); booleans
    two words ("yes/no"). Datetimes are shown in that zone. Raises Unfit for a format that does not fit."""
    kind = attribute.kind
    if format_ == PLAIN:
        return lambda _: _plain
    if kind in _NUMBERS:
        return _numbers(format_)
    if kind is Kind.DATE:
        _check(attribute, format_, _LENGTHS)
        return lambda at: lambda value: format_date(date.fromisoformat(value), format_ or "medium", at)
    if kind is Kind.DATETIME:
        _check(attribute, format_, _LENGTHS)
        return lambda at: lambda value: format_datetime(_moment(value, zone), format_ or "medium", locale=at)
    if kind is Kind.BOOLEAN and format_ is not None:
        yes, slash, no = format_.partition("/")
        if not slash:
            raise Unfit(Code.INVALID_FORMAT, 'A yes or no takes two words, such as format="yes/no".')
        return lambda _: lambda value: yes if value else no
    if format_ is not None:
        raise Unfit(Code.INVALID_FORMAT, f"{attribute.name} takes no format but plain: it is neither number nor date.")
    return _lists if kind is Kind.LIST else lambda _: _plain


def _numbers(format_: str | None) -> Callable[[Locale], Write]:
    if format_ is not None and len(format_) == 3 and format_.isascii() and format_.isalpha() and format_.isupper():
        return lambda at: lambda value: _exactly(lambda: format_currency(Decimal(str(value)), format_, locale=at))
    pattern = None if format_ is None else _pattern(format_)

    def writing(at: Locale) -> Write:
        used, rounded = pattern or at.decimal_formats[None], pattern is not None
        return lambda value: _exactly(lambda: str(used.apply(Decimal(str(value)), at, decimal_quantization=rounded)))

    return writing


def _exactly(write: Callable[[], str]) -> str:
    """With all digits that a number may have: the usual context keeps 28."""
    with localcontext(_ALL_DIGITS):
        return write()


def _pattern(text: str) -> NumberPattern:
    try:
        made = parse_pattern(text)
        made.apply(Decimal("1234.5"), FALLBACK)
    except Exception:
        made = None
    if made is None or not set(text) & set("0#"):
        raise Unfit(Code.INVALID_FORMAT, 'A number takes a pattern such as "#,##0.00", or a currency such as "EUR".')
    return made


def _check(attribute: Attribute, format_: str | None, known: tuple[str, ...]) -> None:
    if format_ is None or format_ in known:
        return
    example = datetime(2026, 1, 31, 12)
    try:
        format_date(example, format_, FALLBACK) if attribute.kind is Kind.DATE else format_datetime(
            example, format_, locale=FALLBACK
        )
        good = any(letter.isalpha() for letter in _QUOTED.sub("", format_))
    except Exception:
        good = False
    if not good:
        message = f'A date takes {", ".join(known)} or a pattern such as "d MMMM y".'
        raise Unfit(Code.INVALID_FORMAT, message)


def _moment(value: Any, zone: ZoneInfo) -> datetime:
    """In that zone; the first and the last day that there are stay in UTC where the zone's would be beyond."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    with suppress(OverflowError):
        return moment.astimezone(zone)
    return moment


def _lists(at: Locale) -> Write:
    return lambda value: format_list([_plain(each) for each in value], locale=at)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return str(value)
