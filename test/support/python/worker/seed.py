"""For the test alone: serves the snippet of another kit, as it stands, in the older form of a Python Worker."""

from snippet import on_fetch


class Default:
    def __init__(self, env):
        self.env = env

    async def fetch(self, request):
        return await on_fetch(request, self.env, None)
