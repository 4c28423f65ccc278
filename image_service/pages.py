"""The pages for people: All images, Add images, Get image. Parse, ask, draw."""

import unicodedata
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from image_service.api import url_of
from image_service.image import Image
from image_service.images import RENDITION_WIDTHS, Images, Page
from image_service.keys import KeyRefused, read_key
from image_service.storage.errors import StoreError
from image_service.token import UploadToken
from image_service.trail import Ways
from image_service.words import format_in_words, size_in_words, time_in_words
from web.ways import address_of, way_back

PAGE_LENGTH = 60
# The pictures are shown from blobs as well: Get image draws the very bytes that it measured.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def make_pages(images: Images, max_upload_bytes: int, token: UploadToken) -> Blueprint:
    """The blueprint ``pages``; its scripts and styles are the app's static files."""
    pages = Blueprint("pages", __name__, template_folder="templates")

    @pages.get("/")
    def all_images() -> tuple[str, int]:
        prefix, after = request.args.get("prefix", ""), request.args.get("after") or None
        try:
            page, failure = images.page(prefix, after, PAGE_LENGTH), None
        except StoreError as error:
            page, failure = Page((), None), str(error)
        ways = Ways.on(prefix, after, request.args.getlist("back"), page.next)
        drawn = render_template(
            "all.html",
            listed=page.images,
            prefix=prefix,
            after=after,
            ways=ways,
            failure=failure,
            page_length=PAGE_LENGTH,
            sign_in=url_for(".sign_in", next=address_of(request.environ)) if token.is_missing() else None,
        )
        return drawn, 503 if failure else 200

    @pages.get("/add")
    def add_image() -> str:
        return render_template("add.html", max_upload_bytes=max_upload_bytes)

    @pages.get("/sign-in")
    def sign_in() -> Any:
        # By now the token was asked for, and the browser goes on sending it.
        return redirect(way_back(request.args.get("next")), 303)

    @pages.get("/get")
    def get_image() -> Any:
        asked, width = request.args.get("key", ""), request.args.get("width", "")
        state: dict[str, Any] = {
            "asked": asked,
            "width": int(width) if width in _WIDTHS else None,
            "widths": RENDITION_WIDTHS,
        }
        if width and width not in _WIDTHS:
            state["notice"] = f"There is no size {width}; this is the original."
        try:
            key, image = _find(images, asked)
        except KeyRefused as refused:
            return render_template("get.html", **state, refusal=str(refused))
        except StoreError as error:
            # The catalog can't be asked, yet the cache may hold the image: trying to get it will tell.
            state["notice"] = f"Its facts cannot be read just now: {error}."
            return render_template("get.html", **state, shown=asked)
        if image and key != asked:
            return redirect(url_for(".get_image", key=key, width=state["width"]))
        # That there is no such image is an answer of this page, not a failure of it: browsers log a 404 as an error.
        return render_template("get.html", **state, image=image, shown=image and key)

    @pages.after_request
    def guard(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    for tool in (asset, image_url, split_key, is_shown_whole):
        pages.add_app_template_global(tool)
    pages.add_app_template_filter(size_in_words, "size")
    pages.add_app_template_filter(time_in_words, "time")
    pages.add_app_template_filter(format_in_words, "image_format")
    return pages


def asset(path: str) -> str:
    """Where a script, a style or a drawing is."""
    return url_for("static", filename=path)


def image_url(key: str, width: int | None = None) -> str:
    """Where the image itself is, or the rendition of it that is so wide."""
    return f"{url_of(key)}?width={width}" if width else url_of(key)


def split_key(key: str) -> tuple[str, str]:
    """Folder and name: ``a/b/c.jpg`` is ``a/b/`` and ``c.jpg``."""
    folder, slash, name = key.rpartition("/")
    return folder + slash, name


def is_shown_whole(image: Image) -> bool:
    """Whether a thumbnail that fills its frame would show too little of it, or blow it up."""
    return image.width < 160 or image.height < 120 or not 0.5 < image.width / image.height < 2.4


def _find(images: Images, asked: str) -> tuple[str, Image | None]:
    """The image that somebody means who typed or pasted its name, and its key; KeyRefused where that cannot be one."""
    if not asked:
        return asked, None
    key = read_key(asked.encode())
    image = images.find(key)
    if image is None:
        # A pasted name is often decomposed or ends in a space; names that were added through a page do neither.
        key = unicodedata.normalize("NFC", asked.strip())
        image = images.find(key) if key not in ("", asked) else None
    return key, image


_WIDTHS = tuple(str(width) for width in RENDITION_WIDTHS)
