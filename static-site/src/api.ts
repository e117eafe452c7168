/**
 * The HTTP API, as typed results. Knows paths, fields and time-outs; knows
 * neither screens nor OpenVidu.
 */
import { type Identity, type Role, isRole } from "./identity";
import { isObject, text } from "./json";
import { type ProblemCode, isSpoken } from "./problems";
import { type Problem, type Result, failed, ok } from "./result";
import { type VideoServer, readVideoServer } from "./video-server";

/** What it takes to leave a call, or to return a token that was not used. */
export interface Ticket {
  readonly sessionName: string;
  readonly token: string;
}

export interface TokenAnswer extends Ticket {
  readonly sessionId: string;
  readonly connectionId: string;
  readonly role: Role;
  /** Where the token opens a call. */
  readonly videoServer: VideoServer;
}

export interface Api {
  /** Whether the API answers. Uses the outcome of the last request, unless asked to check `anew`. */
  check(anew: boolean): Promise<Result<null>>;
  logIn(user: string, pass: string): Promise<Result<Identity>>;
  logOut(): Promise<Result<null>>;
  /**
   * Asks for a token. It is good for one connection, so it is never kept for another. LiveKit's
   * says what one is called.
   */
  getToken(sessionName: string, nickname: string): Promise<Result<TokenAnswer>>;
  /** Leaves a call. The request outlives the page, which may be closing. */
  removeUser(ticket: Ticket): Promise<Result<null>>;
  /** Removes somebody else from a call. For moderators. */
  removeOther(sessionName: string, connectionId: string): Promise<Result<null>>;
}

/** Longer than the API's own limit of 30 s, so that its answer comes first. */
const patience = 35_000;

interface Options {
  readonly baseUrl: string;
  /** Whether somebody else has logged in with this browser, so that its cookie is theirs now. */
  readonly isOtherLogin?: () => boolean;
  readonly patienceMs?: number;
}

const loginPath = "/api-login/login";

export function createApi({
  baseUrl,
  isOtherLogin = () => false,
  patienceMs = patience,
}: Options): Api {
  // On our own origin, the cookie says who we are. The token of the login says
  // it elsewhere, and when another tab has logged in as somebody else. The
  // token is kept in memory only, so after a reload only the cookie is left.
  let bearer: string | null = null;
  let answers = false;

  async function post(path: string, body: object, keepalive = false): Promise<Result<unknown>> {
    if (bearer === null && path !== loginPath && isOtherLogin()) return failed("other_login");
    const headers: Record<string, string> = {
      Accept: "application/json, application/problem+json",
      "Content-Type": "application/json",
    };
    if (bearer !== null) headers["Authorization"] = `Bearer ${bearer}`;
    try {
      const response = await fetch(baseUrl + path, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
        keepalive,
        signal: AbortSignal.timeout(patienceMs),
      });
      const answer = parseBody(await response.text());
      answers = response.status < 500;
      return response.ok ? ok(answer) : { ok: false, error: readProblem(response, answer) };
    } catch (error) {
      answers = false;
      return failed(isTimeout(error) ? "timeout" : "offline");
    }
  }

  return {
    async check(anew) {
      if (answers && !anew) return ok(null);
      // A server that works refuses this before it looks at anything else.
      const answer = await post(loginPath, {});
      return answer.ok || answer.error.code === "invalid_body" ? ok(null) : answer;
    },

    async logIn(user, pass) {
      const answer = await post(loginPath, { user, pass });
      if (!answer.ok) return answer;
      const identity = readIdentity(answer.value);
      if (identity === null) return failed("bad_answer");
      bearer = isObject(answer.value) ? text(answer.value, "token") || null : null;
      return ok(identity);
    },

    async logOut() {
      const answer = await post("/api-login/logout", {});
      bearer = null;
      return answer.ok ? ok(null) : answer;
    },

    async getToken(sessionName, nickname) {
      const answer = await post("/api-sessions/get-token", { sessionName, nickname });
      if (!answer.ok) return answer;
      const token = readToken(answer.value);
      return token === null ? failed("bad_answer") : ok(token);
    },

    async removeUser({ sessionName, token }) {
      const answer = await post("/api-sessions/remove-user", { sessionName, token }, true);
      return answer.ok ? ok(null) : answer;
    },

    async removeOther(sessionName, connectionId) {
      const answer = await post("/api-sessions/remove-user", { sessionName, connectionId });
      return answer.ok ? ok(null) : answer;
    },
  };
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && error.name === "TimeoutError";

function readIdentity(answer: unknown): Identity | null {
  if (!isObject(answer)) return null;
  const { role, expiresAt } = answer;
  const user = text(answer, "user");
  if (user === "" || !isRole(role) || typeof expiresAt !== "number") return null;
  return { user, role, expiresAt };
}

function readToken(answer: unknown): TokenAnswer | null {
  if (!isObject(answer)) return null;
  const token = text(answer, "token");
  const sessionId = text(answer, "sessionId");
  const sessionName = text(answer, "sessionName");
  const connectionId = text(answer, "connectionId");
  const { role } = answer;
  const videoServer = readVideoServer(answer["videoServer"]);
  if (!token || !sessionId || !sessionName || !connectionId) return null;
  if (!isRole(role) || videoServer === null) return null;
  return { token, sessionId, sessionName, connectionId, role, videoServer };
}

/** The API's own code, or a code for the status if there is none that this page knows. */
function readProblem({ status, headers }: Response, answer: unknown): Problem {
  const body = isObject(answer) ? answer : {};
  const said = text(body, "code");
  const code = isSpoken(said) ? said : codeOfStatus(status);
  const reference = text(body, "requestId");
  // Rate limits pass by themselves.
  const retryAfter = Number(headers.get("Retry-After") ?? NaN);
  if (status === 429 && retryAfter > 0) return { code, retryAfter };
  // Operators can look up only errors of the server.
  return status >= 500 && reference !== "" ? { code, reference } : { code };
}

function codeOfStatus(status: number): ProblemCode {
  if (status === 429) return "too_many_requests";
  return status >= 500 ? "server_error" : "unexpected_answer";
}
