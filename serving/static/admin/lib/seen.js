// Deleting what was seen: if somebody has changed it meanwhile, they are not overruled unseen.

import { getForEdit, remove } from "./http.js";
import { useLoad } from "./load.js";

/**
 * What is to be deleted, as it is shown: `{load, seen, remove}`, `seen` being its data. `remove(where)` deletes it if it
 * still is as it was shown; else it throws `changed` in words, and what is there now is shown.
 */
export function useSeen(read, changed = "It was changed in another tab or by somebody else meanwhile, so nothing was deleted. Look at what it holds now, and decide again.") {
  const load = useLoad((signal) => getForEdit(read, { signal }), [read]);
  const removeSeen = async (where) => {
    try {
      await remove(where, load.data.etag);
    } catch (error) {
      if (error.status !== 412 || !error.current) throw error;
      load.set({ data: error.current, etag: error.etag });
      throw new Error(changed);
    }
  };
  return { load, seen: load.data?.data, remove: removeSeen };
}
