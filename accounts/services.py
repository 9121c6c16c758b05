"""Register people, give them new passwords, and change their mobile numbers."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import clock, messages
from core.text import mask_mobile


class RegistrationRefused(Exception):
    """No account was made or changed; ``str()`` tells the user why."""


class IdentityTaken(RegistrationRefused):
    """There is an account with this identity number."""


class PhoneTaken(RegistrationRefused):
    """There is an account with this mobile number."""


def register_person(
    *,
    name: str,
    identity_number: str,
    phone: str,
    password_hash: str,
    at: dt.datetime | None = None,
) -> User:
    """Create the account of a person who has proved that ``phone`` is theirs.

    Raises :class:`PhoneTaken`, or :class:`IdentityTaken`: one account per identity number.
    That a number has an account is thus said only to somebody who has given a mobile
    number away and spent an SMS code, of which there are ten a day.
    """
    at = at or clock.now()
    user = User(
        name=name,
        identity_number=identity_number,
        phone=phone,
        password=password_hash,
        phone_verified_at=at,
        consented_at=at,
    )
    _save_once(user)
    return user


@transaction.atomic
def reset_password(*, user: User, password: str, at: dt.datetime | None = None) -> None:
    """Set a new password for somebody who has proved the account's mobile number.

    Every session of the account ends with it: Django ties them to the password.
    """
    user.set_password(password)
    user.phone_verified_at = user.phone_verified_at or at or clock.now()
    user.save()
    tell_password_changed(user=user)


def change_phone(
    *, user: User, phone: str, is_proved: bool = True, at: dt.datetime | None = None
) -> None:
    """Give the account a new mobile number and tell the old one.

    ``is_proved`` says that a code proved it; an officer who has checked an identity card
    changes it without, and the owner proves it by setting a new password. Raises
    :class:`PhoneTaken`.
    """
    at = at or clock.now()
    old = user.phone
    user.phone = phone
    user.phone_verified_at = at if is_proved else None
    with transaction.atomic():
        _save_once(user)
        messages.enqueue(
            event=f"phone_changed:{user.pk}:{clock.system_now().isoformat()}",
            template="account.phone_changed",
            recipient=User(phone=old),
            context={"phone": mask_mobile(phone)},
        )


def tell_password_changed(*, user: User) -> None:
    """Tell the owner of the account that its password has been changed."""
    messages.enqueue(
        event=f"password_changed:{user.pk}:{clock.system_now().isoformat()}",
        template="account.password_changed",
        recipient=user,
        context={},
    )


def keep_language(*, user: User, language: str) -> None:
    """Keep the language in which the person reads the site."""
    User.objects.filter(pk=user.pk).update(language=language)


def _save_once(user: User) -> None:
    """Save, and say which unique number was taken; the database decides, not a look before."""
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        others = User.objects.exclude(pk=user.pk)
        if others.filter(phone_index=user.phone_index).exists():
            raise PhoneTaken(_("这个手机号码已经注册过账号，请直接登录。")) from None
        if user.identity_index and others.filter(identity_index=user.identity_index).exists():
            raise IdentityTaken(_("这个身份证号码已经注册过账号。")) from None
        raise
