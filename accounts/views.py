"""Registration, forgotten passwords, one's own account.

Signing in and out, change of password and the list of sessions are allauth's views.
Registration and reset are not: allauth makes the account before the number is proved (so
that a stranger could occupy somebody else's identity number), keeps codes in the session
(where guesses sent at once are not counted), and resets passwords by e-mail only.
"""

from allauth.account.adapter import get_adapter
from allauth.account.utils import complete_signup, get_next_redirect_url
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.hashers import make_password
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView
from django.views.i18n import set_language as django_set_language

from accounts import services
from accounts.codes import CodeExpired, TooManyCodes, WrongCode
from accounts.forms import ChangePhoneForm, CodeForm, NewPasswordForm, PhoneForm, RegistrationForm
from accounts.models import CodePurpose, User
from accounts.phone_proof import PhoneProof
from core.text import mask_identity_number, mask_mobile

UNPROCESSABLE = 422

private_page = [never_cache, sensitive_post_parameters()]


class AccountFormView(FormView):
    """A form page that answers 422 when something is to be corrected."""

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=UNPROCESSABLE)


class StartProofView(AccountFormView):
    """A form whose next step is a code sent to the number that it names."""

    purpose: str
    next_url_name: str

    def data(self, form) -> dict:
        """Return what the proof will be used for."""
        return {}

    def form_valid(self, form):
        try:
            PhoneProof.start(
                self.request.session,
                purpose=self.purpose,
                phone=form.cleaned_data["phone"],
                address=client_address(self.request),
                data=self.data(form),
            )
        except TooManyCodes as refusal:
            form.add_error("phone", str(refusal))
            return self.form_invalid(form)
        return redirect(self.next_url_name)


class CodeView(AccountFormView):
    """The page that asks for the code; ``proved`` does what the code was asked for."""

    form_class = CodeForm
    template_name = "account/code.html"
    purpose: str
    start_url_name: str
    title: str

    def dispatch(self, request, *args, **kwargs):
        self.proof = PhoneProof.load(request.session, self.purpose)
        if self.proof is None:
            return redirect(self.start_url_name)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if request.POST.get("action") == "resend":
            return self._resend()
        return super().post(request, *args, **kwargs)

    def _resend(self) -> HttpResponse:
        try:
            self.proof.resend(self.request.session, address=client_address(self.request))
        except TooManyCodes as refusal:
            messages.error(self.request, str(refusal))
        else:
            messages.success(self.request, _("新的验证码已发送，之前的验证码不再有效。"))
        return redirect(self.request.path)

    def form_valid(self, form):
        try:
            self.proof.prove(self.request.session, typed=form.cleaned_data["code"])
        except (WrongCode, CodeExpired) as refusal:
            form.add_error("code", str(refusal))
            return self.form_invalid(form)
        return self.proved()

    def proved(self) -> HttpResponse:
        """Answer a right code."""
        raise NotImplementedError

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            phone=self.proof.phone,
            title=self.title,
            start_url=reverse(self.start_url_name),
            **kwargs,
        )


# --- Registration -------------------------------------------------------------------


