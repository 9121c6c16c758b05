"""Codes sent by SMS: how they are made, limited, tried and used up.

Whoever asks for a code learns nothing about other people: the same row is written, the
same limits count and the same page follows, whether or not the number belongs to an
account. Only the owner of the number reads in the SMS which of the two it is.
"""

import datetime as dt
import secrets
import unicodedata

from django.db import connection, transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.models import CodePurpose, PhoneCode, User
from core import clock, messages, rate_limits
from core.fields import blind_index

LIFETIME = dt.timedelta(minutes=10)
MAX_TRIES = 5
# A number gets at most one code a minute, five an hour and ten a day; that leaves somebody
# who guesses 50 tries a day in a million.
PAUSE = dt.timedelta(seconds=60)
PER_HOUR = 5
PER_DAY = 10
# One address may be a whole office behind one router.
PER_ADDRESS_AND_HOUR = 100


class CodeRefused(Exception):
    """A code was not sent or not accepted; ``str()`` tells the user why."""


class TooManyCodes(CodeRefused):
    """Too many codes were asked for, by this number or from this address."""


class WrongCode(CodeRefused):
    """What was typed is not the code; there are tries left."""


class CodeExpired(CodeRefused):
    """The code is too old, was tried too often, or has been used."""


@transaction.atomic
def send_code(*, phone: str, purpose: str, address: str) -> PhoneCode:
    """Send a new code to ``phone`` (11 digits) on behalf of somebody at IP ``address``.

    The code and its message are written in one transaction. Where no code can be of use,
    because the number already has an account or has none, the owner of the number is told
    so instead, and nothing that is typed will be right. Raises :class:`TooManyCodes`.
    """
    now = clock.system_now()
    index = blind_index(phone, purpose="phone")
    with connection.cursor() as cursor:
        # Two requests for one number at the same instant: the second sees the first.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [index])
    _check_limits(index, address=address, now=now)
    PhoneCode.objects.filter(sent_at__lt=now - dt.timedelta(days=1)).delete()
    code = PhoneCode.objects.create(
        phone_index=index, purpose=purpose, sent_at=now, expires_at=now + LIFETIME
    )
    digits = f"{secrets.randbelow(10**6):06d}"
    text = _text_instead(phone, purpose)
    if text is None:
        text = f"account.code.{purpose}"
        code.digest = _digest(code, digits)
        code.save(update_fields=["digest"])
    messages.enqueue(
        event=f"phone_code:{code.pk}",
        template=text,
        recipient=User(phone=phone),
        context={"code": digits, "minutes": LIFETIME // dt.timedelta(minutes=1)},
    )
    return code


def use_code(*, code_id: int, typed: str) -> None:
    """Check what was typed and use the code up; raise :class:`CodeRefused`.

    Must not run inside a transaction that a refusal rolls back, or tries would not count.
    """
    now = clock.system_now()
    live = PhoneCode.objects.filter(pk=code_id, used_at=None, expires_at__gt=now)
    if not live.filter(tries__lt=MAX_TRIES).update(tries=F("tries") + 1):
        raise CodeExpired(_("验证码已失效，请重新获取。"))
    code = PhoneCode.objects.get(pk=code_id)
    digits = "".join(unicodedata.normalize("NFKC", typed).split())
    if not constant_time_compare(code.digest, _digest(code, digits)):
        left = MAX_TRIES - code.tries
        if left <= 0:
            raise CodeExpired(_("验证码输错次数过多，已失效，请重新获取。"))
        raise WrongCode(_("验证码不正确，还可以输入 %d 次。") % left)
    if not live.update(used_at=now):
        raise CodeExpired(_("验证码已失效，请重新获取。"))


def _check_limits(index: str, *, address: str, now: dt.datetime) -> None:
    sent = PhoneCode.objects.filter(phone_index=index)
    latest = sent.order_by("-sent_at").first()
    if latest is not None and now < latest.sent_at + PAUSE:
        wait = (latest.sent_at + PAUSE - now).total_seconds()
        raise TooManyCodes(_("验证码刚刚发送过，请 %d 秒后再获取。") % (int(wait) + 1))
    if sent.filter(sent_at__gt=now - dt.timedelta(hours=1)).count() >= PER_HOUR:
        raise TooManyCodes(_("这个手机号码获取验证码过于频繁，请一小时后再试。"))
    if sent.filter(sent_at__gt=now - dt.timedelta(days=1)).count() >= PER_DAY:
        raise TooManyCodes(_("这个手机号码今天获取验证码的次数已用完，请明天再试。"))
    if not rate_limits.hit(
        f"phone-code:{address}", limit=PER_ADDRESS_AND_HOUR, period_seconds=3600
    ):
        raise TooManyCodes(_("您所在的网络获取验证码过于频繁，请稍后再试。"))


def _text_instead(phone: str, purpose: str) -> str | None:
    """Return the text that is sent in place of a code that nobody could use."""
    has_account = User.objects.with_phone(phone).filter(is_active=True).exists()
    if purpose == CodePurpose.RESET_PASSWORD:
        return None if has_account else "account.not_registered"
    has_account = has_account or User.objects.with_phone(phone).exists()
    return "account.already_registered" if has_account else None


def _digest(code: PhoneCode, digits: str) -> str:
    return salted_hmac("accounts.PhoneCode", f"{code.pk}:{digits}", algorithm="sha256").hexdigest()
