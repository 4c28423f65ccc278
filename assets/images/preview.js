// Small previews of files that are in sight, one at a time: decoding two hundred photographs at once would stall the page.

const PIXELS = 96;
const wanted = new Map();
let last = Promise.resolve();

const inSight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) queue(target);
});

export function drawPreview(canvas, upload) {
  if (upload.state === "refused") return;
  wanted.set(canvas, upload.file);
  inSight.observe(canvas);
}

function queue(canvas) {
  inSight.unobserve(canvas);
  last = last.then(() => draw(canvas, wanted.get(canvas))).catch(() => {}); // not an image after all: it stays blank
}

async function draw(canvas, file) {
  wanted.delete(canvas);
  const whole = await createImageBitmap(file, { resizeHeight: PIXELS, resizeQuality: "medium" });
  const side = Math.min(whole.width, whole.height);
  canvas.width = canvas.height = PIXELS;
  const [left, top] = [(whole.width - side) / 2, (whole.height - side) / 2];
  canvas.getContext("2d").drawImage(whole, left, top, side, side, 0, 0, PIXELS, PIXELS);
  whole.close();
  canvas.classList.add("drawn");
}
