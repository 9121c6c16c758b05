"""Settings of the site, all read from the environment.

Three ways to run: production (neither ``DEMO`` nor ``TESTING``), where a missing
setting is an error at start; the demo (``DEMO=1``, set by ``make run``); and the
tests (``TESTING=1``, set by ``tests/environment.py``). In the last two, with
``DATABASE_URL`` and ``REDIS_URL`` unset, the site talks to its own PostgreSQL and
Redis under ``var/`` (see ``config/embedded.py``); settings compute the addresses
and start nothing.
"""

from pathlib import Path

import dj_database_url
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env

from config import embedded

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()

DEMO = env.bool("DEMO", False)
TESTING = env.bool("TESTING", False)
PRODUCTION = not (DEMO or TESTING)
DEBUG = env.bool("DEBUG", False)

# --- Secrets -----------------------------------------------------------------

if PRODUCTION:
    # Without DEBUG a site must not run on keys that anyone can read in its source.
    SECRET_KEY = env.str("SECRET_KEY")
    # First key encrypts, all keys decrypt (core.fields); 32 url-safe base64 bytes each.
    FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS")
    BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY")
else:
    SECRET_KEY = env.str("SECRET_KEY", embedded.development_secret(VAR_DIR, "secret_key"))
    FIELD_ENCRYPTION_KEYS = env.list(
        "FIELD_ENCRYPTION_KEYS", [embedded.development_secret(VAR_DIR, "field_key")]
    )
    BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", embedded.development_secret(VAR_DIR, "index_key"))

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [] if PRODUCTION else ["*"])
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS: name the hosts this site answers to.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
# Absolute links in messages, QR codes and documents start with this.
SITE_URL = (
    env.str("SITE_URL")
    if PRODUCTION
    else env.str("SITE_URL", f"http://127.0.0.1:{env.int('PORT', 8000)}")
)

# --- Applications ------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "portal",
    "notifications",
    "payments",
    "reviews",
    "publicity",
    "applications",
    "schedules",
    "organisations",
    "accounts",
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_htmx",
    "guardian",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.RequestInstantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.middleware.PrivatePagesMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

if DEMO:
    # Before the request's instant is pinned.
    MIDDLEWARE.insert(
        MIDDLEWARE.index("core.middleware.RequestInstantMiddleware"),
        "portal.demo.middleware.DemoClockMiddleware",
    )

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- Data --------------------------------------------------------------------

_services = embedded.addresses(VAR_DIR)
# Two roles: the owner migrates and erases what is past its retention; the site can
# only insert into and read the append-only tables.
DATABASE_ROLE = env.str("DATABASE_ROLE", "owner" if TESTING else "site")
if PRODUCTION:
    _database_url = env.str("DATABASE_OWNER_URL" if DATABASE_ROLE == "owner" else "DATABASE_URL")
    REDIS_URL = env.str("REDIS_URL")
else:
    _database_url = env.str("DATABASE_URL", "") or _services.database_url(DATABASE_ROLE)
    if DATABASE_ROLE == "owner":
        _database_url = env.str("DATABASE_OWNER_URL", "") or _database_url
    REDIS_URL = env.str("REDIS_URL", "") or _services.redis_url()
# The name of the role that the site's processes use; grants are given to it after a migration.
DATABASE_SITE_ROLE = env.str("DATABASE_SITE_ROLE", "zhicheng_site")
DATABASES = {
    "default": {
        **dj_database_url.parse(_database_url, conn_max_age=600, conn_health_checks=True),
        "ENGINE": "django.db.backends.postgresql",
    }
}
if DATABASE_ROLE == "site":
    # A request or a task that waits longer for a row gives up; nobody holds one so long.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c lock_timeout=10s")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# REDIS_URL names no database: the broker takes this one and the cache, which may be
# emptied, the next.
REDIS_DATABASE = env.int("REDIS_DATABASE", 0)
CACHES = {
    "default": {
        "BACKEND": "core.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"db": REDIS_DATABASE + 1, "socket_timeout": 2, "socket_connect_timeout": 2},
    }
}

