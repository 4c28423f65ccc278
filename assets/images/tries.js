// The list of tries on Get image, newest first.

import { millisecondsInWords } from "./words.js";

const KEPT = 12;
const WORDS = { hit: "hit", miss: "miss", failed: "failed" };
let count = 0;

export function drawTry({ kind, milliseconds }, size) {
  const list = document.getElementById("tries");
  const item = document.createElement("li");
  count += 1;
  item.value = count;
  item.dataset.kind = kind;
  item.append(part("number", count), part("kind", WORDS[kind]), part("time", millisecondsInWords(milliseconds)), part("size", size));
  list.prepend(item);
  while (list.children.length > KEPT) list.lastElementChild.remove();
}

function part(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}
