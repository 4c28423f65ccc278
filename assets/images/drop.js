// The whole page takes files that are dropped on it, and folders with all that is in them.

const byName = new Intl.Collator(undefined, { numeric: true });

export function takeDrops(veil, add) {
  const show = (shown) => veil.classList.toggle("shown", shown);
  const guarded = (event, act) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    act();
  };
  addEventListener("dragenter", (event) => guarded(event, () => show(true)));
  addEventListener("dragover", (event) => guarded(event, () => (event.dataTransfer.dropEffect = "copy")));
  addEventListener("dragleave", (event) => event.relatedTarget === null && show(false));
  addEventListener("drop", (event) =>
    guarded(event, async () => {
      show(false);
      add(await filesOf(event.dataTransfer));
    }),
  );
}

async function filesOf(dropped) {
  // Entries have to be asked for before anything is awaited: afterwards the browser has forgotten them.
  const files = [...dropped.files];
  const entries = [...dropped.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.());
  const found = await Promise.all(files.map((file, i) => (entries[i]?.isDirectory ? filesIn(entries[i]) : [file])));
  return found.flat();
}

async function filesIn(folder) {
  const entries = (await entriesOf(folder)).filter(({ name }) => !name.startsWith("."));
  entries.sort((one, other) => byName.compare(one.name, other.name));
  const found = [];
  for (const entry of entries) found.push(...(entry.isDirectory ? await filesIn(entry) : [await fileOf(entry)]));
  return found;
}

async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100 at once
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
