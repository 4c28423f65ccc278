// One GET of an image, told: hit or miss, how long it took, or what went wrong.

import { NO_ANSWER, millisecondsInWords, problemInWords } from "./words.js";

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
  const time = millisecondsInWords(milliseconds);
  const said = new Set(cacheStatus.split(";").map((part) => part.trim()));
  if (said.has("hit")) return { kind: "hit", verdict: `Hit: answered from the cache in ${time}`, meaning: "" };
  const verdict = `Miss: fetched from the store in ${time}`;
  if (said.has("collapsed")) return { kind: "miss", verdict, meaning: "Another request was fetching it already; this one waited for it." };
  if (said.has("stored")) return { kind: "miss", verdict, meaning: "The cache keeps it now, so getting it again should be a hit." };
  return { kind: "miss", verdict, meaning: "The cache did not keep it, so getting it again is a miss too." };
}

function failed(reason, milliseconds) {
  return { kind: "failed", verdict: "It could not be got", meaning: reason, milliseconds };
}
