"""The lab's pages. On the app's hosts they are for reading and for one's own session; experiments
that attack something run on the lab's host, where the same template comes with its controls.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

from accounts.conf import without_override
from accounts.web import csrf
from lab import addresses, contents, inspection, policies, profile
from lab.beliefs import BELIEFS
from lab.steps import STEPS


class LearnPage(TemplateView):
    """One page; `slug` is empty for the index."""

    slug = ""

    def get_template_names(self) -> list[str]:
        return [f"lab/pages/{self.slug or 'index'}.html"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        csrf.ensure_cookie(request)
        response = super().get(request, *args, **kwargs)
        if self.at_lab:
            response["Content-Security-Policy"] = policies.victim()
        return response

    @property
    def at_lab(self) -> bool:
        """Whether this page is being served by a lab host."""
        return bool(self.request.host_kind == "lab")  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = contents.BY_SLUG.get(self.slug)
        return super().get_context_data(
            page=page.page if page else "learn",
            lab_page=page,
            pages=contents.PAGES,
            beliefs=BELIEFS,
            at_lab=self.at_lab,
            runs_here=self.at_lab or page is None or not page.at_lab,
            layout="lab/site.html" if self.at_lab else "base.html",
            lab_origin=addresses.lab(),
            lab_host=settings.LAB_HOSTS[0],
            attackers=addresses.attackers(),
            thief=addresses.thief(),
            live_issuer=addresses.app(),
            steps=STEPS,
            cookie_attributes=inspection.attributes(),
            **({"grace_seconds": profile.GRACE_SECONDS} if self.at_lab else {}),
            with_binding=contents.WITH_BINDING,
            with_factors=contents.WITH_FACTORS,
            site_binds=without_override().get("BINDING", True),
            access_seconds=profile.ACCESS_SECONDS,
            demo_people=() if self.at_lab else settings.DEMO_PEOPLE,
            **kwargs,
        )
