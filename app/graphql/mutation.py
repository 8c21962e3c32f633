"""The ways in for writing: each takes one input, runs one operation, and answers with its verdicts."""

from dataclasses import asdict, replace
from typing import Any

import strawberry

from app.domain.access import Scope
from app.domain.definitions import Status
from app.domain.problems import Code, Problem
from app.domain.verdicts import Answer, Outcome
from app.graphql import automation, documented, erasing, importing, inputs, payloads, segment_mutations
from app.graphql.contacts import contact_reference
from app.graphql.context import Info
from app.graphql.definitions import definition_node, load_definition
from app.graphql.dry_runs import shown, wanted
from app.graphql.node import number_of
from app.graphql.overrides import overrides
from app.graphql.payloads import DELETED, SAVED, counts, user_errors
from app.graphql.query import RecordKey
from app.operations.change_status import change_status, delete_definition
from app.operations.create_definition import create_definition
from app.operations.delete_records import bulk_delete_records, delete_record, try_bulk_delete, try_delete
from app.operations.extend_definition import extend
from app.operations.find_records import Named
from app.operations.mint_token import mint_token
from app.operations.save_customers import delete_customers, save_customers
from app.operations.save_products import delete_products, save_products
from app.operations.save_records import SaveRecords, save_records, try_save
from app.operations.set_overrides import set_overrides
from app.operations.update_record import UpdateRecord, try_update, update_record


async def _create_definition(info: Info, input: inputs.CreateDefinitionInput) -> payloads.DefinitionPayload:
    """Adds a definition. Its fields and relationships can be extended later, never removed or changed."""
    call = await info.context.begin_call(info.field_name, input)
    return await _definition_payload(info, await create_definition(info.context.database, call, input.draft()))


async def _extend_definition(info: Info, input: inputs.ExtendDefinitionInput) -> payloads.DefinitionPayload:
    """Appends fields, relationships and options; changes name and description. Old records read null in new fields."""
    call = await info.context.begin_call(info.field_name, input)
    answer = await extend(info.context.database, call, input.definition, input.extension())
    return await _definition_payload(info, answer)


async def _activate_definition(info: Info, input: inputs.DefinitionInput) -> payloads.DefinitionPayload:
    """Makes a definition writable again. Idempotent."""
    call = await info.context.begin_call(info.field_name, input)
    answer = await change_status(info.context.database, call, input.definition, Status.ACTIVE)
    return await _definition_payload(info, answer)


async def _deactivate_definition(info: Info, input: inputs.DefinitionInput) -> payloads.DefinitionPayload:
    """Makes a definition read-only: reads and prices go on, writes are refused. Idempotent."""
    call = await info.context.begin_call(info.field_name, input)
    answer = await change_status(info.context.database, call, input.definition, Status.INACTIVE)
    return await _definition_payload(info, answer)


async def _delete_definition(info: Info, input: inputs.DeleteDefinitionInput) -> payloads.DeleteDefinitionPayload:
    """Deletes a definition and frees its name. Refused while something uses it, unless forced."""
    call = await info.context.begin_call(info.field_name, input)
    model = await info.context.model()
    before = model.find(input.definition)
    await info.context.renewed()
    answer = await delete_definition(info.context.database, call, input.definition, force=input.force)
    info.context.model_changed()
    gone = replace(before, status=Status.DELETED) if before is not None and answer.first is not None else None
    return payloads.DeleteDefinitionPayload(
        definition=definition_node(gone, model) if gone is not None else None,
        warnings=user_errors(answer.warnings),
        user_errors=user_errors(answer.problems),
    )


