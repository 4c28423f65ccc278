// A thumbnail that can't be loaded is tried once more, since the service may just have been busy, and then says so.

const AGAIN_MILLISECONDS = 1500;

export function watchThumbnail(image) {
  image.addEventListener("error", () => failed(image));
  if (image.complete && image.naturalWidth === 0) failed(image); // it failed before this script ran
}

function failed(image) {
  if (image.dataset.tried) return sayThatItFailed(image);
  image.dataset.tried = "once";
  setTimeout(() => load(image), AGAIN_MILLISECONDS);
}

function load(image) {
  const { srcset } = image;
  image.srcset = "";
  image.srcset = srcset;
}

function sayThatItFailed(image) {
  const sentence = document.createElement("span");
  sentence.className = "not-loaded";
  sentence.textContent = "This thumbnail could not be loaded.";
  image.replaceWith(sentence);
}
