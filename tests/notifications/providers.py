"""Providers that misbehave, for the tests of delivery; named in ``settings.SMS_BACKEND``."""

from notifications.channels import Refused, SandboxChannel


class Unreachable:
    """A provider that cannot be reached."""

    def send(self, key, phone, text):
        raise TimeoutError("no answer")

    def find(self, key):
        raise TimeoutError("no answer")


class Refusing:
    """A provider that does not know the number."""

    def send(self, key, phone, text):
        raise Refused("no such number")

    def find(self, key):
        return None


class SilentAfterSending(SandboxChannel):
    """A provider that sends and whose answer gets lost."""

    def send(self, key, phone, text):
        super().send(key, phone, text)
        raise TimeoutError("no answer")


class Forgetful(SandboxChannel):
    """A provider that cannot be asked; it only refuses a key that it has had."""

    def find(self, key):
        return None
