// What the page has asked its manager for and has no answer to yet, by the outputs of the callback.
window.hitrate = window.hitrate || {};
{
  const plainFetch = window.fetch;
  const waiting = [];

  window.hitrate.waitsFor = (output) => waiting.some((outputs) => outputs.includes(output));

  window.fetch = async (...asked) => {
    const outputs = /^\{"output":"([^"]*)"/.exec(asked[1]?.body)?.[1] ?? "";
    waiting.push(outputs);
    try {
      return await plainFetch(...asked);
    } finally {
      waiting.splice(waiting.indexOf(outputs), 1);
    }
  };
}
