"""Schedules: from the preset files, or as small as a test needs."""

from pathlib import Path

from schedules.loader import load_schedule
from schedules.models import Schedule
from schedules.services import publish_schedule

PRESETS = Path(__file__).resolve().parents[2] / "schedules" / "presets"
CHONGQING_2020 = PRESETS / "chongqing_2020.yaml"


def chongqing_2020() -> Schedule:
    """Return the published schedule of Chongqing's notice of 2020."""
    schedule = load_schedule(CHONGQING_2020)
    publish_schedule(schedule=schedule)
    return schedule


def small_schedule_data() -> dict:
    """Return the data of a schedule with one title and three steps, as a file would give it."""
    return {
        "code": "small-2020",
        "name": "2020年度测试申报",
        "year": 2020,
        "issuing_body": "测试职改办",
        "document_number": "测职改〔2020〕1号",
        "organisations": {"office": {"name": "测试评委会办公室", "kind": "committee_office"}},
        "tracks": [
            {
                "code": "standard",
                "name": "正常申报",
                "titles": [
                    {
                        "title": {
                            "code": "test-engineer",
                            "name": "测试工程师",
                            "series": "工程技术",
                            "rank": "full_senior",
                        },
                        "committee_office": "office",
                        "fee": 420,
                    }
                ],
                "steps": [
                    {
                        "code": "filing",
                        "kind": "filing",
                        "name": "申报人填报",
                        "opens": "2020-11-17",
                        "closes": "2020-11-23 17:00",
                    },
                    {
                        "code": "verification",
                        "kind": "employer_verification",
                        "name": "单位审核",
                        "opens": "2020-11-17",
                        "closes": "2020-12-04 17:00",
                        "holders": [{"rule": "employer"}],
                        "correction": {"until": "next_stage_close"},
                    },
                    {
                        "code": "acceptance",
                        "kind": "office_review",
                        "name": "评委会审核受理",
                        "opens": "2020-11-30",
                        "closes": "2020-12-17 17:00",
                        "holders": [{"rule": "committee_office"}],
                        "settings": {"accepts": True},
                    },
                ],
            }
        ],
    }
