// One file on its way: waiting -> sending (or busy) -> added | replaced | exists | refused | failed, or skipped.

import { freeKey, keyOfFile } from "./key.js";
import { put } from "./put.js";
import { problemInWords, sizeInWords } from "./words.js";

const BUSY = [429, 503];
const TRIES = 4;
const MAX_PAUSE_SECONDS = 30;
const NO_ANSWER = "The connection broke before the answer came.";
const UNREADABLE = "This file cannot be read. It may have been moved, or be a folder.";

export class Upload {
  state = "waiting";
  reason = "";
  sent = 0; // from 0 to 1
  mayRetry = false;

  constructor(file, maxBytes, changed) {
    this.file = file;
    this.key = keyOfFile(file.name);
    this.changed = changed;
    if (file.size > maxBytes) {
      this.state = "refused";
      this.reason = `It is longer than ${sizeInWords(maxBytes)}, the most that is accepted.`;
    }
  }

  wait() {
    this.#become("waiting");
  }

  skip() {
    this.#become("skipped");
  }

  /** Send it as `onlyNew` (nothing is replaced unasked), `replace`, or `keepBoth` (under a free name). */
  async send(how) {
    this.sent = 0;
    this.#become("sending");
    if (!(await isReadable(this.file))) return this.#become("refused", UNREADABLE);
    try {
      if (how === "keepBoth") this.key = await freeKey(this.key);
    } catch {
      return this.#fail("No free name could be looked up.");
    }
    const answer = await this.#put(how !== "replace");
    // A name that was free a moment ago may have been taken since.
    if (how === "keepBoth" && answer.status === 412) return this.send(how);
    return this.#settle(answer);
  }

  async #put(onlyNew) {
    for (let tries = 1; ; tries += 1) {
      const answer = await put(this.file, this.key, onlyNew, (sent) => this.#progress(sent));
      if (!BUSY.includes(answer.status) || tries === TRIES) return answer;
      await this.#pause(answer.retryAfter || tries);
    }
  }

  async #pause(seconds) {
    const bounded = Math.min(seconds, MAX_PAUSE_SECONDS);
    this.#become("busy", `The service is busy; trying again in ${bounded} s.`);
    await new Promise((resolve) => setTimeout(resolve, bounded * 1000));
    this.sent = 0;
    this.#become("sending");
  }

  #settle({ status, body }) {
    if (status === 201) return this.#become("added");
    if (status === 200) return this.#become("replaced");
    if (status === 412) return this.#become("exists");
    if (status === 0) return this.#fail(NO_ANSWER);
    const reason = problemInWords(status, body);
    return BUSY.includes(status) ? this.#fail(reason) : this.#become("refused", reason);
  }

  #progress(sent) {
    this.sent = sent;
    this.changed(this);
  }

  #fail(reason) {
    this.mayRetry = true;
    this.#become("failed", reason);
  }

  #become(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.changed(this);
  }
}

async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
