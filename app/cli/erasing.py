"""erase-contact: a person is forgotten."""

import click

from app.cli.group import main, refuse, shop_option
from app.cli.people import contact_option, contact_reference, source_option
from app.domain.erasures import Disposal, Erasure
from app.domain.limits import MENTION_ROWS, MENTIONS
from app.operations.erase_contact import EraseContact, Erased, erase_contact, try_erasing
from app.operations.transaction import Call
from app.server import access
from app.store import erasures
from app.store.erasures import Mention

STATEMENT_TIMEOUT_MS = 120_000

_disposals = click.Choice([each.value.lower() for each in Disposal])


@main.command("erase-contact")
@shop_option
@contact_option
@source_option
@click.option(
    "--records", type=_disposals, required=True,
    help="What becomes of the records that point at the contact: they go, or stay and point at nobody.",
)  # fmt: skip
@click.option(
    "--definition", "otherwise", multiple=True, metavar="KEY=delete|unlink", help="Otherwise in this definition."
)
@click.option("--mentions", is_flag=True, help="List where the person's addresses still stand as text.")
@click.option("--dry-run", is_flag=True, help="Only tell what it would come to.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_contact_command(
    reference: str, person: str, source: str | None, records: str, otherwise: tuple[str, ...], mentions: bool,
    dry_run: bool, yes: bool,
) -> None:  # fmt: skip
    """Forget a person: contact, customers and records, and what the change log, webhooks, answers kept for retries,
    segments and triggers hold of them.

    It cannot be undone. Backups, and PostgreSQL's own log and dead rows, keep what they have until they go.
    """
    asked = EraseContact(contact_reference(person, source), Disposal(records.upper()), _otherwise(otherwise))

    async def work(url: str, *, trying: bool) -> tuple[Erased, list[Mention] | None]:
        timeout = STATEMENT_TIMEOUT_MS
        async with access.shop_database(url, reference, statement_timeout_ms=timeout) as (database, shop):
            call = Call(shop.id, 0, "eraseContact")
            erased = await (try_erasing if trying else erase_contact)(database, call, asked)
            if not mentions or erased.who is None:
                return erased, None
            async with database.reading(shop.id) as session:
                found = await erasures.mentions(session, erased.who.emails, MENTION_ROWS, MENTIONS)
            return erased, list(found)

    if dry_run or not yes:
        _tell(access.administer(lambda url: work(url, trying=True))[0], "would be ")
        if dry_run:
            return
        click.confirm("Erase this person?", abort=True, err=True)
    erased, found = access.administer(lambda url: work(url, trying=False))
    _tell(erased, "")
    for each in found or ():
        click.echo(f"still in\t{each.kind}\t{each.definition_id or '-'}\t{each.id}")


def _otherwise(sent: tuple[str, ...]) -> list[tuple[str, Disposal]]:
    found = []
    for each in sent:
        key, _, word = each.rpartition("=")
        if not key or word.upper() not in Disposal.__members__:
            raise click.ClickException(f"{each!r} is not KEY=delete or KEY=unlink.")
        found.append((key, Disposal(word.upper())))
    return found


def _tell(erased: Erased, would: str) -> None:
    refuse(*erased.answer.problems)
    done = erased.answer.erasure
    assert done is not None
    click.echo(f"contact {done.contact_id} {would}erased, with {done.customers} customers")
    for each in done.records:
        click.echo(f"{each.key}\t{each.deleted} {would}deleted\t{each.unlinked} {would}unlinked")
    for what, number in _rest(done):
        click.echo(f"{what}\t{number} {would}emptied")


def _rest(done: Erasure) -> list[tuple[str, int]]:
    return [
        ("changes", done.changes), ("deliveries", done.deliveries), ("kept answers", done.answers),
        ("segments", done.segments), ("triggers", done.triggers),
    ]  # fmt: skip
