// One slice at a time, by slider, keys, curve and buttons.
(() => {
  "use strict";
  const frames = [...document.querySelectorAll(".frame")];
  const slider = document.getElementById("slider");
  const curve = document.getElementById("curve");
  const cursor = document.getElementById("cursor");
  let at = Number(document.getElementById("main").dataset.start);

  function go(number) {
    const next = Math.min(Math.max(Math.round(number), 0), frames.length - 1);
    if (Number.isNaN(next)) return;
    frames[at].hidden = true;
    frames[next].hidden = false;
    at = next;
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", frames[at].querySelector("figcaption").textContent);
    cursor.setAttribute("x", String(at));
  }

  slider.addEventListener("input", () => go(Number(slider.value)));
  document.getElementById("before").addEventListener("click", () => go(at - 1));
  document.getElementById("after").addEventListener("click", () => go(at + 1));
  curve.addEventListener("click", (event) => {
    const box = curve.getBoundingClientRect();
    go(Math.floor(((event.clientX - box.left) / box.width) * frames.length));
  });
  document.querySelectorAll("[data-go]").forEach((button) => {
    button.addEventListener("click", () => go(Number(button.dataset.go)));
  });
  const boxes = [...document.querySelectorAll("[data-show]")];
  const toggle = (box) => document.body.classList.toggle(`without-${box.dataset.show}`, !box.checked);
  boxes.forEach((box) => box.addEventListener("change", () => toggle(box)));

  const keys = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
  const letters = { r: "ref", p: "pred", m: "prompts" };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches('input[type="search"], input[type="range"]')) return;
    const box = boxes.find((it) => it.dataset.show === letters[event.key.toLowerCase()]);
    if (event.key in keys) go(at + keys[event.key]);
    else if (box) { box.checked = !box.checked; toggle(box); }
    else return;
    event.preventDefault();
  });
  go(at);
})();
