// What a visitor is told when something goes wrong: what it is, and what there is instead.

const WORDS = {
  offline: "No connection, so the generator could not come. Tap again when there is one.",
  damaged: "The generator arrived in pieces and was thrown away. Tap again to fetch another.",
  runtime: "This generator wants another engine than the one that came. Reload the page.",
  memory: "This device has not enough memory to invent things. It may still look at them.",
  unable: "This browser cannot invent things. The ones below were invented elsewhere.",
  broken: "The inventing stopped. Tap again to start it anew.",
};

/** A sentence for the word of a failure. */
export const sentenceFor = (word) => WORDS[word] ?? WORDS.broken;

/** Whether another try may end better. */
export const mayTryAgain = (word) => !["memory", "unable", "runtime"].includes(word);
