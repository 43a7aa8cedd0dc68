"""ai-chatbot-framework's paths behind its proxy, with and without the last slash."""

import pytest

from serving.api.compat.prefix import compat_path


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/admin/intents/", "/admin/intents"),
        ("/admin/intents", "/admin/intents"),
        ("/api/admin/intents/", "/admin/intents"),
        ("/api/admin/bots/default/config", "/admin/bots/default/config"),
        ("/api/bots/channels/rest/webbook", "/bots/channels/rest/webbook"),
        ("/api/static/widget/script.js", "/static/widget/script.js"),
        ("/api/ready", "/ready"),
        ("/api/", "/"),
        ("/", "/"),
        ("/api/v1/bots/default/messages", "/api/v1/bots/default/messages"),
        ("/api/v1/bots/", "/api/v1/bots/"),
        ("/apiadmin/x", "/apiadmin/x"),
        ("/api", "/api"),
        ("/api/health/ready", "/api/health/ready"),
        ("/health/ready/", "/health/ready/"),
        ("/api/api/admin/intents", "/api/api/admin/intents"),
    ],
)
def test_a_path_means_its_route(path: str, route: str) -> None:
    assert compat_path(path) == route
