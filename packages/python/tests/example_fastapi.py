"""A service with one guarded route."""

from fastapi import Depends, FastAPI

from sealgate import Auth, policy
from sealgate.fastapi import guard

app = FastAPI()
READER = policy().need_all("read:reports").build()


@app.get("/reports")
async def reports(caller: Auth = Depends(guard(READER))) -> dict[str, str]:  # noqa: B008
    return {"for": caller.sub}
