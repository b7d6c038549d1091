"use strict";
const find = (id) => document.getElementById(id);
const KINDS = { label: "Labels", copy: "Copies", broken: "Broken files", strange: "Strange photos" };
const SAID = { keep: "kept", relabel: "is now", "leave-out": "left out", skip: "for later" };

/** What the server sent: questions, photos, and what stands of each photo. */
let all;
/** Numbers of the questions that are shown. */
let order = [];
/** Place in `order`. */
let at = 0;
/** Which photo of the question is judged: 0 is the photo itself, then its copies. */
let side = 0;
/** Whether what was left for later is asked now. */
let again = false;
/** Everything that is done, one after the other. */
let work = Promise.resolve();

const question = () => all.questions[order[at]];
const subject = () => [question().photo, ...question().copies.map((copy) => copy.photo)][side];
const stands = (photo) => all.decided[photo];

/** Whether a decision answers all `doubts`: what a photo was kept for says nothing of what was not seen. */
function answers({ decision, doubts: seen }, doubts) {
  return decision === "leave-out" || doubts.every((doubt) => seen.includes(doubt) || (decision === "relabel" && doubt === "label"));
}

/** Judged, for later, or open. A copy is no question any more when the other one is left out. */
function state(number) {
  const { photo, doubts, copies } = all.questions[number];
  const standing = stands(photo);
  const decision = standing?.decision;
  if (decision && decision !== "skip") return answers(standing, doubts) ? "judged" : "open";
  const copyAlone = doubts.length === 1 && doubts[0] === "copy";
  if (copyAlone && copies.every((copy) => stands(copy.photo)?.decision === "leave-out")) return "judged";
  return decision ? "skipped" : "open";
}

async function ask(path, body) {
  const options = body ? { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {};
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The review has ended. What was judged before is saved; start `foliar review` again to go on.");
  }
  const value = await response.json();
  if (!response.ok) throw new Error(value.error);
  return value;
}

let quiet;
function say(text) {
  find("said").textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => { find("said").textContent = ""; }, 4000);
}

function element(name, text, ...classes) {
  const made = document.createElement(name);
  made.textContent = text;
  made.classList.add(...classes);
  return made;
}

function card(number, words, own) {
  const { path, class: name, split } = all.photos[number];
  const item = element("li", "");
  const image = document.createElement("img");
  image.src = `photo/${number}/small`;
  image.loading = "lazy";
  image.alt = `Photo of ${name || "no class"}`;
  item.append(image, element("strong", name || "no class"));
  if (split) item.append(` · ${split}`);
  if (words) item.append(element("div", words));
  item.append(element("div", path, "name"));
  item.classList.toggle("other", name !== own);
  return item;
}

function words({ decision, class: name }) {
  return decision === "relabel" ? `is now ${name}` : SAID[decision];
}

function count() {
  const states = order.map(state);
  const judged = states.filter((state) => state === "judged").length;
  const skipped = states.filter((state) => state === "skipped").length;
  find("progress").max = Math.max(order.length, 1);
  find("progress").value = judged;
  find("count").textContent = `${judged} of ${order.length} judged${skipped ? `, ${skipped} for later` : ""}`;
}

function show() {
  count();
  const shown = at < order.length;
  find("question").hidden = !shown;
  find("end").hidden = shown;
  if (!shown) return end();
  const { photo, reasons, suggested, copies, nearest } = question();
  const number = subject();
  const { path, class: name, split } = all.photos[number];
  find("photo").src = `photo/${number}/large`;
  find("photo").alt = `The photo that is judged, ${path}, of ${name || "no class"}`;
  document.querySelector(".subject").classList.toggle("is-copy", number !== photo);
  find("caption").replaceChildren(element("strong", name || "no class"), ` · ${split ? `${split} · ` : ""}${path}`);
  find("heading").textContent = `${at + 1} of ${order.length}: ${name ? `is this ${name}?` : "can this be used?"}`;
  const standing = stands(number);
  find("stands").replaceChildren(...(standing ? [element("span", words(standing), standing.decision)] : []));
  find("reasons").replaceChildren(...reasons.map((reason) => element("li", reason)));
  find("suggested").replaceChildren(...suggested.slice(0, 9).map((name, place) => {
    const button = element("button", "");
    button.type = "button";
    button.append(element("kbd", place + 1), ` ${name}`);
    button.addEventListener("click", () => act(() => decide("relabel", name)));
    return button;
  }));
  find("swap").hidden = copies.length === 0;
  const others = [photo, ...copies.map((copy) => copy.photo)].filter((other) => other !== number);
  const alike = (other) => copies.find((copy) => copy.photo === other)?.words ?? "the photo that is doubted";
  find("copies").replaceChildren(...others.map((other) => card(other, alike(other), name)));
  find("copies-part").hidden = others.length === 0;
  find("nearest").replaceChildren(...nearest.map((other) => card(other, "", name)));
  find("nearest-part").hidden = nearest.length === 0;
  find("heading").focus({ preventScroll: true });
  ahead();
}

/** Has the browser fetch what comes next. */
function ahead() {
  const next = all.questions[order[at + 1]];
  if (!next) return;
  new Image().src = `photo/${next.photo}/large`;
  [...next.copies.map((copy) => copy.photo), ...next.nearest].forEach((photo) => { new Image().src = `photo/${photo}/small`; });
}

function end() {
  const skipped = order.some((number) => state(number) === "skipped");
  find("end-heading").textContent = order.length === 0 ? "Nothing is doubted" : skipped ? "All but what is for later" : "All is judged";
  const counted = (wanted) => all.decided.filter((standing) => standing?.decision === wanted).length;
  find("end-words").textContent =
    `${counted("keep")} kept, ${counted("relabel")} of another class, ${counted("leave-out")} left out, ${counted("skip")} for later: in ${all.saved}. Ctrl-C where foliar runs ends the review.`;
  find("next").textContent = all.next;
  find("skipped").hidden = !skipped;
  find("end-heading").focus();
}

