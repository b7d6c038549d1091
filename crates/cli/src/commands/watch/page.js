"use strict";
const find = (id) => document.getElementById(id);
/** Milliseconds between two questions. */
const EVERY = 1500;
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function element(name, text, ...classes) {
  const made = document.createElement(name);
  made.textContent = text;
  made.classList.add(...classes);
  return made;
}

/** Shows a picture once it is there, and asks for it only when something has changed. */
function picture(image, path, stamp, words) {
  image.alt = words;
  const width = Math.round(Math.min(Math.max(image.parentElement.clientWidth - 32, 300), 2000));
  const address = `${path}?width=${width}&dark=${dark.matches ? 1 : 0}&stamp=${encodeURIComponent(stamp)}`;
  if (image.dataset.wanted === address) return;
  image.dataset.wanted = address;
  const next = new Image();
  next.onload = () => { if (image.dataset.wanted === address) image.src = address; };
  next.src = address;
}

function facts(pairs) {
  const list = document.createElement("dl");
  for (const [what, value] of pairs) {
    const pair = document.createElement("div");
    pair.append(element("dt", what), element("dd", value));
    list.append(pair);
  }
  return list;
}

function photos(told) {
  const part = document.createElement("div");
  if (typeof told === "string") part.append(element("p", told, "small"));
  if (typeof told === "string" || told.length === 0) return part;
  const list = element("ul", "", "photos");
  for (const { photo, name, class: own, predicted, loss } of told) {
    const item = element("li", "");
    const image = document.createElement("img");
    image.src = `photo/${photo}`;
    image.alt = `Photo of ${own}`;
    image.loading = "lazy";
    item.append(image, element("strong", own), element("div", `taken for ${predicted}; loss ${loss.toFixed(2)}`), element("div", name, "name"));
    item.classList.toggle("other", own !== predicted);
    list.append(item);
  }
  part.append(element("h3", "Photos with the greatest loss"), list);
  return part;
}

function heading({ name, state, status }) {
  const made = element("h2", "");
  made.append(element("span", name), element("span", status, "status", state));
  return made;
}

function bar({ name, progress: [done, all] }) {
  const made = document.createElement(all ? "progress" : "div");
  if (!all) return made;
  made.max = all;
  made.value = done;
  made.setAttribute("aria-label", `Epochs of ${name}`);
  return made;
}

function words(lines, kind) {
  const list = element("ul", "", kind);
  list.hidden = lines.length === 0;
  list.append(...lines.map((line) => {
    const item = element("li", "");
    // What stands between backticks is a command.
    item.append(...line.split("`").map((part, place) => (place % 2 ? element("code", part) : part)));
    return item;
  }));
  return list;
}

/** The parts of a run, in their order: what each shows, and how it is made. */
const PARTS = [
  [({ run: { name, state, status } }) => ({ name, state, status }), heading],
  [({ run: { name, progress } }) => ({ name, progress }), bar],
  [({ run }) => run.facts, facts],
  [({ run }) => run.said, (lines) => words(lines, "said")],
  [({ run }) => run.remarks, (lines) => words(lines, "small")],
  [({ photos: told }) => told, photos],
];
/** The card of each run, with what its parts show. */
const cards = new Map();

/** The card of a run, of which only the parts are made anew that have changed. */
function run(one) {
  const known = cards.get(one.run.name) ?? { card: element("section", "", "run"), shown: [] };
  cards.set(one.run.name, known);
  PARTS.forEach(([take, make], place) => {
    const value = take(one);
    const text = JSON.stringify(value);
    if (known.shown[place] === text) return;
    const part = make(value);
    if (known.shown[place] === undefined) known.card.append(part);
    else known.card.children[place].replaceWith(part);
    known.shown[place] = text;
  });
  return known.card;
}

function study(card, number, { study: { name, summary, remark, head, rows, more, has_picture }, stamp }) {
  card.querySelector("h2").textContent = name;
  card.querySelector(".summary").textContent = remark ?? summary;
  const image = card.querySelector("img");
  image.hidden = !has_picture;
  if (has_picture) picture(image, `study/${number}.svg`, stamp, `The value of every trial of ${name}, and the best so far`);
  const table = card.querySelector("table");
  table.replaceChildren();
  if (!head.length) return;
  const top = table.createTHead().insertRow();
  top.append(...head.map((cell) => {
    const made = element("th", cell);
    made.scope = "col";
    return made;
  }));
  const body = table.createTBody();
  for (const cells of [...rows].reverse()) {
    const row = body.insertRow();
    row.classList.toggle("best", cells[0].startsWith("*"));
    cells.forEach((cell) => { row.insertCell().textContent = cell; });
  }
  card.querySelector(".more").textContent = more ? `${more} earlier trials are not shown here; \`foliar study show\` lists all.` : "";
}

function newStudy() {
  const card = element("section", "", "study");
  const scroll = element("div", "", "scroll");
  scroll.tabIndex = 0;
  scroll.role = "region";
  scroll.ariaLabel = "Trials";
  scroll.append(document.createElement("table"));
  card.append(element("h2", ""), element("p", "", "summary"), document.createElement("img"), scroll, element("p", "", "more", "small"));
  return card;
}

function show(state) {
  const { runs, studies, more, stamp, has_curves } = state;
  find("curves-part").hidden = !has_curves;
  if (has_curves) picture(find("curves"), "curves.svg", stamp, "Loss, accuracy and learning rate by epoch; the figures are below");
  const wanted = runs.map(run).reverse();
  const there = [...find("runs").children];
  if (wanted.length !== there.length || wanted.some((card, place) => card !== there[place])) find("runs").replaceChildren(...wanted);
  find("more").textContent = more ? `${more} more runs are not shown.` : "";
  while (find("studies").children.length < studies.length) find("studies").append(newStudy());
  while (find("studies").children.length > studies.length) find("studies").lastChild.remove();
  studies.forEach((one, number) => study(find("studies").children[number], number, one));
  find("said").textContent = `as of ${new Date().toLocaleTimeString()}`;
}

async function ask() {
  try {
    const response = await fetch("state");
    const state = await response.json();
    if (!response.ok) throw new Error(state.error);
    find("trouble").hidden = true;
    show(state);
  } catch (error) {
    find("trouble").textContent = error instanceof TypeError ? "foliar watch has ended; what is shown is the last that it said." : error.message;
    find("trouble").hidden = false;
  }
  setTimeout(ask, EVERY);
}
ask();
