"""Numbers that the state gives to people and organisations, and mobile numbers.

Each ``validate_…`` returns the number in its normal form (so that it also serves in
a form's ``clean``) or raises ``ValidationError``.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from stdnum.cn import ric, uscc

from core import clock

# GB/T 2260, first two digits; 81 to 83 are the residence permits of people from
# Hong Kong, Macao and Taiwan. Counties are not checked: they come and go.
PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
EARLIEST_BIRTH_YEAR = 1900


class Sex(models.TextChoices):
    """Sex as the identity card has it."""

    MALE = "M", _("男")
    FEMALE = "F", _("女")


@dataclass(frozen=True)
class IdentityFacts:
    """What an identity number says about its holder."""

    born_on: dt.date
    sex: Sex


def _compact(value: str) -> str:
    """Drop white space and hyphens; full-width characters become plain, letters capital."""
    text = unicodedata.normalize("NFKC", value).upper()
    return re.sub(r"[\s\-]", "", text)


def validate_identity_number(value: str) -> str:
    """Check a citizen's identity number (GB 11643) and return its 18 characters."""
    number = _compact(value)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise ValidationError(
            _("身份证号码应为 18 位，前 17 位是数字，最后一位是数字或 X。"), code="format"
        )
    if not PROVINCES.match(number):
        raise ValidationError(_("身份证号码的前两位不是有效的地区代码，请核对。"), code="province")
    try:
        born_on = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        born_on = None
    if born_on is None or born_on.year < EARLIEST_BIRTH_YEAR or born_on > clock.today():
        raise ValidationError(
            _("身份证号码第 7 至 14 位不是有效的出生日期，请核对。"), code="birth_date"
        )
    if number[-1] != ric.calc_check_digit(number):
        raise ValidationError(
            _("身份证号码有误：最后一位校验码不符，请逐位核对。"), code="check_digit"
        )
    return number


def parse_identity_number(value: str) -> IdentityFacts:
    """Read date of birth and sex off an identity number; invalid ones raise as above."""
    number = validate_identity_number(value)
    return IdentityFacts(
        born_on=dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14])),
        sex=Sex.MALE if int(number[16]) % 2 else Sex.FEMALE,
    )


def validate_credit_code(value: str) -> str:
    """Check a unified social credit code (GB 32100) and return its 18 characters."""
    code = _compact(value)
    # python-stdnum wants a digit in front; GB 32100 also has A, N and Y there.
    if not re.fullmatch(r"[1-9ANY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", code):
        raise ValidationError(
            _("统一社会信用代码应为 18 位数字或大写字母，不含 I、O、S、V、Z。"), code="format"
        )
    if code[-1] != uscc.calc_check_digit(code[:-1]):
        raise ValidationError(
            _("统一社会信用代码有误：最后一位校验码不符，请逐位核对。"), code="check_digit"
        )
    return code


def validate_mobile(value: str) -> str:
    """Check a mainland mobile number and return its 11 digits, without +86."""
    number = re.sub(r"^(\+86|0086|86(?=[0-9]{11}$))", "", _compact(value))
    if not re.fullmatch(r"1[3-9][0-9]{9}", number):
        raise ValidationError(_("请输入 11 位中国大陆手机号码。"), code="format")
    return number
