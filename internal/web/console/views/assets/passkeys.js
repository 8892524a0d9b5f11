// Passkeys are given to scripts alone: these buttons are hidden until the browser says that it has them, at the host where they are good.
const host = (form) => location.hostname === form.dataset.passkeys || location.hostname.endsWith("." + form.dataset.passkeys);
const able = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON && PublicKeyCredential.parseCreationOptionsFromJSON;

for (const form of document.querySelectorAll("form[data-passkeys]")) {
  if (!able || !host(form)) continue;
  form.hidden = false;
  form.addEventListener("submit", async (e) => {
    if (form.elements.credential.value) return; // it has what it needs
    e.preventDefault();
    const button = form.querySelector("button");
    const told = form.querySelector("[role=alert]");
    told.textContent = "";
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      button.disabled = false;
      form.requestSubmit();
    } catch (error) {
      button.disabled = false;
      told.textContent = words(error, form);
    }
  });
}

async function ask(form) {
  const answer = await fetch(form.action + "/begin", { method: "POST", body: new URLSearchParams() });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  const options = body.publicKey;
  const made = form.dataset.make === "yes"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return made.toJSON();
}

function words(error, form) {
  if (error.name === "InvalidStateError") return form.dataset.sayThere;
  if (error.name === "NotAllowedError" || error.name === "AbortError") return form.dataset.sayNone;
  return error.message || form.dataset.sayFailed;
}
