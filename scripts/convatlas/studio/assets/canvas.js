// A sheet to draw a digit on, by mouse, finger or pen. It gives what is drawn as a PNG.
const sheet = element.querySelector("canvas");
const pen = sheet.getContext("2d", { willReadFrequently: true });
let last = null;
let inked = false;

function clear() {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, sheet.width, sheet.height);
  inked = false;
}

function place(event) {
  const box = sheet.getBoundingClientRect();
  return [
    ((event.clientX - box.left) / box.width) * sheet.width,
    ((event.clientY - box.top) / box.height) * sheet.height,
  ];
}

function stroke(from, to) {
  pen.strokeStyle = "#111";
  pen.lineWidth = sheet.width / 14;
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
  inked = true;
}

sheet.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  sheet.setPointerCapture(event.pointerId);
  last = place(event);
  stroke(last, [last[0] + 0.1, last[1]]);
});
sheet.addEventListener("pointermove", (event) => {
  if (last === null) return;
  for (const one of event.getCoalescedEvents?.() ?? [event]) {
    const next = place(one);
    stroke(last, next);
    last = next;
  }
});
for (const end of ["pointerup", "pointercancel"]) {
  sheet.addEventListener(end, () => {
    if (last === null) return;
    last = null;
    sheet.dataset.sent = performance.now();
    trigger("drawn", { picture: sheet.toDataURL("image/png") });
  });
}
element.querySelector("button").addEventListener("click", () => {
  clear();
  trigger("cleared", {});
});
clear();
