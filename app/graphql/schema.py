"""The schema, built once."""

import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from app.graphql.contacts import Contact
from app.graphql.definitions import CustomDataDefinition
from app.graphql.mutation import Mutation
from app.graphql.products import Product
from app.graphql.query import Query
from app.graphql.records import CustomDataRecord
from app.graphql.scalars import SCALARS
from app.graphql.shop import Shop

_DOCUMENTS = 500  # remembered, parsed and validated


class Schema(strawberry.Schema):
    """Errors are reported by the endpoint; the default would log a traceback for every mistake of a client."""

    def process_errors(self, *_args: object, **_kwargs: object) -> None:
        return None


schema = Schema(
    query=Query,
    mutation=Mutation,
    types=[Shop, Contact, Product, CustomDataDefinition, CustomDataRecord],
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[lambda: ParserCache(maxsize=_DOCUMENTS), lambda: ValidationCache(maxsize=_DOCUMENTS)],
)
