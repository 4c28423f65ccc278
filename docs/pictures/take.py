"""Takes the README's pictures anew, from both apps as they are: ``python -m docs.pictures.take``."""

import io
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from metrics.channels import open_channel
from tests import processes, recorded_days, whatif_days
from tests.asking import Client
from tests.browser import FLAGS, find_chromium
from tools.drawing import pictures

FOLDER = Path(__file__).parent
SCHEMES = ("light", "dark")
DRAWN = 18


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        service = processes.image_service(Path(folder) / "images" / "data")
        manager = processes.manager(Path(folder) / "days" / "data", IMAGE_SERVICE_URL=service.url)
        curves = processes.manager(Path(folder) / "curves" / "data", IMAGE_SERVICE_URL=service.url)
        try:
            take(service, manager, curves)
        finally:
            service.close()
            manager.close()
            curves.close()


def take(service: processes.App, manager: processes.App, curves: processes.App) -> None:
    now = int(time.time()) // 60 * 60
    channel = open_channel(f"sqlite:///{manager.data_dir / 'channel.db'}")
    recorded_days.fill(channel, recorded_days.minutes(now), now)
    whatif_days.fill(
        open_channel(f"sqlite:///{curves.data_dir / 'channel.db'}"), [*whatif_days.story(now - 3300, 55, 0)]
    )
    service.start()
    manager.start()
    curves.start()
    client = Client(service.url)
    for name, data in pictures(DRAWN):
        client.put(name, data)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS])
        for scheme in SCHEMES:
            page = browser.new_page(
                viewport={"width": 1440, "height": 900}, color_scheme=scheme, locale="en-GB", device_scale_factor=1
            )
            page.goto(f"{manager.url}/?from=now-3h")
            page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length > 5")
            shoot(page, "statistics", scheme)
            page.goto(f"{manager.url}/configuration")
            shoot(page, "configuration", scheme)
            page.goto(f"{curves.url}/what-if?target=80")
            page.wait_for_function("document.querySelector('.curve-graph .main-svg') !== null")
            shoot(page, "what-if", scheme)
            page.goto(service.url)
            shoot(page, "images", scheme)
        browser.close()


def shoot(page: Page, name: str, scheme: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)  # what fades in has faded in
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    drawn = name != "images"  # text and lines to the pixel; of photographs that would be five times the bytes
    taken.save(FOLDER / f"{name}-{scheme}.webp", lossless=drawn, quality=100 if drawn else 88, method=6)


if __name__ == "__main__":
    main()
