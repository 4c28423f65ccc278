// The question before an image goes for good, and where the focus is afterwards.

import { announce } from "./announce.js";
import { NO_ANSWER, imageUrl, problemInWords } from "./words.js";

const dialog = document.getElementById("delete-dialog");
const problem = document.getElementById("delete-problem");
const keep = document.getElementById("keep");
const confirm = document.getElementById("delete");
const SIGNED_IN = "hitrate-signed-in";
let asked = null;

/** Open the dialog for one picture of the list. */
export function askToDelete(picture) {
  if (dialog.dataset.signIn && !wasSent()) {
    location.assign(dialog.dataset.signIn);
    return;
  }
  asked = picture;
  problem.textContent = "";
  document.getElementById("delete-name").textContent = picture.dataset.key;
  dialog.showModal();
}

keep?.addEventListener("click", () => dialog.close());
confirm?.addEventListener("click", deleteAsked);

async function deleteAsked() {
  confirm.disabled = true;
  const refused = await refusal(asked.dataset.key);
  confirm.disabled = false;
  if (refused) {
    problem.textContent = `Not deleted. ${refused}`;
    keep.focus();
    return;
  }
  dialog.close();
  takeAway(asked);
}

async function refusal(key) {
  try {
    const answer = await fetch(imageUrl(key), { method: "DELETE" });
    const gone = answer.ok || answer.status === 404; // somebody else was faster: gone is gone
    return gone ? "" : problemInWords(answer.status, await answer.text());
  } catch {
    return NO_ANSWER;
  }
}

// To sign in once is enough: a browser that keeps the token to itself after it is asked again by the deletion.
function wasSent() {
  try {
    const sent = sessionStorage.getItem(SIGNED_IN) !== null;
    sessionStorage.setItem(SIGNED_IN, "");
    return sent;
  } catch {
    return true;
  }
}

function takeAway(picture) {
  const next = picture.nextElementSibling ?? picture.previousElementSibling;
  picture.remove();
  document.getElementById("shown").textContent = document.querySelectorAll(".picture").length;
  announce(`${picture.dataset.key} is deleted.`);
  if (next) next.querySelector(".delete").focus();
  else location.reload(); // the server says what an empty page looks like
}
