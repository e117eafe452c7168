/** Lint rules: types, hooks, accessibility, and the borders between the parts. */
import importX, { createNodeResolver } from "eslint-plugin-import-x";
import jsxA11y from "eslint-plugin-jsx-a11y-x";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const openvidu = ["openvidu-call", "openvidu-session", "openvidu-publisher"];
const livekit = ["livekit-call", "livekit-codes", "livekit-publisher", "livekit-roster"];
const call = [...["call", ...openvidu, "openvidu-codes", "openvidu-data", "stand-ins"], ...livekit];
const edges = ["address", "api", "config", "memory", "preferences", "servers", "sound"];
const actions = [
  "actions",
  "view-actions",
  "join",
  "rejoin",
  "own-media",
  "preview",
  "screen-share",
];
const state = ["state", "call-state", "chat-state", "setup-state"];
const screens = ["views/\\w+", "parts/\\w+", "messages", "words/\\w+"];

const inSource = (names) => names.map((name) => `src/${name}.{ts,tsx}`);

/** Files `files` may not import `names`; types only if `types` says so. */
const border = (files, names, message, types = false) => ({
  files,
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [{ regex: `^\\.{1,2}/(${names.join("|")})$`, message, allowTypeImports: types }],
      },
    ],
  },
});

const only = (name, file) => ({
  regex: `^${name}$`,
  message: `Only ${file} and its parts may import ${name}.`,
});

const openviduOnly = only("openvidu-browser", "openvidu-call.ts");
const livekitOnly = only("livekit-client", "livekit-call.ts");

/** Files `files` may not import the libraries that `patterns` name. */
const libraries = (files, ignores, ...patterns) => ({
  files,
  ignores,
  rules: { "no-restricted-imports": ["error", { patterns }] },
});

const borders = [
  border(
    inSource(state),
    [...call, ...edges, ...actions, ...screens, "devices", "store", "timing"],
    "The state is pure: it may know types, but do nothing.",
    true,
  ),
  border(
    inSource(actions),
    [...call, ...edges, ...screens, "devices"],
    "Actions reach the outside through their ports, and use no words.",
    true,
  ),
  border(
    inSource([...call, "members", "person"]),
    [...edges, ...actions, ...state, ...screens, "store"],
    "A call knows nothing of the page around it.",
  ),
  border(
    inSource(edges),
    [...call, ...actions, ...screens, "store"],
    "The edges of the page know neither calls, actions nor screens.",
  ),
  border(
    ["src/views/**"],
    [...call, ...edges, ...actions, "store"],
    "Views read the state and start actions.",
    true,
  ),
  border(
    ["src/parts/**"],
    [
      ...call,
      ...edges.filter((name) => name !== "sound"),
      ...actions,
      ...state,
      "store",
      "views/\\w+",
    ],
    "Parts know only what they are given.",
  ),
];

export default defineConfig(
  { ignores: ["dist/", "node_modules/"] },
  tseslint.configs.strictTypeChecked,
  {
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".tsx", ".js"] })],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts", ".tsx"] },
    },
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js", "public/service-worker.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: "error",
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "no-console": "error",
    },
  },
  {
    files: ["**/*.tsx", "src/parts/*.ts"],
    extends: [reactHooks.configs.flat.recommended, jsxA11y.configs.strict],
    settings: { "jsx-a11y-x": { attributes: { for: ["for"] } } },
    rules: {
      "react-hooks/exhaustive-deps": "error",
      // It takes every element behind a ref for a value that React owns.
      "react-hooks/immutability": "off",
      // Nobody writes captions for a call while it goes on.
      "jsx-a11y-x/media-has-caption": "off",
      // Escape closes a panel from anywhere within.
      "jsx-a11y-x/no-noninteractive-element-interactions": ["error", { aside: ["onKeyDown"] }],
      // What scrolls must be reached by the keyboard.
      "jsx-a11y-x/no-noninteractive-tabindex": ["error", { tags: [], roles: ["log"] }],
    },
  },
  {
    files: ["src/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name=/^(dangerouslySetInnerHTML|style)$/]",
          message:
            "User text is never HTML, and the content security policy allows no inline style.",
        },
      ],
    },
  },
  libraries(["src/**"], inSource([...openvidu, ...livekit]), openviduOnly, livekitOnly),
  libraries(inSource(openvidu), [], livekitOnly),
  libraries(inSource(livekit), [], openviduOnly),
  {
    files: inSource(state),
    rules: {
      "no-restricted-globals": ["error", "document", "fetch", "navigator", "setTimeout", "window"],
    },
  },
  borders,
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
