"""Erasing and exporting a person on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.erasing.canary import new_canary
from tests.processes import run
from tests.shops import ShopClient


@pytest.fixture
def given(admin_url: str, gateway_url: str) -> dict[str, str]:
    """The run's own server, as a person's DATABASE_URL."""
    return {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}


async def test_a_person_is_erased_once_it_is_sure(shop: ShopClient, given: dict[str, str], admin_url: str) -> None:
    canary = await new_canary(shop)
    command = ("erase-contact", "--shop", str(shop.id), "--contact", f"email:{canary.email}", "--records", "delete")
    tried = run(*command, "--dry-run", **given)
    assert (tried.returncode, tried.stderr) == (0, "")
    assert tried.stdout.startswith(f"contact {canary.contact} would be erased, with 2 customers\n")
    assert "card\t1 would be deleted\t0 would be unlinked\n" in tried.stdout
    unsure = run(*command, **given)  # nobody says yes
    assert (unsure.returncode, unsure.stdout) == (1, tried.stdout)
    assert await canary.left(admin_url)
    done = run(*command, "--yes", "--mentions", **given)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == tried.stdout.replace("would be ", "")
    assert await canary.left(admin_url) == {}
    again = run(*command, "--yes", **given)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("Error: There is no contact with this email.")


async def test_records_are_unlinked_but_for_some(shop: ShopClient, given: dict[str, str]) -> None:
    canary = await new_canary(shop)
    customer = ("--contact", f"customer:{canary.texts[-1]}", "--source", "till")
    command = ("erase-contact", "--shop", str(shop.id), *customer, "--records", "unlink", "--yes")
    refused = run(*command, **given)
    assert refused.returncode == 1
    assert "Choose DELETE for this definition." in refused.stderr
    done = run(*command, "--definition", "card=delete", **given)
    assert "card\t1 deleted\t0 unlinked\nnote\t0 deleted\t1 unlinked\n" in done.stdout


@pytest.mark.parametrize(
    ("options", "fault"),
    [(["--contact", "ada"], "A contact is named by"), (["--contact", "email:"], "A contact is named by"),
     (["--contact", "0"], "id_contact is a whole number"),
     (["--contact", "1", "--definition", "card"], "'card' is not KEY=delete or KEY=unlink."),
     (["--contact", "1", "--definition", "card=keep"], "'card=keep' is not KEY=delete or KEY=unlink."),
     (["--contact", "1", "--definition", "card=delete"], "There is no definition"),
     (["--contact", "1"], "There is no contact with this id")],
)  # fmt: skip
async def test_what_means_nobody_is_one_line(
    shop: ShopClient, given: dict[str, str], options: list[str], fault: str
) -> None:
    done = run("erase-contact", "--shop", str(shop.id), *options, "--records", "delete", "--yes", **given)
    assert (done.returncode, done.stdout) == (1, "")
    assert fault in done.stderr
    assert done.stderr.count("\n") == 1


def exported(shop: ShopClient, given: dict[str, str], contact: str, file: Path) -> dict[str, Any]:
    done = run("export", "person", "--shop", str(shop.id), "--contact", contact, str(file), **given)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


async def test_a_person_gets_all_that_is_held_and_nothing_of_others(
    shop: ShopClient, given: dict[str, str], tmp_path: Path
) -> None:
    canary = await new_canary(shop)
    told = exported(shop, given, f"email:{canary.email}", tmp_path / "she.json")
    text = (tmp_path / "she.json").read_text()
    assert [each for each in canary.texts if each.lower() not in text.lower()] == []
    assert "other@example.com" not in text
    assert "Other" not in text
    assert told["contact"]["idContact"] == canary.contact
    assert [each["source"] for each in told["customers"]] == ["till", "web"]
    assert told["segments"] == ["Both"]
    assert [(each["definition"], each["data"].get("holder")) for each in told["records"]] == [
        ("Card", told["contact"]["firstName"]), ("Note", None),
    ]  # fmt: skip
    assert {each["kind"] for each in told["changes"]} == {"CREATED", "UPDATED", "DELETED"}
    assert {each["status"] for each in told["webhooks"]} == {"DELIVERED", "DEAD", "PENDING"}
    moved = [each for each in told["changes"] if each["before"] and not each["after"]]
    assert len(moved) == 2  # one was deleted, one became another's, whose state is not told
    other = exported(shop, given, str(canary.other), tmp_path / "he.json")
    assert canary.found_in({"file": [(tmp_path / "he.json").read_text()]}) == {}
    assert len(other["records"]) == 3


async def test_standard_output_and_people_there_are_not(
    shop: ShopClient, given: dict[str, str], tmp_path: Path
) -> None:
    contact = await shop.contact("ada@example.com", firstName="Ada")
    done = run("export", "person", "--shop", str(shop.id), "--contact", str(contact), **given)
    told = json.loads(done.stdout)
    assert (told["contact"]["email"], told["records"], told["changes"]) == ("ada@example.com", [], [])
    nobody = run("export", "person", "--shop", str(shop.id), "--contact", "999999", str(tmp_path / "x"), **given)
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "There is no contact with this id_contact" in nobody.stderr
    assert not (tmp_path / "x").exists()
