"""Every address of the house on one page. Plug-ins add theirs in `server.app`."""

from starlette.routing import BaseRoute, Route, WebSocketRoute

from server.web import operators
from server.web.api import appointments as api_appointments
from server.web.api import cases as api_cases
from server.web.api import delegations, description, devices, exports, keys, organisations, passes, scans, visitors
from server.web.api import imports as api_imports
from server.web.api import roll_call as api_roll_call
from server.web.api import search as api_search
from server.web.live import live
from server.web.pages import passport, register, start, wall
from server.web.pages.staff import (
    accounts,
    appointment_acts,
    appointments,
    audit,
    delegations_edit,
    delegations_members,
    delegations_merge,
    delegations_protocol,
    delegations_record,
    guides,
    holidays,
    itinerary,
    own_account,
    pass_acts,
    second_step,
    session,
    set_up,
)
from server.web.pages.staff import badges as desk_badges
from server.web.pages.staff import cases as desk_cases
from server.web.pages.staff import checkin as desk_checkin
from server.web.pages.staff import delegations as desk_delegations
from server.web.pages.staff import devices as desk_devices
from server.web.pages.staff import exports as desk_exports
from server.web.pages.staff import imports as desk_imports
from server.web.pages.staff import messages as desk_messages
from server.web.pages.staff import oidc as desk_oidc
from server.web.pages.staff import organisations as desk_organisations
from server.web.pages.staff import roll_call as desk_roll_call
from server.web.pages.staff import today as desk_today
from server.web.pages.staff import visitor as desk_visitor
from server.web.pages.staff import visitors as desk_visitors


def build_routes() -> list[BaseRoute]:
    """Return the house's own routes."""
    return [
        Route("/", start.start),
        Route("/language", start.language),
        Route("/wall", wall.wall),
        Route("/p/{token}", passport.passport),
        # A QR code is denser in capitals, so its address may come in them.
        Route("/P/{token}", passport.passport),
        Route("/register", register.show_form),
        Route("/register", register.send_form, methods=["POST"]),
        Route("/register/{number}", register.show_request),
        Route("/register/{number}", register.ask_request, methods=["POST"]),
        Route("/register/{number}/lich.ics", register.give_calendar),
        Route("/healthz", operators.healthz),
        Route("/readyz", operators.readyz),
        Route("/metrics", operators.metrics),
        WebSocketRoute("/live", live),
        *_desk(),
        *_api(),
    ]


def _desk() -> list[BaseRoute]:
    return [
        Route("/staff", desk_today.show_today),
        Route("/staff/check-in", desk_checkin.show_check_in),
        Route("/staff/check-in", desk_checkin.check_in, methods=["POST"]),
        Route("/staff/check-in/walk-in", desk_checkin.check_in_stranger, methods=["POST"]),
        Route("/staff/sign-in", session.show_sign_in),
        Route("/staff/sign-in", session.sign_in, methods=["POST"]),
        Route("/staff/oidc", desk_oidc.begin),
        Route("/staff/oidc/callback", desk_oidc.finish),
        Route("/staff/sign-in/code", second_step.show_code),
        Route("/staff/sign-in/code", second_step.sign_in, methods=["POST"]),
        Route("/staff/set-up", set_up.show_set_up),
        Route("/staff/set-up", set_up.set_up, methods=["POST"]),
        Route("/staff/sign-out", session.sign_out, methods=["POST"]),
        *_desk_delegations(),
        *_desk_appointments(),
        *_desk_visitors(),
        *_desk_imports("/staff/imports"),
        *_desk_cases(),
        *_desk_accounts(),
        Route("/staff/messages", desk_messages.show_messages),
        Route("/staff/messages/{id}/again", desk_messages.send_message_again, methods=["POST"]),
        Route("/staff/devices", desk_devices.show_devices),
        Route("/staff/devices/pair", desk_devices.pair_device, methods=["POST"]),
        Route("/staff/devices/{id}/revoke", desk_devices.revoke_device, methods=["POST"]),
    ]


