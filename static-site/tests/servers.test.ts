/** How the video server is asked whether it answers. What people read of it is in `failures.test.tsx`. */
import { HttpResponse, delay, http } from "msw";
import { describe, expect, it } from "vitest";
import { ok } from "../src/result";
import { checkServers } from "../src/servers";
import { network } from "./network";

const openviduUrl = "https://video.example:4443";
const api = { check: () => Promise.resolve(ok(null)) };

const everything = `${openviduUrl}/*`;

describe("the video server", () => {
  it("is asked for a page that needs no password, without telling who asks", async () => {
    const asked: Request[] = [];
    network.use(
      http.all(everything, ({ request }) => {
        asked.push(request);
        return new HttpResponse();
      }),
    );
    expect(await checkServers({ openviduUrl, api, online: true })).toEqual([]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      url: `${openviduUrl}/openvidu/api/config/openvidu-publicurl`,
      ...{ mode: "no-cors", credentials: "omit", cache: "no-store" },
    });
  });

  it("is not waited for any longer than that", async () => {
    network.use(http.all(everything, () => delay("infinite")));
    const options = { openviduUrl, api, online: true, patienceMs: 5 };
    expect(await checkServers(options)).toEqual([{ code: "video_silent" }]);
  });
});
