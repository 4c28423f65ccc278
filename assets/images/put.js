// One PUT of an image that tells how far it is; fetch cannot.

import { imageUrl } from "./words.js";

/** {status, body, retryAfter}; status 0 where no answer came. */
export function put(file, key, onlyNew, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", imageUrl(key));
    if (onlyNew) request.setRequestHeader("If-None-Match", "*");
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 1));
    request.addEventListener("loadend", () => {
      const retryAfter = request.status ? Number(request.getResponseHeader("Retry-After")) || 0 : 0;
      resolve({ status: request.status, body: request.responseText, retryAfter });
    });
    request.send(file);
  });
}
