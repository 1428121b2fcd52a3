// Runs scenarios one after the other and prints one JSON line for each: its name, and why it failed if it did.
// The connection string comes in CONNECTION; every scenario makes entities of its own. TRANSPORT is plain, tls,
// websocket or websocket-tls.
import { randomUUID } from "node:crypto";

export const connection = process.env.CONNECTION;
const transport = process.env.TRANSPORT ?? "plain";
export const secure = connection.replace(/UseDevelopmentEmulator=true;?/, "");
export const messaging = transport.endsWith("tls") ? secure : connection;
export const options = transport.startsWith("websocket") ? { webSocketOptions: { webSocket: WebSocket } } : {};
export const unique = (word) => `${word}-${randomUUID().slice(0, 8)}`;
const scenarios = [];
export const scenario = (name, run) => scenarios.push([name, run]);

export async function runAll() {
  const wanted = process.argv.slice(2);
  for (const [name, run] of scenarios) {
    if (wanted.length && !wanted.includes(name)) continue;
    let error = null;
    const began = Date.now();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("took longer than 60 s")), 60_000);
    });
    try {
      await Promise.race([run(), late]);
    } catch (problem) {
      error = `${problem?.stack ?? problem}`;
    }
    clearTimeout(timer);
    console.log(JSON.stringify({ name, error, tookSeconds: (Date.now() - began) / 1000 }));
  }
  process.exit(0);
}
