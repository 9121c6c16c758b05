"""Approve, report, return, refuse: a form, a page that asks, one transition, a receipt."""

import datetime as dt
from typing import ClassVar

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_safe

from applications import deadlines, sections
from applications.errors import ActionDenied, ActionRefused
from applications.models import RouteStop, Transition
from applications.services import Result
from applications.workflow import Action, Phase
from core import clock
from core.templatetags.zhicheng import date_cn, day_cn, instant_cn, until_cn
from organisations.acting import acting_organisation
from publicity.selectors import posting_outlook, reposting_outlook
from reviews import services
from reviews.forms import (
    ApproveForm,
    DecisionForm,
    DeficiencyFormSet,
    RefuseForm,
    ReportForm,
    ReturnForm,
)
from reviews.models import Verdict
from reviews.selectors import file as selectors
from reviews.selectors import queue as queue_selectors
from reviews.selectors.file import DeskFile
from reviews.views.desk import desk_file
from reviews.views.file import page_context
from schedules.working_days import CalendarUnannounced

MORE_ROWS = 3


class DecisionView(LoginRequiredMixin, View):
    """One decision. What was typed travels through the confirm page in hidden fields.

    GET shows the form; POST shows the confirm page; POST with ``confirmed`` decides; POST
    with ``edit`` goes back to the form. A refusal shows the form again with its reason and
    everything typed, on the file's present version.
    """

    http_method_names = ["get", "head", "post"]
    action: ClassVar[str]
    form_template: ClassVar[str]
    file: DeskFile

    def setup(self, request, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        if request.user.is_authenticated:
            self.file = desk_file(request, kwargs["organisation"], kwargs["application"])

    def get(self, request, **kwargs):
        """Show the form, or why there is none."""
        decision = self.file.decision_on(self.action)
        if not decision:
            raise PermissionDenied(decision.reason)
        return self.form_page(self.new_form())

    def post(self, request, **kwargs):
        """Ask once more, or decide."""
        form = self.bound_form()
        if "edit" in request.POST:
            return self.form_page(form)
        if "confirmed" not in request.POST:
            decision = self.file.decision_on(self.action)
            if not decision:
                return self.refused(form, decision.reason, status=403)
        if not self.is_valid(form):
            return self.form_page(form, status=422)
        if "confirmed" not in request.POST:
            return self.confirm_page(form)
        try:
            result = self.decide(form)
        except ActionDenied as error:
            return self.refused(form, str(error), status=403)
        except (ActionRefused, CalendarUnannounced) as error:
            return self.refused(form, str(error), status=409)
        return redirect(
            "reviews:receipt",
            self.file.organisation.public_id,
            self.file.application.public_id,
            result.transition.sequence,
        )

    def refused(self, form: DecisionForm, reason: str, *, status: int):
        """Show the form again with the reason; what was typed stays."""
        form.is_valid()
        form.add_error(None, reason)
        self.file.application.refresh_from_db(fields=["version"])
        form.renewed(self.file.application.version)
        return self.form_page(form, status=status)

    def form_page(self, form: DecisionForm, *, status: int = 200):
        """Render the form."""
        context = {
            "file": self.file,
            **page_context(self.file, current=""),
            "form": form,
            "label": self.file.label_of(self.action),
            "back_url": self.back_url,
            **self.form_context(),
        }
        return render(self.request, self.form_template, context, status=status)

    def confirm_page(self, form: DecisionForm):
        """Render the page that asks once more."""
        left_out = {"csrfmiddlewaretoken", "confirmed", "edit", "add_rows"}
        context = {
            "file": self.file,
            **page_context(self.file, current=""),
            "label": self.file.label_of(self.action),
            "confirm_label": self.confirm_label,
            "hidden": [
                (name, value)
                for name, values in self.request.POST.lists()
                if name not in left_out
                for value in values
            ],
            "rows": self.confirm_rows(form),
            "consequences": self.consequences(form),
            "warnings": self.warnings(form),
            "is_final": self.action == Action.REJECT,
            "back_url": self.back_url,
        }
        return render(self.request, "reviews/confirm.html", context)

    @property
    def back_url(self) -> str:
        """Return the address of the file."""
        ids = [self.file.organisation.public_id, self.file.application.public_id]
        return reverse("reviews:file", args=ids)

    @property
    def confirm_label(self) -> str:
        """Return what the confirming button says."""
        return _("确定%s") % self.file.label_of(self.action)

    @property
    def arguments(self) -> dict:
        """Return what every service of a decision takes."""
        return {
            "application": self.file.application,
            "actor": self.request.user,
            "organisation": self.file.organisation,
            "at": self.file.at,
        }

    def initial(self) -> dict:
        """Return what the form starts with."""
        return {"version": self.file.application.version}

    def is_valid(self, form: DecisionForm) -> bool:
        """Validate all that was posted."""
        return form.is_valid()

    def new_form(self) -> DecisionForm:
        """Return the empty form."""
        raise NotImplementedError

    def bound_form(self) -> DecisionForm:
        """Return the form with what was posted."""
        raise NotImplementedError

    def decide(self, form: DecisionForm) -> Result:
        """Take the decision."""
        raise NotImplementedError

    def form_context(self) -> dict:
        """Return what else the form's page shows."""
        return {}

    def confirm_rows(self, form: DecisionForm) -> list[dict]:
        """Return (key, value) of what is about to be decided."""
        return []

    def consequences(self, form: DecisionForm) -> list[str]:
        """Return, in sentences, what follows."""
        return []

    def warnings(self, form: DecisionForm) -> list[str]:
        """Return what speaks against it."""
        return []


class Approve(DecisionView):
    """Approve with a recommendation: 审核通过，打印公示表 · 审核通过上报 · 审核通过受理 …"""

    action = Action.APPROVE
    form_template = "reviews/approve.html"

    def setup(self, request, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        if request.user.is_authenticated:
            self.posting = posting_outlook(
                application=self.file.application, route=self.file.route, at=self.file.at
            )

    def form_options(self) -> dict:
        settings = self.file.step.settings
        accepts = settings.get("accepts")
        return {
            "needs_opinion": settings.get("needs_opinion", True),
            "is_late": self.posting is not None and self.posting.is_late,
            "label": _("审核意见") if accepts else _("推荐意见"),
        }

    def new_form(self) -> ApproveForm:
        return ApproveForm(initial=self.initial(), **self.form_options())

    def bound_form(self) -> ApproveForm:
        return ApproveForm(self.request.POST, **self.form_options())

    def form_context(self) -> dict:
        views = selectors.section_views(self.file)
        return {"posting": self.posting, "progress": selectors.progress_of(views)}

    def decide(self, form: ApproveForm) -> Result:
        return services.approve(
            opinion=form.cleaned_data["opinion"],
            expected_version=form.cleaned_data["version"],
            **self.arguments,
        )

    @property
    def confirm_label(self) -> str:
        """Return the notice's own word for the confirming step (确定推荐)."""
        settings = self.file.step.settings
        return settings.get("confirm_label") or super().confirm_label

    def confirm_rows(self, form: ApproveForm) -> list[dict]:
        opinion = form.cleaned_data["opinion"]
        return [{"key": form["opinion"].label, "value": opinion or _("（不填写）")}]

    def consequences(self, form: ApproveForm) -> list[str]:
        if self.posting is not None and self.posting.keeps_notice:
            lines = [_("公示内容没有变化，原公示继续有效，可以立即上报。")]
        elif self.posting is not None and self.posting.problem:
            lines = [self.posting.problem]
        elif self.posting is not None:
            lines = [
                _("公示从今天开始，为期%(days)d个工作日（今天不计），到%(last)s为止。")
                % {"days": self.posting.working_days, "last": date_cn(self.posting.last_day_on)},
                _("%s起可以上报主管部门，在此之前系统锁定。") % instant_cn(self.posting.clears_at),
                _("公示表随即生成，请打印后张贴。"),
            ]
        else:
            lines = onward_lines(self.file)
        return [*lines, _("确定后不能撤回。")]

    def warnings(self, form: ApproveForm) -> list[str]:
        if self.posting is None or not self.posting.is_late:
            return []
        return [late_text(self.posting)]


def late_text(posting) -> str:
    """Return the warning that a notice posted now ends too late to be reported (C23–C26)."""
    return _(
        "公示最早%(clears)s期满，而上报须在%(closes)s前完成，届时将来不及上报，申报会逾期失效。"
    ) % {"clears": instant_cn(posting.clears_at), "closes": until_cn(posting.closes_at)}


def onward_lines(file: DeskFile) -> list[str]:
    """Return who has the turn after this step, and when."""
    position = next(stop.position for stop in file.route if stop.step_id == file.step.pk)
    onward: RouteStop | None = next((stop for stop in file.route if stop.position > position), None)
    if onward is None:
        return [_("申报随即完成。")]
    closes_at = deadlines.closes_at(file.application, onward)
    until = {
        "step": onward.step.name,
        "opens": day_cn(onward.step.opens_at),
        "closes": until_cn(closes_at),
    }
    if not onward.step.behaviour.holder_acts:
        text = _("申报人随即收到通知，在%(opens)s至%(closes)s办理“%(step)s”。")
        return [text % until]
    lines = [
        _("申报随即送交%(holder)s，办理“%(step)s”，%(closes)s截止。")
        % {**until, "holder": onward.holder}
    ]
    if file.at < onward.step.opens_at:
        lines.append(_("该环节%s开始，在此之前对方只能查看。") % until["opens"])
    return lines


class Report(DecisionView):
    """Report upward after the notice (上报主管部门, C26)."""

    action = Action.REPORT
    form_template = "reviews/report.html"

    def get(self, request, **kwargs):
        """There is nothing to fill in: ask at once."""
        decision = self.file.decision_on(self.action)
        if not decision:
            raise PermissionDenied(decision.reason)
        return self.form_page(self.new_form())

    def new_form(self) -> ReportForm:
        return ReportForm(initial=self.initial())

    def bound_form(self) -> ReportForm:
        return ReportForm(self.request.POST)

    def form_context(self) -> dict:
        return {
            "consequences": [*onward_lines(self.file), _("确定后不能撤回。")],
            "confirm_label": self.confirm_label,
        }

    def decide(self, form: ReportForm) -> Result:
        return services.report(expected_version=form.cleaned_data["version"], **self.arguments)


class Refuse(DecisionView):
    """Refuse for good with a reason (不予推荐、不予受理)."""

    action = Action.REJECT
    form_template = "reviews/refuse.html"

    def new_form(self) -> RefuseForm:
        return RefuseForm(initial=self.initial())

    def bound_form(self) -> RefuseForm:
        return RefuseForm(self.request.POST)

    def form_context(self) -> dict:
        may_return = self.file.decision_on(Action.RETURN) and _outlook(self.file) is not None
        ids = [self.file.organisation.public_id, self.file.application.public_id]
        return {"return_url": reverse("reviews:return", args=ids) if may_return else ""}

    def decide(self, form: RefuseForm) -> Result:
        return services.refuse(
            reason=form.cleaned_data["reason"],
            expected_version=form.cleaned_data["version"],
            **self.arguments,
        )

    def confirm_rows(self, form: RefuseForm) -> list[dict]:
        return [{"key": _("理由"), "value": form.cleaned_data["reason"]}]

    def consequences(self, form: RefuseForm) -> list[str]:
        lines = [_("本次申报就此终止，申报人不能补正，本年度不能再用这份申报。")]
        if self.file.is_on_notice:
            lines.append(_("公示随即撤下。"))
        return [*lines, _("申报人会立即收到通知，看到上面的理由。"), _("确定后不能撤回。")]


class Return(DecisionView):
    """Return for correction: all deficiencies at once (C33, C34, B21)."""

    action = Action.RETURN
    form_template = "reviews/return.html"

    def setup(self, request, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        if not request.user.is_authenticated:
            return
        self.limit = _outlook(self.file)
        self.reposting = (
            reposting_outlook(
                application=self.file.application,
                route=self.file.route,
                limit=self.limit,
                at=self.file.at,
            )
            if self.limit is not None
            else None
        )
        self.places = _places(self.file)

    def get(self, request, **kwargs):
        if self.limit is None:
            raise PermissionDenied(_("本环节不办理退回。"))
        return super().get(request, **kwargs)

    @property
    def form_options(self) -> dict:
        # Where no notice has run yet there must be one anyway.
        may_order = self.reposting is not None and not self.reposting.is_needed
        return {"can_order_notice": may_order}

    @property
    def row_options(self) -> dict:
        step = self.file.step
        marks = step.is_notified_once or step.needs_new_notice_when_material
        return {"places": self.places, "marks_material": marks}

    def new_form(self) -> ReturnForm:
        suggested = _suggested_deficiencies(self.file)
        self.rows = DeficiencyFormSet(
            initial=suggested, prefix="rows", form_kwargs=self.row_options
        )
        self.rows.extra = len(suggested) + (0 if suggested else MORE_ROWS)
        self.has_suggestions = bool(suggested)
        return ReturnForm(initial=self.initial(), **self.form_options)

    def bound_form(self) -> ReturnForm:
        self.rows = DeficiencyFormSet(
            self.request.POST, prefix="rows", form_kwargs=self.row_options
        )
        self.has_suggestions = False
        return ReturnForm(self.request.POST, **self.form_options)

    def post(self, request, **kwargs):
        if "add_rows" in request.POST:
            return self.form_page(self.longer_form())
        return super().post(request, **kwargs)

    def longer_form(self) -> ReturnForm:
        """Return what was typed as a new form with more rows; nothing is judged yet."""
        form = self.bound_form()
        typed = [
            {name: row[name].value() for name in row.fields}
            for row in self.rows.forms
            if row.has_changed()
        ]
        self.rows = DeficiencyFormSet(initial=typed, prefix="rows", form_kwargs=self.row_options)
        self.rows.extra = len(typed) + MORE_ROWS
        initial = {name: form[name].value() for name in form.fields}
        return ReturnForm(initial=initial, **self.form_options)

    def is_valid(self, form: ReturnForm) -> bool:
        return all([form.is_valid(), self.rows.is_valid()])

    def form_context(self) -> dict:
        return {
            "rows": self.rows,
            "has_suggestions": self.has_suggestions,
            "limit": self.limit,
            "limit_lines": _limit_lines(self.file, self.limit),
            "reposting": self.reposting,
            "all_forms": [self.rows] if self.rows.is_bound else [],
        }

    def deficiencies(self) -> list[services.DeficiencyInput]:
        """Return what was listed."""
        found = []
        for row in self.rows.filled():
            section, _slash, entry_id = row.cleaned_data["place"].partition("/")
            found.append(
                services.DeficiencyInput(
                    section=section,
                    entry_id=entry_id,
                    text=row.cleaned_data["text"],
                    is_material=row.cleaned_data.get("is_material", False),
                )
            )
        return found

    def decide(self, form: ReturnForm) -> Result:
        return services.return_for_correction(
            deficiencies=self.deficiencies(),
            text=form.cleaned_data["text"],
            orders_new_notice=form.cleaned_data.get("orders_new_notice", False),
            expected_version=form.cleaned_data["version"],
            **self.arguments,
        )

    def confirm_rows(self, form: ReturnForm) -> list[dict]:
        labels = dict(self.places)
        rows = [
            {"key": labels[row.cleaned_data["place"]], "value": row.cleaned_data["text"]}
            for row in self.rows.filled()
        ]
        if form.cleaned_data["text"]:
            rows.append({"key": _("总体说明"), "value": form.cleaned_data["text"]})
        if self.reposting is not None:
            orders = form.cleaned_data.get("orders_new_notice")
            rows.append({"key": _("补正后须重新公示"), "value": _("是") if orders else _("否")})
        return rows

    def consequences(self, form: ReturnForm) -> list[str]:
        lines = _limit_lines(self.file, self.limit)
        if self.file.standing.phase == Phase.ON_NOTICE:
            lines.append(_("正在进行的公示随即撤下，重新审核通过后须重新公示。"))
        return [*lines, _("以上问题会一次性告知申报人。确定后不能撤回。")]

    def warnings(self, form: ReturnForm) -> list[str]:
        outlook = self.reposting
        if outlook is None or outlook.is_possible:
            return []
        if outlook.is_needed or form.cleaned_data.get("orders_new_notice"):
            return [_("补正后须重新公示，但新的公示已经来不及在期限内期满，申报将会逾期失效。")]
        return []


def _outlook(file: DeskFile) -> deadlines.CorrectionLimit | None:
    return services.correction_outlook(application=file.application, at=file.at)


def _limit_lines(file: DeskFile, limit: deadlines.CorrectionLimit | None) -> list[str]:
    """Return, in sentences, until when what has to be done (C33, C34)."""
    if limit is None:
        return []
    due = until_cn(limit.due_at)
    if not limit.resumes_at_first_review:
        return [
            _("申报人须在%s前补正并重新提交，直接交回本环节。") % due,
            _("本环节对补正件的审核，%s截止。") % until_cn(limit.reviews_until),
        ]
    return [
        _("申报人须在%s前补正并重新提交，从单位审核起重新办理。") % due,
        _("本环节和此前的各环节，也都须在同一时间前重新办完。"),
    ]


def _places(file: DeskFile) -> list[tuple[str, str]]:
    """Return where a deficiency can be: every section, filled in or not, and every entry.

    Title and employer are not among them: a correction cannot change them.
    """
    frozen = file.snapshot.data["sections"]
    choices = []
    for code, section in sections.registry.items():
        choices.append((code, str(section.title)))
        if section.repeats:
            for number, entry in enumerate(frozen.get(code, []), 1):
                heading = sections.heading(code, entry["data"])
                label = _("%(section)s 第%(number)d条") % {
                    "section": section.title,
                    "number": number,
                }
                choices.append(
                    (f"{code}/{entry['id']}", f"{label}：{heading}" if heading else label)
                )
    return choices


def _suggested_deficiencies(file: DeskFile) -> list[dict]:
    """Return a row for each finding of the office that something is wrong."""
    order = list(sections.registry)
    findings = selectors.checks_of(file.organisation, file.snapshot).filter(
        verdict=Verdict.DEFICIENT
    )
    marked = {check.section for check in findings if check.entry_id}
    return [
        {
            "place": f"{check.section}/{check.entry_id}" if check.entry_id else check.section,
            "text": check.comment,
        }
        for check in sorted(findings, key=lambda check: (order.index(check.section), check.pk))
        # The mark on a whole section says nothing beyond its entries' when it has no words.
        if check.entry_id or check.comment or check.section not in marked
    ]


@login_required
@require_safe
def receipt(request, organisation, application, sequence):
    """Confirm a decision of this organisation; a repeated click ends here as well."""
    acting = acting_organisation(request, organisation, permission="view_applications")
    made = get_object_or_404(
        Transition.objects.select_related(
            "from_step", "to_step", "application__applicant", "application__holder"
        ),
        organisation=acting,
        application__public_id=application,
        sequence=sequence,
        action__in=[Action.APPROVE, Action.REPORT, Action.RETURN, Action.REJECT],
    )
    at = clock.now()
    waiting = queue_selectors.waiting(acting, at=at)
    following = waiting.exclude(pk=made.application_id).values_list("public_id", flat=True)
    context = {
        "made": made,
        "did": queue_selectors.done_label(made.action, made.from_step.action_labels),
        "lines": _receipt_lines(made, at=at),
        "is_posted": made.to_phase == Phase.ON_NOTICE,
        "is_reportable": made.to_phase == Phase.NOTICE_CLEARED,
        "left": waiting.count(),
        "next_file": following.first(),
        "crumbs": [
            {"label": _("待办"), "url": reverse("reviews:queue", args=[organisation])},
            {"label": made.application.number},
        ],
    }
    return render(request, "reviews/receipt.html", context)


def _receipt_lines(made: Transition, *, at: dt.datetime) -> list[str]:
    application = made.application
    if made.action == Action.RETURN:
        notice = made.correction_notice
        return [
            _("已通知申报人，补正截止时间是%s。") % until_cn(notice.due_at),
            _("一次性告知的问题共%d项。") % notice.deficiencies.count(),
        ]
    if made.action == Action.REJECT:
        return [_("已通知申报人，本次申报终止。")]
    if made.to_phase == Phase.ON_NOTICE:
        notice = application.notices.order_by("-posted_at").first()
        return [
            _("公示%(days)d个工作日，到%(last)s为止；%(clears)s起可以上报。")
            % {
                "days": notice.working_days,
                "last": day_cn(notice.last_day_on),
                "clears": instant_cn(notice.clears_at),
            }
        ]
    if made.to_phase == Phase.NOTICE_CLEARED:
        return [_("原公示继续有效，现在就可以上报。")]
    if made.to_phase == Phase.REGISTERED:
        return [_("申报已经完成。")]
    stop = application.stops.select_related("holder").get(step=made.to_step)
    return [
        _("已送交%(holder)s，办理“%(step)s”。")
        % {"holder": stop.holder or _("申报人"), "step": made.to_step.name}
    ]
