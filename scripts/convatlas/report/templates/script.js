/* Figures open at full size, a narrow menu shows the page it is on, and a clip plays beside what was
   made of it. Pages work without it. */
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
for (const pair of document.querySelectorAll(".screens")) {
  const [original, restyled] = pair.querySelectorAll("video");
  const follow = (leader, other) => {
    leader.addEventListener("play", () => {
      if (other.paused) {
        other.currentTime = leader.currentTime;
        other.play();
      }
    });
    leader.addEventListener("pause", () => other.pause());
    leader.addEventListener("seeked", () => {
      if (Math.abs(other.currentTime - leader.currentTime) > 0.05) other.currentTime = leader.currentTime;
    });
  };
  follow(original, restyled);
  follow(restyled, original);
}
