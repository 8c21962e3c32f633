"""key, token, rotate-token-key: who may ask."""

import click

from app.cli.group import main, refuse, shop_option
from app.domain.access import ALL_SCOPES, Scope
from app.domain.shops import ApiKey, name_problem, new_key, scopes_problem
from app.operations.contact_tokens import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS, mint
from app.server import access
from app.store import contacts, keys, token_keys


@main.group()
def key() -> None:
    """API keys of a shop."""


@key.command("create")
@shop_option
@click.option("--name", default="API key", show_default=True, help="What it is for.")
@click.option(
    "--scopes", default=",".join(scope.value for scope in Scope), metavar="SCOPE,...",
    help="What it may do; everything unless given. One or more of " + ", ".join(scope.value for scope in Scope) + ".",
)  # fmt: skip
def key_create(reference: str, name: str, scopes: str) -> None:
    """Create an API key and print it, this once: only its hash is stored."""
    named = {scope.strip() for scope in scopes.split(",") if scope.strip()}
    refuse(name_problem(name), scopes_problem(named))

    async def work(url: str) -> str:
        async with access.tenant(url, reference) as session:
            text, digest, prefix = new_key(session.shop_id)
            await keys.create_key(session, name, digest, prefix, [Scope(scope) for scope in named])
        return text

    click.echo(access.administer(work))


@key.command("list")
@shop_option
def key_list(reference: str) -> None:
    """List a shop's keys: id, beginning, created, revoked, scopes, name."""

    async def work(url: str) -> list[ApiKey]:
        async with access.tenant(url, reference) as session:
            return await keys.list_keys(session)

    for each in access.administer(work):
        revoked = f"{each.revoked_at:%Y-%m-%d}" if each.revoked_at else "-"
        scopes = "all" if each.scopes == ALL_SCOPES else ",".join(sorted(scope.value for scope in each.scopes))
        click.echo(f"{each.id}\t{each.prefix}...\t{each.created_at:%Y-%m-%d}\t{revoked}\t{scopes}\t{each.name}")


@key.command("revoke")
@shop_option
@click.argument("key_id", type=click.IntRange(1, 2**63 - 1))
def key_revoke(reference: str, key_id: int) -> None:
    """End the key KEY_ID, at once and for ever."""

    async def work(url: str) -> ApiKey | None:
        async with access.tenant(url, reference) as session:
            return await keys.revoke_key(session, key_id)

    if access.administer(work) is None:
        raise click.ClickException(f"That shop has no key {key_id}. 'custom-data key list' shows its keys.")
    click.echo(f"Key {key_id} is revoked.")


@main.command()
@shop_option
@click.option("--contact", required=True, type=click.IntRange(1, 2**63 - 1), metavar="ID", help="The idContact.")
@click.option(
    "--seconds", default=USUAL_SECONDS, show_default=True, type=click.IntRange(SHORTEST_SECONDS, LONGEST_SECONDS),
    help="How long it is valid.",
)  # fmt: skip
def token(reference: str, contact: int, seconds: int) -> None:
    """Mint a contact token, for trying out what a contact sees, and print it."""

    async def work(url: str) -> str:
        async with access.tenant(url, reference) as session:
            if not await contacts.existing(session, [contact]):
                raise click.ClickException(f"That shop has no contact {contact}.")
            return (await mint(session, contact, seconds)).token

    click.echo(access.administer(work))


@main.command("rotate-token-key")
@shop_option
@click.option("--at-once", is_flag=True, help="Refuse the old key's tokens now, not when they have expired.")
def rotate_token_key(reference: str, at_once: bool) -> None:
    """Sign contact tokens with a new key from now on."""

    async def work(url: str) -> int:
        async with access.tenant(url, reference) as session:
            return (await token_keys.rotate(session, 0 if at_once else LONGEST_SECONDS)).id

    click.echo(f"Token key {access.administer(work)} signs from now on.")
