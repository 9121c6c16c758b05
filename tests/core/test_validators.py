import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from stdnum.cn import ric

from core import clock, invented
from core.validators import (
    Sex,
    parse_identity_number,
    validate_credit_code,
    validate_identity_number,
    validate_mobile,
)

BORN_ON = dt.date(1985, 3, 2)


def with_check_digit(first_17: str) -> str:
    return first_17 + ric.calc_check_digit(first_17 + "0")


def code_of(validate, value) -> str:
    with pytest.raises(ValidationError) as refused:
        validate(value)
    return refused.value.code


@pytest.mark.parametrize(("sex", "digit"), [(Sex.MALE, 1), (Sex.FEMALE, 0)])
def test_identity_number_invented_is_valid_and_tells_birth_and_sex(sex, digit):
    number = invented.identity_number(BORN_ON, 7, sex)
    assert number.startswith("50990019850302")
    assert int(number[16]) % 2 == digit
    facts = parse_identity_number(number)
    assert (facts.born_on, facts.sex) == (BORN_ON, sex)


def test_identity_numbers_invented_in_sequence_differ():
    numbers = {invented.identity_number(BORN_ON, n, sex) for n in range(1, 500) for sex in Sex}
    assert len(numbers) == 998
    assert any(number.endswith("X") for number in numbers)


def test_identity_number_with_spaces_and_small_x_is_brought_to_normal_form():
    number = next(
        number
        for n in range(1, 500)
        if (number := invented.identity_number(BORN_ON, n, Sex.MALE)).endswith("X")
    )
    typed = f" {number[:6]} {number[6:14]}-{number[14:]}".lower()
    assert validate_identity_number(typed) == number
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in number)
    assert validate_identity_number(full_width) == number


@pytest.mark.parametrize(
    "value", ["", "50990019850302001", "5099001985030200101", "50990019850302O01X", "张三"]
)
def test_identity_number_not_of_18_characters_is_refused(value):
    assert code_of(validate_identity_number, value) == "format"


@pytest.mark.parametrize("area", ["009900", "160000", "559900", "720000", "840000", "990000"])
def test_identity_number_of_no_province_is_refused(area):
    assert code_of(validate_identity_number, with_check_digit(f"{area}19850302001")) == "province"


@pytest.mark.parametrize("area", ["110000", "659900", "710000", "810000", "830000"])
def test_identity_number_of_any_province_is_valid(area):
    number = with_check_digit(f"{area}19850302001")
    assert validate_identity_number(number) == number


@pytest.mark.parametrize("born_on", ["19850230", "19851301", "19850300", "18991231", "20210229"])
def test_identity_number_with_impossible_birth_date_is_refused(born_on):
    number = with_check_digit(f"509900{born_on}001")
    assert code_of(validate_identity_number, number) == "birth_date"


def test_identity_number_born_tomorrow_is_refused_and_today_accepted():
    now = dt.datetime(2020, 11, 17, 9, tzinfo=clock.SHANGHAI)
    with clock.pinned(now):
        today = invented.identity_number(now.date(), 1, Sex.MALE)
        assert validate_identity_number(today) == today
        tomorrow = invented.identity_number(dt.date(2020, 11, 18), 1, Sex.MALE)
        assert code_of(validate_identity_number, tomorrow) == "birth_date"


def test_identity_number_with_any_one_digit_changed_is_refused():
    number = invented.identity_number(BORN_ON, 7, Sex.MALE)
    for place in range(17):
        for digit in "0123456789":
            changed = number[:place] + digit + number[place + 1 :]
            if changed != number:
                with pytest.raises(ValidationError):
                    validate_identity_number(changed)


def test_identity_number_with_wrong_check_digit_is_refused():
    number = invented.identity_number(BORN_ON, 7, Sex.MALE)
    wrong = number[:-1] + ("1" if number[-1] == "0" else "0")
    assert code_of(validate_identity_number, wrong) == "check_digit"


@pytest.mark.parametrize("sequence", [0, 500])
def test_identity_number_invented_beyond_the_sequence_is_refused(sequence):
    with pytest.raises(ValueError, match="sequence"):
        invented.identity_number(BORN_ON, sequence, Sex.MALE)


@pytest.mark.parametrize("kind", ["91", "11", "12", "52", "N1", "Y1", "A1"])
def test_credit_code_invented_is_valid(kind):
    codes = [invented.credit_code(n, kind=kind) for n in range(200)]
    assert [validate_credit_code(code) for code in codes] == codes
    assert all(code.startswith(f"{kind}509900") for code in codes)
    assert len(set(codes)) == 200


def test_credit_code_in_small_letters_is_brought_to_normal_form():
    code = invented.credit_code(3, kind="N1")
    assert validate_credit_code(f" {code.lower()[:8]} {code.lower()[8:]} ") == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda c: c[:-1], "format"),
        (lambda c: c + "0", "format"),
        (lambda c: "B" + c[1:], "format"),
        (lambda c: c[:2] + "A" + c[3:], "format"),
        (lambda c: c[:8] + "I" + c[9:], "format"),
        (lambda c: c[:8] + "Z" + c[9:], "format"),
        (lambda c: c[:-1] + ("1" if c[-1] == "0" else "0"), "check_digit"),
        (lambda c: c[:8] + c[9] + c[8] + c[10:], "check_digit"),
    ],
)
def test_credit_code_changed_is_refused(change, code):
    assert code_of(validate_credit_code, change(invented.credit_code(10_203_040))) == code


@pytest.mark.parametrize(
    "typed",
    [
        "16000000000",
        "160 0000 0000",
        "160-0000-0000",
        "+86 160 0000 0000",
        "+8616000000000",
        "008616000000000",
        "8616000000000",
        "１６００００００００0",
    ],
)
def test_mobile_written_in_any_usual_way_becomes_11_digits(typed):
    assert validate_mobile(typed) == invented.mobile(0) == "16000000000"


@pytest.mark.parametrize(
    "typed", ["", "1600000000", "160000000000", "12000000000", "26000000000", "+85216000000000"]
)
def test_mobile_not_of_the_mainland_is_refused(typed):
    assert code_of(validate_mobile, typed) == "format"
