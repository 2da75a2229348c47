"""Settings of the portal; everything that differs between installations comes from the environment."""

import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

from bpsportal import __version__, broker
from bpsportal.secret import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- where things are
DATA = Path(env.str("BPS_DATA", default="") or BASE_DIR / "var").absolute()
EMBEDDED = env.bool("BPS_EMBEDDED", default=False)
PUBLIC_URL = env.str("BPS_URL", default="http://127.0.0.1:8000").rstrip("/")
VERSION = __version__
_public = urlsplit(PUBLIC_URL)
HTTPS = _public.scheme == "https"

# --- Django
SECRET_KEY = secret_key(env.str("BPS_SECRET_KEY", default=""), DATA, embedded=EMBEDDED)
SECRET_KEY_FALLBACKS = env.list("BPS_SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("BPS_DEBUG", default=False)
ALLOWED_HOSTS = sorted(
    {*env.list("BPS_HOSTS", default=[]), _public.hostname or "localhost", "127.0.0.1", "localhost", "[::1]"}
)
INSTALLED_APPS = [
    "bpsportal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "knox",
    "axes",
    "csp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "bpsportal.web",
    "provenance",
    "execution",
    "campaigns",
    "bpsportal.apps.PortalConfig",
]
MIDDLEWARE = [
    "bpsportal.web.tracing.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "bpsportal.web.limits.BodyLimit",
    "bpsportal.web.pages.DomainErrors",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "bpsportal.urls"
WSGI_APPLICATION = "bpsportal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bpsportal.web.pages.frame",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "UTC"
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

# --- database
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA / 'db.sqlite3'}")}
SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if SQLITE:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
        "PRAGMA mmap_size=134217728;PRAGMA cache_size=-20000;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "test.sqlite3")}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": not SQLITE}

# --- who may come in
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "bpsportal.web.access.RoleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
KNOX_TOKEN_MODEL = "web.Token"  # noqa: S105 - the name of a model
MIGRATION_MODULES = {"knox": None}  # its own table would stand unused beside ours, and in the way of a flush
REST_KNOX = {
    "TOKEN_MODEL": KNOX_TOKEN_MODEL,
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": timedelta(days=90),
}

# --- browser safety
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if HTTPS else []
CSRF_FAILURE_VIEW = "bpsportal.web.pages.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:  # TLS ends at the proxy in front of the portal, which has to set this header itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = env.int("BPS_HSTS_SECONDS", default=365 * 24 * 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- static files: hashed and compressed by `collectstatic`
STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
TESTING = "pytest" in sys.modules
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA / "files"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG

# --- REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "bpsportal.web.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["bpsportal.web.permissions.RolePermission"],
    "DEFAULT_PAGINATION_CLASS": "bpsportal.web.paging.CursorPaging",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer", "bpsportal.web.renderers.CsvRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.FormParser"],
    "DEFAULT_SCHEMA_CLASS": "bpsportal.web.schema.PortalSchema",
    "EXCEPTION_HANDLER": "bpsportal.web.refusals.handle",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("BPS_RATE_ANONYMOUS", default="120/min"),
        "user": env.str("BPS_RATE_USER", default="6000/min"),
    },
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "bpsportal",
    "DESCRIPTION": "Batch production service: campaigns, their execution and what came of them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "SoftwareKindEnum": ["venv", "eups", "container", "modules", "script"],
        "CampaignStateEnum": "campaigns.models.campaign.STATES",
        "JobStateEnum": "execution.models.work.JOB_STATES",
        "InstanceStateEnum": "execution.models.work.INSTANCE_STATES",
        "WorkflowStateEnum": "execution.serializers.WORKFLOW_STATES",
        "DatasetStateEnum": "provenance.filters.DATASET_STATES",
        "EventKindEnum": "provenance.filters.EVENT_KINDS",
        "ExecutionKindEnum": "provenance.filters.EXECUTION_KINDS",
        "OutcomeEnum": "provenance.filters.OUTCOMES",
        "ImageOutcomeEnum": "provenance.filters.IMAGE_OUTCOMES",
        "DeviationKindEnum": "provenance.filters.DEVIATION_KINDS",
        "SeverityEnum": "provenance.filters.SEVERITIES",
    },
}

# --- Celery: messages only say "look now"; the truth is in the database
QUEUE_LONG = "long"
CELERY_BROKER_URL = env.str("BPS_BROKER_URL", default="") or broker.url(DATA)
EMBEDDED_BROKER = not env.str("BPS_BROKER_URL", default="")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 3300
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.2}
_LONG = ("campaigns.tasks.plan", "campaigns.tasks.extend", "campaigns.tasks.resume_planning", "campaigns.tasks.notify")
CELERY_TASK_ROUTES = {name: {"queue": QUEUE_LONG} for name in _LONG}
CELERY_TASK_ANNOTATIONS = {"execution.tasks.tick_site": {"expires": 15}}  # the next second brings another
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 5, "socket_timeout": 30}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_BEAT_SYNC_EVERY = 5
CELERY_RESULT_EXPIRES = None
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- mail: without EMAIL_URL messages are kept as files under the data folder
MAIL_CONFIGURED = bool(env.str("EMAIL_URL", default=""))
if MAIL_CONFIGURED:
    globals().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("BPS_MAIL_FROM", default=f"bpsportal@{_public.hostname or 'localhost'}")
NOTIFY = env.list("BPS_NOTIFY", default=[])
"""Who is told of every campaign that succeeded or failed, besides those whom the campaign itself names."""

# --- log: to stderr, one line an event, the request's id in every line
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "keys": {"()": "bpsportal.web.tracing.KeyValueFormatter"},
        "json": {"()": "bpsportal.web.tracing.JsonFormatter"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": env.str("BPS_LOG_FORMAT", default="keys")},
    },
    "root": {"handlers": ["stderr"], "level": env.str("BPS_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": [], "propagate": True},
        "django": {"handlers": [], "propagate": True},
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}

BACKBONE = Path(env.str("BPS_BACKBONE", default="") or DATA / "backbone")
LOGS = DATA / "logs"
