// A picture, its people, and what was said of them. Undoing and redoing need no server: each step has its assembly.
import * as api from "./api.js";

export class Session {
  // People keep their numbers, and so their colours, from one assembly to the next: assembly.numbers, by place.
  static async open(file) {
    const session = new Session();
    Object.assign(session, {file, name: file.name || "picture.png", url: URL.createObjectURL(file), steps: [], done: 0});
    session.prediction = await api.predict(file);
    session.first = session.prediction.assembly;
    session.first.numbers = session.first.people.map((_, place) => place);
    session.used = session.first.people.length;
    return session;
  }

  get assembly() {
    return this.done ? this.steps[this.done - 1].assembly : this.first;
  }

  get corrections() {
    const said = {join: [], cut: [], keep: []};
    for (const step of this.steps.slice(0, this.done)) said[step.kind].push(step.what);
    return said;
  }

  jointName(joint) {
    return this.prediction.joint_names[joint].replaceAll("_", " ");
  }

  // kind: "join" or "cut" with two nodes, "keep" with one. The new step: {kind, what, nodes, assembly, cost, changed}.
  async say(kind, nodes) {
    const before = this.assembly;
    const what = kind === "keep" ? nodes[0] : nodes;
    const corrections = this.corrections;
    corrections[kind].push(what);
    const assembly = await this.withResult(id => api.assemble(id, corrections));
    this.number(before, assembly);
    const step = {kind, what, nodes, assembly, cost: assembly.objective - before.objective,
                  changed: changedNodes(before, assembly), before};
    this.steps.splice(this.done, Infinity, step);
    this.done += 1;
    return step;
  }

  // What the server answers of this picture; it has the picture again where it had let it go.
  async withResult(question) {
    try {
      return await question(this.prediction.id);
    } catch (error) {
      if (error.status !== 410) throw error;
      this.prediction.id = (await api.predict(this.file)).id;
      return question(this.prediction.id);
    }
  }

  undo() {
    this.done = Math.max(this.done - 1, 0);
  }

  redo() {
    this.done = Math.min(this.done + 1, this.steps.length);
  }

  // Whoever shares most nodes with somebody of before is the same person.
  number(before, assembly) {
    const shared = new Map();
    assembly.person.forEach((place, node) => {
      const old = before.person[node];
      if (place === null || old === null) return;
      const key = `${place} ${old}`;
      shared.set(key, (shared.get(key) || 0) + 1);
    });
    const numbers = assembly.people.map(() => null);
    for (const [key] of [...shared].sort((a, b) => b[1] - a[1])) {
      const [place, old] = key.split(" ").map(Number);
      if (numbers[place] === null && !numbers.includes(before.numbers[old])) numbers[place] = before.numbers[old];
    }
    assembly.numbers = numbers.map(number => number === null ? this.used++ : number);
  }
}

export function ownerOf(assembly, node) {
  const place = assembly.person[node];
  return place === null ? null : assembly.numbers[place];
}

function changedNodes(before, after) {
  return after.person.map((_, node) => node).filter(node => ownerOf(before, node) !== ownerOf(after, node));
}

// What a step changed, in words.
export function effect({before, assembly, changed}) {
  const gone = before.numbers.filter(number => !assembly.numbers.includes(number));
  const more = assembly.numbers.filter(number => !before.numbers.includes(number));
  const words = [`${changed.length} detection${changed.length === 1 ? "" : "s"} changed hands`];
  if (gone.length) words.push(`${named(gone)} gone`);
  if (more.length) words.push(`${named(more)} new`);
  return words.join(", ");
}

function named(numbers) {
  const list = numbers.map(number => number + 1).join(", ");
  return `${numbers.length === 1 ? "person" : "people"} ${list} ${numbers.length === 1 ? "is" : "are"}`;
}

// Any few successive ones differ well: the golden ratio, as in the drawings of the commands.
export function colourOf(number) {
  return number === null ? "#6b7480" : `hsl(${number * 222.492 % 360} 90% ${number % 2 ? 52 : 45}%)`;
}
