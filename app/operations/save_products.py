"""saveProducts and deleteProducts."""

from collections.abc import Sequence
from typing import Any

from app.domain.problems import Problem
from app.domain.products import Product, ProductDraft, check_product
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.save_customers import check_count
from app.operations.transaction import Call, perform
from app.store import products
from app.store.database import Database
from app.store.failures import Retryable
from app.store.session import Session


async def save_products(database: Database, call: Call, sent: Sequence[dict[str, Any]]) -> Answer:
    """Upserts 1 to 50 products by id; what is sent is the whole product. A verdict's id is the product's. Two items
    with one id count as sent one after the other."""

    async def work(session: Session) -> Answer:
        check_count(sent, "products")
        checked = [check_product(item) for item in sent]
        drafts = {index: draft for index, (draft, _) in enumerate(checked) if draft is not None}
        outcomes = await save_drafts(session, drafts)
        return Answer(tuple(_verdict(index, outcomes, drafts, problems) for index, (_, problems) in enumerate(checked)))

    return await perform(database, call, work)


async def save_drafts(session: Session, drafts: dict[int, ProductDraft]) -> dict[int, Outcome]:
    """The outcome of each, by its index."""
    if not drafts:
        return {}
    last = {draft.id_product: draft for draft in drafts.values()}
    made = await products.insert(session, list(last.values()))
    known = await products.lock(session, sorted(set(last) - made))
    if set(last) - made - set(known):
        raise Retryable("A product was deleted while it was saved. Send the call again.")
    changed = [last[id_] for id_, product in known.items() if not last[id_].same_as(product)]
    if changed:
        await products.update(session, changed)
    return _outcomes(drafts, known)


def _outcomes(drafts: dict[int, ProductDraft], known: dict[str, Product]) -> dict[int, Outcome]:
    """What each draft did, taken in order: against the known product, or against the draft before it."""
    outcomes: dict[int, Outcome] = {}
    previous: dict[str, ProductDraft] = {}
    for index, draft in drafts.items():
        id_ = draft.id_product
        if id_ in previous:
            same = draft == previous[id_]
        elif id_ in known:
            same = draft.same_as(known[id_])
        else:
            outcomes[index] = Outcome.CREATED
            previous[id_] = draft
            continue
        outcomes[index] = Outcome.UNCHANGED if same else Outcome.UPDATED
        previous[id_] = draft
    return outcomes


async def delete_products(database: Database, call: Call, ids: Sequence[str]) -> Answer:
    """Removes 1 to 50 products; one that is gone already is UNCHANGED. Records that point at it keep the id and read
    null. To take a product out of the catalogue but keep it, save it with is_active false."""

    async def work(session: Session) -> Answer:
        check_count(ids, "ids")
        gone = await products.delete(session, sorted(set(ids)))
        return Answer(tuple(_deleted(n, id_, id_ in gone and id_ not in ids[:n]) for n, id_ in enumerate(ids)))

    return await perform(database, call, work)


def _deleted(index: int, product_id: str, gone: bool) -> Verdict:
    return Verdict(index, Outcome.DELETED, product_id) if gone else Verdict(index, Outcome.UNCHANGED)


def _verdict(
    index: int, outcomes: dict[int, Outcome], drafts: dict[int, ProductDraft], problems: Sequence[Problem]
) -> Verdict:
    if index not in outcomes:
        errors = tuple(problem.under(f"products.{index}", index) for problem in problems)
        return Verdict(index, Outcome.REJECTED, None, errors)
    return Verdict(index, outcomes[index], drafts[index].id_product)
