"""The OpenID provider by which staff may sign in, if there is one."""

from server.cli.doctor.check import Check
from server.domain.errors import DomainError
from server.services.oidc import CALLBACK, read_metadata
from server.settings import Settings
from server.web.i18n import gettext as _


async def check_oidc(settings: Settings) -> list[Check]:
    """Read what the provider says of itself."""
    if not settings.oidc_issuer and not settings.oidc_client_id:
        return []
    mend = _("Đặt cả SANH_OIDC_ISSUER và SANH_OIDC_CLIENT_ID, hoặc để trống cả hai.")
    if not settings.has_oidc:
        return [Check("oidc", False, settings.oidc_issuer or settings.oidc_client_id, mend)]
    if bool(settings.oidc_role_claim) != bool(settings.oidc_roles):
        mend = _("Đặt cả SANH_OIDC_ROLE_CLAIM và SANH_OIDC_ROLES, hoặc để trống cả hai.")
        return [Check("oidc", False, settings.oidc_role_claim or settings.oidc_roles, mend)]
    mend = _("Kiểm tra SANH_OIDC_ISSUER và đường mạng tới đó; đăng nhập bằng mật khẩu vẫn dùng được.")
    try:
        await read_metadata(settings.oidc_issuer)
    except DomainError as error:
        return [Check("oidc", False, f"{settings.oidc_issuer}: {error.arguments.get('why', '')}", mend)]
    return [Check("oidc", True, f"{settings.oidc_issuer} → {settings.public_url.rstrip('/')}{CALLBACK}")]
