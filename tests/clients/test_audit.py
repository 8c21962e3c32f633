"""The GraphQL over HTTP audits of npm graphql-http."""

from tests.clients.conftest import Node


async def test_the_gateway_passes_61_of_61(node: Node) -> None:
    results = await node("audit.mjs")
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
