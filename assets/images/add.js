// Add images: files come in, are sent two at a time in their order, and each row says what became of its file.

import { Queue } from "./queue.js";
import { Row } from "./row.js";
import { drawTotals } from "./totals.js";
import { takeDrops } from "./drop.js";
import { Upload } from "./upload.js";

const AT_ONCE = 2;
const ACTIVE = ["waiting", "sending", "busy"];

const form = document.getElementById("form");
const chooser = document.getElementById("files");
const list = document.getElementById("rows");
const questions = document.getElementById("questions");
const skipRest = document.getElementById("skip-rest");
const maxBytes = Number(form.dataset.maxBytes);
const uploads = [];
const rows = new Map();
const queue = new Queue(AT_ONCE);

chooser.addEventListener("change", () => {
  add([...chooser.files]);
  chooser.value = ""; // so that the same files can be chosen again
});
form.addEventListener("submit", (event) => event.preventDefault());
takeDrops(document.getElementById("drop-here"), add);
skipRest.addEventListener("click", () => answerAll("waiting", "skip"));
questions.addEventListener("click", (event) => {
  const answer = event.target.closest("button")?.dataset.answer;
  if (answer) answerAll("exists", answer);
});

function add(files) {
  const added = files.map((file) => new Upload(file, maxBytes, changed));
  for (const upload of added) rows.set(upload, new Row(upload, (answer) => answerOne(upload, answer)));
  list.append(...added.map((upload) => rows.get(upload).element));
  uploads.push(...added);
  drawTotals(uploads);
  for (const upload of added) if (upload.state === "waiting") send(upload);
}

function send(upload, how = "onlyNew") {
  upload.wait();
  queue.add(() => upload.state === "waiting" && upload.send(how));
}

function answerOne(upload, answer) {
  if (answer === "skip") upload.skip();
  else send(upload, answer);
  moveFocusOn(upload);
}

function answerAll(state, answer) {
  const all = uploads.filter((upload) => upload.state === state);
  for (const upload of all) {
    if (answer === "skip") upload.skip();
    else send(upload, answer);
  }
  list.querySelector(".row")?.focus();
}

function moveFocusOn(upload) {
  const next = uploads.find(({ state }) => state === "exists");
  rows.get(next ?? upload).focus();
}

function changed(upload) {
  rows.get(upload)?.draw();
  drawTotals(uploads);
  const active = uploads.some(({ state }) => ACTIVE.includes(state));
  if (active) addEventListener("beforeunload", warn);
  else removeEventListener("beforeunload", warn);
}

function warn(event) {
  event.preventDefault(); // the browser asks, in its own words
}