async def save_records_payload(info: Info, input: inputs.SaveRecordsInput) -> payloads.SaveRecordsPayload:
    """Saves 1 to 50 records, one verdict each: upserted where the definition has a unique key, inserted otherwise."""
    call = await info.context.begin_call(info.field_name, input, "saveCustomDataRecords")
    asked = SaveRecords(
        definition=input.definition,
        records=input.records,
        policy=input.error_policy,
        reject_ambiguous=input.on_ambiguous is inputs.OnAmbiguous.REJECT,
        events=input.events,
    )
    tried = await try_save(info.context.database, call, asked, wanted(info)) if input.dry_run else None
    answer = tried.answer if tried is not None else await save_records(info.context.database, call, asked)
    return payloads.SaveRecordsPayload(
        results=[payloads.RecordResult(row=verdict) for verdict in answer.verdicts],
        dry_run=shown(tried),
        warnings=user_errors(answer.warnings),
        user_errors=user_errors(answer.problems),
        **counts(answer, *SAVED),
    )


async def _update_record(info: Info, input: inputs.UpdateRecordInput) -> payloads.UpdateRecordPayload:
    """Changes fields of one record; absent fields stay, null clears."""
    return await update_record_payload(info, input)


async def update_record_payload(
    info: Info, input: inputs.UpdateRecordInput, of: str | None = None
) -> payloads.UpdateRecordPayload:
    """The same, refused for records of others than the definition `of`."""
    call = await info.context.begin_call(info.field_name, input, "updateCustomDataRecord")
    named, problem = _named(input.id, input.by, of)
    if named is None:
        errors = user_errors((problem,))
        return payloads.UpdateRecordPayload(outcome=None, dry_run=None, warnings=[], user_errors=errors, key=None)
    asked = UpdateRecord(named, input.data, input.if_version, input.events)
    tried = await try_update(info.context.database, call, asked, wanted(info)) if input.dry_run else None
    answer = tried.answer if tried is not None else await update_record(info.context.database, call, asked)
    first = answer.first
    return payloads.UpdateRecordPayload(
        outcome=first.outcome if first else None,
        dry_run=shown(tried),
        warnings=user_errors(first.warnings if first else ()),
        user_errors=user_errors(answer.problems),
        key=first.id if first else None,
    )


async def _delete_record(info: Info, input: inputs.DeleteRecordInput) -> payloads.DeleteRecordPayload:
    """Removes one record. What is gone already is fine; what others refer to is refused unless forced."""
    return await delete_record_payload(info, input)


async def delete_record_payload(info: Info, input: inputs.DeleteRecordInput) -> payloads.DeleteRecordPayload:
    """The same, for fields of other names."""
    call = await info.context.begin_call(info.field_name, input, "deleteCustomDataRecord")
    named, problem = _named(input.id, input.by)
    if named is None:
        errors = user_errors((problem,))
        return payloads.DeleteRecordPayload(id=None, deleted=False, dry_run=None, user_errors=errors)
    how: dict[str, Any] = {"force": input.force, "events": input.events}
    tried = await try_delete(info.context.database, call, named, wanted(info), **how) if input.dry_run else None
    answer = tried.answer if tried is not None else await delete_record(info.context.database, call, named, **how)
    first = answer.first
    return payloads.DeleteRecordPayload(
        id=strawberry.ID(first.id) if first and first.id else None,
        deleted=first is not None and first.outcome is Outcome.DELETED,
        dry_run=shown(tried),
        user_errors=user_errors(answer.problems),
    )


async def bulk_delete_records_payload(
    info: Info, input: inputs.BulkDeleteRecordsInput
) -> payloads.BulkDeleteRecordsPayload:
    """Removes 1 to 20 records of one definition, one verdict each."""
    call = await info.context.begin_call(info.field_name, input, "bulkDeleteCustomDataRecords")
    ids = [number_of(str(id_), "CustomDataRecord") for id_ in input.ids]
    asked = info.context.database, call, input.definition, ids
    how: dict[str, Any] = {"force": input.force, "events": input.events}
    tried = await try_bulk_delete(*asked, wanted(info), **how) if input.dry_run else None
    answer = tried.answer if tried is not None else await bulk_delete_records(*asked, **how)
    return payloads.BulkDeleteRecordsPayload(
        results=[
            payloads.DeletedRecord(
                id=input.ids[verdict.index],
                deleted=verdict.outcome is Outcome.DELETED,
                errors=user_errors(verdict.errors),
            )
            for verdict in answer.verdicts
        ],
        dry_run=shown(tried),
        user_errors=user_errors(answer.problems),
    )


