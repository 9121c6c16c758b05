"""What keeps a working copy from being submitted, all at once."""

from collections import Counter
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Application, EvidenceStatus, SectionEntry
from applications.sections import registry as sections
from applications.sections.achievements import BEFORE, SINCE
from applications.sections.base import Section

APPLIED_FOR = "applied_for"


@dataclass(frozen=True)
class Problem:
    """One thing that is missing or wrong, and where to put it right.

    ``section`` is a section's code, or ``"applied_for"`` for what stands on the
    application itself; ``entry`` the item, where there is one.
    """

    section: str
    title: str
    message: str
    application: Application
    entry: SectionEntry | None = None

    def __str__(self) -> str:
        return f"{self.title}：{self.message}"

    @property
    def url(self) -> str:
        """Return the address of the page that puts it right; it shows what is missing too."""
        if self.section == APPLIED_FOR:
            return reverse("applications:employer", args=[self.application.public_id])
        page = section_url(self.application, sections.get(self.section), self.entry)
        return f"{page}?check=1"


def problems(application: Application) -> list[Problem]:
    """Return everything that keeps the working copy from being submitted, in form order."""
    entries: dict[str, list[SectionEntry]] = {}
    for entry in application.entries.filter(removed_at=None):
        entries.setdefault(entry.section, []).append(entry)
    files = Counter(
        application.evidence.filter(status=EvidenceStatus.READY).values_list("entry_id", flat=True)
    )
    found = _problems_of_choice(application)
    required = sections.required_for(application.track)
    for section in sections.registry.values():
        mine = entries.get(section.code, [])
        if not mine and section.code in required:
            found.append(_problem(application, section, _missing(section)))
        for entry in mine:
            found += _problems_of_entry(application, section, entry, files[entry.pk])
    achievements = [
        entry
        for code, mine in entries.items()
        if code.startswith(f"{sections.ACHIEVEMENT}_")
        for entry in mine
    ]
    if sections.ACHIEVEMENT in required and not achievements:
        project = sections.get("achievement_project")
        found.append(
            Problem(
                project.code,
                str(sections.ACHIEVEMENTS),
                _("至少填写一项业绩成果。"),
                application,
            )
        )
    return found + _problems_of_achievements(application, achievements, entries)


def _problems_of_choice(application: Application) -> list[Problem]:
    """Return what is wrong with employer, eligibility and account."""
    found = []
    if application.employer_id is None and application.personnel_agency_id is None:
        message = _("请选择工作单位或人事代理机构。")
        found.append(Problem(APPLIED_FOR, _("工作单位"), message, application))
    if application.track.eligibility_claim and not application.claims_eligibility:
        message = _("请声明符合申报资格。")
        found.append(Problem(APPLIED_FOR, _("申报资格"), message, application))
    if not application.applicant.identity_number:
        message = _("您的账号还没有身份证号码，请先在账号设置中补充。")
        found.append(Problem("person", _("实名信息"), message, application))
    return found


def _missing(section: Section) -> str:
    if section.repeats:
        return _("至少填写一条%(item)s。") % {"item": section.item}
    return _("还没有填写。")


def _problems_of_entry(
    application: Application, section: Section, entry: SectionEntry, files: int
) -> list[Problem]:
    found = []
    if not any(value for value in entry.data.values() if value is not False):
        message = (
            _("有一条空白的%(item)s，请填写或移除。") % {"item": section.item}
            if section.repeats
            else _("还没有填写。")
        )
        return [_problem(application, section, message, entry)]
    form = section.form_class(entry.data)
    for messages in form.errors.values():
        found += [_problem(application, section, str(message), entry) for message in messages]
    lacking = sections.limits_for(application.track, section.code).min_files - files
    if lacking > 0:
        message = ngettext(
            "还需要上传 %(count)d 份佐证材料。", "还需要上传 %(count)d 份佐证材料。", lacking
        ) % {"count": lacking}
        found.append(_problem(application, section, message, entry))
    return found


def _problems_of_achievements(
    application: Application,
    achievements: list[SectionEntry],
    entries: dict[str, list[SectionEntry]],
) -> list[Problem]:
    """Return contradictions between achievements and the rest of the form."""
    found = []
    limit = sections.max_representative(application.track)
    marked = [entry for entry in achievements if entry.data.get("is_representative") is True]
    if len(marked) > limit:
        section = sections.get(marked[limit].section)
        message = _("代表性成果最多 %(limit)d 项，现在选了 %(count)d 项。") % {
            "limit": limit,
            "count": len(marked),
        }
        found.append(_problem(application, section, message, marked[limit]))
    title = next(iter(entries.get("present_title", [])), None)
    obtained_in = str(title.data.get("obtained_on", ""))[:7] if title else ""
    for entry in achievements:
        happened_in, period = entry.data.get("happened_on"), entry.data.get("period")
        if not (obtained_in and happened_in):
            continue
        if (period == SINCE and happened_in < obtained_in) or (
            period == BEFORE and happened_in > obtained_in
        ):
            message = _("时间与“任现职称以来／以前”的选择不符，请核对。")
            found.append(_problem(application, sections.get(entry.section), message, entry))
    return found


def _problem(
    application: Application, section: Section, message: str, entry: SectionEntry | None = None
) -> Problem:
    title = str(section.title)
    if entry is not None and section.repeats:
        heading = section.heading_of(entry.data)
        title = f"{title}“{heading}”" if heading else title
    return Problem(section.code, title, message, application, entry)


def section_url(
    application: Application, section: Section, entry: SectionEntry | None = None
) -> str:
    """Return the address of a section's page, or of one item's where the section repeats."""
    if entry is not None and section.repeats:
        return reverse(
            "applications:entry", args=[application.public_id, section.code, entry.public_id]
        )
    return reverse("applications:section", args=[application.public_id, section.code])
