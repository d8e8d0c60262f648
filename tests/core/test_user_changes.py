"""What happens to sessions when a user changes, whoever changes it and however."""

import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.forms import AdminPasswordChangeForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core import serializers as core_serializers
from django.core.management import call_command
from django.db import connection

from accounts import sessions, signals, subjects
from accounts.audit.models import SecurityEvent
from accounts.errors import InvalidCredentials
from accounts.models import Session
from accounts.users.models import User
from tests.clients import PASSWORDS, BearerClient, BrowserClient
from tests.people import mails

OLD, NEW = PASSWORDS["alice@example.com"], "seven grey herons at noon"


@pytest.fixture
def page(browser_client, alice) -> BrowserClient:
    browser_client.sign_in(alice)
    return browser_client


@pytest.fixture
def program(alice) -> BearerClient:
    client = BearerClient()
    client.sign_in(alice)
    return client


@pytest.mark.parametrize("change", [{"is_staff": True}, {"is_superuser": True}])
def test_change_of_role_makes_older_access_tokens_stale(page, program, alice, change):
    """ASVS 8.3.2: `ver` rises; a refresh, and nothing less, brings the new rights."""
    for name, value in change.items():
        setattr(alice, name, value)
    alice.save()

    assert [client.get("/api/me").status_code for client in (page, program)] == [401, 401]
    assert page.post("/auth/refresh").status_code == 200
    assert program.refresh().status_code == 200
    assert [client.get("/api/me").status_code for client in (page, program)] == [200, 200]
    assert not Session.objects.exclude(ended_at=None).exists()


def test_role_taken_away_is_gone_at_the_next_request(browser_client, carol):
    """The scope in a token that was issued before does not outlive the role."""
    browser_client.sign_in(carol)
    assert browser_client.get("/api/audit").status_code == 200

    carol.is_staff = False
    carol.save()

    assert browser_client.get("/api/audit").status_code == 401
    browser_client.post("/auth/refresh")
    assert browser_client.get("/api/audit").status_code == 403


def test_saving_one_field_of_a_role_counts_too(page, alice):
    """`update_fields` goes through the same receiver."""
    alice.is_staff = True
    alice.save(update_fields=["is_staff"])

    assert page.get("/api/me").status_code == 401


@pytest.mark.parametrize("fields", [["name"], ["last_login"], None])
def test_other_change_leaves_tokens_alone(page, alice, fields):
    """A new name signs nobody out."""
    alice.refresh_from_db()
    alice.name = "Alice Liddell"
    alice.save(update_fields=fields)

    assert page.get("/api/me").status_code == 200
    alice.refresh_from_db()
    assert subjects.of(alice).ver == 1


def test_version_rises_once_a_change(alice):
    """Each change of a role is one step, whichever copy of the row is saved."""
    subjects.of(alice)
    for is_staff in (True, False, True):
        user = User.objects.get(pk=alice.pk)
        user.is_staff = is_staff
        user.save()
        user.save()

    alice.refresh_from_db()
    assert subjects.of(alice).ver == 4
    assert SecurityEvent.objects.filter(kind="rights_changed", user=alice).count() == 3


def test_deactivation_ends_every_session(page, program, alice, bob):
    """ASVS 7.4.2: at once, for browsers and programs, and for nobody else."""
    other = BrowserClient()
    other.sign_in(bob)

    alice.is_active = False
    alice.save()

    assert [client.get("/api/me").status_code for client in (page, program)] == [401, 401]
    assert page.post("/auth/refresh").json()["code"] == "session_ended"
    assert program.refresh().json()["code"] == "session_ended"
    assert set(Session.objects.filter(user=alice).values_list("end_reason", flat=True)) == {
        "deactivated"
    }
    assert other.get("/api/me").status_code == 200
    assert SecurityEvent.objects.filter(kind="deactivated", user=alice).count() == 1


def test_reactivation_revives_nothing(page, program, alice):
    """What ended has ended: sign in again."""
    for is_active in (False, True):
        alice.is_active = is_active
        alice.save()

    assert [client.get("/api/me").status_code for client in (page, program)] == [401, 401]
    assert page.post("/auth/refresh").status_code == 401
    assert program.refresh().status_code == 401
    assert page.sign_in(alice).status_code == 200


