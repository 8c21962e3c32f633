"""What a command may fail with that is nobody's bug: told in one line."""

from app.bulk.lines import Unreadable
from app.bulk.whole_file import OutputFailed
from app.operations.import_chunk import ImportStopped
from app.server.access import ShopNotFound
from app.server.processes import ServingFailure
from app.server.settings import InvalidSettings
from app.store.administration import NotMigrated
from app.store.database import UnsafeRole
from app.store.failures import StoreFailure
from app.store.migrate import MigrationRefused
from app.telemetry.metrics import AddressTaken
from app.telemetry.tracing import TracingMissing

FAILURES = (
    AddressTaken, InvalidSettings, MigrationRefused, NotMigrated, StoreFailure, TracingMissing, UnsafeRole,
    ShopNotFound, ServingFailure, ImportStopped, OutputFailed, Unreadable,
)  # fmt: skip
