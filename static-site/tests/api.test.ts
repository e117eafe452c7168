/** The API client, where things go wrong. What goes right is in `contract.test.ts`. */
import { delay, http } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { createApi } from "../src/api";
import { failed, ok } from "../src/result";
import { network } from "./network";

const baseUrl = "https://api.example.org";

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

/** Nothing answers: there is no network, or no server. */
const offline = () => Response.error();

/** Whether somebody else has logged in with the browser meanwhile. */
let otherLogin = false;
afterEach(() => void (otherLogin = false));

/** An API client whose requests are answered by `answers` in turn, and what it sent. */
function client(...answers: Response[]) {
  const sent: Request[] = [];
  network.use(
    http.post(`${baseUrl}/*`, ({ request }) => {
      sent.push(request);
      return answers.shift() ?? offline();
    }),
  );
  return { sent, api: createApi({ baseUrl, isOtherLogin: () => otherLogin }) };
}

const login = { user: "ann", role: "PUBLISHER", token: "jwt", expiresAt: 2_000_000_000 };
const bearers = (sent: readonly Request[]) =>
  sent.map(({ headers }) => headers.get("Authorization"));

describe("a refused request", () => {
  it("carries the server's code and the name of the request", async () => {
    const { api } = client(json(503, { code: "openvidu_unavailable", requestId: "abc" }));
    expect(await api.getToken("A", "Ann")).toEqual(failed("openvidu_unavailable", "abc"));
  });

  it("names no request when the fault is the person's, who needs no help with it", async () => {
    const { api } = client(json(401, { code: "invalid_credentials", requestId: "abc" }));
    expect(await api.logIn("ann", "wrong")).toEqual(failed("invalid_credentials"));
  });

  it.each([
    [429, "too_many_requests"],
    [502, "server_error"],
    [500, "server_error"],
    [418, "unexpected_answer"],
  ] as const)("with status %i and a body that is not ours is %s", async (status, code) => {
    const { api } = client(new Response("<html>gateway</html>", { status }));
    expect(await api.getToken("A", "Ann")).toEqual(failed(code));
  });

  it.each(["brand_new", "toString", "token_dead"])(
    "with the code %s, which has no words here, goes by its status",
    async (code) => {
      const { api } = client(json(503, { code }), json(409, { code }));
      expect(await api.getToken("A", "Ann")).toEqual(failed("server_error"));
      expect(await api.getToken("A", "Ann")).toEqual(failed("unexpected_answer"));
    },
  );
});

describe("a limit", () => {
  const limited = (retryAfter: string) =>
    new Response(JSON.stringify({ code: "too_many_attempts" }), {
      status: 429,
      headers: { "Retry-After": retryAfter },
    });

  it("says when to come again", async () => {
    const { api } = client(limited("7"));
    const error = { code: "too_many_attempts", retryAfter: 7 };
    expect(await api.getToken("A", "Ann")).toEqual({ ok: false, error });
  });

  it.each(["", "soon", "-1", "0", "Wed, 21 Oct 2026 07:28:00 GMT"])(
    "that says %j is a refusal like any other",
    async (retryAfter) => {
      const { api } = client(limited(retryAfter));
      expect(await api.getToken("A", "Ann")).toEqual(failed("too_many_attempts"));
    },
  );
});

describe("a request without a usable answer", () => {
  it("is offline when the network fails", async () => {
    const { api } = client(offline());
    expect(await api.logIn("ann", "pass")).toEqual(failed("offline"));
  });

  it("is a time-out when nothing comes", async () => {
    network.use(http.post(`${baseUrl}/*`, () => delay("infinite")));
    const api = createApi({ baseUrl, patienceMs: 5 });
    expect(await api.getToken("A", "Ann")).toEqual(failed("timeout"));
  });

  it.each([
    "<html>",
    "null",
    "[]",
    "{}",
    JSON.stringify({ ...login, role: "KING" }),
    JSON.stringify({ ...login, expiresAt: "soon" }),
  ])("is a bad answer when logging in gives %s", async (body) => {
    const { api } = client(new Response(body));
    expect(await api.logIn("ann", "pass")).toEqual(failed("bad_answer"));
  });

  const videoServer = { kind: "livekit", url: "wss://video.example" };
  const token = { token: "t", sessionId: "s", sessionName: "A", connectionId: "c" };

  it.each([
    ["its role", { ...token, videoServer }],
    ["its video server", { ...token, role: "PUBLISHER" }],
    ["its server's address", { ...token, role: "PUBLISHER", videoServer: { kind: "livekit" } }],
  ])("is a bad answer when a token lacks %s", async (_, body) => {
    const { api } = client(json(200, body));
    expect(await api.getToken("A", "Ann")).toEqual(failed("bad_answer"));
  });
});

