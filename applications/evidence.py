"""The files that prove an item of the form (佐证材料): attach, remove, bring back."""

import datetime as dt
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from applications import sections
from applications.entries import count_change, lock_working_copy, single_entry
from applications.errors import ActionNotAvailable, ActionRefused
from applications.models import Application, Evidence, EvidenceStatus, SectionEntry
from core.dispatch import dispatch
from core.uploads import ReceivedUpload, receive_upload

# Of one application, removed ones included: their bytes stay.
MAX_UPLOADS = 500
KIND_NAMES = {"image": gettext_lazy("照片"), "pdf": gettext_lazy("PDF 文件")}


def attach_evidence(
    *,
    application: Application,
    actor: User,
    section: str,
    file: BinaryIO,
    name: str,
    entry: SectionEntry | None = None,
    at: dt.datetime | None = None,
) -> Evidence:
    """Check, shrink and store a file that proves an item; the same file twice is one.

    ``entry`` is needed where the section repeats. Raises ``ActionRefused`` when the
    working copy is closed or the track's limits are reached, and ``ValidationError`` when
    the file is none that can be taken in.
    """
    # Decoding a photograph takes a second: before the lock, not under it.
    received = receive_upload(file)
    _check_limits(received, limits=sections.limits_for(application.track, section))
    return _store(
        application, actor=actor, section=section, entry=entry, received=received, name=name, at=at
    )


@transaction.atomic
def _store(
    application: Application,
    *,
    actor: User,
    section: str,
    entry: SectionEntry | None,
    received: ReceivedUpload,
    name: str,
    at: dt.datetime | None,
) -> Evidence:
    locked = lock_working_copy(application=application, actor=actor, at=at)
    if not sections.get(section).repeats:
        entry = single_entry(locked, section)
    elif not locked.entries.filter(pk=entry.pk, section=section, removed_at=None).exists():
        raise ActionNotAvailable(_("这一项已经移除，不能再上传材料。"))
    attached = locked.evidence.filter(entry=entry)
    kept = list(attached.filter(status=EvidenceStatus.READY))
    same = next((item for item in kept if item.sha256 == received.sha256), None)
    if same is not None:
        return same
    limit = sections.limits_for(locked.track, section).max_files
    if len(kept) >= limit:
        raise ActionRefused(_("这一项最多上传 %d 份材料，请先移除不需要的。") % limit)
    if locked.evidence.count() >= MAX_UPLOADS:
        raise ActionRefused(
            _("本申报上传过的文件已达 %d 份（含已移除的），不能再上传；可以恢复已移除的文件。")
            % MAX_UPLOADS
        )
    last = attached.aggregate(last=Max("position"))["last"]
    made = Evidence(
        application=locked,
        entry=entry,
        section=section,
        position=0 if last is None else last + 1,
        original_name=_clean_name(name),
        content_type=received.content_type,
        size=received.size,
        pages=received.pages or 1,
        sha256=received.sha256,
    )
    made.file.save(f"evidence.{received.extension}", received.as_file(), save=False)
    try:
        with transaction.atomic():
            made.save()
            count_change(locked)
    except BaseException:
        made.file.delete(save=False)
        raise
    if received.kind == "image":
        dispatch("applications.make_thumbnail", evidence_id=made.pk)
    return made


@transaction.atomic
def remove_evidence(
    *, application: Application, actor: User, evidence: Evidence, at: dt.datetime | None = None
) -> Evidence:
    """Take a file off its item; its bytes stay, and :func:`restore_evidence` brings it back."""
    return _set_status(application, actor, evidence, EvidenceStatus.REMOVED, at)


@transaction.atomic
def restore_evidence(
    *, application: Application, actor: User, evidence: Evidence, at: dt.datetime | None = None
) -> Evidence:
    """Put a removed file back, unless the same one has been uploaded again since."""
    return _set_status(application, actor, evidence, EvidenceStatus.READY, at)


def _set_status(
    application: Application, actor: User, evidence: Evidence, status: str, at: dt.datetime | None
) -> Evidence:
    locked = lock_working_copy(application=application, actor=actor, at=at)
    found = locked.evidence.get(pk=evidence.pk)
    if found.status == status:
        return found
    if status == EvidenceStatus.READY:
        beside = locked.evidence.filter(entry=found.entry_id, status=EvidenceStatus.READY)
        same = beside.filter(sha256=found.sha256).first()
        if same is not None:
            return same
        limit = sections.limits_for(locked.track, found.section).max_files
        if beside.count() >= limit:
            raise ActionRefused(_("这一项最多上传 %d 份材料，请先移除不需要的。") % limit)
    found.status = status
    found.save(update_fields=["status", "updated_at"])
    count_change(locked)
    return found


def _check_limits(received: ReceivedUpload, *, limits: sections.Limits) -> None:
    if received.kind not in limits.kinds:
        allowed = _("或").join(str(KIND_NAMES[kind]) for kind in limits.kinds)
        raise ActionRefused(_("这里只能上传%s。") % allowed)
    if limits.max_bytes and received.size > limits.max_bytes:
        raise ActionRefused(
            _("文件处理后仍有 %(size)s，超过 %(limit)s 的限制，请拆分后上传。")
            % {"size": filesizeformat(received.size), "limit": filesizeformat(limits.max_bytes)}
        )
    if limits.max_pages and (received.pages or 1) > limits.max_pages:
        raise ActionRefused(
            _("PDF 文件有 %(pages)d 页，最多 %(limit)d 页，请拆分后上传。")
            % {"pages": received.pages, "limit": limits.max_pages}
        )


def limits_text(limits: sections.Limits) -> str:
    """Return in words what may be uploaded to one item."""
    kinds = _("、").join(str(KIND_NAMES[kind]) for kind in limits.kinds)
    biggest = min(filter(None, [limits.max_bytes, settings.UPLOAD_MAX_BYTES]))
    return _(
        "%(kinds)s，最多 %(files)d 份，每份不超过 %(size)s；手机拍的大照片会自动压缩、转正。"
    ) % {"kinds": kinds, "files": limits.max_files, "size": filesizeformat(biggest)}


def _clean_name(name: str) -> str:
    """Return the last part of a file's name, as short as the column, ending kept."""
    name = name.replace("\\", "/").rpartition("/")[2].replace("\x00", "").strip() or _("未命名")
    if len(name) <= 200:
        return name
    stem, dot, extension = name.rpartition(".")
    return f"{stem[: 195 - len(extension)]}…{dot}{extension}" if len(extension) < 10 else name[:200]
