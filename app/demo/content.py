"""What the demo shop holds: the two published use cases, a loyalty programme, and the people and products they need."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.domain.definitions import FieldType
from app.domain.draft_fields import DraftField
from app.domain.draft_relationships import DraftRelationship
from app.domain.drafts import Draft
from app.domain.overrides import DraftSource
from app.domain.trigger_drafts import DraftTrigger
from app.domain.triggers import Transition

SHOP = "Veterinary demo shop"
TIME_ZONE = "Europe/Paris"

MRS_DUBOIS = "marie.dubois@example.com"  # a customer of Dr Martin
WITHOUT_A_VET = "noe.petit@example.com"
DIET = "VET-DIET-12"

_MARTINS = 230  # customers of Dr Martin, Lyon
_DURANDS = 180  # customers of Dr Durand, Lille
_LOYAL = 300

_FIRST = ("Marie", "Louis", "Emma", "Hugo", "Jeanne", "Adam", "Alice", "Jules", "Rose", "Gabin")
_LAST = ("Dubois", "Bernard", "Thomas", "Robert", "Richard", "Durand", "Moreau", "Laurent", "Simon", "Michel",
         "Lefebvre", "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier", "Girard", "Bonnet", "Dupont",
         "Lambert", "Fontaine", "Rousseau", "Vincent", "Muller", "Lefevre", "Faure", "Andre", "Mercier", "Blanc",
         "Guerin", "Boyer", "Garnier", "Chevalier", "Francois", "Legrand", "Gauthier", "Garcia", "Perrin", "Robin",
         "Clement")  # fmt: skip

PRODUCTS = (
    # id, reference, name, price, reduced price, Dr Martin's price, Dr Durand's price
    (DIET, "VD-12", "Veterinary Diet 12 kg", "79.90", None, "64.00", "71.00"),
    ("VET-DIET-4", "VD-4", "Veterinary Diet 4 kg", "32.50", None, "27.00", "29.50"),
    ("RENAL-2", "RN-2", "Renal Support 2 kg", "28.90", "25.90", "24.00", "26.00"),
    ("MOBILITY-7", "MO-7", "Mobility 7 kg", "54.00", None, "46.50", "49.00"),
    ("DERMA-3", "DE-3", "Derma Care 3 kg", "36.20", None, "31.00", None),
    ("PUPPY-10", "PU-10", "Puppy Growth 10 kg", "49.90", "44.90", None, "43.00"),
    ("SENIOR-5", "SE-5", "Senior Vitality 5 kg", "33.00", None, "29.00", "30.00"),
    ("DENTAL-28", "DT-28", "Dental Chews, 28 pieces", "18.90", None, None, None),
    ("SHAMPOO-250", "SH-250", "Soothing Shampoo 250 ml", "12.40", None, "10.90", "11.20"),
    ("COLLAR-M", "CO-M", "Calming Collar M", "24.00", "21.00", None, None),
    ("BOWL-1", "BO-1", "Anti-gulp Bowl", "14.90", None, None, None),
    ("BED-L", "BE-L", "Orthopaedic Bed L", "89.00", None, "79.00", "82.00"),
)


def products() -> list[dict[str, Any]]:
    return [
        {
            "id_product": id_, "reference": reference, "name": name, "price": Decimal(price),
            "price_discount": Decimal(reduced) if reduced else None, "currency": "EUR", "lang": "en",
            "is_active": True,
        }
        for id_, reference, name, price, reduced, _, _ in PRODUCTS
    ]  # fmt: skip


def people() -> Iterator[tuple[str, str, str]]:
    """First name, last name and e-mail of everyone with a vet; Mrs Dubois is the first."""
    for last in _LAST:
        for first in _FIRST:
            yield first, last, f"{first}.{last}@example.com".lower()


def customers() -> list[dict[str, Any]]:
    everyone = [*people(), ("Noé", "Petit", WITHOUT_A_VET)]
    return [
        {
            "id_customer": f"C{number}", "source": "webshop", "email": email, "email_verified": True,
            "first_name": first, "last_name": last, "lang": "fr",
        }
        for number, (first, last, email) in enumerate(everyone, 1)
    ]  # fmt: skip


def _field(name: str, type_: FieldType, **more: Any) -> DraftField:
    return DraftField(name, type_, **more)


def _to_contacts(field: str) -> DraftRelationship:
    return DraftRelationship(field, "SYSTEM", "contacts")


def _to_products(field: str) -> DraftRelationship:
    return DraftRelationship(field, "SYSTEM", "products")


_STRING, _NUMBER, _DECIMAL, _DATE = FieldType.STRING, FieldType.NUMBER, FieldType.DECIMAL, FieldType.DATE

DEFINITIONS = (
    Draft(
        name="Veterinarian",
        description="A practice that recommends our products and negotiates prices for its customers.",
        fields=(_field("nom", _STRING, label="Name", required=True), _field("ville", _STRING, label="Town"),
                _field("telephone", _STRING, label="Phone"), _field("email", _STRING, label="E-mail")),
        unique_keys=("nom",),
    ),
    Draft(
        name="Vet pricing",
        description="What a veterinarian's customers pay for a product.",
        fields=(_field("veto_id", _NUMBER), _field("product_id", _STRING), _field("price", _DECIMAL),
                _field("price_discount", _DECIMAL)),
        relationships=(DraftRelationship("veto_id", "CUSTOM", "veterinarian"), _to_products("product_id")),
        unique_keys=("veto_id", "product_id"),
    ),
    Draft(
        name="Vet assignment",
        description="Whose customer a contact is.",
        fields=(_field("contact_id", _NUMBER), _field("veto_id", _NUMBER), _field("since", _DATE)),
        relationships=(_to_contacts("contact_id"), DraftRelationship("veto_id", "CUSTOM", "veterinarian")),
        unique_keys=("contact_id",),
    ),
    Draft(
        name="Manager",
        description="An account manager.",
        fields=(_field("responsable_id", _STRING), _field("first_name", _STRING), _field("last_name", _STRING),
                _field("email", _STRING), _field("phone", _STRING), _field("photo_url", _STRING)),
        unique_keys=("responsable_id",),
    ),
    Draft(
        name="Assignment",
        description="A contact's dedicated account manager; sending it again reassigns.",
        fields=(_field("contact_id", _NUMBER), _field("responsable_id", _NUMBER), _field("assigned_at", _DATE)),
        relationships=(_to_contacts("contact_id"), DraftRelationship("responsable_id", "CUSTOM", "manager")),
        unique_keys=("contact_id",),
    ),
    Draft(
        name="Loyalty",
        description="A contact's standing in the loyalty programme, and the product that earned most of it.",
        fields=(_field("contact_id", _NUMBER), _field("product_id", _STRING), _field("points", _NUMBER, default=0),
                _field("tier", _STRING, options=("bronze", "silver", "gold"), default="bronze"),
                _field("points_balance", _NUMBER), _field("since", _DATE)),
        relationships=(_to_contacts("contact_id"), _to_products("product_id")),
        unique_keys=("contact_id",),
    ),
)  # fmt: skip

OVERRIDES = {
    "price": (DraftSource("vet_pricing", "price", 1),),
    "price_discount": (DraftSource("vet_pricing", "price_discount", 1),),
}

SEGMENTS: dict[str, Any] = {
    "Gold members": {"custom": {"loyalty": {"some": {"tier": {"eq": "gold"}}}}},
    "Dr Martin's gold members": {
        "segment": {"in": ["Gold members"]},
        "custom": {"vet_assignment": {"some": {"veto_id": {"is": {"nom": {"eq": "Dr Martin"}}}}}},
    },
    "Loyal, without an account manager": {
        "custom": {"loyalty": {"some": {"points": {"gte": 800}}}, "assignment": {"none": {}}},
    },
}


# where `custom-data receive` listens
RECEIVER = "http://127.0.0.1:8787/hooks"

TRIGGER = DraftTrigger(
    "Became gold", when={"tier": {"eq": "gold"}}, transition=Transition.BECOMES_TRUE, url=RECEIVER, private=True
)


def records() -> dict[str, list[dict[str, Any]]]:
    """The records by definition, in an order in which every reference finds its target."""
    return {
        "veterinarian": [
            {"nom": "Dr Martin", "ville": "Lyon", "telephone": "+33 4 72 00 00 01", "email": "martin@vet.example.com"},
            {"nom": "Dr Durand", "ville": "Lille", "telephone": "+33 3 20 00 00 02", "email": "durand@vet.example.com"},
        ],
        "vet_pricing": list(_prices()),
        "vet_assignment": list(_vet_assignments()),
        "manager": [
            {"responsable_id": "R1", "first_name": "Claire", "last_name": "Fabre", "email": "claire@shop.example.com",
             "phone": "+33 1 40 00 00 11", "photo_url": "https://shop.example.com/photos/claire.jpg"},
            {"responsable_id": "R2", "first_name": "Karim", "last_name": "Benali", "email": "karim@shop.example.com",
             "phone": "+33 1 40 00 00 12", "photo_url": "https://shop.example.com/photos/karim.jpg"},
        ],
        "assignment": list(_manager_assignments()),
        "loyalty": list(_loyalty()),
    }  # fmt: skip


def _prices() -> Iterator[dict[str, Any]]:
    for id_, _, _, _, _, martin, durand in PRODUCTS:
        for vet, price in (("Dr Martin", martin), ("Dr Durand", durand)):
            if price is not None:
                yield {"veto_id": {"by": "nom", "value": vet}, "product_id": id_, "price": price}


def _contact(email: str) -> dict[str, str]:
    return {"by": "email", "value": email}


def _vet_assignments() -> Iterator[dict[str, Any]]:
    for number, (_, _, email) in enumerate(people()):
        vet = "Dr Martin" if number < _MARTINS else "Dr Durand"
        since = date(2024, 1, 8) + timedelta(days=number)
        yield {"contact_id": _contact(email), "veto_id": {"by": "nom", "value": vet}, "since": since.isoformat()}


def _manager_assignments() -> Iterator[dict[str, Any]]:
    for number, (_, _, email) in enumerate(people()):
        if number % 4 == 0:
            manager = {"by": "responsable_id", "value": f"R{1 + number % 8 // 4}"}
            yield {"contact_id": _contact(email), "responsable_id": manager, "assigned_at": "2025-03-01"}


def _loyalty() -> Iterator[dict[str, Any]]:
    for number, (_, _, email) in zip(range(_LOYAL), people(), strict=False):
        points = (number * 137 + 520) % 3000
        yield {
            "contact_id": _contact(email),
            "product_id": PRODUCTS[number % len(PRODUCTS)][0],
            "points": points,
            "tier": "gold" if points >= 2000 else "silver" if points >= 800 else "bronze",
            "points_balance": points // 2,
            "since": (date(2023, 5, 2) + timedelta(days=number * 3)).isoformat(),
        }
