from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = _("审核")

    def ready(self) -> None:
        from reviews import documents, panels, step_kinds  # noqa: F401 - registers what it adds
