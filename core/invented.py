"""Numbers that pass every check and belong to nobody, for the demo and the tests.

Area 509900 and the mobile numbers 160 0000 are not assigned.
"""

import datetime as dt

from stdnum.cn import ric, uscc

from core.validators import Sex

AREA = "509900"


def identity_number(born_on: dt.date, sequence: int, sex: Sex) -> str:
    """Return the ``sequence``-th (1 to 499) number for that date of birth and sex."""
    if not 1 <= sequence <= 499:
        raise ValueError("sequence is 1 to 499")
    order = 2 * sequence + (sex == Sex.MALE)
    number = f"{AREA}{born_on:%Y%m%d}{order:03d}"
    return number + ric.calc_check_digit(number + "0")


def credit_code(n: int, *, kind: str = "91") -> str:
    """Return the ``n``-th code (0 to 99,999,999).

    ``kind``: "91" a company, "11" an authority, "12" a public institution, "52" a
    private non-enterprise unit.
    """
    if not 0 <= n < 10**8:
        raise ValueError("n has at most 8 digits")
    body = f"{n:08d}"
    # GB 11714: the organisation's part has a check character of its own.
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    code = f"{kind}{AREA}{body}{'0123456789X'[-total % 11]}"
    return code + uscc.calc_check_digit(code)


def mobile(n: int) -> str:
    """Return the ``n``-th mobile number (0 to 9999)."""
    if not 0 <= n <= 9999:
        raise ValueError("n has at most 4 digits")
    return f"1600000{n:04d}"
