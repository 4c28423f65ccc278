// What the page has asked its manager for and has no answer to yet, by the outputs of the callback; and whether the
// manager answers at all.
window.hitrate = window.hitrate || {};
{
  const plainFetch = window.fetch;
  const NOBODY_BEHIND_THE_PROXY = [502, 503, 504];
  const waiting = [];

  window.hitrate.waitsFor = (output) => waiting.some((outputs) => outputs.includes(output));

  window.fetch = async (...asked) => {
    const outputs = /^\{"output":"([^"]*)"/.exec(asked[1]?.body)?.[1] ?? "";
    waiting.push(outputs);
    try {
      const answer = await plainFetch(...asked);
      window.hitrate.heard?.(!NOBODY_BEHIND_THE_PROXY.includes(answer.status));
      return answer;
    } catch (error) {
      if (error.name !== "AbortError") window.hitrate.heard?.(false);
      throw error;
    } finally {
      waiting.splice(waiting.indexOf(outputs), 1);
    }
  };
}
