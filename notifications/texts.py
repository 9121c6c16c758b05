"""Every text that the site sends, in one place.

Plain Chinese, whatever the language of the pages: the carriers approve SMS texts one by
one. Context values are plain text, dates included, as people say them; no identity
number and no telephone but an office's. About 140 characters, the signature included,
so that a message stays within two parts.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

SIGNATURE = "【职程】"
# As long as the code itself is good; a later SMS would only confuse.
CODE_LIFETIME = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Text:
    """A text, how long it is worth sending, and whether the inbox lists it."""

    body: str
    lifetime: dt.timedelta | None = None
    is_listed: bool = True


def _code(purpose: str) -> Text:
    body = (
        f"验证码{{code}}，用于{purpose}，{{minutes}}分钟内有效。"
        "请勿告诉任何人，工作人员不会向您索要。"
    )
    return Text(body, lifetime=CODE_LIFETIME, is_listed=False)


TEXTS: dict[str, Text] = {
    # --- Accounts ---
    "account.code.register": _code("注册账号"),
    "account.code.reset_password": _code("重设密码"),
    "account.code.change_phone": _code("更换手机号码"),
    "account.already_registered": Text(
        "这个手机号码已注册过账号，请直接登录；忘记密码可在登录页用短信重设。如非本人操作，请忽略。",
        lifetime=CODE_LIFETIME,
        is_listed=False,
    ),
    "account.not_registered": Text(
        "这个手机号码没有可用的账号，不能重设密码。如要申报，请先注册。如非本人操作，请忽略。",
        lifetime=CODE_LIFETIME,
        is_listed=False,
    ),
    "account.password_changed": Text(
        "您的账号密码已修改。如非本人操作，请立即在登录页用“忘记密码”重设，并联系技术支持。"
    ),
    "account.phone_changed": Text(
        "您的账号手机号码已更换为{phone}，今后请用新号码登录。如非本人操作，请立即联系技术支持。"
    ),
    # --- To the applicant, at every key node (B43); {next} is one of NEXT ---
    "applicant.submitted": Text("您的{title}申报已提交，申报编号{number}，回执{receipt}。{next}"),
    "applicant.resubmitted": Text("您的{title}申报（{number}）已重新提交，回执{receipt}。{next}"),
    "applicant.confirmed": Text("您的{title}申报（{number}）已确认。{next}"),
    "applicant.approved": Text("您的{title}申报（{number}）已由{organisation}审核通过。{next}"),
    "applicant.reported": Text("您的{title}申报（{number}）已由{organisation}上报。{next}"),
    "applicant.accepted": Text("您的{title}申报（{number}）已由{organisation}受理。{next}"),
    "applicant.paid": Text("您的{title}申报（{number}）缴费已登记。{next}"),
    "applicant.returned": Text(
        "您的{title}申报（{number}）被{organisation}退回补正。请登录职程查看须补正的内容，"
        "于{until}前改好并重新提交，逾期失效。"
    ),
    "applicant.rejected": Text(
        "您的{title}申报（{number}）未通过{organisation}的审核，本次申报结束。理由请登录职程查看。"
    ),
    "applicant.withdrawn": Text("您已撤销{title}申报（{number}），本次申报结束。"),
    "applicant.lapsed": Text(
        "您的{title}申报（{number}）未在{until}前完成{step}，已逾期失效，本次申报结束。"
    ),
    "applicant.lapsed_with_office": Text(
        "很抱歉，您的{title}申报（{number}）因{organisation}未在{until}前办结而逾期失效，"
        "已记为该单位逾期。{contact}"
    ),
    # --- To the people of an office ---
    "office.received": Text(
        "{organisation}收到{applicant}的{title}申报（{number}），请在{until}前办理“{step}”。"
    ),
    "office.received_early": Text(
        "{organisation}收到{applicant}的{title}申报（{number}），“{step}”{from}起可以办理，"
        "{until}截止。"
    ),
    "office.resubmitted": Text(
        "{applicant}已补正并重新提交{title}申报（{number}），请{organisation}在{until}前"
        "办理“{step}”。"
    ),
    "office.recalled": Text(
        "{applicant}撤回了{title}申报（{number}）进行修改，改好后会重新提交，现在无需办理。"
    ),
    "office.cleared": Text(
        "{applicant}的{title}申报（{number}）公示期满，现在可以上报，{until}截止，逾期失效。"
    ),
    "office.withdrawn": Text("{applicant}已撤销{title}申报（{number}），无需再办理。"),
    "office.lapsed": Text(
        "{applicant}的{title}申报（{number}）未在{until}前办结“{step}”，已逾期失效，"
        "并记为{organisation}逾期。"
    ),
    "office.urged": Text(
        "{applicant}催办{title}申报（{number}）：现由{organisation}办理“{step}”，"
        "{until}截止，请尽快处理。"
    ),
    "office.objection_raised": Text(
        "{applicant}的{title}申报公示（{number}）收到异议，请{organisation}登录职程查看并调查核实，"
        "查清之前不能上报。{until}截止。"
    ),
    "office.objection_unfounded": Text(
        "{applicant}的{title}申报公示（{number}）的异议已查清：核查无问题。公示期满即可上报。"
    ),
    "office.objection_upheld": Text(
        "{applicant}的{title}申报公示（{number}）的异议已查清：异议成立。"
        "请{organisation}退回补正或不予推荐，{until}截止。"
    ),
    # --- Reminders ---
    "reminder.draft": Text(
        "您的{title}申报还没有提交，{until}截止，{left}。提交后单位还要审核、公示，请尽早提交。"
    ),
    "reminder.returned": Text(
        "您的{title}申报（{number}）还没有补正，{until}截止，{left}，逾期失效。"
    ),
    "reminder.awaiting_confirmation": Text(
        "您的{title}申报（{number}）还没有确认，{until}截止，{left}，逾期视为放弃。"
    ),
    "reminder.fee_due": Text(
        "您的{title}申报（{number}）还没有缴费，{until}截止，{left}，逾期视为放弃。"
    ),
    "reminder.office": Text(
        "{organisation}还有{count}份申报没有办结“{step}”，{until}截止，{left}，逾期失效。"
    ),
    "reminder.lock_opens": Text(
        "{organisation}有{count}份申报今天公示期满，{from}起可以上报，{until}截止。"
    ),
    "reminder.advisory_applicant": Text("{advice}您的{title}申报还没有提交，最迟{until}截止。"),
    "reminder.advisory_office": Text(
        "{advice}{organisation}还有{count}份申报没有办结“{step}”，最迟{until}截止。"
    ),
}

# What comes next for the applicant, by the phase that was reached.
NEXT: dict[str, str] = {
    "submitted": "现由{holder}审核，{until}截止。",
    "under_review": "现由{holder}审核，{until}截止。",
    "on_notice": "现由单位公示至{notice_until}，期满无异议后上报。",
    "notice_cleared": "原公示仍然有效，接下来由{holder}上报，{until}截止。",
    "awaiting_confirmation": "请登录职程确认申报信息，{until}截止，逾期视为放弃。",
    "fee_due": "请于{from}至{until}缴纳评审费{amount}元{papers}{place}，逾期视为放弃。",
    "registered": "申报完成。评审安排将另行通知，请保持手机畅通。",
}


def render(template: str, context: dict[str, Any]) -> str:
    """Return the signed text of ``template``; ``KeyError`` when the context lacks a value."""
    return SIGNATURE + TEXTS[template].body.format_map(context)
