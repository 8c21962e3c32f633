"""The explorer as a person uses it."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Page, Request, Response

_TO_LEARN_MS = 300  # after a change of the text GraphiQL waits before it reads the operation's name
_TELL_VIOLATIONS = """document.addEventListener('securitypolicyviolation', (event) =>
    console.error('CSP violation: ' + event.violatedDirective + ' ' + event.blockedURI))"""


@dataclass
class Explorer:
    """A browser tab, and whatever went wrong in it."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    async def watch(self) -> None:
        await self.page.add_init_script(_TELL_VIOLATIONS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _note(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)

    async def open(self, *, key: str | None = None) -> None:
        """Opens the page, signed in if a key is given."""
        await self.page.goto(f"{self.address}/graphql" + (f"#key={key}" if key else ""))
        if key:
            await self.ready()

    async def ready(self) -> None:
        """Waits until GraphiQL shows its tabs and knows the schema."""
        await self.page.wait_for_selector(".graphiql-tab")
        await self.page.wait_for_selector(".graphiql-query-editor .view-line span span")

    async def sign_in(self, key: str) -> None:
        await self.page.get_by_label("API key").fill(key)
        await self.page.get_by_role("button", name="Open shop").click()

    async def tabs(self) -> list[str]:
        return await self.page.locator(".graphiql-tab-button").all_inner_texts()

    async def run_tab(self, name: str) -> Any:
        """Runs what the tab of this name holds; the answer as it came."""
        await self.page.locator(".graphiql-tab-button", has_text=re.compile(f"^{name}$")).click()
        assert await self.page.locator(".graphiql-tab-active").inner_text() == name
        await self.page.wait_for_timeout(_TO_LEARN_MS)
        return await self.run()

    async def run(self) -> Any:
        async with self.page.expect_response(_is_answer) as coming:
            await self.page.locator(".graphiql-execute-button").click()
        response = await coming.value
        answer = await response.json()
        await self.page.wait_for_selector(".graphiql-spinner", state="detached")
        return answer

    async def write(self, query: str) -> None:
        """Puts this into a new tab's editor."""
        await self.page.locator(".graphiql-tab-add").click()
        await self.page.locator(".graphiql-query-editor .monaco-editor").first.click()
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.insert_text(query)
        await self.page.wait_for_timeout(_TO_LEARN_MS)

    async def shown(self) -> str:
        """The answer's pane, as far as it is on the screen."""
        text = await self.page.locator(".result-window .view-lines").inner_text()
        return text.replace("\xa0", " ")

    async def notice(self) -> str:
        """The message below the bar."""
        return await self.page.locator("#notice").inner_text()

    async def stored(self) -> dict[str, dict[str, str]]:
        """Everything the page keeps in the browser."""
        kept: dict[str, dict[str, str]] = await self.page.evaluate(
            "({local: {...localStorage}, session: {...sessionStorage}})"
        )
        return kept


def _is_answer(response: Response) -> bool:
    """To a question of the person's, not to GraphiQL's own for the schema."""
    return response.request.method == "POST" and "__schema" not in (response.request.post_data or "")
