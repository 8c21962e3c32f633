"""receive: webhooks, for development."""

import click

from app.cli.group import main
from app.server import access, processes, receiving
from app.store import webhook_secrets


@main.command()
@click.option("--shop", "reference", metavar="ID|NAME", help="Whose secrets sign; they are read once.")
@click.option("--secret", help="Or the secret itself, as rotateWebhookSecret showed it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
def receive(reference: str | None, secret: str | None, host: str, port: int) -> None:
    """Receive webhooks until Ctrl-C: check each signature and print what it tells.

    For development. Triggers reach it where CUSTOM_DATA_PRIVATE_WEBHOOKS is true; the demo shop's points here.
    """
    if (reference is None) == (secret is None):
        raise click.ClickException("Say --shop or --secret: what comes is checked by the secrets.")

    async def work(url: str) -> list[str]:
        assert reference is not None
        async with access.tenant(url, reference) as session:
            return await webhook_secrets.valid(session)

    secrets = [secret] if secret is not None else access.administer(work)
    if not secrets:
        raise click.ClickException("That shop has no webhook secret yet: its first trigger makes one.")
    with processes.until_told_to_stop(), processes.listening(host, port) as listener:
        click.echo(f"Receiving at http://{host}:{listener.getsockname()[1]}/hooks. Ctrl-C stops.")
        receiving.serve(listener, secrets, click.echo)
