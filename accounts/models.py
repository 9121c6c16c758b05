"""People: one account per person, found by mobile number or identity number."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core import clock, identifiers
from core.fields import EncryptedCharField, blind_index
from core.text import mask_mobile
from core.validators import validate_identity_number, validate_mobile


class UserManager(BaseUserManager["User"]):
    """Make accounts and find them by what is stored encrypted."""

    def create_user(self, *, phone: str, password: str | None = None, **fields) -> "User":
        """Create an account whose mobile number is ``phone`` (11 digits)."""
        user = self.model(phone=phone, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, *, phone: str, password: str | None = None, **fields) -> "User":
        """Create an account of the bureau's own system administrator."""
        fields.pop("username", None)
        return self.create_user(
            phone=phone, password=password, is_staff=True, is_superuser=True, **fields
        )

    def with_phone(self, phone: str) -> models.QuerySet["User"]:
        """Return the accounts (none or one) with this mobile number."""
        return self.filter(phone_index=blind_index(phone, purpose="phone"))

    def with_identity_number(self, number: str) -> models.QuerySet["User"]:
        """Return the accounts (none or one) with this identity number."""
        return self.filter(identity_index=blind_index(number, purpose="identity"))


class User(AbstractBaseUser, PermissionsMixin):
    """A person (用户): an applicant, an officer, or both.

    The mobile number and the identity number are encrypted at rest; their keyed blind
    indexes keep them unique and findable. ``username`` only satisfies libraries that
    want one: nobody signs in with it.
    """

    public_id = models.CharField(
        max_length=12, unique=True, default=identifiers.public_id, editable=False
    )
    username = models.CharField(
        max_length=12, unique=True, default=identifiers.public_id, editable=False
    )
    name = models.CharField(_("姓名"), max_length=80)
    phone = EncryptedCharField(_("手机号码"), validators=[validate_mobile])
    phone_index = models.CharField(max_length=64, unique=True, editable=False)
    phone_verified_at = models.DateTimeField(_("手机验证时间"), null=True, blank=True)
    identity_number = EncryptedCharField(
        _("身份证号码"), blank=True, validators=[validate_identity_number]
    )
    identity_index = models.CharField(  # noqa: DJ001 - unique where there is one
        max_length=64, unique=True, null=True, editable=False
    )
    # Check digits and an SMS prove no identity: an office's approval or an identity service does.
    identity_verified_at = models.DateTimeField(_("实名核验时间"), null=True, blank=True)
    consented_at = models.DateTimeField(_("同意个人信息处理的时间"), null=True, blank=True)
    language = models.CharField(_("界面语言"), max_length=10, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    is_staff = models.BooleanField(_("可进入后台"), default=False)
    date_joined = models.DateTimeField(_("注册时间"), default=clock.now, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["phone", "name"]

    objects = UserManager()
    history = HistoricalRecords(
        excluded_fields=["password", "last_login", "phone", "identity_number"]
    )

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return f"{self.name}（{mask_mobile(self.phone)}）"

    def save(self, *args, **kwargs) -> None:
        """Save, with the blind indexes of what is encrypted."""
        self.phone_index = blind_index(self.phone, purpose="phone")
        self.identity_index = (
            blind_index(self.identity_number, purpose="identity") if self.identity_number else None
        )
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        """Return the real name."""
        return self.name

    get_short_name = get_full_name


class CodePurpose(models.TextChoices):
    """What a code sent by SMS is asked for."""

    REGISTER = "register", _("注册")
    RESET_PASSWORD = "reset_password", _("重设密码")
    CHANGE_PHONE = "change_phone", _("更换手机号码")


class PhoneCode(models.Model):
    """A code sent by SMS that proves whose mobile number it is (短信验证码).

    A row of its own, and not part of the session, so that the database counts the tries:
    a thousand guesses sent at once are a thousand tries. It holds neither the number nor
    the code. All its times are the machine's: a demo clock that jumps ends no code.
    """

    phone_index = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20, choices=CodePurpose)
    digest = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone_index", "sent_at"]),
            models.Index(fields=["sent_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.sent_at:%Y-%m-%d %H:%M:%S}"