/** Goes to the next open question behind this one, and then from the beginning; behind the last one if there is none. */
function onward() {
  const places = [...order.keys()];
  const behind = [...places.slice(at + 1), ...places.slice(0, at + 1)];
  const next = (wanted) => behind.find((place) => state(order[place]) === wanted);
  at = next("open") ?? (again ? next("skipped") : undefined) ?? order.length;
  side = 0;
  show();
}

async function decide(decision, name) {
  if (at >= order.length) return;
  const photo = subject();
  const done = await ask("decide", { question: order[at], photo, decision, class: name });
  all.decided[photo] = done.decided;
  say(`${all.photos[photo].path} ${words(done.decided)}`);
  // One that is for later comes after the others.
  onward();
}

async function undo() {
  const { photo, path } = await ask("undo", {});
  if (path === null) return say("there is nothing to undo");
  if (photo === null) return say(`taken back: ${path}, which this audit does not ask about`);
  all.decided[photo] = null;
  const about = (number) => all.questions[number].photo === photo;
  const beside = (number) => all.questions[number].copies.some((copy) => copy.photo === photo);
  const place = [about, beside].map((is) => order.findIndex(is)).find((place) => place >= 0);
  if (place !== undefined) at = place;
  side = 0;
  say(`taken back: ${all.photos[photo].path}`);
  show();
}

function look(step) {
  at = Math.min(Math.max(at + step, 0), order.length);
  side = 0;
  show();
}

function choose(kind) {
  order = [...all.questions.keys()].filter((number) => !kind || all.questions[number].doubts.includes(kind));
  at = -1;
  again = false;
  onward();
}

/** Does one thing after those before it, and says what is wrong with it. */
function act(what) {
  work = work.then(async () => {
    try {
      await what();
      find("trouble").hidden = true;
    } catch (error) {
      find("trouble").textContent = error.message;
      find("trouble").hidden = false;
    }
  });
}

const ACTS = {
  keep: () => act(() => decide("keep")),
  "leave-out": () => act(() => decide("leave-out")),
  skip: () => act(() => decide("skip")),
  relabel: () => act(() => at < order.length && openClasses()),
  undo: () => act(undo),
  swap: () => act(() => {
    if (at >= order.length || question().copies.length === 0) return;
    side = (side + 1) % (question().copies.length + 1);
    show();
  }),
  back: () => act(() => look(-1)),
  on: () => act(() => look(1)),
  help: () => find("help").showModal(),
  skipped: () => act(() => {
    again = true;
    onward();
  }),
};
const KEYS = { k: "keep", r: "relabel", x: "leave-out", s: "skip", u: "undo", w: "swap", ArrowLeft: "back", ArrowRight: "on", "?": "help" };

document.addEventListener("keydown", (event) => {
  // A key that is held would judge photos that nobody has seen.
  if (event.repeat && !event.key.startsWith("Arrow")) return;
  if (!all || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.matches("select, input")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key >= "1" && key <= "9" && key.length === 1) {
    event.preventDefault();
    act(() => {
      const name = at < order.length && question().suggested[key - 1];
      return name && decide("relabel", name);
    });
  } else if (KEYS[key]) {
    event.preventDefault();
    ACTS[KEYS[key]]();
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button && all) ACTS[button.dataset.act]();
});
find("kind").addEventListener("change", () => act(() => choose(find("kind").value)));

/** The classes that fit what is typed: those that are offered first, then by where they fit. */
function fitting() {
  const typed = find("class").value.trim().toLowerCase();
  const offered = question().suggested;
  const fits = (name) => name.toLowerCase().indexOf(typed);
  const rank = (name) => (offered.includes(name) ? offered.indexOf(name) - 1000 : fits(name));
  return all.classes.filter((name) => fits(name) >= 0).sort((a, b) => rank(a) - rank(b));
}

let marked = 0;
function list() {
  const names = fitting();
  marked = Math.min(marked, Math.max(names.length - 1, 0));
  find("class-list").replaceChildren(...names.map((name, place) => {
    const item = element("li", name);
    item.id = `class-${place}`;
    item.role = "option";
    item.setAttribute("aria-selected", place === marked);
    item.addEventListener("click", () => take(name));
    return item;
  }));
  find("class").setAttribute("aria-activedescendant", names.length ? `class-${marked}` : "");
  find(`class-${marked}`)?.scrollIntoView({ block: "nearest" });
}

function take(name) {
  find("classes").close();
  if (name) act(() => decide("relabel", name));
}

function openClasses() {
  find("class").value = "";
  marked = 0;
  list();
  find("classes").showModal();
  find("class").focus();
}

find("class").addEventListener("input", () => { marked = 0; list(); });
find("class").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    marked = Math.max(marked + step, 0);
    list();
  } else if (event.key === "Enter") {
    take(fitting()[marked]);
  } else {
    return;
  }
  event.preventDefault();
});

act(async () => {
  all = await ask("case");
  document.title = all.name ? `Review of ${all.name}` : "Review";
  find("name").textContent = document.title;
  const kinds = Object.keys(KINDS).map((kind) => [kind, all.questions.filter((question) => question.doubts.includes(kind)).length]);
  find("kind").append(new Option(`all doubts (${all.questions.length})`, ""));
  find("kind").append(...kinds.filter(([, count]) => count).map(([kind, count]) => new Option(`${KINDS[kind].toLowerCase()} (${count})`, kind)));
  choose("");
});
