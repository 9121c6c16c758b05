"""The clerk's form."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PaymentForm(forms.Form):
    """Money, receipt number and paper copies handed in."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    amount = forms.DecimalField(
        label=_("实收金额（元）"),
        max_digits=8,
        decimal_places=2,
        min_value=0,
        widget=forms.TextInput(attrs={"size": 10, "inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": _("请填写实收金额。")},
    )
    receipt_number = forms.CharField(
        label=_("票据号"),
        max_length=40,
        widget=forms.TextInput(attrs={"size": 20, "autocomplete": "off"}),
        error_messages={"required": _("请填写票据号。")},
    )

    use_required_attribute = False

    def __init__(self, *args, papers: list[tuple[str, str, int]], **options) -> None:
        super().__init__(*args, **options)
        self.kinds = [kind for kind, _name, _copies in papers]
        for kind, name, copies in papers:
            self.fields[f"copies_{kind}"] = forms.IntegerField(
                label=_("收到%s（份）") % name,
                min_value=0,
                max_value=999,
                help_text=_("应交%d份。") % copies,
                widget=forms.TextInput(
                    attrs={"size": 5, "inputmode": "numeric", "autocomplete": "off"}
                ),
                error_messages={"required": _("请填写收到的份数。")},
            )

    @property
    def copies(self) -> dict[str, int]:
        """Return {document kind: copies}."""
        return {kind: self.cleaned_data[f"copies_{kind}"] for kind in self.kinds}

    def renewed(self, version: int) -> "PaymentForm":
        """Return the form with everything typed, on the application's present version."""
        data = self.data.copy()
        data["version"] = str(version)
        self.data = data
        return self
