"""Forms of the admin: what is stored as JSON, entered with ordinary inputs."""

from typing import Any

import yaml
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from organisations.models import OrganisationKind
from schedules import kinds
from schedules.models import HolderRule, Rank, Step
from schedules.services import FIXED_ONCE_FILED

HOLDERS_TRIED = 3


def _holder_choices() -> list[tuple[str, Any]]:
    """Return every holder rule; one choice for each kind of supervisor."""
    choices: list[tuple[str, Any]] = [("", "—")]
    for rule in HolderRule:
        if rule != HolderRule.SUPERVISOR:
            choices.append((rule.value, rule.label))
            continue
        choices += [
            (f"{rule.value}:{kind.value}", format_html("{}：{}", _("隶属的"), kind.label))
            for kind in OrganisationKind
            if kind != OrganisationKind.EMPLOYER
        ]
    return choices


class HoldersWidget(forms.MultiWidget):
    """A row of choices: tried first, then, then."""

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__([forms.Select() for _number in range(HOLDERS_TRIED)], attrs)

    def decompress(self, value: None) -> list[str]:
        return [""] * HOLDERS_TRIED


class HoldersField(forms.MultiValueField):
    """How the organisation that holds a step is found: up to three rules, in order."""

    widget = HoldersWidget

    def __init__(self, **kwargs) -> None:
        choices = _holder_choices()
        fields = [forms.ChoiceField(choices=choices, required=False) for _n in range(HOLDERS_TRIED)]
        super().__init__(fields, require_all_fields=False, **kwargs)
        for widget in self.widget.widgets:
            widget.choices = choices

    def prepare_value(self, value: list | None) -> list[str]:
        """Return the choices that stand for stored rules; choices stay as they are."""
        chosen = [
            item if isinstance(item, str) else ":".join(filter(None, map(item.get, _HOLDER_KEYS)))
            for item in value or []
        ]
        return (chosen + [""] * HOLDERS_TRIED)[:HOLDERS_TRIED]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and self.prepare_value(initial) != self.prepare_value(data)

    def clean(self, value: Any) -> list[dict]:
        return super().clean(self.prepare_value(value))

    def compress(self, values: list[str]) -> list[dict]:
        holders = []
        for value in filter(None, values):
            rule, _colon, kind = value.partition(":")
            holders.append({"rule": rule, "kind": kind} if kind else {"rule": rule})
        return holders


_HOLDER_KEYS = ("rule", "kind")


def _labelled_actions(kind: str) -> dict[str, Any]:
    """Return what officers press in this kind of step (any, if new): action → general name."""
    return {
        str(action): getattr(action, "label", action)
        for code in ([kind] if kind in kinds.codes() else kinds.codes())
        for (_phase, action), rule in kinds.get(code).rules.items()
        if rule.permission and str(action) != "open"
    }


class LabelsWidget(forms.MultiWidget):
    """One text input for each action."""

    def __init__(self, actions: dict[str, Any]) -> None:
        self.actions = list(actions)
        super().__init__(
            [
                forms.TextInput(attrs={"placeholder": name, "title": name, "size": 24})
                for name in actions.values()
            ]
        )

    def decompress(self, value: dict | None) -> list[str]:
        return [(value or {}).get(action, "") for action in self.actions]


class LabelsField(forms.MultiValueField):
    """The notice's own wording of each action; empty means the general name."""

    def __init__(self, *, kind: str, **kwargs) -> None:
        actions = _labelled_actions(kind)
        super().__init__(
            [forms.CharField(required=False, max_length=40) for _action in actions],
            require_all_fields=False,
            widget=LabelsWidget(actions),
            **kwargs,
        )

    def compress(self, values: list[str]) -> dict[str, str]:
        pairs = zip(self.widget.actions, values or [], strict=False)
        return {action: label for action, label in pairs if label}


