"""doctor: what is wrong with a deployment."""

import asyncio

import click

from app.cli.group import main
from app.server import access
from app.server.settings import read_settings
from app.store.addresses import Addresses
from app.store.examination import examine
from app.store.findings import Finding, Health


@main.command()
def doctor() -> None:
    """Look at the deployment and say what to mend. Exits with 1 if something is wrong."""
    settings = read_settings()

    addresses = Addresses(settings.database_admin_url, settings.database_direct_url, settings.replica_urls)

    async def work(url: str) -> list[Finding]:
        return [finding async for finding in examine(url, settings.pool_size, addresses)]

    with access.opened(settings) as urls:
        findings = asyncio.run(work(urls.gateway))
    for each in findings:
        click.echo(f"{each.health.value:<5}  {each.subject}: {each.told}")
        if each.mend:
            click.echo(f"       -> {each.mend}")
    if any(each.health is Health.FAULT for each in findings):
        raise SystemExit(1)
