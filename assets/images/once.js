// One GET of an image, told: hit or miss, how long it took, or what went wrong.

import { NO_ANSWER, millisecondsInWords, problemInWords } from "./words.js";

const HIT = "Neither the store nor the database was asked.";
const WAITED = "Another request was fetching it already; this one waited for it.";
const KEPT = "The cache keeps it now, so getting it again should be a hit.";
const NOT_KEPT = "The cache did not keep it, so getting it again may be a miss too.";

/** {kind: hit | miss | failed, verdict, meaning, milliseconds, blob?}, or {aborted: true}. */
export async function getOnce(url, signal) {
  const started = performance.now();
  try {
    const answer = await fetch(url, { cache: "no-store", signal });
    const blob = await answer.blob();
    const milliseconds = performance.now() - started;
    if (!answer.ok) return failed(problemInWords(answer.status, await blob.text()), milliseconds);
    return { ...told(answer.headers.get("Cache-Status") ?? "", milliseconds), milliseconds, blob };
  } catch {
    return signal.aborted ? { aborted: true } : failed(NO_ANSWER, performance.now() - started);
  }
}

function told(cacheStatus, milliseconds) {
  const time = millisecondsInWords(milliseconds).replace(" ", "\u00a0");
  const said = new Set(cacheStatus.split(";").map((part) => part.trim()));
  if (said.has("hit")) return { kind: "hit", verdict: `Hit: answered from the cache in ${time}`, meaning: HIT };
  const verdict = `Miss: fetched from the store in ${time}`;
  const meaning = said.has("collapsed") ? WAITED : said.has("stored") ? KEPT : NOT_KEPT;
  return { kind: "miss", verdict, meaning };
}

function failed(reason, milliseconds) {
  return { kind: "failed", verdict: "It could not be got", meaning: reason, milliseconds };
}
