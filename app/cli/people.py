"""How commands name a person."""

from typing import Any

import click

from app.cli.group import refuse
from app.domain.references import ContactReference, parse_contact

contact_option = click.option(
    "--contact", "person", required=True, metavar="ID|email:ADDRESS|customer:ID",
    help="Whom: by idContact, by address, or by a customer's id.",
)  # fmt: skip
source_option = click.option("--source", help="With customer: the source whose id it is.")


def contact_reference(text: str, source: str | None) -> ContactReference:
    """Whom the options name. Raises ClickException."""
    by, _, value = text.partition(":")
    sent: Any
    if value and by in _BY:
        sent = {"by": _BY[by], "value": value} | ({} if source is None else {"source": source})
    elif text.isascii() and text.isdigit() and len(text) < 20:
        sent = int(text)
    else:
        raise click.ClickException("A contact is named by its id, by email:ADDRESS or by customer:ID.")
    reference, problem = parse_contact(sent)
    refuse(problem)
    assert reference is not None
    return reference


_BY = {"email": "email", "customer": "id_customer"}
