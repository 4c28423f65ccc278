// Says something to those who listen to the page.

export function announce(sentence) {
  document.getElementById("announcement").textContent = sentence;
}
