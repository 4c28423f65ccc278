// "Copy link": the address of an image into the clipboard, also where the page came without HTTPS.

import { announce } from "./announce.js";

const SHOWN_MILLISECONDS = 2000;

export async function copyLink(button) {
  const link = new URL(button.dataset.link, location.href).href;
  const copied = (await copiedByClipboard(link)) || copiedBySelection(link);
  const outcome = copied ? "Copied" : "Not copied";
  const label = button.querySelector("span");
  button.dataset.label ??= label.textContent;
  label.textContent = outcome;
  button.dataset.outcome = copied ? "copied" : "failed";
  announce(copied ? `Copied: ${link}` : `The browser did not let the link be copied. It is ${link}`);
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    label.textContent = button.dataset.label;
    delete button.dataset.outcome;
  }, SHOWN_MILLISECONDS);
}

async function copiedByClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // there is no clipboard without HTTPS, except on this very machine
  }
}

function copiedBySelection(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return copied;
}
