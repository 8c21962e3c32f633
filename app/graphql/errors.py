"""Errors of queries. Mutations answer with user errors instead."""

from typing import Any, NoReturn

from graphql import GraphQLError

from app.domain.problems import Problem


class Refusal(GraphQLError):
    """A question that cannot be answered as asked. The code is stable and stands in `extensions`."""

    def __init__(self, code: str, message: str, **extensions: Any) -> None:
        super().__init__(message, extensions={"code": code, **extensions})


def refuse(problem: Problem) -> NoReturn:
    """A problem found while reading, as an error of the field."""
    raise Refusal(problem.code.value, problem.message)


def limit(name: str, value: int, maximum: int) -> dict[str, Any]:
    """What every refusal over a limit tells in its extensions."""
    return {"limit": name, "value": value, "maximum": maximum}
