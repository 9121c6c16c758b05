"""What became of each of the demo's applications: a list of dates and actions.

Told on the dates of ``batch.yaml``; the demo begins on 2020-11-17 at 9:00.
"""

from dataclasses import dataclass

ENGINEER = "full-senior-engineer"
ECONOMIST = "full-senior-economist"
ASSOCIATE = "associate-senior-economist"


@dataclass(frozen=True)
class Story:
    """One application: by whose employee, for what, and what happened when.

    ``employer`` and ``agency`` are keys of ``people.ORGANISATIONS``. ``events`` are
    ``"MM-DD HH:MM action"``. A story with a ``note`` has an applicant who can be played.
    """

    employer: str | None
    title: str
    events: list[str]
    agency: str | None = None
    note: str = ""
    applicant: str = ""  # the name of an officer who applies


_TO_AUTHORITY = ["10-20 10:05 submit", "10-22 09:40 approve", "10-30 10:10 report"]
_TO_TITLE_OFFICE = [*_TO_AUTHORITY, "11-04 15:20 approve"]
_TO_COMMITTEE = [*_TO_TITLE_OFFICE, "11-09 11:00 approve"]
_TO_PAYMENT = [*_TO_COMMITTEE, "11-12 16:30 approve"]

CURRENT = [
    # Not filed, and with the employer.
    Story("machinery", ENGINEER, ["10-28 20:15 half"], note="填了一半，填报已截止，未能提交"),
    Story(
        *("machinery", ENGINEER, ["10-29 15:02 submit", "11-10 09:10 urge", "11-16 18:30 urge"]),
        note="已提交，单位一直没有开始审核，催办过两次",
    ),
    Story("machinery", ASSOCIATE, ["10-30 16:48 submit"]),
    Story("machinery", ECONOMIST, ["10-27 11:20 submit"]),
    Story(
        *("machinery", ASSOCIATE, ["10-26 10:00 submit"]),
        applicant="袁思齐",
        note="单位管理员本人的申报，须由他人审核",
    ),
    Story("machinery", ENGINEER, ["10-23 09:15 submit", "11-16 15:30 open"]),
    Story("construction", ENGINEER, ["10-30 23:58 submit"]),
    # On notice.
    Story(
        "machinery",
        ENGINEER,
        ["10-22 14:00 submit", "11-10 10:20 approve"],
        note="公示中，11月18日期满",
    ),
    Story("machinery", ECONOMIST, ["10-25 19:30 submit", "11-11 16:10 approve"]),
    Story(
        "machinery",
        ENGINEER,
        ["10-26 08:50 submit", "11-11 09:00 approve", "11-13 12:20 object"],
        note="公示期间有人提出异议，单位正在调查",
    ),
    Story(
        "digital",
        ENGINEER,
        [
            "10-20 10:30 submit",
            "11-09 11:00 approve",
            "11-11 20:00 object",
            "11-16 17:00 unfounded",
        ],
    ),
    Story("highway", ENGINEER, ["10-19 14:30 submit", "11-12 09:30 approve"]),
    Story(
        "machinery",
        ASSOCIATE,
        ["10-20 16:00 submit", "11-05 15:45 approve"],
        note="公示期满，等单位上报主管部门",
    ),
    # With the district authority, the agency, the title-reform office, the municipal authority.
    Story("machinery", ENGINEER, _TO_AUTHORITY, note="已上报，区主管部门审核中"),
    Story("digital", ECONOMIST, [*_TO_AUTHORITY, "11-16 09:30 open"]),
    Story("materials", ENGINEER, _TO_AUTHORITY, agency="agency", note="人事代理，代理机构审核中"),
    Story(
        *(None, ASSOCIATE, ["10-21 09:30 submit", "10-23 10:00 approve"]),
        agency="agency",
        note="没有单位，由人事代理机构审核、公示",
    ),
    Story("machinery", ECONOMIST, _TO_TITLE_OFFICE),
    Story("construction", ENGINEER, [*_TO_TITLE_OFFICE, "11-16 14:00 open"]),
    Story("materials", ASSOCIATE, _TO_TITLE_OFFICE, agency="agency"),
    Story("highway", ENGINEER, _TO_AUTHORITY),
    # With the committee offices.
    Story("machinery", ENGINEER, _TO_COMMITTEE, note="评委会办公室审核中"),
    Story("highway", ENGINEER, [*_TO_AUTHORITY, "11-10 10:00 approve"]),
    # Returned, and resubmitted.
    Story(
        "machinery",
        ASSOCIATE,
        ["10-24 10:00 submit", "11-12 11:30 return"],
        note="单位退回，待补正",
    ),
    Story("construction", ENGINEER, [*_TO_AUTHORITY, "11-13 10:00 return"]),
    Story(
        "digital",
        ENGINEER,
        [*_TO_TITLE_OFFICE, "11-10 09:00 return", "11-14 20:10 resubmit"],
        note="职改办退回，补正后重新走单位审核",
    ),
    Story(
        "machinery", ECONOMIST, [*_TO_COMMITTEE, "11-13 15:00 return"], note="评委会退回，待补正"
    ),
    Story(
        "machinery",
        ENGINEER,
        [*_TO_COMMITTEE, "11-11 10:30 return", "11-15 22:05 resubmit"],
        note="补正后直接交回评委会",
    ),
    # Accepted, registered, and ended.
    Story("machinery", ENGINEER, _TO_PAYMENT, note="已受理，待现场缴费"),
    Story("digital", ECONOMIST, _TO_PAYMENT),
    Story("machinery", ENGINEER, [*_TO_PAYMENT, "11-13 10:40 pay"], note="已缴费，申报完成"),
    Story(
        "machinery", ASSOCIATE, ["10-23 17:30 submit", "11-09 15:00 refuse"], note="单位不予推荐"
    ),
    Story(
        "digital",
        ASSOCIATE,
        [
            *("10-22 10:00 submit", "11-02 09:00 approve", "11-04 08:30 object"),
            *("11-06 10:00 upheld", "11-06 15:00 refuse"),
        ],
    ),
    Story("construction", ENGINEER, [*_TO_COMMITTEE, "11-13 11:00 refuse"]),
    Story(
        "machinery", ECONOMIST, ["10-21 08:45 submit", "11-10 21:00 withdraw"], note="已撤销申报"
    ),
]

# The batch before, which is over; its dates are those above, 19 weeks earlier.
EARLIER = [
    Story("machinery", ENGINEER, [*_TO_PAYMENT, "11-16 09:50 pay"]),
    Story("construction", ENGINEER, [*_TO_PAYMENT, "11-17 14:15 pay"]),
    Story("highway", ENGINEER, [*_TO_AUTHORITY, "11-05 10:00 approve", "11-12 10:00 approve"]),
    Story("machinery", ASSOCIATE, ["10-30 10:00 submit", "11-18 09:00 urge"], note="单位逾期未审"),
    Story("digital", ECONOMIST, _TO_AUTHORITY),
    Story("port", ECONOMIST, [*_TO_AUTHORITY, "11-13 10:00 return"], note="未在期限内补正"),
]
