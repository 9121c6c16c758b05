import datetime as dt

import pytest

from core import invented
from core.text import mask_identity_number, mask_mobile, mask_name
from core.validators import Sex


def test_mask_identity_number_keeps_three_and_four():
    number = invented.identity_number(dt.date(1985, 3, 2), 7, Sex.MALE)
    assert mask_identity_number(number) == "509***********" + number[-4:]


def test_mask_mobile_keeps_three_and_four():
    assert mask_mobile(invented.mobile(12)) == "160****0012"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("张小三", "张*三"),
        ("欧阳小明", "欧**明"),
        ("李𬭎", "李*"),
        ("王", "*"),
        ("", ""),
    ],
)
def test_mask_name_keeps_the_first_and_the_last_of_three(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize("mask", [mask_identity_number, mask_mobile])
def test_mask_of_a_short_value_shows_nothing(mask):
    assert mask("1234567") == "*******"
