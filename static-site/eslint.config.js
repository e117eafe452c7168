/** Lint rules: the type-checked strict set of typescript-eslint, and the borders between the parts. */
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const only = (name, file) => ({
  regex: `^${name}$`,
  message: `Only ${file} may import ${name}.`,
});

export default defineConfig(
  { ignores: ["dist/", "node_modules/"] },
  tseslint.configs.strictTypeChecked,
  {
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
      "no-console": "error",
    },
  },
  {
    files: ["src/**"],
    ignores: ["src/call.ts", "src/call-session.ts", "src/call-publisher.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [only("openvidu-browser", "src/call.ts and its parts")] },
      ],
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
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
