"""People and organisations."""

import datetime as dt
from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from accounts.models import User
from core import invented
from core.validators import Sex
from organisations.models import Organisation, OrganisationKind, Role
from organisations.services import grant_membership

PASSWORD = "correct-horse-battery-staple"


class UserFactory(DjangoModelFactory):
    """A person with a verified mobile number and an identity number."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"申报人{n}")
    phone = factory.Sequence(lambda n: invented.mobile(n % 10_000))
    identity_number = factory.Sequence(
        lambda n: invented.identity_number(
            dt.date(1960, 1, 1) + dt.timedelta(days=n), 1 + n % 499, Sex.MALE
        )
    )
    # argon2 is meant to be slow; once per password is enough for a test run.
    password = factory.Transformer(PASSWORD, transform=cache(make_password))


class OrganisationFactory(DjangoModelFactory):
    """An employer that nobody supervises."""

    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"测试单位{n}")
    kind = OrganisationKind.EMPLOYER
    contact_name = "联系人"
    contact_telephone = "000-0000000"


def officer(organisation: Organisation, role: str = Role.APPROVER, **fields) -> User:
    """Return a new person with a role in the organisation."""
    user = UserFactory(**fields)
    grant_membership(user=user, organisation=organisation, role=role)
    return user
