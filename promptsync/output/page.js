"use strict";
const prompts = [...document.querySelectorAll("details.prompt")];
const search = document.getElementById("search");
const shown = document.getElementById("shown");
const filters = [...document.querySelectorAll("button[data-action]")];
const words = new Map(prompts.map((prompt) => [prompt, prompt.textContent.toLowerCase()]));

function visible() {
  return prompts.filter((prompt) => !prompt.hidden);
}

function filter() {
  const chosen = filters.filter((button) => button.ariaPressed === "true").map((button) => button.dataset.action);
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const prompt of prompts) {
    const fits = chosen.length === 0 || chosen.includes(prompt.dataset.action);
    prompt.hidden = !(fits && wanted.every((word) => words.get(prompt).includes(word)));
  }
  const number = visible().length;
  shown.textContent = number === prompts.length ? "" : number === 0 ? "Nothing fits." : `${number} of ${prompts.length}`;
}

function press(button, pressed) {
  button.ariaPressed = String(pressed);
}

function go(step) {
  const list = visible();
  const here = list.findIndex((prompt) => prompt.contains(document.activeElement));
  const next = list[Math.min(Math.max(here + step, 0), list.length - 1)];
  if (next) {
    next.querySelector("summary").focus();
  }
}

const side = document.getElementById("side");
function turn() {
  press(side, document.body.classList.toggle("side"));
}

for (const button of filters) {
  button.addEventListener("click", () => {
    press(button, button.ariaPressed !== "true");
    filter();
  });
}
search.addEventListener("input", filter);
side.addEventListener("click", turn);
document.getElementById("all").addEventListener("click", () => {
  const open = visible().some((prompt) => !prompt.open);
  for (const prompt of visible()) {
    prompt.open = open;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.target === search) {
    if (event.key === "Escape") {
      search.value = "";
      filter();
      search.blur();
    }
    return;
  }
  const keys = { j: () => go(1), k: () => go(-1), s: turn, "/": () => search.focus() };
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});
