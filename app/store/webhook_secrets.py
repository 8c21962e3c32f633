"""Webhook secrets: what a shop's deliveries are signed with. Several are valid at once while they are being changed."""

from app.domain.webhooks import new_secret
from app.store import statements
from app.store.session import Session

_sql = statements.load("webhook_secrets.sql")


async def valid(session: Session) -> list[str]:
    """The secrets that sign now, the newest first."""
    return [row["secret"] for row in await session.fetch(_sql.valid)]


async def rotate(session: Session, seconds: float) -> str:
    """A new secret, which signs from now on; those before it go on so many seconds, as far as they would have."""
    secret = new_secret()
    made = await session.fetch(_sql.insert, secret)
    await session.fetch(_sql.retire_others, int(made[0]["id"]), seconds)
    return secret
