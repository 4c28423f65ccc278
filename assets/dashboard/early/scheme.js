// Before the first paint: the colour scheme this browser chose, so that nothing flashes.
{
  let chosen = null;
  try {
    chosen = JSON.parse(localStorage.getItem("scheme-choice"));
  } catch {
    // No storage, or not ours: the system decides.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.mantineColorScheme = chosen;
}