class YAMLField(forms.CharField):
    """A value of several parts, typed as ``key: value`` lines (YAML)."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60, "class": "vLargeTextField"})

    def __init__(self, *, kind: type, **kwargs) -> None:
        self.kind = kind
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        return yaml.safe_dump(value, allow_unicode=True, sort_keys=False) if value else ""

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value or self.kind()
        try:
            found = yaml.safe_load(value)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise ValidationError(_("第%d行的写法不对。") % line) from error
        if found is not None and not isinstance(found, self.kind):
            text = (
                _("应当是列表，每行一项：- …") if self.kind is list else _("每行一项：代码: 取值")
            )
            raise ValidationError(text)
        return found or self.kind()

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (initial or self.kind())
        except ValidationError:
            return True


class _FixedOnceFiledForm(forms.ModelForm):
    """Keep what applications depend on as it is, once there are any.

    The admin names model and fields.
    """

    is_used = False  # set by the admin, for one request

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.is_used and self.instance.pk:
            for name in FIXED_ONCE_FILED[self._meta.model]:
                if name in self.fields:
                    self.fields[name].disabled = True


class ScheduleForm(_FixedOnceFiledForm):
    """A year's notice."""


class TrackForm(_FixedOnceFiledForm):
    """A track, with what its form asks for."""

    required_sections = YAMLField(
        label=_("必填部分"),
        kind=list,
        required=False,
        help_text=_("每行一项，如“- person”。留空表示按默认。各部分的代码见 docs/schedules.md。"),
    )
    evidence_rules = YAMLField(
        label=_("佐证材料要求"),
        kind=dict,
        required=False,
        help_text=_(
            "每行一个部分，如“education: {min_files: 1, max_files: 4}”；“default”是其余部分的限度。"
        ),
    )


class OpenTitleForm(_FixedOnceFiledForm):
    """A title open in a track."""


def _kinds_settings_help() -> Any:
    """Return what each kind of step can be set to, as a list."""
    return format_html(
        "{}<ul>{}</ul>",
        _("每行一项，如“accepts: true”。"),
        format_html_join(
            "",
            "<li>{}：<code>{}</code> {}</li>",
            (
                (kinds.get(code).name, key, text)
                for code in kinds.codes()
                for key, (_type, text) in kinds.get(code).setting_types.items()
            ),
        ),
    )


class StepForm(_FixedOnceFiledForm):
    """One step: window, holder, correction, wording."""

    kind = forms.ChoiceField(label=_("类型"))
    holders = HoldersField(
        label=_("办理机构"),
        required=False,
        help_text=_("从左到右依次查找，第一个找到的机构办理。申报人办理的环节不用填写。"),
    )
    ranks = forms.MultipleChoiceField(
        label=_("限于级别"),
        choices=Rank.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("不选表示不限。"),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        # The kinds are registered while the site starts, after this module was imported.
        self.fields["kind"].choices = [("", "—"), *kinds.choices()]
        self.fields["action_labels"] = LabelsField(
            kind=self.instance.kind,
            label=_("操作名称"),
            required=False,
            help_text=_("通知中的原话，如“审核通过，打印公示表”；留空用方框中的通用名称。"),
        )
        self.fields["settings"] = YAMLField(
            label=_("类型设置"),
            kind=dict,
            required=False,
            help_text=format_html(
                "{}{}", _("每行一项，如“accepts: true”。"), _kinds_settings_help()
            ),
        )

    def _get_validation_exclusions(self) -> set[str]:
        # The formset looks after the order: steps that change places would collide one by one.
        return super()._get_validation_exclusions() | {"order"}


class StepFormSet(forms.BaseInlineFormSet):
    """The steps of a track; their order may be changed at will."""

    def clean(self) -> None:
        """Refuse two steps with one number, and a chain that does not begin with filing."""
        super().clean()
        if any(self.errors):
            return
        orders = [
            form.cleaned_data["order"]
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        if len(set(orders)) != len(orders):
            raise ValidationError(_("两个环节的顺序号相同。"))

    def save(self, commit: bool = True) -> list[Step]:
        """Save; steps that move give up their old places first."""
        if commit:
            leaving = [
                form.instance.pk
                for form in self.initial_forms
                if "order" in form.changed_data or form in self.deleted_forms
            ]
            Step.objects.filter(pk__in=leaving).update(order=F("order") + 1000)
        return super().save(commit=commit)