def _desk_accounts() -> list[BaseRoute]:
    one = "/staff/accounts/{id}"
    return [
        Route("/staff/accounts", accounts.show_accounts),
        Route("/staff/accounts", accounts.add_account, methods=["POST"]),
        Route(one, accounts.change_account, methods=["POST"]),
        Route(f"{one}/switch", accounts.switch_account, methods=["POST"]),
        Route(f"{one}/reset", accounts.reset_account, methods=["POST"]),
        Route("/staff/account", own_account.show_own),
        Route("/staff/account/password", own_account.change_password, methods=["POST"]),
        Route("/staff/account/language", own_account.choose_language, methods=["POST"]),
        Route("/staff/account/sessions/end", own_account.end_sessions, methods=["POST"]),
        Route("/staff/account/second-step", second_step.propose, methods=["POST"]),
        Route("/staff/account/second-step/confirm", second_step.confirm, methods=["POST"]),
        Route("/staff/account/second-step/off", second_step.switch_off, methods=["POST"]),
        Route("/staff/audit", audit.show_audit),
        Route("/staff/audit/verify", audit.verify, methods=["POST"]),
    ]


def _desk_cases() -> list[BaseRoute]:
    return [
        Route("/staff/cases", desk_cases.show_cases),
        Route("/staff/cases/{id}", desk_cases.show_case),
        Route("/staff/cases/{id}/close", desk_cases.close_case, methods=["POST"]),
        Route("/staff/roll-call", desk_roll_call.show_roll_call),
        Route("/staff/roll-call/start", desk_roll_call.start, methods=["POST"]),
        Route("/staff/roll-call/end", desk_roll_call.end, methods=["POST"]),
        Route("/staff/roll-call/ticks", desk_roll_call.save_ticks, methods=["POST"]),
        Route("/staff/roll-call/merge", desk_roll_call.merge, methods=["POST"]),
        Route("/staff/roll-call/empty", desk_roll_call.show_nothing_kept),
        Route("/staff/roll-call/worker.js", desk_roll_call.serve_worker),
    ]


def _desk_appointments() -> list[BaseRoute]:
    here = "/staff/appointments"
    return [
        Route(here, appointments.show_appointments),
        Route(f"{here}/{{code}}/slot", appointment_acts.place, methods=["POST"]),
        Route(f"{here}/{{code}}/guides", appointment_acts.assign, methods=["POST"]),
        Route(f"{here}/{{code}}/guides/remove", appointment_acts.unassign, methods=["POST"]),
        Route("/staff/guides", guides.show_guides),
        Route("/staff/guides", guides.add_guide, methods=["POST"]),
        Route("/staff/guides/{id}", guides.change_guide, methods=["POST"]),
        Route("/staff/holidays", holidays.show_holidays),
        Route("/staff/holidays", holidays.save_day, methods=["POST"]),
        Route("/staff/holidays/forget", holidays.forget_day, methods=["POST"]),
        Route("/staff/holidays/import", holidays.import_official, methods=["POST"]),
        Route("/staff/delegations/{code}/itinerary", itinerary.show_itinerary),
        Route("/staff/delegations/{code}/itinerary", itinerary.keep_itinerary, methods=["POST"]),
    ]


def _desk_delegations() -> list[BaseRoute]:
    here = "/staff/delegations"
    one = f"{here}/{{code}}"
    return [
        Route(here, desk_delegations.show_delegations),
        Route(f"{here}/bulk", desk_delegations.change_many, methods=["POST"]),
        Route(f"{here}/new", delegations_edit.show_new),
        Route(f"{here}/new", delegations_edit.add, methods=["POST"]),
        Route(one, delegations_record.show_delegation),
        Route(f"{one}/edit", delegations_edit.show_edit),
        Route(f"{one}/edit", delegations_edit.change, methods=["POST"]),
        Route(f"{one}/editing", delegations_edit.note_editing, methods=["POST"]),
        Route(f"{one}/needs", delegations_record.open_needs, methods=["POST"]),
        Route(f"{one}/confirm", delegations_record.confirm, methods=["POST"]),
        Route(f"{one}/cancel", delegations_record.cancel, methods=["POST"]),
        Route(f"{one}/reopen", delegations_record.reopen, methods=["POST"]),
        Route(f"{one}/no-show", delegations_record.miss, methods=["POST"]),
        Route(f"{one}/names", delegations_members.add_names, methods=["POST"]),
        Route(f"{one}/members", delegations_members.change_members, methods=["POST"]),
        Route(f"{one}/merge", delegations_merge.show_merge),
        Route(f"{one}/merge", delegations_merge.merge, methods=["POST"]),
        Route(f"{one}/protocol", delegations_protocol.show_sheet),
        Route(f"{one}/protocol", delegations_protocol.change_sheet, methods=["POST"]),
        Route("/staff/organisations", desk_organisations.show_organisations),
        Route("/staff/organisations/{id}", desk_organisations.show_organisation),
        Route("/staff/organisations/{id}", desk_organisations.change_organisation, methods=["POST"]),
        Route("/staff/organisations/{id}/merge", desk_organisations.merge_organisation, methods=["POST"]),
        Route(f"{one}/check-in", delegations_members.check_in_rest, methods=["POST"]),
    ]


