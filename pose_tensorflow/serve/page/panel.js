// The side panel: what was found, what was said, and what that cost.
import {colourOf, effect} from "./session.js";
import {element} from "./picture.js";

const byId = id => document.getElementById(id);
const PROVEN = 1e-9; // gap
const SAID = {join: "Same person", cut: "Different people", keep: "Keep"};

export function showAssembly({assembly}) {
  byId("people").textContent = assembly.people.length;
  byId("objective").textContent = assembly.objective.toFixed(3);
  byId("bound").textContent = assembly.lower_bound.toFixed(3);
  const proven = assembly.gap !== null && assembly.gap <= PROVEN;
  byId("gap").textContent = proven ? "0: proven best" : assembly.gap === null ? "not known" : percent(assembly.gap);
  byId("gap").className = proven ? "proven" : "";
  byId("persons").replaceChildren(...assembly.people.map((person, place) => {
    const item = document.createElement("li");
    const swatch = element("svg", {viewBox: "0 0 10 10", "aria-hidden": "true"}, item);
    element("circle", {cx: 5, cy: 5, r: 5, fill: colourOf(assembly.numbers[place])}, swatch);
    const joints = person.visibility.filter(Boolean).length;
    item.append(`person ${assembly.numbers[place] + 1}: ${joints} joints, score ${person.score.toFixed(2)}`);
    return item;
  }));
}

function percent(gap) {
  return `${(100 * gap).toFixed(gap < 0.01 ? 3 : 1)} %`;
}

export function showSteps(session) {
  byId("none").hidden = session.steps.length > 0;
  byId("steps").replaceChildren(...session.steps.map((step, place) => {
    const item = document.createElement("li");
    item.className = place < session.done ? "" : "undone";
    const cost = document.createElement("b");
    cost.textContent = costOf(step);
    item.append(`${inWords(session, step)}: ${effect(step)}; `, cost);
    return item;
  }));
  byId("steps").scrollTop = byId("steps").scrollHeight;
}

export function inWords(session, {kind, nodes}) {
  const joints = nodes.map(node => session.jointName(session.prediction.nodes[node].joint));
  return `${SAID[kind]}, ${joints.join(" and ")}`;
}

export function costOf({cost}) {
  if (Math.abs(cost) < 5e-4) return "it cost nothing";
  return cost > 0 ? `it cost ${cost.toFixed(3)}` : `it saved ${(-cost).toFixed(3)}`;
}

export function jointInWords(session, {joint, number, score, node}) {
  const whose = number === null ? "left out" : `person ${number + 1}`;
  return `${session.jointName(joint)}, ${whose}, score ${score.toFixed(2)}${node === null ? ", filled in" : ""}`;
}

export function fillChoices({joint_names, assembly: {sizes}}) {
  byId("joint").replaceChildren(new Option("all joints", ""),
                                ...joint_names.map((name, place) => new Option(name.replaceAll("_", " "), place)));
  byId("size").replaceChildren(...sizes.map(({scale}, place) => new Option(`${place + 1}: × ${scale.toFixed(2)}`, place)));
}

export function tell(sentence, wrong = false) {
  byId("status").textContent = sentence;
  byId("status").className = wrong ? "wrong" : "";
}
