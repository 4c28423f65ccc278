// The login page: the password shown or hidden, a wait that counts down, and the part of the address no server sees.

const password = document.getElementById("password");
const show = document.getElementById("show");
const refusal = document.getElementById("refusal");
const next = document.getElementById("next");

if (document.getElementById("signed-in")) {
  // The tab that was signed out goes on by itself; this one was opened by it, and may close.
  new BroadcastChannel("hitrate-session").postMessage("signed in");
  window.close();
}

if (show) {
  show.hidden = false;
  show.addEventListener("click", () => {
    const shown = password.type === "password";
    password.type = shown ? "text" : "password";
    show.textContent = shown ? "Hide" : "Show";
    show.setAttribute("aria-pressed", String(shown));
    password.focus();
  });
  document.getElementById("form").addEventListener("submit", () => {
    password.type = "password"; // or a browser keeps it among what was typed
    if (location.hash && !next.value.includes("#")) next.value += location.hash;
  });
}

if (refusal?.dataset.wait) countDown(Number(refusal.dataset.wait));
else if (refusal) password.select();

function countDown(seconds) {
  const until = Date.now() + seconds * 1000;
  const signIn = document.getElementById("sign-in");
  const words = refusal.textContent;
  signIn.disabled = true;
  refusal.removeAttribute("role"); // said once, not each second
  const timer = setInterval(() => {
    const left = Math.ceil((until - Date.now()) / 1000);
    refusal.textContent = left > 0 ? words.replace(/\d+/, left) : "You can try again.";
    if (left > 0) return;
    clearInterval(timer);
    signIn.disabled = false;
  }, 1000);
}
