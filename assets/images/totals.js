// What became of all files, in one sentence that is also read aloud, and the one question about all that exist already.

const ORDER = [
  ["replaced", "replaced"],
  ["exists", "to decide"],
  ["refused", "refused"],
  ["failed", "not added"],
  ["skipped", "skipped"],
  ["sending", "sending"],
  ["waiting", "waiting"],
];
const PAUSE_MILLISECONDS = 400; // a sentence that changes at every file would never be read to its end

const element = (id) => document.getElementById(id);
let drawing = 0;

export function drawTotals(uploads) {
  element("uploads").hidden = false;
  drawing ||= setTimeout(() => {
    drawing = 0;
    draw(uploads);
  }, PAUSE_MILLISECONDS);
}

function draw(uploads) {
  const count = countStates(uploads);
  element("totals").textContent = sentence(count, uploads.length);
  element("skip-rest").hidden = count.waiting < 2;
  element("see-all").hidden = count.waiting + count.sending > 0 || count.added + count.replaced === 0;
  element("questions").hidden = count.exists < 2;
  element("question").textContent = `${count.exists} of these names exist already.`;
}

function countStates(uploads) {
  const count = { added: 0 };
  for (const [state] of ORDER) count[state] = 0;
  for (const { state } of uploads) count[state === "busy" ? "sending" : state] += 1;
  return count;
}

function sentence(count, all) {
  const others = ORDER.filter(([state]) => count[state]).map(([state, word]) => `${count[state]} ${word}`);
  return [`${count.added} of ${all} added`, ...others].join(", ");
}
