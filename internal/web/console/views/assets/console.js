// What pages do more conveniently with a script than without; each works without.

// Enter in a tick box is no order.
document.addEventListener("keydown", (e) => {
  if (e.key === "Enter" && e.target.matches("form[method=post] :is([type=checkbox], [type=radio])")) e.preventDefault();
});

// Select all ticks the rows beside it, and the bar says how many are ticked.
for (const list of document.querySelectorAll("form.rows")) {
  const all = list.querySelector("input[name=every]");
  const told = list.querySelector(".ticked");
  if (!all || all.disabled) continue;
  const boxes = [...list.querySelectorAll("input[name=id]")];
  let last = null;
  const tell = () => {
    const n = boxes.filter((b) => b.checked).length;
    told.textContent = n ? told.dataset.sayTicked.replace("{n}", n) : "";
    all.checked = n > 0 && n === boxes.length;
    all.indeterminate = n > 0 && n < boxes.length;
  };
  all.addEventListener("change", () => { for (const b of boxes) b.checked = all.checked; tell(); });
  for (const box of boxes) {
    // With Shift held, all between the last one ticked and this one are ticked too.
    box.addEventListener("click", (e) => {
      if (e.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const b of boxes.slice(from, to + 1)) b.checked = box.checked;
      }
      last = box;
      tell();
    });
  }
  tell();
}

