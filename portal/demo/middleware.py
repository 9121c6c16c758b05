"""The demo's part in every request."""

from portal.demo.clock import source


class DemoClockMiddleware:
    """Read the demo's clock anew for each request, before the request's instant is pinned."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        source.refresh()
        return self.get_response(request)
