import { html, useState } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { post, path } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { Button } from "../../parts/button.js";
import { Confirm } from "../../parts/dialog.js";

/** Accept at once what all agree on; says how many before. */
export function AcceptAgreed({ bot, queue, outbox }) {
  const [isAsking, setAsking] = useState(false);
  const n = queue.counts.value?.agreed || 0;
  if (n === 0) return null;
  const accept = async () => {
    const { labels } = await post(path`/bots/${bot}/labels/accept-agreed`, {});
    const undo = () => {
      outbox.undo(labels.map(({ key, status, intent_id: id }) => ({ kind: "decide", key, status, intent_id: id, was: "open" })));
      queue.reopen(labels);
    };
    say(`${counted(labels.length, "text was", "texts were")} accepted.`, { undo });
    await queue.load();
  };
  return html`<${Button} onClick=${() => setAsking(true)}>Accept agreed (${n})<//>
    ${isAsking && html`<${Confirm} title=${`Accept ${counted(n, "text")}?`} kind="primary" confirm="Accept" onConfirm=${accept} onClose=${() => setAsking(false)}>
      <p>On ${n === 1 ? "this text" : "these texts"} a release trained since, the language model and the customer agree, as far as they were asked. None holds personal data, and none is held out for measuring.</p>
    <//>`}`;
}
