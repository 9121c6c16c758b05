from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublicityConfig(AppConfig):
    name = "publicity"
    verbose_name = _("公示")

    def ready(self) -> None:
        from publicity import documents, panels, step_kinds  # noqa: F401 - registers what it adds
