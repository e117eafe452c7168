/** The catalogues: the same things can be said in every language, and nothing is said without them. */
import { readFileSync, readdirSync } from "node:fs";
import ts from "typescript";
import { afterEach, describe, expect, it } from "vitest";
import { describe as sentence, pickLanguage, speak, words } from "../src/messages";
import { en } from "../src/words/en";
import { es } from "../src/words/es";
import { pluralIn } from "../src/words/plural";

afterEach(() => speak("en"));

const catalogues = { en, es };

type Leaf = [path: string, value: unknown];

const leaves = (node: object, path = ""): Leaf[] =>
  Object.entries(node).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null
      ? leaves(value, `${path}.${key}`)
      : [[`${path}.${key}`, value] satisfies Leaf],
  );

describe.each(Object.entries(catalogues))("the catalogue %s", (_, catalogue) => {
  it("says everything that the English one says, and nothing else", () => {
    const paths = (node: object) => leaves(node).map(([path]) => path);
    expect(paths(catalogue).sort()).toEqual(paths(catalogues.en).sort());
  });

  it("leaves nothing empty", () => {
    const empty = leaves(catalogue).filter(([, value]) => {
      const said = typeof value === "function" ? (value as (count: number) => string)(2) : value;
      return typeof said !== "string" || said.trim() === "";
    });
    expect(empty).toEqual([]);
  });
});

describe("the Spanish catalogue", () => {
  it("is translated, save for what is the same in both languages", () => {
    const english = new Map(leaves(catalogues.en));
    const same = leaves(catalogues.es).filter(
      ([path, value]) => typeof value === "string" && value === english.get(path),
    );
    expect(same.map(([path]) => path)).toEqual([".appName"]);
  });

  it("is used for problems as well once it is spoken", async () => {
    await speak("es");
    expect(words.joining.cancel).toBe("Cancelar");
    expect(sentence({ code: "invalid_credentials" })).toMatch(/contraseña/);
  });
});

describe("counting", () => {
  it("follows the rules of each language", () => {
    const counted = [0, 1, 2].map((count) => catalogues.es.call.people(count));
    expect(counted).toEqual(["0 personas", "1 persona", "2 personas"]);
    expect(catalogues.en.call.people(1)).toBe("1 person");
  });

  it("falls back to the general form where a phrase does not have the special one", () => {
    expect(pluralIn("pl")(3, { one: "one", other: "other" })).toBe("other");
    expect(pluralIn("pl")(3, { few: "few", other: "other" })).toBe("few");
  });
});

describe("the language", () => {
  it.each([
    [["es-MX", "en"], "es"],
    [["fr", "ES"], "es"],
    [["en-GB", "es"], "en"],
    [["fr", "toString"], "en"],
    [[], "en"],
  ] as const)("of a browser that wants %j is %s", (wanted, chosen) => {
    expect(pickLanguage(wanted)).toBe(chosen);
  });
});

/** Attributes whose value is read by people. */
const readAloud = new Set([
  "aria-label",
  "aria-description",
  "title",
  "alt",
  "placeholder",
  "label",
]);

/** The strings in `source` that a person would read and that no catalogue knows. */
function strayStrings(source: string): string[] {
  const file = ts.createSourceFile(
    "x.tsx",
    source,
    ts.ScriptTarget.ES2022,
    true,
    ts.ScriptKind.TSX,
  );
  const found: string[] = [];
  const note = (text: string) => {
    if (/\p{L}/u.test(text)) found.push(text.trim());
  };
  const literalsIn = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) note(node.text);
    else if (ts.isTemplateExpression(node)) {
      for (const span of [node.head, ...node.templateSpans.map(({ literal }) => literal)]) {
        note(span.text);
      }
    } else if (ts.isConditionalExpression(node)) {
      literalsIn(node.whenTrue);
      literalsIn(node.whenFalse);
    } else if (ts.isJsxExpression(node) && node.expression) literalsIn(node.expression);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) note(node.text);
    if (ts.isJsxElement(node) || ts.isJsxFragment(node)) node.children.forEach(literalsIn);
    if (ts.isJsxAttribute(node) && readAloud.has(node.name.getText()) && node.initializer) {
      literalsIn(node.initializer);
    }
    node.forEachChild(visit);
  };
  visit(file);
  return found;
}

describe("strings outside the catalogues", () => {
  it("are found wherever people would read them", () => {
    const source =
      '<p title="tip" class="x">Text{a ? "one" : w.b} {`to ${c}`}<b aria-label={"say"} /></p>';
    expect(strayStrings(source).sort()).toEqual(["Text", "one", "say", "tip", "to"]);
    expect(strayStrings("<p class='x'>{words.a} · ({1})</p>")).toEqual([]);
  });

  const folders = ["views", "parts"].map((name) => new URL(`../src/${name}/`, import.meta.url));
  const files = folders.flatMap((folder) =>
    readdirSync(folder).map((name): [string, URL] => [name, new URL(name, folder)]),
  );

  it.each(files)("are not in %s", (_, file) => {
    expect(strayStrings(readFileSync(file, "utf8"))).toEqual([]);
  });
});
