// A real browser from an npm package: nothing must be installed on the machine (Linux x64).

import sparticuz from "@sparticuz/chromium";
import { chromium, type Browser } from "playwright-core";

/** Made for one page in one process: closing a context would end the browser. */
const UNWANTED = new Set(["--single-process", "--no-zygote"]);

export const launchBrowser = async (): Promise<Browser> =>
  chromium.launch({
    executablePath: await sparticuz.executablePath(),
    args: sparticuz.args.filter((one) => !UNWANTED.has(one)),
    headless: true,
  });
