"""What an applicant commits to (诚信承诺, B9, C18): confirmed at the submit, signed on paper."""

from django.utils.translation import gettext_lazy as _

PARAGRAPHS = (
    _("本人已阅读并了解本次职称申报的有关政策、申报条件和办理要求，自愿申报。"),
    _(
        "本人填报的信息和提交的学历、资历、业绩、成果等全部材料真实、准确、完整，"
        "不存在伪造、变造、冒用、剽窃或者隐瞒情况。"
    ),
    _("本人在申报和评审期间遵守评审纪律，不请托、不干扰评审工作，接受公示和社会监督。"),
    _(
        "如有违背上述承诺的行为，本人自愿接受取消申报资格、撤销已取得的职称、"
        "按规定记入职称评审诚信档案等处理，并承担相应责任。"
    ),
)
