import datetime as dt

import pytest

from accounts.templatetags.account_tags import device, how_long_ago
from core import clock

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (CHROME, "Windows · Chrome"),
        (CHROME + " Edg/120.0", "Windows · Edge"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "iPhone · Safari"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 MicroMessenger/8.0", "Android · 微信"),
        ("curl/8.0", "其他设备"),
    ],
)
def test_device_is_named_by_system_and_browser(user_agent, name):
    assert device(user_agent) == name


def test_how_long_ago_counts_on_the_machines_clock(at):
    at("2020-11-17 09:00")
    now = clock.system_now()
    assert how_long_ago(now - dt.timedelta(seconds=5)) == "刚刚"
    assert how_long_ago(now - dt.timedelta(hours=2)).endswith("小时前")