async def _set_overrides(info: Info, input: inputs.SetOverridesInput) -> payloads.SetOverridesPayload:
    """Replaces the sources of one system field: whose amounts stand in for a product's price, for which contact."""
    call = await info.context.begin_call(info.field_name, input)
    drafts = [source.draft() for source in input.sources]
    answer = await set_overrides(info.context.database, call, input.system_schema, input.system_field, drafts)
    now = None if answer.problems else await overrides(info)
    return payloads.SetOverridesPayload(
        overrides=None if now is None else [each for each in now if each.system_field == input.system_field],
        warnings=user_errors(answer.warnings),
        user_errors=user_errors(answer.problems),
    )


async def _save_customers(info: Info, input: inputs.SaveCustomersInput) -> payloads.SaveCustomersPayload:
    """Saves 1 to 50 customers by (source, idCustomer) and unifies them into contacts."""
    call = await info.context.begin_call(info.field_name, input)
    answer = await save_customers(info.context.database, call, [asdict(each) for each in input.customers])
    return payloads.SaveCustomersPayload(
        results=[payloads.CustomerResult(row=verdict) for verdict in answer.verdicts],
        user_errors=user_errors(answer.problems),
        **counts(answer, *SAVED),
    )


async def _save_products(info: Info, input: inputs.SaveProductsInput) -> payloads.SaveProductsPayload:
    """Saves 1 to 50 products by id; each item is the whole product."""
    call = await info.context.begin_call(info.field_name, input)
    answer = await save_products(info.context.database, call, [asdict(each) for each in input.products])
    return payloads.SaveProductsPayload(
        results=[payloads.ProductResult(row=verdict) for verdict in answer.verdicts],
        user_errors=user_errors(answer.problems),
        **counts(answer, *SAVED),
    )


async def _delete_customers(info: Info, input: inputs.DeleteCustomersInput) -> payloads.DeleteCustomersPayload:
    """Removes 1 to 50 customers. A contact goes with its last customer."""
    keys = [(each.source, each.id_customer) for each in input.customers]
    answer = await delete_customers(info.context.database, await info.context.begin_call(info.field_name, input), keys)
    return payloads.DeleteCustomersPayload(
        results=[payloads.CustomerResult(row=verdict) for verdict in answer.verdicts],
        user_errors=user_errors(answer.problems),
        **counts(answer, *DELETED),
    )


async def _delete_products(info: Info, input: inputs.DeleteProductsInput) -> payloads.DeleteProductsPayload:
    """Removes 1 to 50 products. To only take one out of the catalogue, save it with isActive false."""
    call = await info.context.begin_call(info.field_name, input)
    answer = await delete_products(info.context.database, call, [str(id_) for id_ in input.ids])
    return payloads.DeleteProductsPayload(
        results=[payloads.ProductResult(row=verdict) for verdict in answer.verdicts],
        user_errors=user_errors(answer.problems),
        **counts(answer, *DELETED),
    )


async def _create_contact_token(info: Info, input: inputs.CreateContactTokenInput) -> payloads.ContactTokenPayload:
    """A short-lived token with which a contact's own browser reads its contact, its records and its prices."""
    await info.context.renewed()
    shop_id, reference = info.context.shop.id, contact_reference(input.contact)
    answer = await mint_token(info.context.database, shop_id, reference, input.expires_in)
    return payloads.ContactTokenPayload(
        token=answer.minted.token if answer.minted else None,
        expires_at=answer.minted.expires_at if answer.minted else None,
        user_errors=user_errors(answer.problems),
        key=answer.contact_id,
    )


async def _definition_payload(info: Info, answer: Answer) -> payloads.DefinitionPayload:
    info.context.model_changed()
    first = answer.first
    definition = await load_definition(info, int(first.id)) if first is not None and first.id is not None else None
    return payloads.DefinitionPayload(
        definition=definition, warnings=user_errors(answer.warnings), user_errors=user_errors(answer.problems)
    )


