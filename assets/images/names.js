// Names that begin like what is being typed. Listing names asks the catalog, so it counts as no request of an image.

const SUGGESTED = 8;
const PAUSE_MILLISECONDS = 150;

export function suggestNames(field) {
  const names = field.list;
  let pause = 0;
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(suggest, PAUSE_MILLISECONDS);
  });

  async function suggest() {
    const typed = field.value;
    if (!typed) return;
    try {
      const answer = await fetch(`/images?limit=${SUGGESTED}&prefix=${encodeURIComponent(typed)}`);
      if (!answer.ok || field.value !== typed) return;
      const { images } = await answer.json();
      names.replaceChildren(...images.map(({ key }) => new Option("", key)));
    } catch {
      // suggestions are a help, not a promise
    }
  }
}
