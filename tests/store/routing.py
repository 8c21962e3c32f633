"""What a parser says of a statement: whether each of its parts stays within one shop, and so on one shard of a cluster
that is distributed by shop."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast, enums, parse_sql


@dataclass(frozen=True)
class Shape:
    """`unrouted` are the tenant tables (as `table alias`) that some part of the statement reads or writes without
    naming the shop as $1; `in_conflicts` the functions that its "on conflict do update" calls."""

    touched: int
    unrouted: tuple[str, ...]
    in_conflicts: frozenset[str]


def shape(sql: str, tables: frozenset[str]) -> Shape:
    [raw] = parse_sql(sql)
    parts = list(_parts(raw.stmt, tables, frozenset()))
    conflicts = (each for each in _nodes(raw.stmt) if isinstance(each, ast.OnConflictClause))
    return Shape(
        len(parts),
        tuple(name for name, routed in parts if not routed),
        frozenset(name for clause in conflicts for name in _functions(clause)),
    )


def _parts(node: Any, tables: frozenset[str], ctes: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Each tenant table of each query, and whether that very query names its shop."""
    if isinstance(node, ast.SelectStmt | ast.UpdateStmt | ast.DeleteStmt | ast.InsertStmt):
        if node.withClause is not None:
            ctes = ctes | {cte.ctename for cte in node.withClause.ctes}
        if isinstance(node, ast.InsertStmt):
            if node.relation.relname in tables:
                yield node.relation.relname, _inserts_shop(node)
        else:
            yield from _read(node, tables - ctes)
    for child in _children(node):
        yield from _parts(child, tables, ctes)


def _read(node: Any, tables: frozenset[str]) -> Iterator[tuple[str, bool]]:
    sources, conditions = _sources(node)
    tenant = [each for each in sources if each.relname in tables]
    named = {name for condition in conditions for name in _shops(condition)}
    for each in tenant:
        alias = each.alias.aliasname if each.alias else each.relname
        yield f"{each.relname} {alias}", alias in named or (None in named and len(tenant) == 1)


def _sources(node: Any) -> tuple[list[ast.RangeVar], list[Any]]:
    """The tables of one query, not of those inside it, and the conditions that they are joined and chosen by."""
    found: list[ast.RangeVar] = []
    conditions = [node.whereClause]
    if isinstance(node, ast.SelectStmt):
        waiting = list(node.fromClause or ())
    else:
        waiting = [node.relation, *((node.fromClause if isinstance(node, ast.UpdateStmt) else node.usingClause) or ())]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.JoinExpr):
            waiting += [each.larg, each.rarg]
            conditions.append(each.quals)
        elif isinstance(each, ast.RangeVar):
            found.append(each)
    return found, conditions


def _shops(condition: Any) -> Iterator[str | None]:
    """Whose shop_id the condition surely says is $1: by alias, None without one."""
    if isinstance(condition, ast.BoolExpr) and condition.boolop == enums.BoolExprType.AND_EXPR:
        for each in condition.args:
            yield from _shops(each)
    elif isinstance(condition, ast.A_Expr) and condition.name and condition.name[0].sval == "=":
        sides = (condition.lexpr, condition.rexpr)
        for column, value in (sides, sides[::-1]):
            if isinstance(column, ast.ColumnRef) and isinstance(value, ast.ParamRef) and value.number == 1:
                path = [part.sval for part in column.fields]
                if path[-1] == "shop_id":
                    yield path[-2] if len(path) > 1 else None


def _inserts_shop(node: ast.InsertStmt) -> bool:
    place = [column.name for column in node.cols].index("shop_id")
    select = node.selectStmt
    rows = select.valuesLists or [[target.val for target in select.targetList]]
    values = [row[place] for row in rows]
    return all(isinstance(value, ast.ParamRef) and value.number == 1 for value in values)


def _functions(node: Any) -> Iterator[str]:
    for each in _nodes(node):
        if isinstance(each, ast.FuncCall):
            yield each.funcname[-1].sval
        elif isinstance(each, ast.SQLValueFunction):
            yield "now"


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in _children(node):
        yield from _nodes(child)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple | list):
        yield from node
    elif isinstance(node, ast.Node):
        for slot in node:
            child = getattr(node, slot)
            if isinstance(child, ast.Node | tuple | list):
                yield child