# --- People ------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    # The default (PBKDF2) costs 0.4 s a login on two cores; argon2 is as strong and quicker.
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "phone", "identity_number")},
    },
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator"},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: no row that stands for nobody
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "portal:home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
ACCOUNT_EMAIL_VERIFICATION = "none"
# Numbers are proved before there is an account (accounts.codes), not by allauth afterwards.
ACCOUNT_PHONE_VERIFICATION_ENABLED = False
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_DISPLAY = "accounts.adapter.display_name"
ACCOUNT_SESSION_REMEMBER = False  # a session ends with the browser: many share a computer
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    # One address may be a whole office behind one router.
    "login": "120/m/ip",
    "signup": "60/m/ip",
    "reset_password": "60/m/ip",
    # An account is locked for a quarter of an hour after five failures, see the adapter.
    "login_failed": "30/m/ip,5/15m/key",
}
# The header in which the trusted proxy puts the client's address; limits are counted by it.
ALLAUTH_TRUSTED_CLIENT_IP_HEADER = env.str("CLIENT_IP_HEADER", None)

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}

# --- Language and time ---------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
# Both notices, and every date in the system, are on China Standard Time.
TIME_ZONE = "Asia/Shanghai"

# --- Files ---------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"  # private: served only through permission-checked views
STORAGES = {
    "default": {"BACKEND": "core.storage.PrivateStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if TESTING or DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
# Tests and DEBUG serve the sources; everything else what collectstatic gathered.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TESTING or DEBUG
# Set where nginx serves the bytes: the internal location that maps onto MEDIA_ROOT.
PRIVATE_FILES_LOCATION = env.str("PRIVATE_FILES_LOCATION", "")
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", 30 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Work outside the request ----------------------------------------------------

CELERY_BROKER_URL = embedded.broker_url(REDIS_URL, REDIS_DATABASE)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_TIME_LIMIT = 240
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # With the defaults a dead worker's task came back after more than 100 s.
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
CELERY_TIMEZONE = TIME_ZONE
# What takes seconds each has a queue and a worker of its own, so that a hundred documents
# keep no message and no deadline waiting; all else goes to the queue "celery".
CELERY_TASK_ROUTES = {
    name: {"queue": "documents"}
    for name in (
        "applications.render_document",
        "applications.render_waiting_documents",
        "applications.make_thumbnail",
    )
}


def _sweep(task: str, *, seconds: float) -> dict:
    # One that waited until the next is due is dropped: behind a busy worker they pile up.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


# Beat only runs sweeps; due times are rows, never countdowns.
CELERY_BEAT_SCHEDULE = {
    "settle-due-applications": _sweep("applications.settle_due", seconds=30.0),
    "deliver-messages": _sweep("notifications.deliver_due", seconds=15.0),
    "enqueue-reminders": _sweep("notifications.enqueue_reminders", seconds=60.0),
    "render-documents": _sweep("applications.render_waiting_documents", seconds=30.0),
    "follow-schedules": {
        "task": "applications.follow_schedules",
        "schedule": crontab(hour=3, minute=30),
    },
}

if DEMO:
    CELERY_BEAT_SCHEDULE["note-that-the-demo-runs"] = _sweep("portal.note_demo_runs", seconds=30.0)

# --- Domain ----------------------------------------------------------------------

# How long after a deadline the sweep waits before it records a lapse: longer than a
# request can wait at the front door, which stamps it with the instant it arrived.
FRONT_DOOR_GRACE_SECONDS = env.int("FRONT_DOOR_GRACE_SECONDS", 90)
# The header in which the trusted proxy puts the instant a request arrived ("t=<seconds>").
TRUST_REQUEST_START = env.bool("TRUST_REQUEST_START", False)
SMS_BACKEND = (
    env.str("SMS_BACKEND")
    if PRODUCTION
    else env.str("SMS_BACKEND", "notifications.channels.SandboxChannel")
)
# How long one try to send a message may take; after that somebody else asks the provider.
MESSAGE_LEASE_SECONDS = env.int("MESSAGE_LEASE_SECONDS", 60)
# How slowly the sandbox answers, for trying what happens meanwhile.
SANDBOX_DELAY_SECONDS = env.float("SANDBOX_DELAY_SECONDS", 0)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    # Every step of every document, otherwise.
    "loggers": {name: {"level": "WARNING"} for name in ("weasyprint", "fontTools")},
}
