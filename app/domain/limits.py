"""Every bound of the domain, in one place. Sources: the published guide where marked (stated), else our decisions."""

RECORDS_PER_SAVE = 50  # stated
RECORDS_PER_DELETE = 20  # stated
CATALOGUE_ITEMS_PER_SAVE = 50  # customers or products in one call

DEFINITIONS_PER_SHOP = 200
FIELDS_PER_DEFINITION = 100
UNIQUE_KEY_FIELDS = 5
OPTIONS_PER_FIELD = 200

NAME_LENGTH = 100  # of a definition, in characters
KEY_LENGTH = 50  # of a definition's key or a field's name
LABEL_LENGTH = 200
DESCRIPTION_LENGTH = 2_000

STRING_LENGTH = 2_000  # characters in a STRING
LONGTEXT_LENGTH = 100_000  # characters in a LONGTEXT
LIST_LENGTH = 1_000  # elements in a LIST
JSON_BYTES = 100_000  # encoded size of a JSON value
JSON_DEPTH = 32
RECORD_BYTES = 2 * 1024 * 1024  # of a whole record as JSON: CSV takes up to twice as much, and has to fit LINE_BYTES
DECIMAL_INTEGER_DIGITS = 30
DECIMAL_FRACTION_DIGITS = 30

IDENTIFIER_LENGTH = 191  # product ids, customer ids, sources, references
EMAIL_LENGTH = 254
PERSON_NAME_LENGTH = 200
PRODUCT_NAME_LENGTH = 500
SEARCH_LENGTH = 100  # characters of a search prefix, and of the keys searched

SLOT_TEXT_LENGTH = 200  # characters of a text kept in an index slot
UNIQUE_KEY_LENGTH = 500  # characters of a unique key kept as text; longer ones become a digest

OVERRIDE_SOURCES = 3  # stated
PATH_HOPS = 4

PAGE_SIZE = 100  # the largest "first" or "last"
DEFAULT_PAGE_SIZE = 20
COUNT_BOUND = 10_000  # totalCount counts exactly up to here

CONDITION_NODES = 200  # comparisons and joinings of one condition
CONDITION_DEPTH = 32  # levels nested in one condition
CONDITION_LINKS = 20  # relations followed in one condition
CONDITION_HOPS = 5  # relations followed one behind the other
CONDITION_VALUES = 1_000  # of one "in"
PATTERN_LENGTH = 200  # characters that are searched for inside a text
PERIOD_LENGTH = 10_000  # days, weeks, months, quarters or years
RECORDS_COUNTED = 1_000_000  # the largest number that a count is compared with
ORDER_FIELDS = 4
ORDER_HOPS = 2  # to-one relations of one order field

GROUP_FIELDS = 4  # that rows are grouped by
GROUPS = 1_000  # the largest "first" of groups
DEFAULT_GROUPS = 100
MEASURES = 20  # different figures of one aggregate
HAVING_NODES = 20  # comparisons and joinings of one condition on groups

SEGMENTS_PER_SHOP = 200
SEGMENT_LENGTH = 20_000  # characters of a segment's condition, written as JSON
SEGMENT_COUNT = 100_000  # the largest "atMost" of a segment's count
WHY_SIZE = 10_000  # comparisons, joinings and values in all parts of a condition that is explained
WHY_RECORDS = 10  # records named as having decided a part of a condition

IDEMPOTENCY_KEY_LENGTH = 255
IDEMPOTENCY_HOURS = 24

TEMPLATE_LENGTH = 100_000  # characters
TEMPLATE_VARIABLES = 100  # different ones in one template
TEMPLATE_HOPS = 3  # relations followed by one variable
CONTACTS_RENDERED = 1_000  # in one call
RENDERED_LENGTH = 5_000_000  # characters of the texts of one call, and of the values in them

CHANGE_DAYS = 30  # how long the change log keeps what happened, unless the settings say otherwise
LONGEST_CHANGE_DAYS = 3_650

TRIGGERS_PER_SHOP = 50
WHEN_LENGTH = 20_000  # characters of a trigger's condition, as JSON
URL_LENGTH = 2_000
DELIVERY_DAYS = 30  # how long deliveries are kept that were delivered or given up
REPLAYED_AT_ONCE = 1_000
SOON_SECONDS = 62  # for which a delivery is claimed at the longest; who waits no longer is not hurried
SECRETS_AT_ONCE = 4  # that sign a shop's deliveries
SECRET_OVERLAP_SECONDS = 7 * 24 * 60 * 60  # the longest that an old webhook secret goes on signing

MENTIONS = 20  # places of each kind shown where an erased person still stands as text
MENTION_ROWS = 100_000  # looked at for them, of each kind

IMPORT_DAYS = 30  # how long it is known how far an import came
RESUME_DAYS = 7  # how long an import that was stopped may be gone on with
ROWS_PER_CHUNK = 5_000  # of an import, in one transaction
CUSTOMERS_PER_CHUNK = 500
SERVED_ROWS_PER_CHUNK = 1_000  # of an import by HTTP: others are to be answered meanwhile
CHUNK_BYTES = 8 * 1024 * 1024  # of a file, in one transaction: reached, not passed by more than a row
LINE_BYTES = 8 * 1024 * 1024  # of a file that is imported
BEGINNING_BYTES = 64 * 1024  # of a file, by which it is known before the rest has come
IMPORT_ROWS_SHOWN = 100  # rows of a file that were rejected, or have warnings, in a payload

DRY_RUN_SHOWN = 20  # triggers and prices that a dry run names
PRICES_COMPARED = 10_000  # pairs of contact and product whose price a dry run compares

LARGEST_ID = 2**63 - 1

# Typed index slots of the records table, by what they hold: relations to contacts and definitions, relations to
# products, texts, numbers, dates. Every relation must find a slot; other fields beyond them are read from the record.
SLOTS = {"ref": 4, "product": 2, "str": 5, "num": 6, "at": 4}
