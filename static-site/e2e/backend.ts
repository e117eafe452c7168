/** What the other side knows: calls open at the video server, and calls on record. */
import { expect } from "vitest";
import { videoServer } from "./video-server";

const database = process.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "http://127.0.0.1:8000";

/** Waits until no call is open at the video server, and none is on record. */
export async function everythingIsOver(): Promise<void> {
  const open = () => videoServer.calls();
  await expect.poll(open, { timeout: 20_000, message: "open calls" }).toEqual([]);
  await expect.poll(records, { timeout: 20_000, message: "records of calls" }).toEqual([]);
}

const isOf =
  (user: string) =>
  ({ data }: { readonly data: string }): boolean =>
    data.includes(JSON.stringify(user));

/** Is `user` connected, as the video server has it? */
export async function isConnected(user: string): Promise<boolean> {
  return (await videoServer.connections()).some(isOf(user));
}

/** Does `user` have a token on record? */
export async function isOnRecord(user: string): Promise<boolean> {
  return (await records()).some((record) => JSON.stringify(record).includes(JSON.stringify(user)));
}

interface Item {
  readonly token: { readonly S: string };
}

/** The records of all calls, without the one that the sweep keeps. The local database takes any signature. */
async function records(): Promise<readonly Item[]> {
  const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  const scope = `local/${today}/local/dynamodb/aws4_request`;
  const response = await fetch(database, {
    method: "POST",
    headers: {
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      "Content-Type": "application/x-amz-json-1.0",
      "X-Amz-Date": `${today}T000000Z`,
      "X-Amz-Target": "DynamoDB_20120810.Scan",
    },
    body: JSON.stringify({ TableName: process.env["CALLS_TABLE"] ?? "calls" }),
  });
  expect(response.status).toBe(200);
  const { Items } = (await response.json()) as { Items: readonly Item[] };
  return Items.filter(({ token }) => token.S !== "#sweep");
}

/** Stops the video server, as an administrator does: everybody's call is over. */
export async function stopVideoServer(): Promise<void> {
  signalLocal("SIGUSR1");
  await expect
    .poll(videoServer.isUp, { timeout: 20_000, message: "the video server is up" })
    .toBe(false);
}

/** Starts it again, unless it is up. */
export async function startVideoServer(): Promise<void> {
  signalLocal("SIGUSR2");
  await expect
    .poll(videoServer.isUp, { timeout: 20_000, message: "the video server is up" })
    .toBe(true);
}

/** The program `local`, which runs the video server, does so at a signal. */
function signalLocal(signal: NodeJS.Signals): void {
  const id = process.env["LOCAL_PID"];
  if (id === undefined) throw new Error("LOCAL_PID must be the process id of `local`");
  process.kill(Number(id), signal);
}

/** Throws `user` out of every call, behind the API's back. */
export async function evict(user: string): Promise<void> {
  const connections = await videoServer.connections();
  await Promise.all(connections.filter(isOf(user)).map((found) => videoServer.end(found)));
}

/** Closes every call, behind the API's back. */
export async function closeCalls(): Promise<void> {
  await Promise.all((await videoServer.calls()).map((call) => videoServer.close(call)));
}
