"""Forms of the officers' pages. What was typed is carried through the confirm page."""

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from applications.workflow import Action
from reviews.models import Verdict
from reviews.selectors.queue import THREE_DAYS, TODAY, Filters, QueueSummary

MAX_DEFICIENCIES = 60


class QueueFilterForm(forms.Form):
    """Narrow a queue by name or number, phase, step, title and deadline."""

    q = forms.CharField(
        label=_("姓名或申报编号"), required=False, max_length=40, widget=forms.SearchInput
    )
    phase = forms.ChoiceField(label=_("状态"), required=False)
    step = forms.ChoiceField(label=_("环节"), required=False)
    title = forms.ChoiceField(label=_("申报职称"), required=False)
    due = forms.ChoiceField(
        label=_("截止时间"),
        required=False,
        choices=[("", _("全部")), (TODAY, _("今天截止")), (THREE_DAYS, _("3天内截止"))],
    )

    def __init__(self, *args, summary: QueueSummary, **options) -> None:
        super().__init__(*args, **options)
        anything = [("", _("全部"))]
        choices = {
            "phase": [(phase.value, phase.label) for phase in summary.phases],
            "step": summary.waiting_steps.items(),
            "title": summary.waiting_titles.items(),
        }
        for name, found in choices.items():
            # A list with one entry narrows nothing; what the address says is still obeyed.
            if len(found) < 2 and not self.data.get(name):
                del self.fields[name]
            else:
                self.fields[name].choices = [*anything, *found]

    def filters(self) -> Filters:
        """Return what was asked for; a choice that is not there any more narrows nothing."""
        self.is_valid()
        asked = self.cleaned_data
        return Filters(
            text=asked.get("q", ""),
            phase=asked.get("phase", ""),
            step=asked.get("step", ""),
            title=asked.get("title", ""),
            due=asked.get("due", ""),
        )


class DoneFilterForm(forms.Form):
    """Narrow the finished work by name or number, and by what was done."""

    q = forms.CharField(
        label=_("姓名或申报编号"), required=False, max_length=40, widget=forms.SearchInput
    )
    action = forms.ChoiceField(
        label=_("办理结果"),
        required=False,
        choices=[
            ("", _("全部")),
            (Action.APPROVE, _("审核通过")),
            (Action.REPORT, _("上报")),
            (Action.RETURN, _("退回补正")),
            (Action.REJECT, _("不予推荐或受理")),
            (Action.LAPSE, _("逾期（本单位）")),
        ],
    )


class CheckForm(forms.Form):
    """The finding on a section, or a mark on one entry of it."""

    section = forms.CharField(max_length=40)
    entry_id = forms.CharField(max_length=12, required=False)
    snapshot = forms.IntegerField(min_value=1)
    verdict = forms.ChoiceField(choices=[("", ""), *Verdict.choices], required=False)
    comment = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict:
        """A comment without a choice, and a mark on an entry, mean that something is wrong."""
        cleaned = super().clean()
        has_comment = bool(cleaned.get("comment"))
        if has_comment and (cleaned.get("entry_id") or not cleaned.get("verdict")):
            cleaned["verdict"] = Verdict.DEFICIENT
        elif cleaned.get("entry_id"):
            cleaned["verdict"] = ""
        return cleaned


class DecisionForm(forms.Form):
    """What every decision carries: the version of the file that the officer saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    use_required_attribute = False

    def renewed(self, version: int) -> "DecisionForm":
        """Return the form with everything typed, on the file's present version."""
        data = self.data.copy()
        data[self.add_prefix("version")] = str(version)
        self.data = data
        return self


def opinion_area(rows: int = 6) -> forms.Textarea:
    """Return the box of an opinion, with a counter."""
    return forms.Textarea(attrs={"rows": rows, "data-count": ""})


