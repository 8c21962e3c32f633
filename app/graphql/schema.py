"""The schema, built once."""

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from app.graphql.contacts import Contact
from app.graphql.definitions import CustomDataDefinition
from app.graphql.documents import Documents
from app.graphql.limits import Bounded
from app.graphql.mutation import Mutation
from app.graphql.products import Product
from app.graphql.query import Query
from app.graphql.records import CustomDataRecord
from app.graphql.scalars import SCALARS
from app.graphql.shop import Shop
from app.graphql.stages import Stages
from app.graphql.subscription import Subscription

_documents = Documents()


class Schema(strawberry.Schema):
    """Errors are reported by the endpoint; the default would log a traceback for every mistake of a client."""

    def process_errors(self, *_args: object, **_kwargs: object) -> None:
        return None

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        return Stages(execution_context, extensions)


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Shop, Contact, Product, CustomDataDefinition, CustomDataRecord],
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[lambda: Bounded(_documents)],
)
