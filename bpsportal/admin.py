"""The administration pages of users, their roles and their tokens."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from bpsportal import people
from bpsportal.web.models import Membership, Token


class MembershipInline(admin.TabularInline):
    """A user's roles on the user's own page."""

    model = Membership
    extra = 0


class PortalUserAdmin(UserAdmin):
    """Users with their roles; Django's own groups and permissions are not used by the portal."""

    inlines = (MembershipInline,)
    list_display = ("username", "email", "is_active", "last_login", "roles")
    list_filter = ("is_active", "memberships__role")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_superuser")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """All roles in words."""
        return ", ".join(sorted({row.get_role_display() for row in user.memberships.all()})) or "–"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Roles are saved here; the ledger hears of what changed."""
        before = people.roles_in_words(form.instance)
        super().save_related(request, form, formsets, change)
        people.note_roles(form.instance, before, actor=request.user.get_username())

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the roles, in two queries whatever the number of users."""
        return super().get_queryset(request).prefetch_related("memberships")


class TokenAdmin(admin.ModelAdmin):
    """Tokens can be seen and taken away; they are made by `manage.py create_token`, which alone shows their text."""

    list_display = ("token_key", "name", "user", "scope", "created", "expiry")
    list_filter = ("scope",)
    search_fields = ("user__username", "name", "token_key")
    fields = ("token_key", "name", "user", "scope", "created", "expiry")

    def delete_model(self, request: HttpRequest, obj: Token) -> None:
        """With its line in the ledger."""
        people.revoke_token(obj, actor=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Several, each with its line."""
        for token in queryset.select_related("user"):
            people.revoke_token(token, actor=request.user.get_username())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A token made here could not be shown."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a token may do does not change; make another."""
        return False


admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.register(User, PortalUserAdmin)
admin.site.register(Token, TokenAdmin)