class ApproveForm(DecisionForm):
    """An approval with the office's recommendation."""

    opinion = forms.CharField(
        label=_("推荐意见"),
        max_length=800,
        widget=opinion_area(),
        help_text=_("将印在评审表上，请写明是否同意推荐及理由。"),
        error_messages={"required": _("请填写推荐意见。")},
    )
    accepts_late_notice = forms.BooleanField(
        label=_("我已知道公示期满时已过上报截止时间，仍要审核通过"),
        error_messages={"required": _("请先确认已知道来不及上报，再继续。")},
    )

    def __init__(self, *args, needs_opinion: bool, is_late: bool, label: str, **options) -> None:
        super().__init__(*args, **options)
        self.fields["opinion"].label = label
        self.fields["opinion"].required = needs_opinion
        if not is_late:
            del self.fields["accepts_late_notice"]


class RefuseForm(DecisionForm):
    """A final refusal with its reason."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=800,
        widget=opinion_area(),
        help_text=_("申报人会看到这段文字。请写明不符合哪一条规定。"),
        error_messages={"required": _("请写明理由。")},
    )


class ReportForm(DecisionForm):
    """A report upward; there is nothing to type."""


class ReturnForm(DecisionForm):
    """A return: what holds for the whole file; the deficiencies are a formset beside it."""

    text = forms.CharField(
        label=_("总体说明"),
        max_length=800,
        required=False,
        widget=opinion_area(3),
        help_text=_("申报人会看到。具体问题请在上面逐项列出。"),
    )
    orders_new_notice = forms.BooleanField(
        label=_("补正后须重新公示"),
        required=False,
        help_text=_("不勾选的，公示表上的内容没有变化时，原公示继续有效。"),
    )

    def __init__(self, *args, can_order_notice: bool, **options) -> None:
        super().__init__(*args, **options)
        if not can_order_notice:
            del self.fields["orders_new_notice"]


class DeficiencyForm(forms.Form):
    """One thing to correct: where, and what."""

    place = forms.ChoiceField(label=_("所在部分"))
    text = forms.CharField(
        label=_("须补正的内容"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
        error_messages={"required": _("请写明须补正的内容。")},
    )
    is_material = forms.BooleanField(label=_("属重大变化"), required=False)

    use_required_attribute = False

    def __init__(self, *args, places: list[tuple[str, str]], marks_material: bool, **options):
        super().__init__(*args, **options)
        self.fields["place"].choices = [("", _("请选择")), *places]
        self.fields["place"].error_messages["required"] = _("请选择所在部分。")
        if not marks_material:
            del self.fields["is_material"]


class BaseDeficiencyFormSet(BaseFormSet):
    """All deficiencies of a return; rows left empty do not count.

    Suggested rows are like the others: an officer who empties one drops it.
    """

    def initial_form_count(self) -> int:
        """Treat every row as one that may stay empty."""
        return 0

    def clean(self) -> None:
        """Ask for at least one deficiency."""
        if not any(self.errors) and not self.filled():
            raise forms.ValidationError(_("请至少列出一项须补正的内容。"))

    def filled(self) -> list[DeficiencyForm]:
        """Return the rows in which something was typed."""
        return [form for form in self.forms if form.has_changed() and form.cleaned_data]


DeficiencyFormSet = formset_factory(
    DeficiencyForm,
    formset=BaseDeficiencyFormSet,
    extra=0,
    max_num=MAX_DEFICIENCIES,
    absolute_max=MAX_DEFICIENCIES,
)


class ObjectionForm(forms.Form):
    """The outcome of the investigation of an objection."""

    outcome = forms.ChoiceField(
        label=_("核查结论"),
        choices=[
            ("unfounded", _("核查无问题：异议不成立，公示可以继续")),
            ("upheld", _("异议成立：须退回补正或不予推荐")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择核查结论。")},
    )
    finding = forms.CharField(
        label=_("核查情况"),
        max_length=2000,
        widget=opinion_area(),
        help_text=_("写明核查了什么、依据是什么。只在本单位和主管部门内部留存，不向申报人公开。"),
        error_messages={"required": _("请写明调查结论。")},
    )

    use_required_attribute = False
