// Long work: started by a request, followed by its events until it ends.

import { useCallback, useEffect, useRef, useState } from "./html.js";
import { get, post } from "./http.js";

const ENDED = new Set(["done", "failed", "cancelled", "nothing-to-do"]);
const POLL_MS = 1500;

/** How long a training takes, in words. */
export const DURATION = "A small bot usually takes a minute or two, longer while the machine is busy.";

export const hasEnded = (work) => ENDED.has(work.state);

/** Follow a task or training at `where` (`/bots/shop/tasks/ID`); calls `onChange(work)` and resolves with it when it ends. */
export function follow(where, onChange, abort) {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`/api/v1${where}/events`);
    let timer = null;
    const close = () => {
      events.close();
      clearTimeout(timer);
    };
    const take = (work) => {
      onChange(work);
      if (hasEnded(work)) {
        close();
        // events leave the result out
        get(where).then(resolve, reject);
      }
    };
    const poll = () => {
      get(where, {}, { signal: abort }).then(
        (work) => {
          take(work);
          if (!hasEnded(work)) timer = setTimeout(poll, POLL_MS);
        },
        (error) => {
          if (abort?.aborted) return;
          if (error.isTemporary) timer = setTimeout(poll, POLL_MS);
          else {
            close();
            reject(error);
          }
        },
      );
    };
    for (const kind of ["progress", "end"]) events.addEventListener(kind, (event) => take(JSON.parse(event.data)));
    // a stream that a proxy holds back or that too many pages have open: ask instead
    events.onerror = () => {
      events.close();
      if (timer === null) poll();
    };
    abort?.addEventListener("abort", () => {
      close();
      resolve(null);
    });
  });
}

/**
 * One piece of long work of a page: `{work, start, watch, cancel, error, isRunning}`. `start(where, body)` posts and
 * follows `/bots/BOT/tasks/ID`; `watch(id)` follows one that runs already.
 */
export function useTask(bot, { onEnd, folder = "tasks" } = {}) {
  const [work, setWork] = useState(null);
  const [error, setError] = useState(null);
  const [watched, setWatched] = useState(null);
  const isStarting = useRef(false); // the second click of a double click comes before the first is answered
  const at = (id) => `/bots/${encodeURIComponent(bot)}/${folder}/${encodeURIComponent(id)}`;

  useEffect(() => {
    if (watched === null) return undefined;
    const abort = new AbortController();
    follow(at(watched), setWork, abort.signal).then(
      (ended) => {
        if (ended === null || abort.signal.aborted) return;
        setWork(ended);
        setWatched(null);
        onEnd?.(ended);
      },
      (failed) => {
        setError(failed);
        setWatched(null);
      },
    );
    return () => abort.abort();
  }, [bot, folder, watched]);

  const start = useCallback(
    async (where, body) => {
      if (isStarting.current) return null;
      isStarting.current = true;
      setError(null);
      try {
        const begun = await post(where, body);
        setWork(begun);
        setWatched(begun.id);
        return begun;
      } catch (failed) {
        setError(failed);
        return null;
      } finally {
        isStarting.current = false;
      }
    },
    [bot],
  );
  const cancel = useCallback(async () => {
    if (work) await post(`${at(work.id)}/cancel`).then(setWork, setError);
  }, [bot, work]);
  return { work, start, watch: setWatched, cancel, error, isRunning: watched !== null };
}
