"""One application through every desk, in the browser's words."""

from applications.workflow import Phase


def test_application_goes_through_every_desk_to_the_counter(chain, desk, at):
    application = chain.submit(chain.draft())

    at("2020-11-26 10:00")
    employer = desk(chain.employer)
    assert application.number in employer.get("queue").content.decode()
    assert employer.begin(application).status_code == 302
    employer.check_everything(application)
    made = employer.decide("approve", application, opinion="同意推荐")
    assert made.status_code == 302
    assert "12月4日 00:00" in employer.client.get(made.url).content.decode()
    application.refresh_from_db()
    assert application.phase == Phase.ON_NOTICE
    assert employer.get("notice", application).status_code == 200

    at("2020-12-04 00:00")
    assert employer.decide("report", application).status_code == 302

    for office in (chain.district_authority, chain.title_office, chain.committee):
        at("2020-12-05 10:00")
        page = desk(office)
        page.begin(application)
        assert page.get("file", application).status_code == 200
        assert page.get("history", application).status_code == 200
        made = page.decide("approve", application, opinion="同意推荐")
        assert made.status_code == 302, made.content.decode()
    application.refresh_from_db()
    assert application.phase == Phase.FEE_DUE
