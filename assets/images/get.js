// Get image: gets it once, draws those very bytes, and says whether the cache had them and how long it took.
// A second request for the picture would always be a hit, and would count.

import { copyLink } from "./copy.js";
import { suggestNames } from "./names.js";
import { getOnce } from "./once.js";
import { drawTry } from "./tries.js";
import { FORMATS, imageUrl, sizeInWords } from "./words.js";

const page = Object.fromEntries(
  ["shown", "frame", "picture", "nothing", "outcome", "verdict", "meaning", "answer", "sizes", "again", "copy", "open"].map(
    (id) => [id, document.getElementById(id)],
  ),
);
let width = "";
let inFlight = null;

suggestNames(document.getElementById("key"));
if (page.shown) {
  page.again.addEventListener("click", get);
  page.copy.addEventListener("click", () => copyLink(page.copy));
  page.sizes.addEventListener("click", chooseSize);
  addEventListener("popstate", () => showSize(widthOfAddress()) || get());
  width = page.sizes.querySelector("[aria-current]").dataset.size;
  get();
}

function chooseSize(event) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.dataset.size !== width) history.pushState(null, "", link.href);
  showSize(link.dataset.size);
  get();
}

function widthOfAddress() {
  return new URL(location.href).searchParams.get("width") ?? "";
}

function showSize(chosen) {
  width = chosen;
  for (const link of page.sizes.children) {
    if (link.dataset.size === width) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const url = imageUrl(page.shown.dataset.key, width);
  page.copy.dataset.link = url;
  page.open.href = url;
}

async function get() {
  inFlight?.abort();
  inFlight = new AbortController();
  page.frame.setAttribute("aria-busy", "true");
  const size = width || "original";
  const got = await getOnce(imageUrl(page.shown.dataset.key, width), inFlight.signal);
  if (got.aborted) return;
  page.frame.removeAttribute("aria-busy");
  page.outcome.dataset.kind = got.kind;
  page.verdict.textContent = got.verdict;
  page.meaning.textContent = got.meaning;
  drawTry(got, size);
  page.picture.hidden = !got.blob;
  page.nothing.hidden = Boolean(got.blob);
  if (got.blob) await draw(got.blob);
  else page.answer.textContent = "–";
}

async function draw(blob) {
  const before = page.picture.src;
  page.picture.src = URL.createObjectURL(blob);
  await page.picture.decode().catch(() => {});
  if (before) URL.revokeObjectURL(before);
  const { naturalWidth, naturalHeight } = page.picture;
  page.picture.width = naturalWidth;
  page.picture.height = naturalHeight;
  const format = FORMATS[blob.type] ?? blob.type;
  page.answer.textContent = `${format}, ${naturalWidth} × ${naturalHeight}, ${sizeInWords(blob.size)}`;
  page.answer.title = `${blob.size.toLocaleString("en")} bytes`;
}