def _named(id_: strawberry.ID | None, by: RecordKey | None, of: str | None = None) -> tuple[Named | None, Problem]:
    """The record an input names, or what is wrong with the naming."""
    if (id_ is None) == (by is None):
        return None, Problem(Code.INVALID_REFERENCE, "Send either id or by.", "id")
    if by is not None:
        return Named(definition=by.definition, key=by.key), _NO_PROBLEM
    record_id = number_of(str(id_), "CustomDataRecord")
    if record_id is None:
        message = "This is not the id of a record. Send idRecord, or the id a query gave."
        return None, Problem(Code.INVALID_REFERENCE, message, "id")
    return Named(record_id, of), _NO_PROBLEM


_NO_PROBLEM = Problem(Code.INVALID_REFERENCE, "")


@strawberry.type(
    description="Everything that can be written. What an answer acknowledges is committed; the fields of one document "
    "run in order."
)
class Mutation:
    create_custom_data_definition = documented.mutation(_create_definition, Scope.MANAGE_DEFINITIONS)
    extend_custom_data_definition = documented.mutation(_extend_definition, Scope.MANAGE_DEFINITIONS)
    activate_custom_data_definition = documented.mutation(_activate_definition, Scope.MANAGE_DEFINITIONS)
    deactivate_custom_data_definition = documented.mutation(_deactivate_definition, Scope.MANAGE_DEFINITIONS)
    delete_custom_data_definition = documented.mutation(_delete_definition, Scope.MANAGE_DEFINITIONS)
    save_custom_data_records = documented.mutation(save_records_payload, Scope.WRITE_RECORDS)
    update_custom_data_record = documented.mutation(_update_record, Scope.WRITE_RECORDS)
    delete_custom_data_record = documented.mutation(_delete_record, Scope.WRITE_RECORDS)
    bulk_delete_custom_data_records = documented.mutation(bulk_delete_records_payload, Scope.WRITE_RECORDS)
    set_overrides = documented.mutation(_set_overrides, Scope.MANAGE_OVERRIDES)
    save_customers = documented.mutation(_save_customers, Scope.WRITE_CATALOGUE)
    delete_customers = documented.mutation(_delete_customers, Scope.WRITE_CATALOGUE)
    save_products = documented.mutation(_save_products, Scope.WRITE_CATALOGUE)
    create_contact_token = documented.mutation(_create_contact_token, Scope.MINT_TOKENS)
    delete_products = documented.mutation(_delete_products, Scope.WRITE_CATALOGUE)
    import_records = documented.mutation(importing.import_records, Scope.WRITE_RECORDS)
    import_customers = documented.mutation(importing.import_customers, Scope.WRITE_CATALOGUE)
    import_products = documented.mutation(importing.import_products, Scope.WRITE_CATALOGUE)
    erase_contact = documented.mutation(erasing.erase_contact, Scope.ERASE_CONTACTS)
    create_trigger = documented.mutation(automation.create_trigger, Scope.MANAGE_AUTOMATION)
    update_trigger = documented.mutation(automation.update_trigger, Scope.MANAGE_AUTOMATION)
    enable_trigger = documented.mutation(automation.enable_trigger, Scope.MANAGE_AUTOMATION)
    disable_trigger = documented.mutation(automation.disable_trigger, Scope.MANAGE_AUTOMATION)
    delete_trigger = documented.mutation(automation.delete_trigger, Scope.MANAGE_AUTOMATION)
    replay_deliveries = documented.mutation(automation.replay_deliveries, Scope.MANAGE_AUTOMATION)
    rotate_webhook_secret = documented.mutation(automation.rotate_webhook_secret, Scope.MANAGE_AUTOMATION)
    create_segment = documented.mutation(segment_mutations.create_segment, Scope.MANAGE_AUTOMATION)
    update_segment = documented.mutation(segment_mutations.update_segment, Scope.MANAGE_AUTOMATION)
    delete_segment = documented.mutation(segment_mutations.delete_segment, Scope.MANAGE_AUTOMATION)
