/**
 * Every example in `shared/contract` is true on this side too: `api.ts` sends
 * that request, and understands that answer or has words for its failure.
 */
import { readFileSync, readdirSync } from "node:fs";
import { HttpResponse, type JsonBodyType, http } from "msw";
import { describe, expect, it } from "vitest";
import { createApi } from "../src/api";
import { isObject, text } from "../src/json";
import { isSpoken } from "../src/problems";
import type { Result } from "../src/result";
import { network } from "./network";

const baseUrl = "https://api.example.org";

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

interface Exchange {
  readonly request: Request;
  readonly response: { readonly status: number; readonly body: unknown };
}

const folder = new URL("../../shared/contract/", import.meta.url);
const exchanges = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file): [string, Exchange] => {
    const content = readFileSync(new URL(file, folder), "utf8");
    return [file, JSON.parse(content) as Exchange];
  });

const field = (body: unknown, key: string): string => (isObject(body) ? text(body, key) : "");

/** Makes the call that goes to the example's path, and tells what was sent and understood. */
async function exchange({ request, response }: Exchange) {
  const sent: Request[] = [];
  const { status, body } = response;
  network.use(
    http.all(`${baseUrl}/*`, async ({ request: asked }) => {
      const path = new URL(asked.url).pathname;
      sent.push({ method: asked.method, path, body: await asked.json() });
      return HttpResponse.json(body as JsonBodyType, { status });
    }),
  );
  const api = createApi({ baseUrl });
  const of = (key: string) => field(request.body, key);
  const calls: Record<string, () => Promise<Result<unknown>>> = {
    "/api-login/login": () => api.logIn(of("user"), of("pass")),
    "/api-login/logout": () => api.logOut(),
    "/api-sessions/get-token": () => api.getToken(of("sessionName"), of("nickname")),
    "/api-sessions/remove-user": () =>
      of("connectionId") === ""
        ? api.removeUser({ sessionName: of("sessionName"), token: of("token") })
        : api.removeOther(of("sessionName"), of("connectionId")),
  };
  const result = await calls[request.path]?.();
  return { sent, result };
}

/** The keys of the bodies this page sends. Other examples are for other clients. */
const ours: Record<string, readonly string[]> = {
  "/api-login/login": ["user", "pass"],
  "/api-login/logout": [],
  "/api-sessions/get-token": ["sessionName", "nickname"],
  "/api-sessions/remove-user": ["sessionName", "token"],
};

function isOurs({ request: { method, path, body } }: Exchange): boolean {
  const keys = ours[path];
  if (method !== "POST" || keys === undefined || !isObject(body)) return false;
  return Object.keys(body).sort().join() === [...keys].sort().join();
}

const sentByUs = exchanges.filter(([, example]) => isOurs(example));
// Only OpenVidu calls the webhook.
const failures = exchanges.filter(
  ([, { request, response }]) =>
    response.status !== 200 && request.path !== "/api-openvidu/webhook",
);

describe("the contract", () => {
  it("has an example of success and of failure for what this page asks", () => {
    const paths = (of: typeof exchanges) => of.map(([, { request }]) => request.path);
    const successes = sentByUs.filter(([, { response }]) => response.status === 200);
    expect(paths(successes)).toEqual(expect.arrayContaining(Object.keys(ours)));
    expect(failures.length).toBeGreaterThan(5);
  });

  it.each(sentByUs)(
    "%s: that is what this page sends, and it takes the answer",
    async (_, example) => {
      const { sent, result } = await exchange(example);
      const { method, path, body } = example.request;
      expect(sent).toEqual([{ method, path, body }]);
      expect(result?.ok).toBe(example.response.status === 200);
    },
  );

  it.each(failures)("%s: the failure has words of its own", async (_, example) => {
    const code = field(example.response.body, "code");
    expect(isSpoken(code)).toBe(true);
    const { result } = await exchange(example);
    if (result !== undefined) expect(result).toMatchObject({ ok: false, error: { code } });
  });
});