class SignedOutOnly:
    """Send people who are signed in where they were going."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return redirect(get_next_redirect_url(request) or "portal:dashboard")
        return super().dispatch(request, *args, **kwargs)


@method_decorator([*private_page, rate_limit(action="signup")], name="dispatch")
class RegisterView(SignedOutOnly, StartProofView):
    """Ask for name, identity number, mobile number and password (B5)."""

    form_class = RegistrationForm
    template_name = "account/signup.html"
    purpose = CodePurpose.REGISTER
    next_url_name = "account_signup_code"

    def data(self, form):
        given = form.cleaned_data
        return {
            "name": given["name"],
            "identity_number": given["identity_number"],
            "password_hash": make_password(given["password1"]),
            "next": get_next_redirect_url(self.request) or "",
        }

    def get_context_data(self, **kwargs):
        next_url = get_next_redirect_url(self.request) or ""
        return super().get_context_data(next=next_url, **kwargs)


@method_decorator(private_page, name="dispatch")
class RegisterCodeView(SignedOutOnly, CodeView):
    """Create the account once the number is proved, and sign its owner in."""

    purpose = CodePurpose.REGISTER
    start_url_name = "account_signup"
    title = gettext_lazy("验证手机号码")

    def proved(self):
        data = self.proof.data
        PhoneProof.forget(self.request.session)
        try:
            user = services.register_person(
                name=data["name"],
                identity_number=data["identity_number"],
                phone=self.proof.phone,
                password_hash=data["password_hash"],
            )
        except services.PhoneTaken as refusal:
            messages.error(self.request, str(refusal))
            return redirect("account_login")
        except services.IdentityTaken:
            return render(
                self.request,
                "account/identity_taken.html",
                {"identity_number": mask_identity_number(data["identity_number"])},
                status=409,
            )
        services.keep_language(user=user, language=get_language())
        response = complete_signup(self.request, user, None, data["next"] or None)
        self.request.session.set_expiry(0)  # as after signing in: ends with the browser
        messages.success(self.request, _("注册成功，您已登录。"))
        return response


class PrivacyView(TemplateView):
    """What is done with personal information, in plain words."""

    template_name = "account/privacy.html"


# --- Forgotten password ---------------------------------------------------------------


@method_decorator([*private_page, rate_limit(action="reset_password")], name="dispatch")
class ResetPasswordView(StartProofView):
    """Ask for the mobile number of the account."""

    form_class = PhoneForm
    template_name = "account/password_reset.html"
    purpose = CodePurpose.RESET_PASSWORD
    next_url_name = "account_reset_password_code"


@method_decorator(private_page, name="dispatch")
class ResetPasswordCodeView(CodeView):
    """Ask for the code; the page is the same whether or not there is an account."""

    purpose = CodePurpose.RESET_PASSWORD
    start_url_name = "account_reset_password"
    title = gettext_lazy("重设密码")

    def proved(self):
        return redirect("account_reset_password_new")


@method_decorator(private_page, name="dispatch")
class NewPasswordView(AccountFormView):
    """Set the new password."""

    form_class = NewPasswordForm
    template_name = "account/password_reset_new.html"

    def dispatch(self, request, *args, **kwargs):
        proof = PhoneProof.load(request.session, CodePurpose.RESET_PASSWORD)
        self.account = None
        if proof is not None and proof.is_proved:
            self.account = User.objects.with_phone(proof.phone).filter(is_active=True).first()
        if self.account is None:
            return redirect("account_reset_password")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "user": self.account}

    def form_valid(self, form):
        services.reset_password(user=self.account, password=form.cleaned_data["password1"])
        get_adapter().forget_failed_logins(self.request, self.account.phone)
        PhoneProof.forget(self.request.session)
        messages.success(self.request, _("密码已重设，请用新密码登录。"))
        return redirect("account_login")


# --- One's own account ------------------------------------------------------------------


@method_decorator([login_required, never_cache], name="dispatch")
class AccountView(TemplateView):
    """Show the person's own data and what can be changed."""

    template_name = "account/overview.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        rows = [
            {"key": _("姓名"), "value": user.name},
            {"key": _("身份证号码"), "value": mask_identity_number(user.identity_number)},
            {
                "key": _("手机号码"),
                "value": mask_mobile(user.phone),
                "url": reverse("account_change_phone"),
            },
            {"key": _("密码"), "value": "••••••••", "url": reverse("account_change_password")},
        ]
        return super().get_context_data(rows=rows, **kwargs)


@method_decorator([login_required, *private_page], name="dispatch")
class ChangePhoneView(StartProofView):
    """Ask for the new mobile number."""

    form_class = ChangePhoneForm
    template_name = "account/phone_change.html"
    purpose = CodePurpose.CHANGE_PHONE
    next_url_name = "account_change_phone_code"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "user": self.request.user}


@method_decorator([login_required, *private_page], name="dispatch")
class ChangePhoneCodeView(CodeView):
    """Change the number once the new one is proved."""

    purpose = CodePurpose.CHANGE_PHONE
    start_url_name = "account_change_phone"
    title = gettext_lazy("验证新手机号码")

    def proved(self):
        PhoneProof.forget(self.request.session)
        try:
            services.change_phone(user=self.request.user, phone=self.proof.phone)
        except services.PhoneTaken:
            messages.error(self.request, _("这个手机号码已经注册过另一个账号，没有更换。"))
        else:
            messages.success(self.request, _("手机号码已更换，今后请用新号码登录。"))
        return redirect("account_overview")


def set_language(request):
    """Change the language of the pages, and keep it on the account."""
    response = django_set_language(request)
    language = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
    if request.user.is_authenticated and language is not None:
        services.keep_language(user=request.user, language=language.value)
    return response


def admin_login(request, extra_context=None):
    """Send staff who are not signed in to the one login page; to others there is no admin."""
    if request.user.is_authenticated:
        raise Http404
    wanted = request.GET.get("next") or reverse("admin:index")
    return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")


def client_address(request) -> str:
    """Return the IP address that limits are counted by."""
    return get_adapter(request).get_client_ip(request)
