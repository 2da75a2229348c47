"""The portal's settings for tests: a data folder of their own, a secret of no worth, no broker, quick passwords."""

import atexit
import os
import shutil
import tempfile

FOLDER = tempfile.mkdtemp(prefix="bps-test-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
os.environ |= {
    "BPS_DATA": FOLDER,
    "BPS_SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests-only-for-tests",
    "BPS_BROKER_URL": "memory://",
    "BPS_LOG_LEVEL": os.environ.get("BPS_LOG_LEVEL", "WARNING"),
}
for _name in ("BPS_URL", "BPS_HOSTS", "BPS_EMBEDDED", "BPS_DEBUG", "BPS_MAIL_FROM", "EMAIL_URL"):
    os.environ.pop(_name, None)

from bpsportal.settings import *  # noqa: E402, F403
from bpsportal.settings import DATA, DATABASES, SQLITE, STORAGES  # noqa: E402

DATA.mkdir(exist_ok=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if SQLITE:
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "test.sqlite3")}
