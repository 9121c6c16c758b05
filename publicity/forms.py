"""The form with which anybody objects to a notice."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ObjectionForm(forms.Form):
    """What is objected to, and who says so; the name is encouraged, not demanded."""

    text = forms.CharField(
        label=_("反映的问题"),
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 6, "data-count": "", "data-private": ""}),
        help_text=_("写明哪一项内容不实、有什么依据，便于核查。"),
        error_messages={"required": _("请写明反映的问题。")},
    )
    author_name = forms.CharField(
        label=_("您的姓名"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"size": 14, "autocomplete": "name", "data-private": ""}),
        help_text=_("署名便于核查人员向您了解情况。姓名和电话加密保存，不会告诉申报人。"),
    )
    author_telephone = forms.CharField(
        label=_("联系电话"),
        max_length=30,
        required=False,
        widget=forms.TextInput(
            attrs={"size": 18, "autocomplete": "tel", "inputmode": "tel", "data-private": ""}
        ),
    )
    # Machines fill in whatever they find; people do not see it.
    website = forms.CharField(
        label=_("请不要填写"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    use_required_attribute = False

    @property
    def is_from_a_machine(self) -> bool:
        """Say whether the field that people do not see was filled in."""
        return bool(self.cleaned_data.get("website"))
