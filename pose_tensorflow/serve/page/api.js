// The server's JSON API, which openapi.json describes. All functions throw an Error whose message is a sentence.

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Is “pose serve” still running?");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({error: `the server answered ${response.status}`}));
  throw Object.assign(new Error(told.error), {status: response.status});
}

function post(path, value) {
  return ask(path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(value)});
}

export async function predict(file) {
  const headers = {"Content-Type": file.type || "application/octet-stream"};
  return (await ask("predict", {method: "POST", headers, body: file})).json();
}

export async function assemble(id, corrections) {
  return (await post("assemble", {id, ...corrections})).json();
}

export async function exported(id, corrections, format, name) {
  return (await post("export", {id, ...corrections, format, name})).blob();
}

export async function offsets(id, joint) {
  return (await ask(`offsets?${new URLSearchParams({id, joint})}`)).json();
}

export async function scoreMap(id, size, joint) {
  const query = joint === "" ? {id, size} : {id, size, joint};
  return (await ask(`map?${new URLSearchParams(query)}`)).blob();
}
