// One file in the list of Add images: its name, how far it is, what became of it, and what can be done about it.

import { drawPreview } from "./preview.js";
import { sizeInWords } from "./words.js";

const STATUS = {
  waiting: () => "Waiting",
  sending: ({ sent }) => (sent < 1 ? `Sending, ${Math.floor(sent * 100)} %` : "Sent, being checked"),
  busy: ({ reason }) => reason,
  added: ({ key, ownKey }) => (key === ownKey ? "Added" : `Added as ${key}`),
  replaced: () => "Replaced the one before",
  exists: () => "An image of this name exists.",
  refused: ({ reason }) => `Refused: ${reason}`,
  failed: ({ reason }) => `Not added: ${reason}`,
  skipped: () => "Skipped",
};
const ANSWERS = {
  exists: [["replace", "Replace"], ["keepBoth", "Keep both"], ["skip", "Skip"]],
  failed: [["onlyNew", "Retry"]],
};
const DONE = ["added", "replaced"];

export class Row {
  #upload;
  #answer;
  #ownKey;
  #state = "";

  constructor(upload, answer) {
    this.#upload = upload;
    this.#answer = answer;
    this.#ownKey = upload.key;
    this.element = document.getElementById("row").content.firstElementChild.cloneNode(true);
    this.#part(".name bdi").textContent = upload.key;
    this.#part(".name").title = upload.key;
    this.#part(".size").textContent = sizeInWords(upload.file.size);
    this.#part("progress").setAttribute("aria-label", upload.key);
    drawPreview(this.#part("canvas"), upload);
    this.draw();
  }

  draw() {
    const { state, sent, key, reason } = this.#upload;
    this.#part("progress").value = DONE.includes(state) ? 1 : state === "sending" ? sent : 0;
    this.#part(".status").textContent = STATUS[state]({ sent, key, reason, ownKey: this.#ownKey });
    if (state === this.#state) return;
    this.#state = state;
    this.element.dataset.state = state;
    this.#part(".answers").replaceChildren(...this.#actions(state));
  }

  focus() {
    (this.element.querySelector(".answers > *") ?? this.element).focus();
  }

  #actions(state) {
    if (DONE.includes(state)) return [this.#open()];
    return (ANSWERS[state] ?? []).map(([answer, label]) => this.#button(answer, label));
  }

  #button(answer, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = label;
    button.setAttribute("aria-label", `${label} ${this.#upload.key}`);
    button.addEventListener("click", () => this.#answer(answer));
    return button;
  }

  #open() {
    const link = document.createElement("a");
    link.className = "button quiet";
    link.href = `/get?${new URLSearchParams({ key: this.#upload.key })}`;
    link.textContent = "Open";
    link.setAttribute("aria-label", `Open ${this.#upload.key}`);
    return link;
  }

  #part(selector) {
    return this.element.querySelector(selector);
  }
}
