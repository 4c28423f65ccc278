// All images: copying a link, deleting with a question first, and thumbnails that could not be loaded.

import { copyLink } from "./copy.js";
import { askToDelete } from "./delete.js";
import { watchThumbnail } from "./thumbnail.js";

const pictures = document.getElementById("pictures");

if (pictures) {
  pictures.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches(".copy")) copyLink(button);
    if (button?.matches(".delete")) askToDelete(button.closest(".picture"));
  });
  for (const image of pictures.querySelectorAll(".thumbnail img")) watchThumbnail(image);
}
