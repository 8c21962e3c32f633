"""The stages of an operation (parsing, validation, execution), entered at little cost.

Strawberry's own runner looks at every hook of every extension anew for each operation, which takes longer than a small
query. Here that is done once for each class of extension.
"""

from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from functools import cache
from inspect import isasyncgenfunction, isgeneratorfunction
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner

_NOTHING: AbstractAsyncContextManager[None] = nullcontext()


class Stages(SchemaExtensionsRunner):
    """For extensions whose hooks are generators, plain or asynchronous."""

    def operation(self) -> Any:
        return _stage(self.extensions, "on_operation")

    def parsing(self) -> Any:
        return _stage(self.extensions, "on_parse")

    def validation(self) -> Any:
        return _stage(self.extensions, "on_validate")

    def executing(self) -> Any:
        return _stage(self.extensions, "on_execute")


class _Stage(AsyncExitStack):
    def __init__(self, entered: list[tuple[SchemaExtension, Any, bool]]) -> None:
        super().__init__()
        self._hooks = entered

    async def __aenter__(self) -> Any:
        for extension, manager, waits in self._hooks:
            if waits:
                await self.enter_async_context(manager(extension))
            else:
                self.enter_context(manager(extension))
        return self


def _stage(extensions: list[SchemaExtension], name: str) -> AbstractAsyncContextManager[Any]:
    hooks = []
    for extension in extensions:
        kind: Any = type(extension)
        if found := _hook(kind, name):
            hooks.append((extension, *found))
    return _Stage(hooks) if hooks else _NOTHING


@cache
def _hook(kind: Any, name: str) -> tuple[Any, bool] | None:
    """The hook of a class as a context manager, and whether it is asynchronous; None where it has none of its own."""
    hook = getattr(kind, name)
    if hook is getattr(SchemaExtension, name):
        return None
    if isasyncgenfunction(hook):
        return asynccontextmanager(hook), True
    assert isgeneratorfunction(hook), f"{kind.__name__}.{name} is no generator"
    return contextmanager(hook), False
