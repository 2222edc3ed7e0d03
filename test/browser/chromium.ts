// A real browser from an npm package: nothing must be installed on the machine (Linux x64).

import sparticuz from "@sparticuz/chromium";
import { chromium, type Browser } from "playwright-core";

/** Made for one page in one process: closing a context would end the browser. */
const UNWANTED = new Set(["--single-process", "--no-zygote"]);

/** Throws, saying what to do, on a machine that the package's browser does not run on. */
async function executablePath(): Promise<string> {
  const own = process.env["BROWSER_PATH"];
  if (own !== undefined && own !== "") return own;
  if (process.platform === "linux" && process.arch === "x64") return sparticuz.executablePath();
  throw new Error("The browser of the package runs on Linux x64 only: set BROWSER_PATH to a Chrome or Chromium.");
}

export const launchBrowser = async (): Promise<Browser> =>
  chromium.launch({
    executablePath: await executablePath(),
    args: sparticuz.args.filter((one) => !UNWANTED.has(one)),
    headless: true,
  });
