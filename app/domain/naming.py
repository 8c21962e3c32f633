"""Names: what a definition and its fields may be called, and what GraphQL makes of it.

A definition becomes a GraphQL type named after its key, a field becomes a GraphQL field, a relation two of them: the
raw id and the object. Keys and field names never change, so whatever would collide is refused when it is proposed.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import count

from app.domain import limits
from app.domain.problems import Code, Problem
from app.domain.text import text_problem

_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
_ENUM_VALUE = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*")
_NO_ENUM_VALUES = ("true", "false", "null")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})  # no accents to Unicode, but to people

# Types and root fields of the core graph, in lower case. A key whose type is called so, in any case, is refused.
_SCALARS = "int float string boolean id json decimal datetime date"
_ROOTS = "query mutation subscription node nodes shop limits me custom customdata pageinfo totalcount"
_NOUNS = """contact contacts contactaccess customer customers customerresult product products productpricing
    productresult fieldpricing pricesource priceoutcome override overrides overridepath overridepaths field
    fieldtype relationship relationtarget definition definitionstatus schematype record recordkey recordresult
    deletedrecord segment segments segmentcount why conditionnode conditionkind decidingrecord
    orderdirection nullsorder outcome errorpolicy onambiguous usererror usererrorcode sortorder calendarunit
    changekind changeevents templatevariable templatevariables variabletype templateoutput rendertemplate
    rendertemplates renderedtemplate renderedvalue
    trigger triggers triggeron triggertransition triggerdelivery webhookdelivery webhookdeliveries deliverystatus
    upload importformat csvdelimiter emptycells
    dryrun dryrunfiring dryrunprice dryrunprices dryruntriggers
    recorddisposal erasedrecords erasuremention erasurementions erasurementionkind
    aggregate aggregates groupby groupfigure grouporder groupvalue contactsaggregate productsaggregate
    geolocation"""
# What types of the core begin with that end as those of a definition do: PeriodInput, SaveRecordsPayload.
_STEMS = """bulkdeleterecords contacttoken createcontacttoken createdefinition createsegment createtrigger customerkey
    definitiondisposal deletecustomers deletedefinition deleteproducts deleterecord deletesegment deletetrigger
    deliver erasecontact extenddefinition fieldoptions import importcustomers importproducts importrecords moment
    overridesource period replaydeliveries
    rotatewebhooksecret savecustomers saveproducts saverecords setoverrides span updaterecord updatesegment
    updatetrigger webhooksecret"""
_CORE_NAMES = frozenset(f"{_SCALARS} {_ROOTS} {_NOUNS} {_STEMS}".split())
_CORE_PREFIX = "CustomData"
_GENERATED_SUFFIXES = (
    "Connection", "Edge", "Input", "Where", "OrderBy", "Payload", "Reference", "Filter", "Custom", "Result", "ById",
    "ByKey", "Updated", "Changed", "ChangedValues", "Aggregates", "Aggregate", "AggregateField", "AggregateKeys",
    "AggregateNumbers", "AggregateValues", "GroupBy", "Having", "HavingCount", "HavingNumbers", "HavingValues",
)  # fmt: skip

# What stands behind a definition's type in the names of the types that are made for it.
TYPE_SUFFIXES = (
    "Aggregate", "AggregateField", "AggregateKeys", "AggregateNumbers", "AggregateOrderBy", "AggregateValues",
    "Aggregates", "ByKeyInput", "Changed", "ChangedValues", "Connection", "CountFilter", "CustomWhere", "Edge",
    "GroupBy", "Having", "HavingCount", "HavingNumbers", "HavingValues", "Input", "ManyFilter", "OrderBy", "Payload",
    "Reference", "Result", "Updated", "Where",
)  # fmt: skip

# What every record type has, and the words that join filters.
_OWN = (
    "id idRecord definition data value relation relatedBy relatedByAggregate pricing createdAt updatedAt version custom"
)
_OPERATORS = "and or not"
_RECORD_FIELDS = frozenset(f"{_OWN} {_OPERATORS}".split())


def name_key(name: str) -> str:
    """A definition's name without case, accents and idle spaces: two names with one key are the same name."""
    return " ".join(_bare(name).split())


def derive_key(name: str) -> str | None:
    """The key that a name suggests, in snake_case ("Contrat clé 2" gives contrat_cle_2); None if nothing is usable."""
    key = _snake(name)
    return key if _KEY.fullmatch(key) else None


def type_name(key: str) -> str:
    """The GraphQL type of a definition. vet_a1 and vet_a_1 give the same one: one shop cannot have both."""
    return "".join(word[:1].upper() + word[1:] for word in key.split("_"))


