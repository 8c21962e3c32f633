"""The stages of an operation (parsing, validation, execution), entered at little cost.

Strawberry's own runner looks at every hook of every extension anew for each operation, and wraps each in context
managers, which takes longer than a small query. Here the hooks of a class are looked up once, and stepped directly;
only errors go through the standard library's exit stack, so that they mean what they mean there.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from functools import cache
from inspect import isasyncgenfunction, isgeneratorfunction
from itertools import product
from types import AsyncGeneratorType, GeneratorType, TracebackType
from typing import Any, TypeAlias

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext

_Generator: TypeAlias = "GeneratorType[None, None, None] | AsyncGeneratorType[None, None]"
_Hook = tuple[int, Callable[[Any], _Generator]]  # of the extension in this place

_NOTHING: AbstractAsyncContextManager[None] = nullcontext()


class Stages(SchemaExtensionsRunner):
    """For extensions whose hooks are generators, plain or asynchronous."""

    def operation(self) -> Any:
        return self._stage("on_operation")

    def parsing(self) -> Any:
        return self._stage("on_parse")

    def validation(self) -> Any:
        return self._stage("on_validate")

    def executing(self) -> Any:
        return self._stage("on_execute")

    def operation_executing(self) -> Any:
        """The operation whose document was parsed and validated before, and its execution, in one."""
        return self._stage("on_operation", "on_execute")

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for extension in self.extensions:
            told = extension.get_results()
            results |= told if isinstance(told, dict) else await told
        return results | ctx.extensions_results

    def _stage(self, *names: str) -> AbstractAsyncContextManager[Any]:
        hooks = _hooks(names, *map(type, self.extensions))
        return _Stage(self.extensions, hooks) if hooks else _NOTHING


class _Stage:
    """Enters the extensions in order and leaves them in reverse. Where one fails, those around it are told."""

    __slots__ = ("_entered", "_extensions", "_hooks")

    def __init__(self, extensions: list[SchemaExtension], hooks: list[_Hook]) -> None:
        self._extensions = extensions
        self._hooks = hooks
        self._entered: list[_Generator] = []

    async def __aenter__(self) -> None:
        try:
            for place, function in self._hooks:
                hook = function(self._extensions[place])
                if isinstance(hook, GeneratorType):
                    next(hook, None)
                else:
                    await anext(hook, None)
                self._entered.append(hook)
        except BaseException as error:
            await self._told(error)
            raise

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if error is not None:
            return await self._told(error)
        try:
            while self._entered:
                hook = self._entered.pop()
                if isinstance(hook, GeneratorType):
                    next(hook, None)
                else:
                    await anext(hook, None)
        except BaseException as raised:
            if not await self._told(raised):
                raise
        return False

    async def _told(self, error: BaseException) -> bool:
        """Whether those that were entered and not left yet make an end of the error. They may also raise another."""
        stack = AsyncExitStack()
        for hook in self._entered:
            if isinstance(hook, GeneratorType):
                stack.push(contextmanager(lambda hook=hook: hook)())
            else:
                stack.push_async_exit(asynccontextmanager(lambda hook=hook: hook)())
        self._entered = []
        return bool(await stack.__aexit__(type(error), error, error.__traceback__))


@cache
def _hooks(names: tuple[str, ...], *kinds: type[SchemaExtension]) -> list[_Hook]:
    """The hooks of these names that the classes have of their own, and whose they are."""
    found = []
    for name, (place, kind) in product(names, enumerate(kinds)):
        hook = getattr(kind, name)
        if hook is not getattr(SchemaExtension, name):
            assert isgeneratorfunction(hook) or isasyncgenfunction(hook), f"{kind.__name__}.{name} is no generator"
            found.append((place, hook))
    return found
