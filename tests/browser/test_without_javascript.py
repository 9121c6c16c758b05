"""What must not fail works in a browser that runs no script."""

from playwright.sync_api import expect

from applications.workflow import Phase
from tests.browser import filling
from tests.browser.desk import check_everything, decide, open_file
from tests.browser.devices import PHONE, Devices
from tests.factories.chain import Chain


def test_without_javascript_submit_and_approve_work(devices: Devices, chain: Chain):
    application = chain.draft()
    name = application.applicant.name
    page = devices.sign_in(application.applicant, PHONE, javascript=False)
    page.get_by_role("link", name="正高级工程师", exact=True).click()
    page.get_by_role("link", name="现职称").click()
    page.get_by_label("审批或发证单位").fill("示范市职改办")
    page.get_by_role("button", name="保存并继续").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("申报方式")
    page.go_back()
    page.reload()
    expect(page.get_by_label("审批或发证单位")).to_have_value("示范市职改办")
    page.get_by_label("拍照或选择文件").set_input_files(
        {"name": "聘书.jpg", "mimeType": "image/jpeg", "buffer": filling.small_photo(1)}
    )
    page.get_by_role("button", name="上传").click()
    files = page.get_by_role("list", name="已上传的文件").get_by_role("listitem")
    expect(files.filter(has_text="聘书.jpg")).to_have_count(1)

    page.get_by_role("link", name="正高级工程师").click()
    page.get_by_role("link", name="检查并提交").click()
    page.get_by_label("我已逐项核对，同意并遵守上述承诺").check()
    page.get_by_role("button", name="同意承诺并提交").click()
    expect(page.get_by_role("heading", name="提交成功")).to_be_visible()

    desk = devices.sign_in(chain.officer_of(chain.employer), javascript=False)
    open_file(desk, name)
    check_everything(desk, javascript=False)
    decide(desk, "审核通过，打印公示表", opinion="业绩属实，同意推荐。")
    application.refresh_from_db()
    assert application.phase == Phase.ON_NOTICE
