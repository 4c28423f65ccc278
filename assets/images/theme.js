// Light, dark, or as the system has it. A plain script in the head: it runs before anything is painted, so nothing flashes.

const THEME = "hitrate-theme";

function chosenTheme() {
  try {
    return localStorage.getItem(THEME) ?? "system";
  } catch {
    return "system"; // storage may be forbidden; then the choice lasts as long as the page
  }
}

function applyTheme(theme) {
  const root = document.documentElement;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
}

function keepTheme(theme) {
  applyTheme(theme);
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    // as above
  }
}

document.documentElement.classList.add("js");
applyTheme(chosenTheme());
addEventListener("storage", (event) => event.key === THEME && applyTheme(event.newValue));
addEventListener("DOMContentLoaded", () => {
  const choices = document.getElementById("theme");
  for (const choice of choices.elements) choice.checked = choice.value === chosenTheme();
  choices.addEventListener("change", (event) => keepTheme(event.target.value));
});