// Whoever calls or writes to a lead has taken it up.
for (const ways of document.querySelectorAll("[data-accept]")) {
  ways.addEventListener("click", (e) => {
    if (!e.target.closest("a") || !ways.dataset.accept) return;
    fetch(ways.dataset.accept, { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
    delete ways.dataset.accept;
  });
}

// What is live is read again, unless somebody is at work in it.
for (const part of document.querySelectorAll("[data-live]")) {
  const seconds = Number(part.dataset.live) || 30;
  const busy = () => document.hidden || part.contains(document.activeElement) || part.querySelector("input:checked:not(:disabled)");
  const timer = setInterval(async () => {
    if (busy()) return;
    const page = await read(part.dataset.from ?? location.href);
    const fresh = page?.getElementById(part.id);
    if (!fresh || busy()) return; // somebody may have begun while it was read
    part.replaceChildren(...fresh.childNodes);
    if (!fresh.matches("[data-live]")) clearInterval(timer); // nothing more is to come
  }, seconds * 1000);
}

// read asks for a page; there is none where the server could not tell or sends elsewhere.
async function read(address, options) {
  const answer = await fetch(address, options).catch(() => null);
  if (!answer || answer.status >= 500 || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// asker shows what a form would look like as it is filled in. Of answers that overtake each other only the newest question's counts, and it is shown
// whole if any question since the last one shown asked for the whole.
function asker(form, what, show) {
  let asked = 0, all = false;
  return async function ask(whole) {
    const mine = ++asked, body = new URLSearchParams(new FormData(form));
    const sent = body.toString();
    all ||= whole;
    body.set("do", what);
    const page = await read(form.action, { method: "POST", body });
    if (!page || mine !== asked) return;
    for (const box of page.querySelectorAll("input:not([type=hidden]), select, textarea")) { // what was filled in meanwhile stays
      const now = form.elements[box.name];
      if (!now || now instanceof RadioNodeList) continue;
      if (box.options && now.selectedIndex >= 0 && ![...box.options].some((o) => o.value === now.value)) box.append(now.options[now.selectedIndex].cloneNode(true));
      [box.value, box.checked] = [now.value, now.checked];
    }
    show(page, all);
    all = false;
    if (new URLSearchParams(new FormData(form)).toString() !== sent) ask(false); // it was filled in further meanwhile
  };
}

// A group's form shows what it makes as it is filled in, and its receivers can be dragged.
for (const form of document.querySelectorAll("form[data-preview]")) watch(form);
for (const form of document.querySelectorAll("form[data-rules]")) rewrite(form);

// rewrite keeps what rules say in step with their boxes. Which boxes a rule has goes by the field that it asks for.
function rewrite(form) {
  const ask = asker(form, "show", (page, whole) => {
    const part = whole ? "[data-rule]" : "[data-said]";
    const fresh = page.querySelectorAll(part), focused = document.activeElement?.id;
    form.querySelectorAll(part).forEach((old, i) => fresh[i] && old.replaceWith(fresh[i]));
    if (focused) document.getElementById(focused)?.focus();
  });
  form.addEventListener("change", (e) => ask(e.target.matches("select[name^='by.']")));
}

function watch(form) {
  let waiting, whole = false;
  const ask = asker(form, "look", (page, all) => {
    const part = all ? ".receivers, .receivers ~ .go, #preview" : "#preview";
    const fresh = page.querySelectorAll(part);
    form.querySelectorAll(part).forEach((old, i) => fresh[i] && old.replaceWith(fresh[i]));
    if (all) grips(form);
  });
  form.addEventListener("input", (e) => {
    if (e.target.name?.startsWith("pending")) return;
    whole ||= e.target.name === "method";
    clearTimeout(waiting);
    waiting = setTimeout(() => { ask(whole); whole = false; }, 350);
  });
  form.addEventListener("moved", () => ask(false));
  // In a large form each receiver lists itself only, until somebody looks at its list.
  form.addEventListener("focusin", (e) => {
    const all = document.getElementById("members");
    if (!all || !e.target.matches("select[name^='member.']") || e.target.options.length > 2) return;
    const chosen = e.target.value;
    e.target.replaceChildren(all.content.cloneNode(true));
    e.target.value = chosen;
  });
  grips(form);
}

// grips gives each receiver a handle by which it is dragged to another place; the buttons beside it do the same.
function grips(form) {
  const rows = form.querySelectorAll(".receivers tbody[data-row]");
  let moving = null;
  for (const row of rows) {
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.draggable = true;
    grip.setAttribute("aria-hidden", "true");
    row.querySelector("td, th").prepend(grip);
    grip.addEventListener("dragstart", (e) => {
      moving = row;
      row.classList.add("moving");
      e.dataTransfer.effectAllowed = "move";
      e.dataTransfer.setData("text/plain", "");
      e.dataTransfer.setDragImage(row, 0, 0);
    });
    grip.addEventListener("dragend", () => {
      row.classList.remove("moving");
      moving = null;
      form.dispatchEvent(new Event("moved"));
    });
    row.addEventListener("dragover", (e) => {
      if (!moving) return;
      e.preventDefault();
      if (moving === row) return;
      const box = row.getBoundingClientRect();
      if (e.clientY < box.top + box.height / 2) row.before(moving); else row.after(moving);
    });
    row.addEventListener("drop", (e) => e.preventDefault());
  }
}

// What is shown once can be copied.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => { field.select(); await navigator.clipboard.writeText(field.value); button.textContent = button.dataset.sayCopied; });
}

// A file is looked into without losing it: only what is known of its columns is taken from the answer.
for (const form of document.querySelectorAll("form[data-look]")) {
  form.addEventListener("submit", async (e) => {
    if (!e.submitter?.formAction.endsWith("?look") || !form.elements.file.files.length) return;
    e.preventDefault();
    const answer = await fetch(e.submitter.formAction, { method: "POST", body: new FormData(form) }).catch(() => null);
    const text = await answer?.text();
    const page = new DOMParser().parseFromString(text ?? "", "text/html");
    const fresh = page.getElementById("columns");
    const here = form.querySelector("#columns");
    if (!fresh || answer.redirected) return;
    const wrong = page.querySelector(".wrong");
    form.querySelector(".wrong")?.remove();
    if (wrong) form.prepend(wrong);
    here.replaceChildren(...fresh.childNodes);
    here.querySelector(".unscripted")?.remove();
  });
}

// A file is seen to go out. Where it was not taken, what the answer says of it is shown without losing the file.
for (const form of document.querySelectorAll("form[data-look]")) {
  const told = form.querySelector(".sending");
  form.addEventListener("submit", (e) => {
    if (e.submitter?.formAction.endsWith("?look") || !form.elements.file.files.length || !told) return;
    e.preventDefault();
    const request = new XMLHttpRequest();
    const say = (words) => { told.querySelector("span").textContent = words; };
    const over = (words) => { form.removeAttribute("aria-busy"); told.hidden = !words; say(words); };
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    told.hidden = false;
    say(told.dataset.saySending);
    let tenth = -1;
    request.upload.addEventListener("progress", (p) => {
      if (!p.lengthComputable) return;
      const sent = Math.floor(100 * p.loaded / p.total);
      told.querySelector("progress").value = sent;
      if (Math.floor(sent / 10) === tenth) return; // nobody wants each percent read out
      tenth = Math.floor(sent / 10);
      say(sent < 100 ? told.dataset.saySent.replace("{n}", sent) : told.dataset.sayAll);
    });
    request.addEventListener("load", () => {
      if (request.status === 200 && request.responseURL !== form.action) { location.href = request.responseURL; return; }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const wrong = page.querySelector(".wrong");
      form.querySelector(".wrong")?.remove();
      if (wrong) form.prepend(wrong);
      over(wrong ? "" : told.dataset.sayFailed);
      wrong?.scrollIntoView();
    });
    request.addEventListener("error", () => over(told.dataset.sayBroken));
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
}
