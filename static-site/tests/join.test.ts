/** The rule of joining, against an API and a video server that do as they are told. */
import { describe, expect, it, vi } from "vitest";
import type { Api, Ticket, TokenAnswer } from "../src/api";
import type { Call } from "../src/members";
import { joinCall } from "../src/join";
import type { ProblemCode } from "../src/problems";
import { type Result, failed, ok } from "../src/result";
import { choice, videoServer } from "./fixtures";

/** Connects in turn as `outcomes` say; "in" is success. */
function world(outcomes: readonly (ProblemCode | "in" | "cancel")[]) {
  const log: string[] = [];
  const openTickets = new Set<Ticket>();
  const cancel = new AbortController();
  let tokens = 0;
  const call: Call = {
    screen: null,
    say: () => Promise.resolve(ok(null)),
    stop: () => Promise.resolve(ok(null)),
    listen: () => [],
    publish: () => Promise.resolve(ok(null)),
    leave: () => log.push("leave"),
  };
  const api = {
    getToken(sessionName: string): Promise<Result<TokenAnswer>> {
      tokens += 1;
      const token = `token-${String(tokens)}`;
      log.push(`get ${token}`);
      const ids = { sessionId: "ses", connectionId: "con", videoServer };
      return Promise.resolve(ok({ ...ids, sessionName, token, role: "PUBLISHER" as const }));
    },
  };
  const giveBack = (ticket: Ticket) => {
    openTickets.delete(ticket);
    log.push(`give back ${ticket.token}`);
    return Promise.resolve();
  };
  const connect = ({ token }: Ticket): Promise<Result<Call>> => {
    log.push(`connect ${token}`);
    const outcome = outcomes[tokens - 1] ?? "in";
    if (outcome === "cancel") cancel.abort();
    return Promise.resolve(outcome === "in" || outcome === "cancel" ? ok(call) : failed(outcome));
  };
  const ports = { api, connect, openTickets, giveBack, pause: () => Promise.resolve() };
  return { log, openTickets, cancel, ports, join: () => joinCall(ports, choice, cancel.signal) };
}

describe("joining", () => {
  it("asks for a token and connects with it, and holds it from then on", async () => {
    const { join, log, openTickets } = world(["in"]);
    const joined = await join();
    expect(joined).toMatchObject({ ok: true, value: { answer: { token: "token-1" } } });
    expect(log).toEqual(["get token-1", "connect token-1"]);
    expect([...openTickets].map(({ token }) => token)).toEqual(["token-1"]);
  });

  it("says under which nickname, which LiveKit's token holds", async () => {
    const { ports, cancel } = world([]);
    const getToken = vi.fn<Api["getToken"]>(() => Promise.resolve(failed("offline")));
    await joinCall({ ...ports, api: { getToken } }, choice, cancel.signal);
    expect(getToken).toHaveBeenCalledExactlyOnceWith("TUTORIAL", "Ann");
  });

  it("gives a dead token back and connects with another", async () => {
    const { join, log, openTickets } = world(["token_dead", "in"]);
    expect((await join()).ok).toBe(true);
    expect(log).toEqual([
      "get token-1",
      "connect token-1",
      "give back token-1",
      "get token-2",
      "connect token-2",
    ]);
    expect([...openTickets].map(({ token }) => token)).toEqual(["token-2"]);
  });

  it("gives up after two more tokens, keeping none", async () => {
    const { join, log, openTickets } = world(["token_dead", "token_dead", "token_dead", "in"]);
    expect(await join()).toEqual(failed("call_keeps_closing"));
    expect(log.filter((line) => line.startsWith("connect"))).toHaveLength(3);
    expect(log.filter((line) => line.startsWith("give back"))).toHaveLength(3);
    expect(openTickets.size).toBe(0);
  });

  it("gives the token back and asks for no other when the fault is not the token's", async () => {
    const { join, log, openTickets } = world(["connect_timeout"]);
    expect(await join()).toEqual(failed("connect_timeout"));
    expect(log).toEqual(["get token-1", "connect token-1", "give back token-1"]);
    expect(openTickets.size).toBe(0);
  });

  it("says what the API says when it gives no token", async () => {
    const { ports, cancel } = world([]);
    const api = { ...ports.api, getToken: () => Promise.resolve(failed("openvidu_timeout")) };
    const joined = await joinCall({ ...ports, api }, choice, cancel.signal);
    expect(joined).toEqual(failed("openvidu_timeout"));
  });

  it("gives the token back without connecting when cancelled before it came", async () => {
    const { join, log, cancel, openTickets } = world(["in"]);
    cancel.abort();
    expect(await join()).toEqual(failed("cancelled"));
    expect(log).toEqual(["get token-1", "give back token-1"]);
    expect(openTickets.size).toBe(0);
  });

  it("leaves again and gives the token back when cancelled while connecting", async () => {
    const { join, log } = world(["cancel"]);
    expect(await join()).toEqual(failed("cancelled"));
    expect(log).toEqual(["get token-1", "connect token-1", "leave", "give back token-1"]);
  });
});
