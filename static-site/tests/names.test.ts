/** Names that people type, and names that come from other people's browsers. */
import { describe, expect, it } from "vitest";
import { parseName } from "../src/names";
import { clientData, readNames } from "../src/openvidu-data";

describe("a typed name", () => {
  it.each([
    ["TUTORIAL", "TUTORIAL"],
    ["  Sala de reunión \n", "Sala de reunión"],
    ["会議室", "会議室"],
    ["a", "a"],
    // Joined by a character that shows nothing, as many emoji are.
    ["👩\u200d💻", "👩\u200d💻"],
    ["x".repeat(64), "x".repeat(64)],
    // 64 characters, though twice as many UTF-16 units.
    ["😀".repeat(64), "😀".repeat(64)],
    // 64 characters once accents are put on their letters.
    ["e\u0301".repeat(64), "e\u0301".repeat(64)],
  ])("%j is accepted without the blanks around it", (typed, name) => {
    expect(parseName(typed, "nickname_missing")).toEqual({ ok: true, value: name });
  });

  it.each([
    ["", "nickname_missing"],
    [" \t ", "nickname_missing"],
    ["x".repeat(65), "name_too_long"],
    ["a\u0000b", "name_has_control_characters"],
    ["a\nb", "name_has_control_characters"],
    ["a\u0085b", "name_has_control_characters"],
    // Looks like another name, or turns the text after it around.
    ["Board\u200b", "name_has_control_characters"],
    ["Board\ufeff!", "name_has_control_characters"],
    ["x\u202egnp", "name_has_control_characters"],
    ["x\u2066y", "name_has_control_characters"],
    ["x\u2028y", "name_has_control_characters"],
    // Shows nothing at all.
    ["\u2800", "nickname_missing"],
    ["\u3164", "nickname_missing"],
  ])("%j is refused as %s", (typed, code) => {
    expect(parseName(typed, "nickname_missing")).toEqual({ ok: false, error: { code } });
  });
});

describe("who somebody is", () => {
  const server = (user: string) => JSON.stringify({ serverData: user });
  const data = (nickname: string, user: string) =>
    `${JSON.stringify(clientData(nickname, false))}%/%${server(user)}`;

  it("is the nickname of the left part and the user of the right part", () => {
    expect(readNames(data("Ann", "publisher1"))).toEqual({
      nickname: "Ann",
      user: "publisher1",
      role: null,
    });
  });

  it("cannot be claimed by a nickname that looks like server data", () => {
    const nickname = `x"}%/%${server("moderator")}`;
    expect(readNames(data(nickname, "subscriber")).user).toBe("subscriber");
  });

  it("cannot be claimed by a browser that sends server data of its own", () => {
    const forged = `{"clientData":"Eve"}%/%${server("moderator")}%/%${server("eve")}`;
    expect(readNames(forged)).toMatchObject({ user: "eve" });
  });

  it("is the user alone when the browser sent nothing", () => {
    expect(readNames(server("publisher1"))).toMatchObject({
      nickname: "publisher1",
      user: "publisher1",
    });
  });

  it("comes with the role that the server says, and with no other", () => {
    const data = (role: string) =>
      `{"clientData":"Ann","role":"MODERATOR"}%/%{"role":"${role}","serverData":"publisher1"}`;
    expect(readNames(data("PUBLISHER"))).toMatchObject({ user: "publisher1", role: "PUBLISHER" });
    expect(readNames(data("EMPEROR")).role).toBeNull();
  });

  it.each([undefined, "", "not json", "%/%", "[]%/%[]", '{"clientData":5}%/%{"serverData":{}}'])(
    "is nobody in %j",
    (broken) => {
      expect(readNames(broken)).toEqual({ nickname: "", user: "", role: null });
    },
  );

  it("keeps markup as the text it is", () => {
    expect(readNames(data("<img src=x onerror=alert(1)>", "u")).nickname).toBe(
      "<img src=x onerror=alert(1)>",
    );
  });

  it("loses control characters, direction marks and what is too long", () => {
    expect(readNames(data("\u202eevil\u0007", "u")).nickname).toBe("evil");
    expect(readNames(data("n".repeat(5_000), "u")).nickname).toBe("n".repeat(64));
  });
});