describe("asking whether the API answers", () => {
  const refused = () => json(400, { code: "invalid_body" });

  it("takes a refusal for a yes", async () => {
    const { api, sent } = client(refused());
    expect(await api.check(false)).toEqual(ok(null));
    expect(sent.map(({ url }) => url)).toEqual([`${baseUrl}/api-login/login`]);
    expect(await sent[0]?.text()).toBe("{}");
  });

  it("is not needed after an answer, unless it is to be found out anew", async () => {
    const { api, sent } = client(json(200, login), refused());
    await api.logIn("ann", "pass");
    expect(await api.check(false)).toEqual(ok(null));
    expect(sent).toHaveLength(1);
    expect(await api.check(true)).toEqual(ok(null));
    expect(sent).toHaveLength(2);
  });

  it.each([
    [offline(), "offline"],
    [json(503, { code: "store_unavailable" }), "store_unavailable"],
  ] as const)("is needed when the last request went wrong", async (answer, code) => {
    const { api } = client(json(200, login), answer, offline());
    await api.logIn("ann", "pass");
    expect(await api.getToken("A", "Ann")).toEqual(failed(code));
    expect(await api.check(false)).toEqual(failed("offline"));
  });
});

describe("proving who we are", () => {
  it("sends the token of the login along, until logging out", async () => {
    const { api, sent } = client(json(200, login), json(404, {}), json(200, {}), json(404, {}));
    await api.logIn("ann", "pass");
    await api.getToken("A", "Ann");
    await api.logOut();
    await api.getToken("A", "Ann");
    expect(bearers(sent)).toEqual([null, "Bearer jwt", "Bearer jwt", null]);
  });

  it("forgets the token even when logging out fails", async () => {
    const { api, sent } = client(json(200, login), offline(), json(200, {}));
    await api.logIn("ann", "pass");
    expect(await api.logOut()).toEqual(failed("offline"));
    await api.getToken("A", "Ann");
    expect(bearers(sent)[2]).toBeNull();
  });

  it("asks for nothing by a cookie that is somebody else's by now", async () => {
    const { api, sent } = client(json(200, {}));
    otherLogin = true;
    const ticket = { sessionName: "A", token: "t" };
    const refused = [
      await api.getToken("A", "Ann"),
      await api.removeUser(ticket),
      await api.removeOther("A", "con"),
      await api.logOut(),
    ];
    expect(refused).toEqual(refused.map(() => failed("other_login")));
    expect(sent).toEqual([]);
    otherLogin = false;
    expect(await api.logOut()).toEqual(ok(null));
  });

  it("minds nobody else's cookie with a token of its own", async () => {
    const { api, sent } = client(json(200, login), json(404, {}));
    otherLogin = true;
    await api.logIn("ann", "pass");
    await api.getToken("A", "Ann");
    expect(sent).toHaveLength(2);
  });

  it("asks the API where the configuration says it is", async () => {
    const { api, sent } = client(json(200, {}));
    await api.logOut();
    expect(sent[0]?.url).toBe(`${baseUrl}/api-login/logout`);
  });
});

describe("giving a token back", () => {
  it("outlives the page", async () => {
    const { api, sent } = client(json(200, {}), json(404, { code: "not_found" }));
    await api.removeUser({ sessionName: "A", token: "t" });
    await api.getToken("A", "Ann");
    expect(sent.map(({ keepalive }) => keepalive)).toEqual([true, false]);
  });
});
