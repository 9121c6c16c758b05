"""The sections of the application form, as the requirements list them (申报表各部分).

``registry`` holds them in the order of the form. An item of a section is one
``SectionEntry`` whose ``data`` has the keys of the section's form. Name, identity number
and telephone are never among them: they come from the account.
"""

from applications.sections.base import Limits, Section
from applications.sections.checks import Problem, problems
from applications.sections.registry import (
    ACHIEVEMENT,
    ACHIEVEMENTS,
    display,
    get,
    heading,
    limits_for,
    max_representative,
    personal_rows,
    registry,
    required_for,
)

__all__ = [
    "ACHIEVEMENT",
    "ACHIEVEMENTS",
    "Limits",
    "Problem",
    "Section",
    "display",
    "get",
    "heading",
    "limits_for",
    "max_representative",
    "personal_rows",
    "problems",
    "registry",
    "required_for",
]
