// The key a file gets: its base name in NFC without control characters, as the service itself reads names from forms.

const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;
const LISTED = 500;

export function keyOfFile(name) {
  return name.toWellFormed().split(/[/\\]/).at(-1).replace(CONTROLS, "").normalize("NFC");
}

/** The first of `name (2).jpg`, `name (3).jpg`, ... that no image has; rejects if the service does not say. */
export async function freeKey(key) {
  const [, stem, , ending] = key.match(/^(.+?)( \(\d+\))?(\.[^./]*)?$/s);
  const taken = await keysThatBeginWith(`${stem} (`);
  for (let number = 2; ; number += 1) {
    const free = `${stem} (${number})${ending ?? ""}`;
    if (!taken.has(free)) return free;
  }
}

async function keysThatBeginWith(prefix) {
  const keys = new Set();
  for (let after = ""; after !== null; ) {
    const page = new URLSearchParams({ prefix, limit: LISTED, ...(after && { after }) });
    const answer = await fetch(`/images?${page}`);
    if (!answer.ok) throw new Error(`the list of images answered ${answer.status}`);
    const { images, next } = await answer.json();
    for (const image of images) keys.add(image.key);
    after = next;
  }
  return keys;
}