def test_every_switch_is_one_event_with_or_without_sessions(alice):
    """Nobody needs to be signed in for it to be told; saving the same again tells nothing."""
    for is_active in (False, False, True, True, False):
        alice.is_active = is_active
        alice.save()

    kinds = list(SecurityEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["deactivated", "reactivated", "deactivated"]


def test_account_made_inactive_from_the_start_is_no_event(db):
    """Nothing was switched off."""
    User.objects.create_user("dora@example.com", "dora waits for her turn", is_active=False)

    assert not SecurityEvent.objects.exists()


def test_bulk_deactivation_refuses_the_refresh(page, program, alice):
    """A bulk update sends no signal; no new token is issued all the same."""
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert page.post("/auth/refresh").json()["code"] == "session_ended"
    assert program.refresh().json()["code"] == "session_ended"
    assert BrowserClient().sign_in(alice).status_code == 401


def test_deletion_ends_first_and_deletes_later(page, program, alice):
    """The rows outlive their user, so that the feed carries them to every server."""
    alice.delete()

    assert [client.get("/api/me").status_code for client in (page, program)] == [401, 401]
    assert list(Session.objects.values_list("user", "end_reason")) == [(None, "deleted")] * 2
    assert page.post("/auth/refresh").json()["code"] == "session_ended"


def test_bulk_deletion_ends_sessions_too(page, alice, bob):
    """A queryset's delete sends the signals."""
    User.objects.filter(email__startswith="alice").delete()

    assert page.get("/api/me").status_code == 401
    assert Session.objects.get().end_reason == "deleted"


def test_subject_never_reassigned(alice):
    """RFC 7519 section 4.1.2: a new account is a new `sub`, whatever its address."""
    before, email = subjects.of(alice).sub, alice.email
    alice.delete()

    again = User.objects.create_user(email, "alice walks the long way home")

    assert subjects.of(again).sub != before
    assert len(subjects.of(again).sub) >= 22


@pytest.mark.parametrize("deferred", [[], ["password"]], ids=["whole", "without the password"])
@pytest.mark.parametrize("stale", [{"name": "Another name"}, {"is_staff": False}])
def test_old_copy_of_a_user_makes_no_revoked_token_good_again(
    browser_client, carol, stale, deferred
):
    """Whatever it saves: `ver` is the row's, not the copy's."""
    copy = User.objects.defer(*deferred).get(pk=carol.pk)
    carol.is_superuser = True
    carol.save()
    browser_client.sign_in(carol)
    carol.is_staff = False
    carol.save()
    assert browser_client.get("/api/audit").status_code == 401

    for name, value in stale.items():
        setattr(copy, name, value)
    copy.save()

    assert browser_client.get("/api/audit").status_code == 401
    assert subjects.of(User.objects.get(pk=carol.pk)).ver >= 3
    assert subjects.of(copy).ver == subjects.of(User.objects.get(pk=carol.pk)).ver


def test_user_loaded_from_a_file_over_a_present_one_is_no_new_one(browser_client, carol):
    """loaddata saves raw copies that take themselves for new: old tokens stay dead all the same."""
    copy = core_serializers.serialize("json", [carol])
    subjects.of(carol)
    carol.is_superuser = True
    carol.save()
    browser_client.sign_in(carol)

    for loaded in core_serializers.deserialize("json", copy):
        loaded.save()

    assert browser_client.get("/api/me").status_code == 401
    assert subjects.of(User.objects.get(pk=carol.pk)).ver == 3


def set_and_save(user: User) -> None:
    user.set_password(NEW)
    user.save()


def save_one_column(user: User) -> None:
    user.set_password(NEW)
    user.save(update_fields=["password"])


def save_a_hash(user: User) -> None:
    user.password = make_password(NEW)
    user.save()


def take_the_password_away(user: User) -> None:
    user.set_unusable_password()
    user.save()


def change_by_command(user: User) -> None:
    with pytest.MonkeyPatch.context() as terminal:
        terminal.setattr("getpass.getpass", lambda prompt: NEW)
        call_command("changepassword", user.email, stdout=StringIO())


def fill(form_class: type[SetPasswordForm]) -> Callable[[User], None]:
    def change(user: User) -> None:
        twice = [name for name in form_class(user).fields if name[-1] in "12"]
        form = form_class(user, dict.fromkeys(twice, NEW) | {"old_password": OLD})
        assert form.is_valid(), form.errors
        form.save()

    return change


def load_from_a_file(user: User) -> None:
    copy = User.objects.get(pk=user.pk)
    copy.password = make_password(NEW)
    for loaded in core_serializers.deserialize("json", core_serializers.serialize("json", [copy])):
        loaded.save()


WAYS = {
    "set_password, save": set_and_save,
    "set_password, save of one column": save_one_column,
    "a hash, save": save_a_hash,
    "set_unusable_password, save": take_the_password_away,
    "changepassword": change_by_command,
    "form of the admin": fill(AdminPasswordChangeForm),
    "form of Django's pages": fill(PasswordChangeForm),
    "loaddata": load_from_a_file,
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS)
def test_new_password_ends_every_session_whoever_sets_it(page, program, alice, bob, way):
    """The project's own forms, its commands and its shell: one event and one mail for each."""
    other = BrowserClient()
    other.sign_in(bob)

    WAYS[way](User.objects.get(pk=alice.pk))

    assert [client.get("/api/me").status_code for client in (page, program)] == [401, 401]
    assert page.post("/auth/refresh").json()["code"] == "session_ended"
    assert program.refresh().json()["code"] == "session_ended"
    reasons = Session.objects.filter(user=alice).values_list("end_reason", flat=True)
    assert list(reasons) == ["password_changed"] * 2
    assert other.get("/api/me").status_code == 200
    assert SecurityEvent.objects.filter(kind="password_changed", user=alice).count() == 1
    subjects = [message.subject for message in mails.sent() if message.to == [alice.email]]
    assert subjects.count("Your password was changed") == 1


def sign_in_anew(user: User) -> None:
    assert BrowserClient().sign_in(user, OLD).status_code == 200


def check_in_code(user: User) -> None:
    assert user.check_password(OLD)


def check_in_asynchronous_code(user: User) -> None:
    assert async_to_sync(user.acheck_password)(OLD)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("check", [sign_in_anew, check_in_code, check_in_asynchronous_code])
def test_same_password_hashed_anew_ends_no_session(page, program, alice, settings, check):
    """Django does it at the first check after the way to hash has changed."""
    settings.PASSWORD_HASHERS = ["tests.settings.SlowerArgon2"]

    check(User.objects.get(pk=alice.pk))

    assert User.objects.get(pk=alice.pk).password != alice.password
    assert [client.get("/api/me").status_code for client in (page, program)] == [200, 200]
    assert page.post("/auth/refresh").status_code == 200
    assert not SecurityEvent.objects.filter(kind="password_changed").exists()


def test_password_set_after_a_check_that_hashed_it_anew_is_a_change(page, alice, settings):
    """What a form does that asks for the old password first."""
    settings.PASSWORD_HASHERS = ["tests.settings.SlowerArgon2"]
    user = User.objects.get(pk=alice.pk)
    check_in_code(user)

    set_and_save(user)

    assert page.get("/api/me").status_code == 401


def test_save_without_a_new_password_ends_no_session(page, alice):
    """The whole row, a copy of it from a file, or one that was set and not saved."""
    user = User.objects.get(pk=alice.pk)
    user.save()
    for loaded in core_serializers.deserialize("json", core_serializers.serialize("json", [user])):
        loaded.save()
    user.set_password(NEW)
    user.save(update_fields=["name"])

    assert page.get("/api/me").status_code == 200
    assert not SecurityEvent.objects.filter(kind="password_changed").exists()


@pytest.mark.parametrize("deferred", ["password", "is_active", "is_staff"])
def test_save_of_a_copy_that_was_read_in_part_ends_no_session(page, alice, deferred):
    """Columns that were not read are not written either."""
    User.objects.defer(deferred).get(pk=alice.pk).save()

    assert page.get("/api/me").status_code == 200


def test_first_password_of_a_new_account_is_no_change(db):
    """Nothing was replaced: by the command, and by code."""
    call_command("createsuperuser", "--noinput", "--email", "dora@example.com", verbosity=0)
    User.objects.create_user("ella@example.com", NEW)

    assert not SecurityEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "change"),
    [("password_changed", set_and_save), ("deleted", User.delete)],
    ids=["new password", "deletion"],
)
def test_sign_in_that_meets_a_change_of_its_user_leaves_no_live_session(alice, kind, change):
    """Whoever was checked before waits for the change, and starts nothing after it."""
    outcome = []

    def sign_in() -> None:
        try:
            sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)
        except InvalidCredentials as error:
            outcome.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=sign_in)

    def meanwhile(**told: Any) -> None:
        if told["kind"] == kind:
            thread.start()
            thread.join(1)  # as long as nothing keeps it waiting, it ends within that

    signals.happened.connect(meanwhile)
    try:
        change(User.objects.get(pk=alice.pk))
    finally:
        signals.happened.disconnect(meanwhile)
    thread.join(20)

    assert [type(error) for error in outcome] == [InvalidCredentials]
    assert not Session.objects.filter(ended_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_rights_and_version_change_together(carol):
    """Between them a refresh would sign old rights under the new version."""
    together = []

    def look(**_: Any) -> None:
        together.append(connection.in_atomic_block)

    signals.happened.connect(look)
    try:
        carol.is_staff = False
        carol.save()
    finally:
        signals.happened.disconnect(look)

    assert together == [True]


JOINED = {
    "group.user": lambda alice, group: alice.groups.add(group),
    "user of the group": lambda alice, group: group.gatehouse_user_set.add(alice),
    "set": lambda alice, group: alice.groups.set([group]),
}
LEFT = {
    "remove": lambda alice, group: alice.groups.remove(group),
    "removed from the group": lambda alice, group: group.gatehouse_user_set.remove(alice),
    "clear": lambda alice, group: alice.groups.clear(),
    "cleared group": lambda alice, group: group.gatehouse_user_set.clear(),
}


@pytest.mark.parametrize("join", JOINED)
@pytest.mark.parametrize("leave", LEFT)
def test_member_of_a_group_gets_and_loses_its_rights_at_once(page, alice, bob, join, leave):
    """Tokens may depend on it (SCOPES). Nobody else's do."""
    group = Group.objects.create(name="readers")
    other = BrowserClient()
    other.sign_in(bob)

    for change in (JOINED[join], LEFT[leave]):
        change(alice, group)
        assert page.get("/api/me").status_code == 401
        assert page.post("/auth/refresh").status_code == 200
        assert page.get("/api/me").status_code == 200

    assert subjects.of(User.objects.get(pk=alice.pk)).ver == 3
    assert other.get("/api/me").status_code == 200


def test_joining_a_group_again_changes_nothing(page, alice):
    """No right is new."""
    group = Group.objects.create(name="readers")
    alice.groups.add(group)
    page.post("/auth/refresh")

    alice.groups.add(group)

    assert page.get("/api/me").status_code == 200


def scopes_by_group(user: User) -> list[str]:
    return ["notes:read", *user.groups.values_list("name", flat=True)]


def person_by_name(user: User) -> dict[str, str]:
    return {"called": user.name}


def test_scopes_and_person_are_what_the_projects_functions_say(page, alice, settings):
    """Each is a dotted name. `id` is always there."""
    settings.GATEHOUSE = settings.GATEHOUSE | {
        "SCOPES": f"{__name__}.scopes_by_group",
        "USER": f"{__name__}.person_by_name",
        "GRACE_SECONDS": 0,
    }
    alice.groups.add(Group.objects.create(name="packers"))

    told = page.post("/auth/refresh").json()

    assert told["user"] == {"id": subjects.of(alice).sub, "called": "Alice"}
    assert page.get("/api/me").json()["scope"] == ["notes:read", "packers"]


@pytest.mark.parametrize("former", ["!", "a hasher that is gone$x$y"])
def test_new_hash_in_place_of_no_password_is_a_change(page, alice, former):
    """Django renews a hash that it can check alone."""
    User.objects.filter(pk=alice.pk).update(password=former)
    user = User.objects.get(pk=alice.pk)
    user.password = make_password(NEW)

    user.save(update_fields=["password"])

    assert page.get("/api/me").status_code == 401


def test_hash_stored_by_hand_over_one_that_is_not_due_is_a_change(page, alice):
    """As code of a project does that hashes by itself."""
    user = User.objects.get(pk=alice.pk)
    user.password = make_password(NEW)

    user.save(update_fields=["password"])

    assert page.get("/api/me").status_code == 401


def test_subject_is_called_by_what_tokens_call_it(alice: User) -> None:
    """Wherever it is written out, as in a shell."""
    subject = subjects.of(alice)

    assert str(subject) == subject.sub
