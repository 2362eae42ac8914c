// Uploads one after the other, and a job that is looked at while it runs. Without this script a form
// sends one picture, and "Look again" shows how far the job is.
"use strict";

const panel = document.querySelector("[data-job]");
if (panel && !panel.hidden) watch(panel);

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.elements.picture.multiple = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    upload(form);
  });
}

async function watch(panel) {
  const show = (name) => panel.querySelector(`[data-${name}]`);
  for (;;) {
    await new Promise((later) => setTimeout(later, 1000));
    let job;
    try {
      const answer = await fetch(panel.querySelector("form").action, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      job = (await answer.json()).job;
    } catch {
      continue; // the site may be starting again
    }
    if (!job) return;
    show("title").textContent = job.title;
    show("state").textContent = job.state;
    show("lines").textContent = job.lines.join("\n");
    show("progress").hidden = show("stop").hidden = !job.is_running;
    show("continue").hidden = !job.can_continue;
    if (job.total) [show("progress").max, show("progress").value] = [job.total, job.done];
    if (!job.is_running) return;
  }
}

async function upload(form) {
  const files = [...form.elements.picture.files];
  const status = form.querySelector("[data-status]");
  const refused = form.querySelector("[data-refused]");
  const button = form.querySelector("button");
  const counts = { taken: 0, "there already": 0, "rejected before": 0 };
  let done = 0;
  let failed = 0;
  refused.replaceChildren();
  button.disabled = true;
  for (const file of files) {
    status.textContent = `${done} of ${files.length}: ${file.name}`;
    const body = new FormData();
    body.append("word", form.elements.word.value);
    body.append("category", form.elements.category.value);
    body.append("picture", file);
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.error.message);
      counts[said.done] += 1;
    } catch (error) {
      failed += 1;
      const line = document.createElement("li");
      line.textContent = `${file.name}: ${error.message}`;
      refused.append(line);
    }
    done += 1;
  }
  button.disabled = false;
  const parts = Object.entries(counts).filter(([, count]) => count).map(([what, count]) => `${count} ${what}`);
  if (failed) parts.push(`${failed} refused`);
  status.textContent = parts.join(", ");
  form.elements.picture.value = "";
}
