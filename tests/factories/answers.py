"""Answers to every section of the application form, complete and valid."""

import hashlib

from applications import sections
from applications.models import Application, Evidence, SectionEntry

ANSWERS: dict[str, list[dict]] = {
    "person": [
        {
            "former_name": "",
            "ethnicity": "汉族",
            "affiliation": "群众",
            "first_employed_on": "2005-07",
            "post_held": "技术中心主任",
        }
    ],
    "present_title": [
        {
            "rank": "associate_senior",
            "name": "高级工程师",
            "obtained_on": "2014-12-20",
            "employed_since": "2015-01-01",
            "issued_by": "示范市职称改革办公室",
            "years_in_field": "15",
        }
    ],
    "exceptional": [{"route": "rank_by_rank"}],
    "education": [
        {
            "school": "示范大学",
            "subject": "机械工程",
            "level": "bachelor",
            "degree": "bachelor",
            "mode": "full_time",
            "started_on": "2001-09",
            "ended_on": "2005-07",
            "certificate_number": "100001200505000001",
        }
    ],
    "work_history": [
        {
            "employer": "江北第一机械厂",
            "post": "技术中心主任",
            "started_on": "2005-07",
            "ended_on": "",
            "duties": "负责产线设计和工艺改进。",
        }
    ],
    "training": [
        {"year": "2019", "specialty_hours": "60", "public_hours": "30", "content": "智能制造"}
    ],
    "assessment": [{"year": "2019", "result": "competent", "assessed_by": "江北第一机械厂"}],
    "achievement_project": [
        {
            "title": "示范工程",
            "source": "municipal",
            "amount": "120",
            "started_on": "2016-03",
            "happened_on": "2018-11",
            "role": "主持",
            "result": "投入使用",
            "period": "since",
            "is_representative": True,
        }
    ],
    "statement": [{"text": "任现职称以来，主持了示范工程的设计。"}],
}


def fill_in(application: Application) -> None:
    """Fill in every section that a submit asks for, with the evidence that the track asks for.

    The files have rows only, no bytes.
    """
    for code, items in ANSWERS.items():
        for position, data in enumerate(items):
            entry = SectionEntry.objects.create(
                application=application,
                section=code,
                position=position,
                data=data,
                is_complete=True,
            )
            for number in range(sections.limits_for(application.track, code).min_files):
                name = f"{code}-{position}-{number}"
                Evidence.objects.create(
                    application=application,
                    entry=entry,
                    section=code,
                    position=number,
                    file=f"evidence/{name}.jpg",
                    original_name=f"{name}.jpg",
                    content_type="image/jpeg",
                    size=1000,
                    sha256=hashlib.sha256(name.encode()).hexdigest(),
                )
