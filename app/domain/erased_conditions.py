"""Conditions without a person who is named in them: an address, a contact's id or a customer's id of the person is
replaced by a value that nobody has, so that the condition stays the same for everybody else, negated or not.

Only values that are compared for equality name somebody; parts of texts, and fields of records that happen to hold an
address, are left to whoever keeps the condition.
"""

from typing import Any

from app.domain.condition_parser import QUANTIFIERS
from app.domain.contacts import email_key
from app.domain.definitions import Model, Target
from app.domain.entities import (
    CONTACTS,
    TO_CUSTOMERS,
    Attribute,
    Entity,
    Kind,
    Link,
    attribute,
    followed,
    link,
    relationship,
)
from app.domain.erasures import Person
from app.domain.operands import operand
from app.domain.problems import Unfit

NO_EMAIL = "erased"  # an address has an @
NO_ID = 0  # ids begin at 1
NO_CUSTOMER = ""  # a customer's id is not blank

_ONE, _SEVERAL = ("eq", "ne"), ("in", "notIn")


def without(model: Model, entity: Entity, sent: Any, person: Person) -> Any:
    """The condition on rows of the entity, as it was sent, without the person. Parts that cannot be read (any more)
    stay as they are."""
    return _Walk(model, person).where(entity, sent)


class _Walk:
    def __init__(self, model: Model, person: Person) -> None:
        self._model = model
        self._person = person

    def where(self, entity: Entity, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        return {key: self._part(entity, key, value) for key, value in sent.items()}

    def _part(self, entity: Entity, key: str, sent: Any) -> Any:
        try:
            match key:
                case "and" | "or":
                    return [self.where(entity, each) for each in sent] if isinstance(sent, list) else sent
                case "not":
                    return self.where(entity, sent)
                case "custom":
                    return {name: self._linked(entity, name, value) for name, value in sent.items()}
                case "customers" if entity == CONTACTS:
                    return self._quantified(TO_CUSTOMERS, sent)
                case "segment" if entity == CONTACTS:
                    return sent
            return self._compared(entity, key, sent)
        except (Unfit, AttributeError):  # of a definition that is gone, say
            return sent

    def _linked(self, entity: Entity, key: str, sent: Any) -> Any:
        return self._quantified(link(self._model, entity, key, sent.get("field")), sent)

    def _quantified(self, way: Link, sent: Any) -> Any:
        return {word: self._inside(way, word, value) for word, value in sent.items()}

    def _inside(self, way: Link, word: str, sent: Any) -> Any:
        if word == "count":
            return {key: self.where(way.records, value) if key == "where" else value for key, value in sent.items()}
        return self.where(way.records, sent) if word in QUANTIFIERS else sent

    def _compared(self, entity: Entity, name: str, sent: Any) -> Any:
        field = attribute(entity, name)
        return {operator: self._operand(entity, field, operator, value) for operator, value in sent.items()}

    def _operand(self, entity: Entity, field: Attribute, operator: str, sent: Any) -> Any:
        if operator == "is":
            return self.where(followed(self._model, entity, field.name), sent)
        if operator in _SEVERAL and isinstance(sent, list):
            return [self._nobody(entity, field, each) for each in sent]
        return self._nobody(entity, field, sent) if operator in _ONE else sent

    def _nobody(self, entity: Entity, field: Attribute, sent: Any) -> Any:
        """The value, or another one if it names the person."""
        person = self._person
        if field.kind is Kind.EMAIL and isinstance(sent, str) and email_key(sent) in person.emails:
            return NO_EMAIL
        if entity.target is Target.CUSTOMERS and field.name == "id_customer" and sent in person.customer_ids:
            return NO_CUSTOMER
        if self._names_contacts(entity, field) and operand(Kind.ID, sent) == person.contact_id:
            return NO_ID
        return sent

    def _names_contacts(self, entity: Entity, field: Attribute) -> bool:
        relation = relationship(entity, field.name)
        return (relation is not None and relation.target is Target.CONTACTS) or (
            entity == CONTACTS and field.name == "id_contact"
        )
