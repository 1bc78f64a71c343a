// The page: wires pictures, pointer, keyboard and buttons to a session.
import {save} from "./files.js";
import {Layers} from "./layers.js";
import {costOf, fillChoices, inWords, jointInWords, showAssembly, showSteps, tell} from "./panel.js";
import {Picture} from "./picture.js";
import {effect, Session} from "./session.js";

const byId = id => document.getElementById(id);
const picture = new Picture(byId("stage"), byId("picture"));
const layers = new Layers(picture);
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const NEEDED = {join: 2, cut: 2, keep: 1}; // selected joints
let session = null;
let busy = false;

// One thing at a time: what is asked for while the server works is left out. Errors become a sentence on the page.
async function working(sentence, action) {
  if (busy) return;
  busy = true;
  if (sentence) tell(sentence);
  try {
    await action();
  } catch (error) {
    tell(error.message, true);
  }
  busy = false;
  showChoices();
}

function openPicture(file) {
  return working("Looking for people…", async () => {
    const start = performance.now();
    const opened = await Session.open(file);
    if (session) URL.revokeObjectURL(session.url);
    session = opened;
    byId("empty").hidden = true;
    fillChoices(session.prediction);
    picture.withFree = byId("free").checked;
    picture.open(session);
    refresh();
    const count = session.assembly.people.length;
    tell(`${session.name}: ${count} ${count === 1 ? "person" : "people"}, ${seconds(start)}`);
  });
}

const seconds = start => `${((performance.now() - start) / 1000).toFixed(2)} s`;

function refresh(changed = []) {
  picture.selected = [];
  picture.draw(changed);
  picture.cursor = picture.cursor && picture.joints.find(({node}) => node === picture.cursor.node) || null;
  showAssembly(session);
  showSteps(session);
  showChoices();
  showLayers();
}

function say(kind) {
  const nodes = picture.selected.map(({node}) => node);
  if (!session || nodes.length !== NEEDED[kind] || byId(kind).disabled) return;
  working("", async () => {
    const start = performance.now();
    const step = await session.say(kind, nodes);
    refresh(step.changed);
    tell(`${inWords(session, step)}: ${effect(step)}; ${costOf(step)} (${seconds(start)})`);
  });
}

function travel(direction) {
  if (!session || busy || byId(direction).disabled) return;
  const step = session.steps[direction === "undo" ? session.done - 1 : session.done];
  session[direction]();
  refresh(step.changed);
  tell(`${direction === "undo" ? "Undone" : "Done again"}: ${inWords(session, step)}`);
}

// Which buttons are of use now, and what is selected.
function showChoices() {
  const {selected} = picture;
  byId("join").disabled = byId("cut").disabled = selected.length !== 2;
  byId("keep").disabled = selected.length !== 1 || selected[0].number !== null;
  byId("undo").disabled = !session || session.done === 0;
  byId("redo").disabled = !session || session.done === session.steps.length;
  for (const button of document.querySelectorAll(".export")) button.disabled = !session;
  byId("selection").textContent = selected.map(joint => jointInWords(session, joint)).join(" – ")
    || (session ? "Click a joint, and a second one." : "");
}

async function showLayers() {
  if (!session) return;
  const value = id => Number(byId(id).value) / 100;
  picture.layers.limbs.setAttribute("opacity", value("skeletons"));
  picture.layers.joints.setAttribute("opacity", value("skeletons"));
  try {
    byId("note").textContent = await layers.show(session, {
      joint: byId("joint").value, size: Number(byId("size").value), map: value("map"), offsets: value("offsets"),
      edges: value("edges"), probability: value("probability")});
  } catch (error) {
    tell(error.message, true);
  }
}

function select(joint) {
  if (joint) picture.select(joint);
  else picture.release();
  showChoices();
  if (joint?.node === null) byId("selection").textContent = `${jointInWords(session, joint)}: nothing was detected there`;
}

function showTip(event) {
  const joint = session && picture.jointAt(event);
  const tip = byId("tip");
  tip.hidden = !joint;
  if (!joint) return;
  tip.textContent = jointInWords(session, joint);
  tip.style.left = `${Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 4)}px`;
  tip.style.top = `${Math.max(event.clientY - tip.offsetHeight - 10, 4)}px`;
}

function onKey(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const inPicture = document.activeElement === picture.svg;
  const typing = /^(INPUT|SELECT)$/.test(document.activeElement.tagName);
  const control = event.ctrlKey || event.metaKey;
  let action = null;
  if (key === "z" && event.shiftKey || key === "y") action = () => travel("redo");
  else if (key === "z") action = () => travel("undo");
  else if (control || event.altKey || typing) return;
  else if (inPicture && session && ARROWS[key]) action = () => announce(picture.move(...ARROWS[key]));
  else if (inPicture && picture.cursor && (key === "Enter" || key === " ")) action = () => select(picture.cursor);
  else if (key === "Escape") action = () => select(null);
  else if (key === "o") action = () => byId("file").click();
  else action = {s: () => say("join"), d: () => say("cut"), k: () => say("keep")}[key];
  if (!action) return;
  event.preventDefault();
  action();
}

function announce(joint) {
  if (joint) tell(jointInWords(session, joint));
}

function watchFiles() {
  byId("file").addEventListener("change", event => {
    if (event.target.files[0]) openPicture(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("paste", event => {
    if (event.clipboardData.files[0]) openPicture(event.clipboardData.files[0]);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, event => {
      event.preventDefault();
      byId("stage").classList.toggle("over", kind === "dragover");
    });
  }
  document.addEventListener("drop", event => {
    if (event.dataTransfer.files[0]) openPicture(event.dataTransfer.files[0]);
  });
}

function watchPicture() {
  const {svg} = picture;
  svg.addEventListener("pointermove", showTip);
  svg.addEventListener("pointerleave", () => { byId("tip").hidden = true; });
  svg.addEventListener("click", event => session && select(picture.jointAt(event)));
  for (const kind of ["focus", "blur"]) svg.addEventListener(kind, () => session && picture.mark());
  document.addEventListener("keydown", onKey);
}

function watchButtons() {
  for (const kind of Object.keys(NEEDED)) byId(kind).addEventListener("click", () => say(kind));
  for (const direction of ["undo", "redo"]) byId(direction).addEventListener("click", () => travel(direction));
  for (const button of document.querySelectorAll(".export")) {
    button.addEventListener("click", () => working("", async () => {
      tell(`Saved ${await save(session, picture, button.dataset.format)}`);
    }));
  }
  for (const id of ["joint", "size", "map", "offsets", "edges", "probability", "skeletons"]) {
    byId(id).addEventListener("input", showLayers);
  }
  byId("free").addEventListener("change", () => {
    picture.withFree = byId("free").checked;
    if (session) refresh();
  });
  byId("zoom").addEventListener("input", () => {
    picture.zoom = Number(byId("zoom").value) / 100;
    picture.fit();
    showLayers();
  });
}

watchFiles();
watchPicture();
watchButtons();
