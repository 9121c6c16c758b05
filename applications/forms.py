"""Forms of the applicant's pages, besides the sections'."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.models import Application
from organisations.models import Organisation, OrganisationKind

NO_EMPLOYER = "none"


class EmployerForm(forms.Form):
    """Where the applicant works, and whether an agency keeps their personnel file.

    ``employer`` holds the public id of the one that was picked from the search, or
    ``"none"``.
    """

    use_required_attribute = False
    employer = forms.CharField(
        label=_("工作单位"), error_messages={"required": _("请选择工作单位。")}
    )
    personnel_agency = forms.ModelChoiceField(
        label=_("人事代理机构"),
        queryset=Organisation.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("我不是人事代理人员"),
        help_text=_("人事档案由人才服务机构代管的，请选择该机构；其他人不用选。"),
    )
    claims_eligibility = forms.BooleanField(label="", required=False)

    def __init__(self, *args: Any, application: Application, **options: Any) -> None:
        super().__init__(*args, label_suffix="", **options)
        self.application = application
        self.fields["personnel_agency"].queryset = Organisation.objects.filter(
            kind=OrganisationKind.PERSONNEL_AGENCY, is_active=True
        ).order_by("name")
        agency = application.personnel_agency
        self.initial["personnel_agency"] = agency.public_id if agency else ""
        claim = application.track.eligibility_claim
        if claim:
            self.fields["claims_eligibility"].label = claim
            self.initial["claims_eligibility"] = application.claims_eligibility
        else:
            del self.fields["claims_eligibility"]

    @property
    def picked(self) -> str:
        """Return the public id that is marked when the page is shown."""
        if self.is_bound:
            return self.data.get("employer", "")
        if self.application.employer is not None:
            return self.application.employer.public_id
        return NO_EMPLOYER if self.application.personnel_agency_id else ""

    def clean_employer(self) -> Organisation | None:
        """Return the employer that was picked; none for who has none."""
        picked = self.cleaned_data["employer"]
        if picked == NO_EMPLOYER:
            return None
        found = Organisation.objects.filter(
            public_id=picked, kind=OrganisationKind.EMPLOYER, is_active=True
        ).first()
        if found is None:
            raise forms.ValidationError(_("请重新选择工作单位。"))
        return found

    def clean(self) -> None:
        """Ask somebody without an employer for the agency that stands in for it."""
        if (
            "employer" not in self.errors
            and self.cleaned_data.get("employer") is None
            and self.cleaned_data.get("personnel_agency") is None
            and "personnel_agency" not in self.errors
        ):
            self.add_error("personnel_agency", _("没有工作单位的，请选择为您办理人事代理的机构。"))


class CommitmentForm(forms.Form):
    """The integrity commitment, confirmed at the submit (C18)."""

    use_required_attribute = False
    agrees = forms.BooleanField(
        label=_("我已逐项核对，同意并遵守上述承诺"),
        error_messages={
            "required": _("请阅读诚信承诺书，并勾选“我已逐项核对，同意并遵守上述承诺”。")
        },
    )


class WithdrawalForm(forms.Form):
    """Why the applicant ends the application; told to whoever holds the file."""

    use_required_attribute = False
    reason = forms.CharField(
        label=_("撤销的原因"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-count": ""}),
    )
