// Camera, file or drop → the middle frame; the site redraws it → the right one. Without this script
// the form does the same with a file.
"use strict";

(() => {
  const MOST_TRIES = 5;
  const MOST_SECONDS = 10; // between two
  const TAKEN_PX = 512;
  const form = document.querySelector("[data-translate]");
  if (!form) return;
  const [video, taken, made, status, take, go] = ["video", "taken", "made", "status", "take", "go"]
    .map((name) => form.querySelector(`[data-${name}]`));
  const file = form.querySelector("input[type=file]");
  let picture = null; // what is shown in the middle
  let working = null;

  const say = (words) => { status.textContent = words; };

  const show = (image, blob) => {
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(blob);
    image.hidden = false;
  };

  const choose = (blob) => {
    if (blob.size > Number(form.dataset.mostBytes)) {
      say(`This picture has ${Math.round(blob.size / 1e6)} MB, and at most ${form.dataset.mostBytes / 1e6} are taken.`);
      return;
    }
    working?.abort(); // what would come now is of another picture
    picture = blob;
    show(taken, blob);
    made.hidden = true;
    go.disabled = false;
    say("");
  };

  // the camera
  const NO_CAMERA = {
    NotAllowedError: "The camera was not allowed. A file will do.",
    NotFoundError: "There is no camera here. A file will do.",
    NotReadableError: "Another program has the camera. A file will do.",
  };
  let starting = false;
  const isOn = () => Boolean(video.srcObject);
  const stop = () => {
    if (!isOn()) return;
    for (const track of video.srcObject.getTracks()) track.stop();
    video.srcObject = null;
    take.textContent = "Start the camera";
  };
  const start = async () => {
    if (starting) return;
    if (!navigator.mediaDevices) {
      say("Browsers give the camera to pages over https alone. A file will do.");
      return;
    }
    starting = true;
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "user", width: { ideal: 640 }, height: { ideal: 640 } },
      });
      if (document.hidden) return void stop(); // it came after one had left
      await video.play();
      take.textContent = "Take the picture";
      say("");
    } catch (error) {
      stop();
      say(NO_CAMERA[error.name] ?? "The camera cannot be used. A file will do.");
    } finally {
      starting = false;
    }
  };
  const takePicture = () => {
    const side = Math.min(video.videoWidth, video.videoHeight);
    if (!side) return;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.min(side, TAKEN_PX);
    canvas.getContext("2d").drawImage(
      video, (video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side,
      0, 0, canvas.width, canvas.height,
    );
    canvas.toBlob((blob) => { file.value = ""; choose(blob); }, "image/jpeg", 0.95);
  };
  take.addEventListener("click", () => (isOn() ? takePicture() : start()));
  document.addEventListener("visibilitychange", () => document.hidden && stop());

  // the site
  const wait = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });
  const post = async (fields, signal) => {
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(form.action, {
        method: "POST", body: fields, signal,
        headers: { Accept: "image/webp, application/json;q=0.9" },
      });
      const seconds = Number(answer.headers.get("Retry-After") ?? 1);
      // a longer time is no queue's: something is out of order
      if (answer.status !== 503 || tries === MOST_TRIES || seconds > MOST_SECONDS) return answer;
      say("You are in a queue.");
      await wait(seconds * (0.5 + Math.random()));
    }
  };
  const translate = async (fields) => {
    working?.abort();
    const mine = working = new AbortController();
    form.classList.add("working");
    form.setAttribute("aria-busy", "true");
    say("Redrawing it.");
    const begun = performance.now();
    try {
      const answer = await post(fields, mine.signal);
      if (answer.ok) {
        show(made, await answer.blob());
        say(`Redrawn in ${((performance.now() - begun) / 1000).toFixed(1)} s.`);
      } else {
        const { message, hint } = (await answer.json()).error;
        say([message, hint].filter(Boolean).map((words) => `${words[0].toUpperCase()}${words.slice(1)}.`).join(" "));
      }
    } catch (error) {
      if (error.name !== "AbortError") say("The site did not answer. Try again.");
    } finally {
      if (working === mine) {
        form.classList.remove("working");
        form.removeAttribute("aria-busy");
      }
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = new FormData();
    const sample = event.submitter?.name === "sample" ? event.submitter : null;
    if (sample) {
      form.querySelector(`[name=direction][value="${sample.dataset.direction}"]`).checked = true;
      const answer = await fetch(sample.querySelector("img").src).catch(() => null);
      if (!answer?.ok) return say("This sample cannot be reached.");
      choose(await answer.blob());
      file.value = "";
    }
    if (!picture) return;
    fields.set("direction", form.elements.direction.value);
    fields.set("picture", picture, "picture");
    translate(fields);
  });

  // files, by choice, drop or paste
  file.required = false;
  go.disabled = true;
  file.addEventListener("change", () => file.files[0] && choose(file.files[0]));
  addEventListener("paste", (event) => event.clipboardData.files[0] && choose(event.clipboardData.files[0]));
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("over", name === "dragenter" || name === "dragover");
      if (name === "drop" && event.dataTransfer.files[0]) {
        file.value = "";
        choose(event.dataTransfer.files[0]);
      }
    });
  }
})();
