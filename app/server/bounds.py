"""What the gateway bounds, and how far; `app/server/settings.py` reads it from the environment."""

from dataclasses import dataclass, field

from app.domain.document_limits import Limits


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one worker. Rates are in cost (see `app/graphql/cost.py`), times in seconds."""

    limits: Limits = field(default_factory=Limits)
    rate_size: int = 50_000  # what a key or contact may spend at once
    rate_refill: int = 10_000  # what it gets back each second
    in_flight: int = 8  # operations of one shop that run at once; half the connections, so that two shops fit
    waiting: int = 100  # operations of one shop that wait for their turn
    wait: float = 2.0
    body: float = 10.0  # for a request's body to arrive
    request: float = 10.0  # for its operation to be done
    private_webhooks: bool = False  # whether triggers may name private addresses
