"""A caller's mistake is a value: collected, positioned and returned, never raised across layers."""

from dataclasses import dataclass, replace
from enum import Enum


class Code(Enum):
    """What kind of mistake it is. Codes are stable; messages may improve."""

    # the whole call
    NO_ITEMS = "NO_ITEMS"
    TOO_MANY_ITEMS = "TOO_MANY_ITEMS"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    INVALID_IDEMPOTENCY_KEY = "INVALID_IDEMPOTENCY_KEY"
    # definitions
    DEFINITION_NOT_FOUND = "DEFINITION_NOT_FOUND"
    DEFINITION_INACTIVE = "DEFINITION_INACTIVE"
    DEFINITION_IN_USE = "DEFINITION_IN_USE"
    NAME_TAKEN = "NAME_TAKEN"
    KEY_TAKEN = "KEY_TAKEN"
    INVALID_NAME = "INVALID_NAME"
    RESERVED_NAME = "RESERVED_NAME"
    DUPLICATE_FIELD = "DUPLICATE_FIELD"
    INVALID_FIELD = "INVALID_FIELD"
    INVALID_RELATIONSHIP = "INVALID_RELATIONSHIP"
    INVALID_UNIQUE_KEY = "INVALID_UNIQUE_KEY"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    # values and items
    NOT_AN_OBJECT = "NOT_AN_OBJECT"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    REQUIRED = "REQUIRED"
    INVALID_VALUE = "INVALID_VALUE"
    NOT_AN_OPTION = "NOT_AN_OPTION"
    MISSING_KEY = "MISSING_KEY"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    BATCH_ABORTED = "BATCH_ABORTED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    # references
    UNSUPPORTED_IDENTIFIER = "UNSUPPORTED_IDENTIFIER"
    INVALID_REFERENCE = "INVALID_REFERENCE"
    CONTACT_NOT_FOUND = "CONTACT_NOT_FOUND"
    CONTACT_AMBIGUOUS = "CONTACT_AMBIGUOUS"
    CUSTOMER_AMBIGUOUS = "CUSTOMER_AMBIGUOUS"
    PRODUCT_NOT_FOUND = "PRODUCT_NOT_FOUND"
    PRODUCT_AMBIGUOUS = "PRODUCT_AMBIGUOUS"
    RECORD_NOT_FOUND = "RECORD_NOT_FOUND"
    RECORD_IN_USE = "RECORD_IN_USE"
    # erasing
    LINK_REQUIRED = "LINK_REQUIRED"
    # files
    FILE_UNREADABLE = "FILE_UNREADABLE"
    IMPORT_STOPPED = "IMPORT_STOPPED"
    # overrides
    TOO_MANY_SOURCES = "TOO_MANY_SOURCES"
    INVALID_PRIORITY = "INVALID_PRIORITY"
    INVALID_SYSTEM_FIELD = "INVALID_SYSTEM_FIELD"
    INVALID_SOURCE_FIELD = "INVALID_SOURCE_FIELD"
    NO_PATH = "NO_PATH"
    SEVERAL_PATHS = "SEVERAL_PATHS"
    INVALID_PATH = "INVALID_PATH"
    # conditions and orders
    INVALID_CONDITION = "INVALID_CONDITION"
    UNKNOWN_OPERATOR = "UNKNOWN_OPERATOR"
    INVALID_PERIOD = "INVALID_PERIOD"
    INVALID_ORDER = "INVALID_ORDER"
    INVALID_AGGREGATE = "INVALID_AGGREGATE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    CURSOR_OF_ANOTHER_ORDER = "CURSOR_OF_ANOTHER_ORDER"
    # triggers and webhooks
    TRIGGER_NOT_FOUND = "TRIGGER_NOT_FOUND"
    INVALID_URL = "INVALID_URL"
    PRIVATE_ADDRESS = "PRIVATE_ADDRESS"
    NOT_REPLAYED = "NOT_REPLAYED"
    # templates
    INVALID_TEMPLATE = "INVALID_TEMPLATE"
    UNKNOWN_VARIABLE = "UNKNOWN_VARIABLE"
    INVALID_FORMAT = "INVALID_FORMAT"
    INVALID_LOCALE = "INVALID_LOCALE"
    # segments
    SEGMENT_NOT_FOUND = "SEGMENT_NOT_FOUND"
    SEGMENT_IN_USE = "SEGMENT_IN_USE"
    SEGMENT_CYCLE = "SEGMENT_CYCLE"
    SEGMENT_BROKEN = "SEGMENT_BROKEN"
    # warnings
    RETRIES_DOUBLE = "RETRIES_DOUBLE"
    SEVERAL_ROWS = "SEVERAL_ROWS"
    SOURCES_REMOVED = "SOURCES_REMOVED"
    CONTACT_REMOVED = "CONTACT_REMOVED"
    TRIGGERS_BROKEN = "TRIGGERS_BROKEN"
    SEGMENTS_BROKEN = "SEGMENTS_BROKEN"
    NOT_INDEXED = "NOT_INDEXED"


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake and where it is. `path` leads into the input ("records.3.contact_id"), `index` is the item's position
    in a batch, counted from 0. The message says what is wrong and what to do next, and never repeats a person's data
    except the value the caller just sent."""

    code: Code
    message: str
    path: str | None = None
    index: int | None = None

    def under(self, prefix: str, index: int | None = None) -> "Problem":
        """The same problem, seen from the input that contains it."""
        path = f"{prefix}.{self.path}" if self.path else prefix
        return replace(self, path=path, index=self.index if index is None else index)


class Refused(Exception):
    """Ends an operation whose whole call is refused. Raised and caught inside `operations` only."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(*(problem.message for problem in problems))
        self.problems = problems


class Unfit(Exception):
    """A problem on its way out of a parser of something nested. Caught where that parsing began, never beyond."""

    def __init__(self, code: Code, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, path)
