// Work that is asked for more often than it can be done: the newest request is done, those between
// are not.

export function newest(work) {
  let isBusy = false;
  let next = null;
  return async (...values) => {
    next = values;
    if (isBusy) return;
    isBusy = true;
    try {
      while (next) {
        const now = next;
        next = null;
        await work(...now);
      }
    } finally {
      isBusy = false;
    }
  };
}