def _desk_visitors() -> list[BaseRoute]:
    return [
        Route("/staff/visitors", desk_visitors.show_visitors),
        Route("/staff/visitors/new", desk_visitors.new_visitor),
        Route("/staff/visitors/new", desk_visitors.add_visitor, methods=["POST"]),
        Route("/staff/visitors/{id}", desk_visitor.show_visitor),
        Route("/staff/visitors/{id}/edit", desk_visitor.edit_visitor),
        Route("/staff/visitors/{id}/edit", desk_visitor.change_visitor, methods=["POST"]),
        Route("/staff/visitors/{id}/needs", desk_visitor.open_needs, methods=["POST"]),
        Route("/staff/visitors/{id}/erase", desk_visitor.erase_visitor, methods=["POST"]),
        Route("/staff/badges", desk_badges.show_badges),
        Route("/staff/badges/print", desk_badges.print_chosen, methods=["POST"]),
        Route("/staff/badges/preview.png", desk_badges.preview),
        Route("/staff/exports", desk_exports.show_exports),
        Route("/staff/exports/{list}.{format}", desk_exports.take_list),
        Route("/staff/passes", pass_acts.issue_pass, methods=["POST"]),
        Route("/staff/passes/{id}/replace", pass_acts.replace_pass, methods=["POST"]),
        Route("/staff/passes/{id}/revoke", pass_acts.revoke_pass, methods=["POST"]),
    ]


