/* Figures open at full size, and a narrow menu shows the page it is on. Pages work without it. */
"use strict";
document.querySelector(".site li [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
const dialog = document.createElement("dialog");
if (dialog.showModal) {
  dialog.className = "lightbox";
  dialog.setAttribute("aria-label", "Figure at full size");
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  const frame = document.createElement("div");
  frame.className = "frame";
  frame.tabIndex = 0;
  dialog.append(close, frame);
  document.body.append(dialog);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => frame.replaceChildren());
  for (const picture of document.querySelectorAll("img[data-enlarge]")) {
    const open = document.createElement("button");
    open.type = "button";
    open.className = "enlarge";
    open.textContent = "Enlarge";
    open.addEventListener("click", () => {
      const copy = picture.cloneNode();
      copy.removeAttribute("data-enlarge");
      frame.replaceChildren(copy);
      dialog.showModal();
    });
    picture.parentElement.append(open);
  }
}
