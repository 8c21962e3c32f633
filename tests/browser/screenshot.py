"""Pictures of the explorer on the demo shop, at a desk and on a phone: python -m tests.browser.screenshot [folder]"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser

from tests.browser.chromium import chromium
from tests.browser.explorer import Explorer
from tests.processes import serving

SIZES = {"desk": (1280, 800), "phone": (390, 844)}


async def price(explorer: Explorer) -> None:
    await explorer.open()
    await explorer.ready()
    await explorer.run_tab("PriceExplained")


async def docs(explorer: Explorer) -> None:
    await price(explorer)
    await explorer.page.get_by_label("Show Documentation Explorer").click()


async def without_key(explorer: Explorer) -> None:
    await explorer.open()
    await explorer.ready()
    await explorer.page.get_by_role("button", name="Change key").click()
    await explorer.page.wait_for_selector("#welcome:not([hidden])")


async def wrong_key(explorer: Explorer) -> None:
    await without_key(explorer)
    await explorer.sign_in("cdg_1_wrong")
    await explorer.page.wait_for_selector("#notice:not([hidden])")


SCENES: dict[str, Callable[[Explorer], Awaitable[None]]] = {
    "price": price, "docs": docs, "without-key": without_key, "wrong-key": wrong_key,
}  # fmt: skip


async def picture(browser: Browser, address: str, scene: str, size: str, scheme: str, file: Path) -> None:
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    explorer = Explorer(await context.new_page(), address)
    await SCENES[scene](explorer)
    await explorer.page.wait_for_timeout(1500)  # colours and marks settle
    await explorer.page.screenshot(path=file)
    await context.close()


async def take(address: str, folder: Path) -> None:
    async with chromium() as browser:
        for size in SIZES:
            for scene in SCENES:
                await picture(browser, address, scene, size, "light", folder / f"{size}-{scene}.png")
        await picture(browser, address, "price", "desk", "dark", folder / "desk-price-dark.png")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as home, serving("--demo", CUSTOM_DATA_HOME=home) as gateway:
        asyncio.run(take(gateway.url, target))
    print(f"Pictures are in {target}/")
