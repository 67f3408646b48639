import { defineConfig } from "vite";

// The page is served below any prefix (YARN's proxy shows it at
// /proxy/application_…/), so every address in it is relative.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      output: {
        entryFileNames: "page-[hash].js",
        assetFileNames: "page-[hash][extname]",
      },
    },
  },
});
