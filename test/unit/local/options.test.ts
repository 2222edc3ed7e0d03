import { describe, expect, test } from "vitest";
import { readOptions } from "../../../local/support/options.ts";

const read = (...args: string[]) => readOptions("mail", args, ["port", "data", "speed"], ["fresh"]);

describe("options of a part", () => {
  test("values, switches and standards", () => {
    const options = read("--port", "0", "--data=/tmp/x", "--fresh");
    expect([options.port("port", 7), options.text("data", "y"), options.flag("fresh")]).toEqual([0, "/tmp/x", true]);
    expect(options.positive("speed")).toBeUndefined();
    expect([read().port("port", 7), read().text("data", "y"), read().flag("fresh")]).toEqual([7, "y", false]);
  });

  test.each([
    [["--prot", "1"], "mail: Unknown option '--prot'. It takes --port VALUE, --data VALUE, --speed VALUE, --fresh."],
    [["stray"], "mail: Unexpected argument 'stray'. It takes"],
    [["--port"], "mail: Option '--port <value>' argument missing. It takes"],
  ])("%j is refused in one sentence", (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });

  test.each(["65536", "-1", "8e3", "", "abc"])("port %j is refused", (text) => {
    expect(() => read(`--port=${text}`).port("port", 1)).toThrow("--port must be a port number from 0 to 65535");
  });

  test.each(["0", "-2", "", " ", "x", "Infinity"])("speed %j is refused", (text) => {
    expect(() => read(`--speed=${text}`).positive("speed")).toThrow("--speed must be a number above 0");
  });
});
