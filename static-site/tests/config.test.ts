// @vitest-environment happy-dom
/** Reading `config.json`. */
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../src/config";
import { failed, ok } from "../src/result";
import { network } from "./network";

const unreadable = failed("config_unreadable");
const bare = { apiBaseUrl: "", demoUsers: false, videoServer: null };

describe("the configuration", () => {
  it.each([
    [{ apiBaseUrl: "" }, {}],
    [{ apiBaseUrl: "", demoUsers: true }, { demoUsers: true }],
    [{ apiBaseUrl: "https://api.example.org/" }, { apiBaseUrl: "https://api.example.org" }],
    [{ apiBaseUrl: "", videoServer: null }, {}],
    [
      { apiBaseUrl: "", videoServer: { kind: "openvidu", url: "https://video.example.org:4443/" } },
      { videoServer: { kind: "openvidu", url: "https://video.example.org:4443" } },
    ],
    [
      { apiBaseUrl: "", videoServer: { kind: "livekit", url: "wss://video.example.org" } },
      { videoServer: { kind: "livekit", url: "wss://video.example.org" } },
    ],
  ])("%j is understood", (json, config) => {
    expect(parseConfig(json)).toEqual(ok({ ...bare, ...config }));
  });

  it.each([
    null,
    [],
    {},
    { apiBaseUrl: 5 },
    { apiBaseUrl: "javascript:alert(1)" },
    { apiBaseUrl: "api" },
    { apiBaseUrl: "", videoServer: "https://video.example.org" },
    { apiBaseUrl: "", videoServer: { kind: "openvidu" } },
    { apiBaseUrl: "", videoServer: { kind: "openvidu", url: "video.example.org" } },
    { apiBaseUrl: "", videoServer: { kind: "openvidu", url: "wss://video.example.org" } },
    { apiBaseUrl: "", videoServer: { kind: "livekit", url: "https://video.example.org" } },
    { apiBaseUrl: "", videoServer: { kind: "another", url: "https://video.example.org" } },
  ])("%j is refused", (json) => {
    expect(parseConfig(json)).toEqual(unreadable);
  });

  it("is said to be unreadable when it is missing, broken or out of reach", async () => {
    const answers = [
      () => new HttpResponse("gone", { status: 404 }),
      () => HttpResponse.html("<html>"),
      () => HttpResponse.error(),
    ];
    for (const answer of answers) {
      network.use(http.get("*/config.json", answer));
      expect(await loadConfig()).toEqual(unreadable);
    }
  });

  it("is read from beside the page", async () => {
    network.use(
      http.get(new URL("config.json", location.href).href, () => HttpResponse.json(bare)),
    );
    expect(await loadConfig()).toEqual(ok(bare));
  });
});
