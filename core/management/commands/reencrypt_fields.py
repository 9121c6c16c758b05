"""Write every encrypted value again under the first key of FIELD_ENCRYPTION_KEYS."""

from django.apps import apps
from django.core.management.base import BaseCommand

from core.fields import reencrypt_row, rows_to_reencrypt


class Command(BaseCommand):
    """Re-encrypt after a change of key, as the owner of the tables; may be run again."""

    help = __doc__

    def handle(self, *args, **options):
        for model in apps.get_models():
            if not model._meta.managed or model._meta.proxy:
                continue
            count = 0
            for pk in rows_to_reencrypt(model):
                reencrypt_row(model, pk)
                count += 1
            if count:
                self.stdout.write(f"{model._meta.label}: {count}")
