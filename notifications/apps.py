from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("通知")

    def ready(self) -> None:
        from applications import signals
        from core import messages
        from notifications import receivers, services
        from publicity import signals as publicity_signals

        messages.register(services.enqueue)
        signals.transitioned.connect(receivers.on_transitioned)
        signals.urged.connect(receivers.on_urged)
        publicity_signals.objection_raised.connect(receivers.on_objection_raised)
        publicity_signals.objection_decided.connect(receivers.on_objection_decided)
