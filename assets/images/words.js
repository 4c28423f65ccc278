// Sizes, times and problems as people read them; image_service/words.py says the same on the server.

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function sizeInWords(bytes) {
  let size = bytes;
  let unit = 0;
  for (; size >= 1023.5 && unit < UNITS.length - 1; unit += 1) size /= 1024;
  return `${threeDigits(size)} ${UNITS[unit]}`;
}

export function millisecondsInWords(milliseconds) {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 9950 ? 1 : 0)} s`;
}

export const FORMATS = { "image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WebP" };

/** What a problem document says, or a plain sentence where there is none. */
export function problemInWords(status, body) {
  try {
    const problem = JSON.parse(body);
    if (problem.detail || problem.title) return problem.detail || problem.title;
  } catch {
    // not from the service itself: a proxy, say
  }
  return `The answer was ${status}, without a reason.`;
}

export const NO_ANSWER = "The image service did not answer.";

/** Where an image is; the parts of its key stay parts of the path. */
export function imageUrl(key, width = "") {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return `/images/${path}${width ? `?width=${width}` : ""}`;
}

function threeDigits(number) {
  const decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
  const digits = number.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return decimals ? digits.replace(/\.?0+$/, "") : digits;
}
