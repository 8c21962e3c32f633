"""What couriers bound, and how far; `app/server/settings.py` reads some of it from the environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebhookBounds:
    """Of one process. Times are in seconds."""

    private: bool = False  # whether deliveries may go to private addresses, and by http
    timeout: float = 10.0  # for an endpoint to answer
    attempts: int = 15  # then a delivery is a dead letter
    first_pause: float = 5.0  # after the first failed attempt; see domain/webhooks.py for the others
    per_trigger: int = 4  # sent at once for one trigger; 1 while its endpoint is new, fails or is slow
    slow: float = 2.0  # an answer that takes longer is slow
    at_once: int = 128  # sent at once in all; see places.py
    look: float = 5.0  # when nothing wakes a courier, it looks again

    @property
    def lease(self) -> float:
        """For how long a delivery is claimed: who has not settled it by then has gone."""
        return self.timeout + 2