def field_name(name: str) -> str:
    """The GraphQL field of a definition's field: contact_id gives contactId."""
    first, *others = name.split("_")
    first = first.lower() if first.isupper() else first[:1].lower() + first[1:]
    return first + type_name("_".join(others))


def object_name(name: str) -> str:
    """The GraphQL field of what a relation points to: contact_id gives contact, vet gives vetObject."""
    return field_name(name.removesuffix("_id") if name.endswith("_id") else f"{name}_object")


def reverse_name(key: str, field: str, *, first: bool) -> str:
    """The GraphQL field that leads back to a definition's records: vetPricing by the first of its relations to a
    target, vetPricingByFormerVet by a later one, former_vet_id."""
    plain = field_name(key)
    return plain if first else f"{plain}By{_capital(field_name(field.removesuffix('_id')))}"


def aggregate_name(reverse: str) -> str:
    """The GraphQL field that tells what those records amount to."""
    return f"{reverse}Aggregate"


def mutation_names(key: str) -> list[str]:
    """The GraphQL mutations that write a definition's records."""
    name = type_name(key)
    return [f"save{name}", f"update{name}", f"delete{name}", f"update{name}ByKey", f"delete{name}ByKey"]


def options_name(key: str, field: str) -> str:
    """The GraphQL enum of a field's options. No definition's type has an underscore in its name."""
    return f"{type_name(key)}_{_capital(field_name(field))}"


def is_enum_name(option: object) -> bool:
    """Whether an option can be a value of a GraphQL enum, as it is."""
    return isinstance(option, str) and _ENUM_VALUE.fullmatch(option) is not None and option not in _NO_ENUM_VALUES


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def name_problem(name: str) -> Problem | None:
    """Why a definition cannot have this name (trimmed already)."""
    if not name_key(name):
        return Problem(Code.INVALID_NAME, "The name is blank: give one that people recognise.")
    unfit = text_problem(name, limits.NAME_LENGTH)
    return Problem(Code.INVALID_NAME, unfit) if unfit else None


def key_problem(key: str) -> Problem | None:
    """Why a definition cannot have this key, with one that it could have."""
    if not _legal(key, _KEY):
        hint = _suggestion([_snake(key)], lambda other: _legal(other, _KEY) and not _is_core(other))
        rule = f"A key is lower-case ASCII words joined by single underscores, at most {limits.KEY_LENGTH} characters"
        return Problem(Code.INVALID_NAME, f"{rule}.{hint}")
    if not _is_core(key):
        return None
    others = [f"{key}_data", f"shop_{key}", f"shop_{key}_data"]
    hint = _suggestion(others, lambda other: _legal(other, _KEY) and not _is_core(other))
    return Problem(Code.RESERVED_NAME, f"GraphQL uses {type_name(key)} for something else: choose another key.{hint}")


def field_problem(name: str, *, relation: bool = False) -> Problem | None:
    """Why a field cannot have this name, with one that it could have."""
    if not _legal(name, _FIELD_NAME):
        hint = _suggestion([_snake(name)], lambda other: _legal(other, _FIELD_NAME))
        rule = f"A field name is ASCII words joined by single underscores, at most {limits.KEY_LENGTH} characters"
        return Problem(Code.INVALID_NAME, f"{rule}, and begins with a letter.{hint}")
    reserved = next(filter(_RECORD_FIELDS.__contains__, graphql_names(name, relation=relation)), None)
    if reserved is None:
        return None
    hint = _suggestion([f"own_{name}"], lambda other: _legal(other, _FIELD_NAME))
    return Problem(Code.RESERVED_NAME, f"GraphQL has another use for {reserved} in records: choose another name.{hint}")


def graphql_names(name: str, *, relation: bool) -> list[str]:
    """The GraphQL fields that one field takes up in its type."""
    return [field_name(name), object_name(name)] if relation else [field_name(name)]


def numbered(name: str, fits: Callable[[str], bool]) -> str:
    """The name with the first number behind it, from 2 on, that fits: loyalty_2."""
    stem = name[: limits.KEY_LENGTH - len("_9999")].rstrip("_")
    return next(filter(fits, (f"{stem}_{number}" for number in count(2))))


def _bare(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def _snake(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", _bare(text).translate(_LETTERS))
    return "_".join(words)[: limits.KEY_LENGTH].strip("_")


def _legal(name: str, pattern: re.Pattern[str]) -> bool:
    return len(name) <= limits.KEY_LENGTH and pattern.fullmatch(name) is not None


def _is_core(key: str) -> bool:
    name = type_name(key)
    return name.lower() in _CORE_NAMES or name.startswith(_CORE_PREFIX) or name.endswith(_GENERATED_SUFFIXES)


def _suggestion(names: Iterable[str], fits: Callable[[str], bool]) -> str:
    found = next(filter(fits, names), None)
    return f" Try {found}." if found else ""
