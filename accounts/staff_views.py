"""Pages of the staff administrators: colleagues, their roles, and shutting a post."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import granting, inviting, shutting
from accounts.access import fresh_sign_in_required, role_required, staff
from accounts.colleagues import colleagues, posts_with_state, record_of, waiting_requests
from accounts.forms import ChoosePasswordForm
from accounts.granting import GrantRefused
from accounts.models import Role, RoleRequest, RoleRequestState, ShuttingReason, StaffUser
from accounts.staff_forms import InviteForm, RoleForm, ShutForm
from geography.models import Post


@role_required(Role.ADMINISTRATOR)
@require_GET
def list_(request: HttpRequest) -> HttpResponse:
    """List everybody who works here, and what waits for a second person."""
    context = {"colleagues": colleagues(), "waiting": waiting_requests(staff(request))}
    return render(request, "accounts/colleagues.html", context)


@role_required(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@fresh_sign_in_required
def invite(request: HttpRequest) -> HttpResponse:
    """Make an account and send its owner a link."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            user, was_sent = inviting.invite(
                actor=staff(request), email=chosen["email"], name=chosen["name"]
            )
        except GrantRefused:
            form.add_error("email", _("A colleague with this address is here already."))
        else:
            _say_whether_sent(request, was_sent)
            return redirect("accounts:colleague-show", user.pk)
    return render(request, "accounts/colleague_invite.html", {"form": form})


@role_required(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@fresh_sign_in_required
def show(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Show a colleague's roles; ask for another."""
    user = get_object_or_404(StaffUser, pk=user_id)
    form = RoleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            granting.ask_for_role(
                actor=staff(request),
                user=user,
                role=Role(form.cleaned_data["role"]),
                post=form.cleaned_data["post"],
                ends_at=form.ends_at,
            )
        except GrantRefused as refused:
            form.add_error("role", _reason(refused))
        else:
            messages.success(request, _("Another administrator must agree now."))
            return redirect("accounts:colleague-show", user.pk)
    context = {"colleague": record_of(user), "form": form, "is_self": user == request.user}
    return render(request, "accounts/colleague.html", context)


@role_required(Role.ADMINISTRATOR)
@require_POST
@fresh_sign_in_required
def invite_again(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Send the link of the invitation once more."""
    user = get_object_or_404(StaffUser, pk=user_id)
    try:
        _say_whether_sent(request, inviting.invite_again(actor=staff(request), user=user))
    except GrantRefused as refused:
        messages.error(request, _reason(refused))
    return redirect("accounts:colleague-show", user.pk)


@role_required(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@fresh_sign_in_required
def close(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Ask, and close an account."""
    user = get_object_or_404(StaffUser, pk=user_id, is_active=True)
    if request.method == "POST":
        try:
            inviting.close_account(actor=staff(request), user=user)
        except GrantRefused as refused:
            messages.error(request, _reason(refused))
            return redirect("accounts:colleague-show", user.pk)
        messages.success(request, _("The account is closed."))
        return redirect("accounts:colleague-list")
    return render(request, "accounts/colleague_close.html", {"colleague": record_of(user)})


@role_required(Role.ADMINISTRATOR)
@require_POST
@fresh_sign_in_required
def end_mandate(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """End one role of a colleague."""
    try:
        mandate = granting.end_mandate(actor=staff(request), mandate_id=mandate_id)
    except GrantRefused as refused:
        messages.error(request, _reason(refused))
        return redirect("accounts:colleague-list")
    messages.success(request, _("The role has ended."))
    return redirect("accounts:colleague-show", mandate.user_id)


@role_required(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@fresh_sign_in_required
def decide(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show what another administrator asks for; agree or refuse."""
    asked = get_object_or_404(
        RoleRequest.objects.select_related("user", "post", "requested_by"),
        pk=request_id,
        state=RoleRequestState.WAITING,
    )
    may_decide = request.user.pk not in {asked.requested_by_id, asked.user_id}
    if request.method == "POST":
        is_granted = request.POST.get("decision") == "grant"
        try:
            granting.decide_role(actor=staff(request), request_id=request_id, is_granted=is_granted)
        except GrantRefused as refused:
            messages.error(request, _reason(refused))
        else:
            messages.success(
                request, _("The role is granted.") if is_granted else _("The role is refused.")
            )
        return redirect("accounts:colleague-list")
    context = {"asked": asked, "role": Role(asked.role).label, "may_decide": may_decide}
    return render(request, "accounts/role_decide.html", context)


@role_required(*shutting.SHUTTERS)
@require_GET
def posts(request: HttpRequest) -> HttpResponse:
    """List the posts, and which of them are shut."""
    return render(request, "accounts/posts.html", {"posts": posts_with_state()})


@role_required(*shutting.SHUTTERS)
@require_http_methods(["GET", "POST"])
@fresh_sign_in_required
def shut(request: HttpRequest, code: str) -> HttpResponse:
    """Take a post's access away at once."""
    post = get_object_or_404(Post, code=code)
    form = ShutForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = ShuttingReason(form.cleaned_data["reason"])
        try:
            shutting.shut_post(actor=staff(request), post=post, reason=reason)
        except GrantRefused:
            messages.error(request, _("This post is shut already."))
        else:
            messages.success(request, _("Nobody works for this post any more."))
        return redirect("accounts:post-list")
    context = {"form": form, "post": post, "name": post.name_in()}
    return render(request, "accounts/post_shut.html", context)


@role_required(Role.ADMINISTRATOR)
@require_POST
@fresh_sign_in_required
def open_(request: HttpRequest, code: str) -> HttpResponse:
    """Ask that a shut post be opened, or open it when somebody else asked."""
    post = get_object_or_404(Post, code=code)
    actor = staff(request)
    try:
        if request.POST.get("step") == "ask":
            shutting.ask_to_open_post(actor=actor, post=post)
            messages.success(request, _("Another administrator must agree now."))
        else:
            shutting.open_post_again(actor=actor, post=post)
            messages.success(request, _("The post is open again."))
    except GrantRefused as refused:
        messages.error(request, _reason(refused))
    return redirect("accounts:post-list")


class WelcomeView(PasswordResetConfirmView):
    """The link of an invitation: its owner chooses a password."""

    token_generator = inviting.invitation_tokens
    form_class = ChoosePasswordForm
    template_name = "accounts/welcome.html"
    success_url = reverse_lazy("account_login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the password, and lead on to signing in."""
        messages.success(self.request, _("Your password is kept. Sign in now."))
        return super().form_valid(form)


# Django's view answers any method where the link is wrong.
welcome = require_http_methods(["GET", "HEAD", "POST"])(WelcomeView.as_view())


def _say_whether_sent(request: HttpRequest, was_sent: bool) -> None:
    if was_sent:
        messages.success(request, _("The invitation was sent. The link in it works for 3 days."))
    else:
        messages.error(request, _("The account is made, but the mail did not leave. Try again."))


def _reason(refused: GrantRefused) -> str:
    return {
        "self": _("You cannot do this for yourself."),
        "second-person": _("A second person must do this, not you."),
        "decided": _("This was decided already."),
        "waiting": _("This was asked for already and waits for a second person."),
        "standing": _("This is so already."),
        "last": _("At least two administrators must stay."),
    }[refused.code]
