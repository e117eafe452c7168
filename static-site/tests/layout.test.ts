/** The gallery: every number of tiles fits every window, and none is wasted. */
import { describe, expect, it } from "vitest";
import { type Box, fitTiles } from "../src/layout";
import { splitLinks } from "../src/links";
import { shortcutOf, shortcuts } from "../src/shortcuts";
import { clock } from "../src/views/CallHead";

const windows = [
  ...[
    [320, 480],
    [320, 568],
    [360, 640],
    [390, 844],
    [412, 915],
    [480, 320],
    [568, 320],
  ],
  ...[
    [600, 600],
    [640, 360],
    [768, 1024],
    [800, 600],
    [1024, 768],
    [1280, 720],
    [1280, 1024],
  ],
  ...[
    [1366, 768],
    [1440, 900],
    [1920, 1080],
    [2560, 1080],
    [2560, 1440],
    [3840, 2160],
  ],
] as [number, number][];

const gap = 8;
/** Rounding is not overlapping. */
const hair = 0.001;

const apart = (a: Box, b: Box): boolean =>
  a.left + a.width <= b.left + hair ||
  b.left + b.width <= a.left + hair ||
  a.top + a.height <= b.top + hair ||
  b.top + b.height <= a.top + hair;

describe.each(windows)("a window of %d by %d", (width, height) => {
  it("holds 1 to 25 tiles, none over another, none outside, and uses its area", () => {
    for (let count = 1; count <= 25; count += 1) {
      const boxes = fitTiles(count, width, height, gap);
      expect(boxes).toHaveLength(count);
      boxes.forEach((box, index) => {
        expect(box.left).toBeGreaterThanOrEqual(-hair);
        expect(box.top).toBeGreaterThanOrEqual(-hair);
        expect(box.left + box.width).toBeLessThanOrEqual(width + hair);
        expect(box.top + box.height).toBeLessThanOrEqual(height + hair);
        for (const other of boxes.slice(index + 1)) expect(apart(box, other)).toBe(true);
      });
      const used = boxes.reduce((sum, box) => sum + box.width * box.height, 0);
      expect(used / (width * height), `${String(count)} tiles`).toBeGreaterThanOrEqual(0.6);
    }
  });
});

describe("a window without room", () => {
  it("gets tiles of no size rather than of a negative one", () => {
    expect(fitTiles(0, 100, 100, gap)).toEqual([]);
    for (const { width, height } of fitTiles(25, 10, 10, gap)) {
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("links", () => {
  it.each([
    ["see https://a.example/b?c=d#e.", "https://a.example/b?c=d#e"],
    ["(http://a.example)", "http://a.example/"],
    ["HTTPS://A.example", "https://a.example/"],
  ])("are found in %j", (text, href) => {
    const parts = splitLinks(text);
    expect(parts.filter((part) => part.href !== null).map((part) => part.href)).toEqual([href]);
    expect(parts.map((part) => part.text).join("")).toBe(text);
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "https://",
    "<a href=x>",
    "",
  ])("are not made of %j", (text) => {
    expect(splitLinks(text).every(({ href }) => href === null)).toBe(true);
  });
});

describe("shortcuts", () => {
  const stroke = { key: "m", ctrlKey: false, altKey: false, metaKey: false, repeat: false };

  it("have keys of their own", () => {
    expect(new Set(shortcuts.map(({ key }) => key)).size).toBe(shortcuts.length);
  });

  it("act on their key alone, and never while somebody types", () => {
    expect(shortcutOf(stroke, null)).toBe("microphone");
    expect(shortcutOf({ ...stroke, key: "M" }, { tagName: "BUTTON" })).toBe("microphone");
    expect(shortcutOf({ ...stroke, key: "x" }, null)).toBeNull();
    expect(shortcutOf({ ...stroke, ctrlKey: true }, null)).toBeNull();
    expect(shortcutOf({ ...stroke, repeat: true }, null)).toBeNull();
    for (const tagName of ["INPUT", "TEXTAREA", "SELECT"]) {
      expect(shortcutOf(stroke, { tagName })).toBeNull();
    }
  });
});

describe("the clock", () => {
  it.each([
    [0, "00:00"],
    [61_000, "01:01"],
    [3_600_000 + 62_000, "1:01:02"],
  ])("shows %d ms as %s", (milliseconds, shown) => expect(clock(milliseconds)).toBe(shown));
});
