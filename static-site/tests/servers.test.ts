/** How the video server is asked whether it answers. What people read of it is in `failures.test.tsx`. */
import { HttpResponse, delay, http } from "msw";
import { describe, expect, it } from "vitest";
import { ok } from "../src/result";
import { checkServers } from "../src/servers";
import { type VideoServer, certificatePage } from "../src/video-server";
import { network } from "./network";

const openvidu: VideoServer = { kind: "openvidu", url: "https://video.example:4443" };
const livekit: VideoServer = { kind: "livekit", url: "wss://video.example:4443" };
const api = { check: () => Promise.resolve(ok(null)) };

const everything = "https://video.example:4443/*";

/** What is said of `videoServer` if it answers like this, and what it was asked. */
async function check(videoServer: VideoServer, status = 200) {
  const asked: Request[] = [];
  network.use(
    http.all(everything, ({ request }) => {
      asked.push(request);
      return new HttpResponse(null, { status });
    }),
  );
  return { problems: await checkServers({ videoServer, api, online: true }), asked };
}

describe("the video server", () => {
  it.each([
    { server: openvidu, path: "/openvidu/api/config/openvidu-publicurl", mode: "no-cors" },
    { server: livekit, path: "/", mode: "cors" },
  ])("$server.kind is asked for an open page, without telling who asks", async (expected) => {
    const { server, path, mode } = expected;
    const { problems, asked } = await check(server);
    expect(problems).toEqual([]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      url: `https://video.example:4443${path}`,
      ...{ mode, credentials: "omit", cache: "no-store" },
    });
  });

  it("livekit is said not to answer while it is not ready", async () => {
    expect((await check(livekit, 406)).problems).toEqual([{ code: "video_silent" }]);
  });

  it("is not waited for any longer than that", async () => {
    network.use(http.all(everything, () => delay("infinite")));
    const options = { videoServer: openvidu, api, online: true, patienceMs: 5 };
    expect(await checkServers(options)).toEqual([{ code: "video_silent" }]);
  });
});

describe("the video server's certificate", () => {
  it.each([
    [openvidu, "https://video.example:4443/openvidu/api/config/openvidu-publicurl"],
    [livekit, "https://video.example:4443/"],
  ])("of %j can be seen on a page of its own", (server, link) => {
    expect(certificatePage(server)).toEqual({ link });
  });

  it.each<VideoServer>([
    { kind: "openvidu", url: "http://127.0.0.1:4443" },
    { kind: "livekit", url: "ws://127.0.0.1:7880" },
  ])("is no matter for %j", (server) => expect(certificatePage(server)).toEqual({}));
});
