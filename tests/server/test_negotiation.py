"""What a client will take, by RFC 9110 and GraphQL over HTTP."""

import pytest

from app.server.negotiation import GRAPHQL, JSON, answer_type, wants_page


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        ('application/json;charset="UTF-8"', JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, application/json; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL},application/json;q=0.9", GRAPHQL),
        (f"application/json;q=0.9,{GRAPHQL}", GRAPHQL),
        (f"application/json, {GRAPHQL};q=0.9", JSON),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"{GRAPHQL};q=0.5, */*;q=0.5", GRAPHQL),
        (f"{GRAPHQL};q=0.4, */*;q=0.5", JSON),
        (f"{GRAPHQL}, application/graphql+json, application/json, text/event-stream, multipart/mixed", GRAPHQL),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("application/json;q=0.001", JSON),
        ("text/html", None),
        ("text/event-stream", None),
        ("application/json;q=0", None),
        ("application/json;q=0.000, text/*", None),
        ("*/*;q=0", None),
        ("application/json; charset=utf-16", None),
        (",,;", None),
        ("application/jsonp", None),
    ],
)
def test_the_answer_has_the_type_the_client_likes_best(accept: str, media: str | None) -> None:
    assert answer_type(accept) == media


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("*/*", False),
        ("", False),
        ("text/html;q=0, application/json", False),
        ("application/json", False),
    ],
)
def test_only_who_names_html_gets_the_page(accept: str, page: bool) -> None:
    assert wants_page(accept) is page