def _api() -> list[BaseRoute]:
    v1 = "/api/v1"
    return [
        Route(f"{v1}/scans", scans.post_scans, methods=["POST"]),
        Route(f"{v1}/check-ins", scans.check_in, methods=["POST"]),
        Route(f"{v1}/occupancy", scans.get_occupancy),
        Route(f"{v1}/search", api_search.find),
        Route(f"{v1}/delegations", delegations.list_delegations),
        Route(f"{v1}/delegations", delegations.add_delegation, methods=["POST"]),
        Route(f"{v1}/delegations/{{code}}", delegations.get_delegation),
        Route(f"{v1}/delegations/{{code}}", delegations.change_delegation, methods=["PATCH"]),
        Route(f"{v1}/delegations/{{code}}/cancel", delegations.cancel_delegation, methods=["POST"]),
        Route(f"{v1}/delegations/{{code}}/confirm", organisations.confirm, methods=["POST"]),
        Route(f"{v1}/delegations/{{code}}/merge", organisations.merge_delegation, methods=["POST"]),
        Route(f"{v1}/delegations/{{code}}/protocol", organisations.get_protocol),
        Route(f"{v1}/delegations/{{code}}/protocol", organisations.put_protocol, methods=["PUT"]),
        Route(f"{v1}/organisations", organisations.list_organisations),
        Route(f"{v1}/organisations/{{id}}", organisations.get_organisation),
        Route(f"{v1}/organisations/{{id}}", organisations.change_organisation, methods=["PATCH"]),
        Route(f"{v1}/organisations/{{id}}/merge", organisations.merge_organisation, methods=["POST"]),
        Route(f"{v1}/delegations/{{code}}/visitors", delegations.list_members),
        Route(f"{v1}/delegations/{{code}}/visitors", delegations.add_member, methods=["POST"]),
        Route(f"{v1}/slots", api_appointments.list_slots),
        Route(f"{v1}/delegations/{{code}}/appointment", api_appointments.place_appointment, methods=["PUT"]),
        Route(f"{v1}/delegations/{{code}}/guides", api_appointments.assign_guide, methods=["POST"]),
        Route(f"{v1}/delegations/{{code}}/guides/{{guide}}", api_appointments.unassign_guide, methods=["DELETE"]),
        Route(f"{v1}/guides", api_appointments.list_guides),
        Route(f"{v1}/guides", api_appointments.add_guide, methods=["POST"]),
        Route(f"{v1}/visitors", visitors.list_visitors),
        Route(f"{v1}/visitors", visitors.add_visitor, methods=["POST"]),
        Route(f"{v1}/visitors/{{id}}", visitors.get_visitor),
        Route(f"{v1}/visitors/{{id}}", visitors.change_visitor, methods=["PATCH"]),
        Route(f"{v1}/visitors/{{id}}", visitors.erase_visitor, methods=["DELETE"]),
        Route(f"{v1}/passes", passes.list_passes),
        Route(f"{v1}/passes", passes.issue_pass, methods=["POST"]),
        Route(f"{v1}/passes/by-code/{{code}}", passes.find_pass),
        Route(f"{v1}/passes/{{id}}.svg", passes.draw_pass_svg),
        Route(f"{v1}/passes/{{id}}.png", passes.draw_pass_png),
        Route(f"{v1}/passes/{{id}}.pdf", passes.print_pass),
        Route(f"{v1}/passes/{{id}}/revoke", passes.revoke_pass, methods=["POST"]),
        Route(f"{v1}/passes/{{id}}", passes.show_pass),
        Route(f"{v1}/badges.pdf", passes.print_delegation),
        Route(f"{v1}/prints", passes.list_prints),
        Route(f"{v1}/exports/{{list}}.{{format}}", exports.export_whole_list),
        Route(f"{v1}/roll-call", api_roll_call.get_roll_call),
        Route(f"{v1}/cases", api_cases.list_cases),
        Route(f"{v1}/cases/{{id}}", api_cases.get_case),
        Route(f"{v1}/cases/{{id}}/close", api_cases.close_case, methods=["POST"]),
        Route(f"{v1}/pass-keys", keys.list_pass_keys),
        Route(f"{v1}/revoked", keys.list_revoked),
        Route(f"{v1}/devices", devices.list_devices),
        Route(f"{v1}/devices/codes", devices.list_device_codes),
        Route(f"{v1}/devices/codes", devices.ask_device_code, methods=["POST"]),
        Route(f"{v1}/devices/codes/{{code}}/approve", devices.approve_device, methods=["POST"]),
        Route(f"{v1}/devices/claims", devices.claim_device, methods=["POST"]),
        Route(f"{v1}/devices/{{id}}/revoke", devices.revoke_device, methods=["POST"]),
        *_api_imports(f"{v1}/imports"),
        Route(f"{v1}/openapi.json", description.describe_api),
    ]


def _api_imports(imports: str) -> list[BaseRoute]:
    return [
        Route(imports, api_imports.list_imports),
        Route(imports, api_imports.post_import, methods=["POST"]),
        Route(f"{imports}/{{id}}", api_imports.get_import),
        Route(f"{imports}/{{id}}", api_imports.change_import, methods=["PATCH"]),
        Route(f"{imports}/{{id}}", api_imports.drop_import, methods=["DELETE"]),
        Route(f"{imports}/{{id}}/apply", api_imports.apply_import, methods=["POST"]),
        Route(f"{imports}/{{id}}/stop", api_imports.stop_import, methods=["POST"]),
        Route(f"{imports}/{{id}}/undo", api_imports.undo_import, methods=["POST"]),
    ]


def _desk_imports(imports: str) -> list[BaseRoute]:
    one = f"{imports}/{{id}}"
    return [
        Route(imports, desk_imports.show_imports),
        Route(imports, desk_imports.send_file, methods=["POST"]),
        Route(f"{imports}/sample.xlsx", desk_imports.give_sample),
        Route(one, desk_imports.show_import),
        Route(f"{one}/columns", desk_imports.correct_columns, methods=["POST"]),
        Route(f"{one}/row", desk_imports.correct_row, methods=["POST"]),
        Route(f"{one}/sure", desk_imports.correct_sure, methods=["POST"]),
        Route(f"{one}/apply", desk_imports.apply_import, methods=["POST"]),
        Route(f"{one}/stop", desk_imports.stop_import, methods=["POST"]),
        Route(f"{one}/undo", desk_imports.undo_import, methods=["POST"]),
        Route(f"{one}/drop", desk_imports.drop_import, methods=["POST"]),
    ]
